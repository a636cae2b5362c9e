//! What a repeat of a delivery has in common with it, and how long that is remembered.

use agentcy_core::id::DeliveryId;
use chrono::TimeDelta;
use http::HeaderMap;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::headers::is_secret;

/// The header in which a sender names its deliveries unless the trigger knows another.
const DELIVERY: &str = "x-agentcy-delivery";
/// How long a named delivery is remembered.
const NAMED: TimeDelta = TimeDelta::hours(72);
/// How many bytes a name has at most that is kept as it is.
const PLAIN: usize = 64;

/// What a repeat has in common with a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// What it is known by. Kinds differ, so that nobody's body is somebody's id, and none is zero.
    pub(super) bytes: Vec<u8>,
    /// How long it is known.
    pub(super) kept: TimeDelta,
}

/// The first byte of a key.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    Signed = 1,
    Said,
    Body,
    Itself,
    SignedDigest,
    SaidDigest,
}

impl Key {
    /// The signed id; else what the sender calls the delivery; else its body, for this many seconds.
    pub(super) fn of(
        id: DeliveryId,
        signed_id: Option<&str>,
        header_id: Option<&str>,
        dedupe_secs: i32,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        if let Some(signed) = signed_id {
            let kinds = (Kind::Signed, Kind::SignedDigest);
            return Self::named(kinds, true, &[signed.as_bytes()]);
        }
        for name in header_id.into_iter().chain([DELIVERY]) {
            let values: Vec<_> =
                headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect();
            if values.iter().any(|value| !value.is_empty()) {
                let kinds = (Kind::Said, Kind::SaidDigest);
                return Self::named(kinds, !is_secret(name), &values);
            }
        }
        if dedupe_secs > 0 {
            let kept = TimeDelta::seconds(dedupe_secs.into());
            return Self { bytes: digest(Kind::Body, &[body]), kept };
        }
        // Nothing is like it.
        let bytes = with(Kind::Itself, Uuid::from(id).as_bytes());
        Self { bytes, kept: TimeDelta::zero() }
    }

    /// A name as it is where it is short: those of most senders rise, so that each lies beside the one before in the
    /// index, and a digest would not.
    fn named((plain, digested): (Kind, Kind), may_be_kept: bool, parts: &[&[u8]]) -> Self {
        let bytes = match parts {
            [one] if may_be_kept && one.len() <= PLAIN => with(plain, one),
            _ => digest(digested, parts),
        };
        Self { bytes, kept: NAMED }
    }
}

fn with(kind: Kind, bytes: &[u8]) -> Vec<u8> {
    [&[kind as u8], bytes].concat()
}

fn digest(kind: Kind, parts: &[&[u8]]) -> Vec<u8> {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update([0]);
        digest.update(part);
    }
    with(kind, &digest.finalize())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn key(
        signed: Option<&str>,
        header: Option<&str>,
        secs: i32,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Key {
        Key::of(Uuid::from_u128(1).into(), signed, header, secs, headers, body)
    }

    #[test]
    fn the_signed_id_goes_before_what_is_only_said_and_that_before_the_body() {
        let mut headers = HeaderMap::new();
        let alone = key(None, None, 300, &headers, b"body");
        assert_eq!(alone.kept, TimeDelta::seconds(300));
        assert_ne!(alone.bytes, key(None, None, 300, &headers, b"other").bytes);

        headers.insert(DELIVERY, "body".parse().unwrap());
        let said = key(None, None, 300, &headers, b"body");
        assert_eq!(said.kept, NAMED);
        assert_ne!(said.bytes, alone.bytes);
        assert_eq!(said, key(None, None, 300, &headers, b"other"));

        headers.insert("x-github-delivery", "7".parse().unwrap());
        let own = key(None, Some("x-github-delivery"), 300, &headers, b"body");
        assert_ne!(own, said);
        assert_eq!(key(None, Some("x-missing"), 300, &headers, b"body"), said);

        let signed = key(Some("msg_1"), Some("x-github-delivery"), 300, &headers, b"body");
        assert_ne!(signed, own);
        assert_eq!(signed, key(Some("msg_1"), None, 0, &HeaderMap::new(), b""));
        assert_ne!(signed, key(Some("msg_2"), None, 0, &HeaderMap::new(), b""));
    }

    #[test]
    fn without_a_name_and_a_window_nothing_is_a_repeat() {
        let headers = HeaderMap::new();
        let of = |id| Key::of(Uuid::from_u128(id).into(), None, None, 0, &headers, b"body");
        assert_ne!(of(1).bytes, of(2).bytes);
        assert_eq!(of(1).kept, TimeDelta::zero());
    }

    #[test]
    fn a_short_name_is_kept_as_it_is_unless_it_may_be_a_secret() {
        let mut headers = HeaderMap::new();
        headers.insert(DELIVERY, "41".parse().unwrap());
        headers.insert("x-token", "42".parse().unwrap());
        let said = |header| key(None, header, 300, &headers, b"body").bytes;
        assert_eq!(said(None), b"\x0241");
        let secret = said(Some("x-token"));
        assert!(secret.len() == 33 && !secret.ends_with(b"42"));
        assert_eq!(key(Some("msg_1"), None, 0, &headers, b"").bytes, b"\x01msg_1");

        let long = "m".repeat(65);
        assert_eq!(key(Some(&long), None, 0, &headers, b"").bytes.len(), 33);
        headers.append(DELIVERY, "41".parse().unwrap());
        let twice = key(None, None, 300, &headers, b"body").bytes;
        assert_eq!(twice.len(), 33);
    }

    #[test]
    fn no_kind_of_key_is_another_and_none_begins_with_a_zero() {
        let mut said = HeaderMap::new();
        said.insert(DELIVERY, "same".parse().unwrap());
        let mut twice = said.clone();
        twice.append(DELIVERY, "same".parse().unwrap());
        let long = "same".repeat(20);
        let keys = [
            key(Some("same"), None, 300, &said, b"same"),
            key(Some(&long), None, 300, &said, b"same"),
            key(None, None, 300, &said, b"same"),
            key(None, None, 300, &twice, b"same"),
            key(None, None, 300, &HeaderMap::new(), b"same"),
            key(None, None, 0, &HeaderMap::new(), b"same"),
        ];
        let mut kinds: Vec<u8> = keys.iter().map(|key| key.bytes[0]).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, [1, 2, 3, 4, 5, 6]);
    }
}
