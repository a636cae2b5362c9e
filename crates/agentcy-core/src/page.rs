//! Lists in pages.

/// How many items a list answers: 1 to 200, 50 unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// The most that one page holds.
    pub const MAX: u16 = 200;

    /// `None` outside 1..=200.
    pub const fn new(limit: u16) -> Option<Self> {
        if limit >= 1 && limit <= Self::MAX { Some(Self(limit)) } else { None }
    }

    /// As SQL wants it, one more than asked, which tells whether there is a next page.
    pub const fn plus_one(self) -> i64 {
        self.0 as i64 + 1
    }

    /// The number of items.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

/// The most that a list counts; beyond it `total` is capped.
pub const TOTAL_CAP: i64 = 10_000;

/// One page of a list, newest first unless the list says otherwise.
#[derive(Debug, Clone)]
pub struct Page<T, K = (crate::Timestamp, uuid::Uuid)> {
    /// The items.
    pub items: Vec<T>,
    /// The sort key of the last item when more follow.
    pub next: Option<K>,
    /// How many there are in all; `TOTAL_CAP + 1` means more than the cap.
    pub total: i64,
}

impl<T, K> Page<T, K> {
    /// Cuts rows that were read with [`Limit::plus_one`] to a page.
    pub fn cut(mut items: Vec<T>, limit: Limit, total: i64, key: impl Fn(&T) -> K) -> Self {
        let more = items.len() > limit.get();
        items.truncate(limit.get());
        let next = if more { items.last().map(key) } else { None };
        Self { items, next, total }
    }

    /// The same page with each item changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U, K> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
            total: self.total,
        }
    }
}
