//! Pages of a list, and the cursor between two of them.

use agentcy_core::{ErrorCode, Limit, Page, Timestamp, page::TOTAL_CAP};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::{Error, Result};

/// What a caller asks of a list.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// How many.
    pub limit: Limit,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// One page as a façade shows it.
#[derive(Debug, Clone)]
pub struct Listing<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
    /// How many there are, up to 10,000.
    pub total: i64,
    /// Whether there are more than that.
    pub total_capped: bool,
}

impl<T> Listing<T> {
    /// The same page with each item changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Listing<U> {
        Listing {
            items: self.items.into_iter().map(change).collect(),
            next_cursor: self.next_cursor,
            total: self.total,
            total_capped: self.total_capped,
        }
    }
}

/// The sort key of most lists: newest first, the id breaks ties.
pub type TimeKey = (Timestamp, Uuid);

/// What the order of a list goes by, as a cursor holds it.
pub(crate) trait SortKey: Sized {
    fn write(&self, bytes: &mut Vec<u8>);
    fn read(bytes: &[u8]) -> Option<Self>;
}

impl SortKey for TimeKey {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.0.timestamp_micros().to_be_bytes());
        bytes.extend_from_slice(self.1.as_bytes());
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        let (micros, id) = bytes.split_first_chunk::<8>()?;
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*micros))?;
        Some((at, Uuid::from_slice(id).ok()?))
    }
}

impl SortKey for i64 {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_be_bytes());
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_be_bytes(bytes.try_into().ok()?))
    }
}

/// Writes and reads cursors. A cursor is signed with the list and filters it belongs to.
pub(crate) struct Cursors {
    key: [u8; 32],
}

const TAG: usize = 16;

impl Cursors {
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The key that a request's cursor stands for. `scope` names org, list and filters.
    pub(crate) fn read<K: SortKey>(&self, scope: &str, request: &PageRequest) -> Result<Option<K>> {
        let Some(text) = &request.cursor else { return Ok(None) };
        let foreign =
            || Error::refused(ErrorCode::InvalidCursor, "the cursor does not belong to this list");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| foreign())?;
        let Some((body, tag)) = bytes.split_last_chunk::<TAG>() else { return Err(foreign()) };
        if !bool::from(self.tag(scope, body).ct_eq(tag)) {
            return Err(foreign());
        }
        K::read(body).map(Some).ok_or_else(foreign)
    }

    /// Makes a page presentable.
    pub(crate) fn listing<T, K: SortKey>(&self, scope: &str, page: Page<T, K>) -> Listing<T> {
        Listing {
            next_cursor: page.next.map(|key| self.write(scope, &key)),
            total: page.total.min(TOTAL_CAP),
            total_capped: page.total > TOTAL_CAP,
            items: page.items,
        }
    }

    fn write(&self, scope: &str, key: &impl SortKey) -> String {
        let mut bytes = Vec::new();
        key.write(&mut bytes);
        let tag = self.tag(scope, &bytes);
        bytes.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn tag(&self, scope: &str, body: &[u8]) -> [u8; TAG] {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any length");
        mac.update(body);
        mac.update(scope.as_bytes());
        let mut tag = [0; TAG];
        tag.copy_from_slice(&mac.finalize().into_bytes()[..TAG]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_alone() {
        let cursors = Cursors::new([7; 32]);
        let key =
            (DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(), Uuid::from_u128(9));
        let text = cursors.write("org/users", &key);
        let ask =
            |text: &str| PageRequest { limit: Limit::default(), cursor: Some(text.to_owned()) };
        assert_eq!(cursors.read("org/users", &ask(&text)).unwrap(), Some(key));
        assert!(cursors.read::<TimeKey>("org/keys", &ask(&text)).is_err());
        for bad in ["", "x", "!!", &text[1..], &format!("{text}A")] {
            assert!(cursors.read::<TimeKey>("org/users", &ask(bad)).is_err(), "{bad}");
        }
    }
}
