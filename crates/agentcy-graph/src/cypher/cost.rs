//! What one expression can cost at most, told from the query alone.
//!
//! The embedded engine looks at the clock between chunks of 2,048 rows, never inside an expression. So what a
//! single value takes is bounded before the query runs; what depends on the graph is counted at a usual size.

/// Items of a list that comes from a property, a path or a map.
const SMALL_LIST: f64 = 10.0;

/// Bytes of a text that comes from a property.
const SMALL_TEXT: f64 = 1024.0;

/// Items of a gathered list; the engine is held to it while the query runs.
pub(super) const GATHERED: usize = 5_000;

/// The most steps of one expression.
pub(super) const MAX_STEPS: f64 = 200_000.0;

/// The most items of a list that an expression makes.
pub(super) const MAX_ITEMS: f64 = 10_000.0;

/// The most bytes of a text that an expression makes.
pub(super) const MAX_BYTES: f64 = 65_536.0;

/// Memory that a query may hold in values that it makes and keeps.
const KEPT_BYTES: f64 = 268_435_456.0;

/// The most rows that a step which has to keep them takes in. Odd, so that it is not taken for a user's limit.
const KEPT_ROWS: usize = 1_000_003;

/// How many rows may be kept when each holds a made value of this size.
pub(super) fn kept_rows(made: f64) -> usize {
    let mut rows = KEPT_ROWS;
    while rows > 1_000 && as_f64(rows) * made > KEPT_BYTES {
        rows /= 2;
    }
    rows | 1
}

/// An upper bound of what a value costs and how large it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    /// Steps to make it.
    pub(super) steps: f64,
    /// Items when it is a list.
    pub(super) items: f64,
    /// Bytes of its texts.
    pub(super) bytes: f64,
    /// How often the running value of a `reduce` is in it.
    pub(super) copies: f64,
    /// The largest number it can be.
    pub(super) number: f64,
}

impl Cost {
    /// A number, a boolean or null.
    pub(super) const SCALAR: Self =
        Self { steps: 1.0, items: 0.0, bytes: 32.0, copies: 0.0, number: f64::INFINITY };

    /// Something stored in the graph.
    pub(super) const STORED: Self = Self {
        steps: 1.0,
        items: SMALL_LIST,
        bytes: SMALL_TEXT,
        copies: 0.0,
        number: f64::INFINITY,
    };

    /// A text of so many bytes.
    pub(super) fn text(bytes: f64) -> Self {
        Self { bytes, ..Self::SCALAR }
    }

    /// A number of at most this size.
    pub(super) fn number(number: f64) -> Self {
        Self { number, ..Self::SCALAR }
    }

    /// A list that an aggregate gathers.
    pub(super) fn gathered(self) -> Self {
        Self { items: as_f64(GATHERED), number: f64::INFINITY, ..self }
    }

    /// Whether it is a number, a boolean or a text of a few letters.
    pub(super) fn is_short(&self) -> bool {
        self.items == 0.0 && self.bytes <= Self::SCALAR.bytes
    }

    /// Memory that it takes when it is made anew.
    pub(super) fn memory(&self) -> f64 {
        self.bytes.max(self.items * 32.0)
    }

    /// Whether it is a list whose length the graph decides.
    pub(super) fn is_gathered(&self) -> bool {
        self.items >= as_f64(GATHERED)
    }

    /// Both are evaluated and make a scalar.
    pub(super) fn scalar_of(self, other: Self) -> Self {
        Self { steps: self.steps + other.steps, copies: 0.0, ..Self::SCALAR }
    }

    /// One of both; both count as evaluated.
    pub(super) fn either(self, other: Self) -> Self {
        Self {
            steps: self.steps + other.steps,
            items: self.items.max(other.items),
            bytes: self.bytes.max(other.bytes),
            copies: self.copies.max(other.copies),
            number: self.number.max(other.number),
        }
    }

    /// One put behind the other, or their sum.
    pub(super) fn joined(self, other: Self) -> Self {
        Self {
            steps: self.steps + other.steps + self.items + other.items,
            items: self.items + other.items,
            bytes: self.bytes + other.bytes,
            copies: self.copies + other.copies,
            number: self.number + other.number,
        }
    }

    /// An item of the list.
    pub(super) fn item(self) -> Self {
        Self { steps: 1.0, number: f64::INFINITY, items: self.items.max(SMALL_LIST), ..self }
    }

    /// `each` made for every item of this list, and kept.
    pub(super) fn mapped(self, each: Self) -> Self {
        Self {
            steps: self.steps + self.items * (each.steps + 1.0),
            items: self.items,
            bytes: self.items * each.bytes,
            copies: self.copies + self.items * each.copies,
            number: f64::INFINITY,
        }
    }

    /// The same value, used once more by its name.
    pub(super) fn by_name(self) -> Self {
        Self { steps: 1.0, ..self }
    }
}

/// A count as it enters the sums.
pub(super) fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
