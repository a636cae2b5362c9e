//! Whether a delivery was sent by who has the secret: over its raw bytes, before anything is parsed.
//!
//! Two ways to sign are taken: `X-Agentcy-Signature: sha256=<hex>`, an HMAC of the body with the secret as it is shown,
//! and Standard Webhooks, an HMAC of id, time and body with the bytes that the secret stands for. What is there must
//! all be right, and something must be there.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use super::secret::PREFIX;

/// How far the time of a Standard Webhooks signature may be from ours, in seconds.
const TOLERANCE: i64 = 5 * 60;
/// How many signatures of one kind are looked at: a sender that rotates its secret has two.
const MOST: usize = 8;

type Code = Hmac<Sha256>;

/// A secret, ready to be used.
#[derive(Clone)]
pub(super) struct Keys {
    text: Code,
    bytes: Code,
}

impl Keys {
    /// Of a secret as it is shown.
    pub(super) fn of(secret: &SecretString) -> Self {
        let text = secret.expose_secret();
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text));
        Self { text: code(text.as_bytes()), bytes: code(&bytes.unwrap_or_default()) }
    }
}

fn code(key: &[u8]) -> Code {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Code::new_from_slice(key).expect("any length")
}

/// What a request claims to be signed with. Nothing of it depends on the trigger.
pub(super) struct Signed<'a> {
    /// Of `X-Agentcy-Signature`.
    body: Option<[u8; 32]>,
    stamped: Option<Stamped<'a>>,
}

/// The three headers of Standard Webhooks.
struct Stamped<'a> {
    id: &'a str,
    timestamp: &'a str,
    codes: Vec<[u8; 32]>,
}

impl<'a> Signed<'a> {
    /// Reads it off the headers. `None` when a signature is missing, stands twice, is none or is too old.
    pub(super) fn of(headers: &'a HeaderMap, now: i64) -> Option<Self> {
        let body = match once(headers, "x-agentcy-signature")? {
            None => None,
            Some(text) => Some(hexadecimal(text.strip_prefix("sha256=")?)?),
        };
        let (id, timestamp, codes) = (
            once(headers, "webhook-id")?,
            once(headers, "webhook-timestamp")?,
            once(headers, "webhook-signature")?,
        );
        let stamped = match (id, timestamp, codes) {
            (_, None, None) => None,
            (Some(id), Some(timestamp), Some(codes)) => {
                Some(Stamped::of(id, timestamp, codes, now)?)
            }
            _ => return None,
        };
        (body.is_some() || stamped.is_some()).then_some(Self { body, stamped })
    }

    /// The id that Standard Webhooks signs.
    pub(super) fn id(&self) -> Option<&'a str> {
        self.stamped.as_ref().map(|stamped| stamped.id)
    }

    /// Whether these keys made it, in a time that depends on the lengths of what was sent and on nothing else.
    pub(super) fn fits(&self, keys: &Keys, body: &[u8]) -> Choice {
        let mut fits = Choice::from(1);
        if let Some(given) = &self.body {
            let right = keys.text.clone().chain_update(body).finalize().into_bytes();
            fits &= right.ct_eq(given);
        }
        if let Some(Stamped { id, timestamp, codes }) = &self.stamped {
            let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
            let mut mac = keys.bytes.clone();
            for part in signed {
                mac.update(part);
            }
            let right = mac.finalize().into_bytes();
            fits &= codes.iter().fold(Choice::from(0), |one, given| one | right.ct_eq(given));
        }
        fits
    }
}

impl<'a> Stamped<'a> {
    fn of(id: &'a str, timestamp: &'a str, codes: &str, now: i64) -> Option<Self> {
        let at: i64 = timestamp.parse().ok()?;
        if id.is_empty() || at.abs_diff(now) > TOLERANCE.unsigned_abs() {
            return None;
        }
        let codes: Vec<_> = codes
            .split(' ')
            .filter_map(|signature| signature.strip_prefix("v1,"))
            .filter_map(|code| STANDARD.decode(code).ok()?.try_into().ok())
            .take(MOST)
            .collect();
        (!codes.is_empty()).then_some(Self { id, timestamp, codes })
    }
}

/// A header that stands there at most once, as text. Outer `None`: it stands there twice, or is no text.
#[expect(clippy::option_option, reason = "missing and wrong are not the same")]
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Option<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Some(None) };
    if values.next().is_some() {
        return None;
    }
    first.to_str().ok().map(Some)
}

fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_649_367_553;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn fits(pairs: &[(&'static str, &str)], secret: &str, body: &[u8]) -> bool {
        let headers = headers(pairs);
        Signed::of(&headers, NOW)
            .is_some_and(|signed| signed.fits(&Keys::of(&secret.to_owned().into()), body).into())
    }

    /// RFC 4231, test cases 1 and 2, with keys as the text of a secret.
    #[test]
    fn the_published_vectors_of_hmac_fit() {
        let key = String::from_utf8(vec![0x0b; 20]).unwrap();
        let one = "sha256=b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert!(fits(&[("x-agentcy-signature", one)], &key, b"Hi There"));
        let two = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let body = b"what do ya want for nothing?";
        assert!(fits(&[("x-agentcy-signature", two)], "Jefe", body));
        assert!(!fits(&[("x-agentcy-signature", two)], "Jefe", b"what do ya want for nothing!"));
        assert!(!fits(&[("x-agentcy-signature", two)], "jefe", body));
        assert!(fits(
            &[("x-agentcy-signature", &two.to_uppercase().replace("SHA", "sha"))],
            "Jefe",
            body
        ));
    }

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const ID: (&str, &str) = ("webhook-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk");
    const TIME: (&str, &str) = ("webhook-timestamp", "1649367553");
    const CODE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;

    /// The vector of the library of Standard Webhooks.
    #[test]
    fn the_published_vector_of_standard_webhooks_fits() {
        assert!(fits(&[ID, TIME, ("webhook-signature", CODE)], SECRET, BODY));
        let several = format!("v1,AAAA v2,{} {CODE}", &CODE[3..]);
        assert!(fits(&[ID, TIME, ("webhook-signature", &several)], SECRET, BODY));
        assert!(!fits(
            &[ID, TIME, ("webhook-signature", &several.replace("v1", "v1a"))],
            SECRET,
            BODY
        ));
        assert!(!fits(
            &[("webhook-id", "msg_other"), TIME, ("webhook-signature", CODE)],
            SECRET,
            BODY
        ));
        assert!(!fits(&[ID, TIME, ("webhook-signature", CODE)], "whsec_AAAA", BODY));
        assert!(!fits(&[ID, TIME, ("webhook-signature", CODE)], SECRET, &BODY[1..]));
    }

    #[test]
    fn a_time_that_is_far_off_is_refused_whichever_way() {
        for (time, good) in
            [(NOW - 300, true), (NOW + 300, true), (NOW - 301, false), (NOW + 301, false)]
        {
            let timestamp = time.to_string();
            let headers =
                headers(&[ID, ("webhook-timestamp", &timestamp), ("webhook-signature", CODE)]);
            assert_eq!(Signed::of(&headers, NOW).is_some(), good, "{time}");
        }
        for time in ["", "now", "1e9", "-9223372036854775808", "99999999999999999999"] {
            let headers = headers(&[ID, ("webhook-timestamp", time), ("webhook-signature", CODE)]);
            assert!(Signed::of(&headers, NOW).is_none(), "{time}");
        }
    }

    #[test]
    fn what_is_missing_doubled_or_no_signature_is_refused() {
        let hex = format!("sha256={}", "0".repeat(64));
        let right = ("x-agentcy-signature", hex.as_str());
        let code = ("webhook-signature", CODE);
        assert!(Signed::of(&headers(&[right]), NOW).is_some());
        for wrong in [
            vec![],
            vec![right, right],
            vec![("x-agentcy-signature", "")],
            vec![("x-agentcy-signature", "sha256=")],
            vec![("x-agentcy-signature", "sha256=00")],
            vec![("x-agentcy-signature", &hex[7..])],
            vec![("x-agentcy-signature", &hex.replace("256", "512"))],
            vec![("x-agentcy-signature", "sha256=é")],
            vec![ID],
            vec![ID, TIME],
            vec![ID, code],
            vec![TIME, code],
            vec![("webhook-id", ""), TIME, code],
            vec![ID, TIME, code, code],
            vec![ID, ID, TIME, code],
            vec![ID, TIME, TIME, code],
            vec![ID, TIME, ("webhook-signature", "v1,AAAA")],
            // One that is right does not make up for one that is wrong.
            vec![right, ID, TIME],
            vec![right, ID, TIME, ("webhook-signature", "v1,AAAA")],
        ] {
            assert!(Signed::of(&headers(&wrong), NOW).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn of_two_ways_to_sign_both_must_be_right() {
        let wrong = format!("sha256={}", "0".repeat(64));
        let stamped = [ID, TIME, ("webhook-signature", CODE)];
        assert!(!fits(&[&stamped[..], &[("x-agentcy-signature", &wrong)]].concat(), SECRET, BODY));
        let right = code(SECRET.as_bytes()).chain_update(BODY).finalize().into_bytes();
        let right = format!("sha256={}", hex::encode(right));
        assert!(fits(&[&stamped[..], &[("x-agentcy-signature", &right)]].concat(), SECRET, BODY));
        assert!(fits(&[("x-agentcy-signature", &right), ("webhook-id", "unsigned")], SECRET, BODY));
    }
}
