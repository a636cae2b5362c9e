//! What a repeat of a delivery has in common with it, and how long that is remembered.

use agentcy_core::id::DeliveryId;
use chrono::TimeDelta;
use http::HeaderMap;
use sha2::{Digest, Sha256};

/// The header in which a sender names its deliveries unless the trigger knows another.
const DELIVERY: &str = "x-agentcy-delivery";
/// How long a named delivery is remembered.
const NAMED: TimeDelta = TimeDelta::hours(72);

/// What a repeat has in common with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// The digest of what it is known by.
    pub(super) digest: [u8; 32],
    /// How long it is known.
    pub(super) kept: TimeDelta,
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
            return Self::named("webhook-id", [signed.as_bytes()]);
        }
        for name in header_id.into_iter().chain([DELIVERY]) {
            let values = headers.get_all(name);
            if values.iter().any(|value| !value.is_empty()) {
                return Self::named("header", values.iter().map(http::HeaderValue::as_bytes));
            }
        }
        if dedupe_secs > 0 {
            let kept = TimeDelta::seconds(dedupe_secs.into());
            return Self { digest: digest("body", [body]), kept };
        }
        // Nothing is like it.
        Self { digest: digest("delivery", [id.to_string().as_bytes()]), kept: TimeDelta::zero() }
    }

    fn named<'a>(kind: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self { digest: digest(kind, parts), kept: NAMED }
    }
}

/// Kinds differ, so that nobody's body is somebody's id.
fn digest<'a>(kind: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut digest = Sha256::new_with_prefix(kind);
    for part in parts {
        digest.update([0]);
        digest.update(part);
    }
    digest.finalize().into()
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
        assert_ne!(alone.digest, key(None, None, 300, &headers, b"other").digest);

        headers.insert(DELIVERY, "body".parse().unwrap());
        let said = key(None, None, 300, &headers, b"body");
        assert_eq!(said.kept, NAMED);
        assert_ne!(said.digest, alone.digest);
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
        assert_ne!(of(1).digest, of(2).digest);
        assert_eq!(of(1).kept, TimeDelta::zero());
    }
}
