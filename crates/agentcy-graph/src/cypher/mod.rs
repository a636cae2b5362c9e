//! The gate before raw Cypher: a query is parsed in whole, and only what is known to read goes on.
//!
//! What does not parse is refused with its place. The engines stand behind the gate as a second layer.

mod cost;
mod failure;
mod lane;
mod lexer;
mod params;
mod parse;
mod pattern;
mod refusal;
mod table;
mod words;

pub use failure::Failure;
pub(crate) use lane::Lane;
pub use parse::check;
pub use pattern::check_pattern;
pub use refusal::{Refusal, RefusalKind};
pub(crate) use table::weigh;
pub use table::{Bounds, Cell, Path, Table};

/// The longest query text in bytes.
pub const MAX_TEXT: usize = 64 << 10;

/// The most that all parameters together hold, in bytes of their JSON.
pub const MAX_PARAMS: usize = 256 << 10;

/// The largest number that may stand in `range()` after UNWIND.
pub const MAX_RANGE: i64 = 1_000_000;

/// The largest number that may stand as a parameter in any other `range()`.
pub const MAX_INNER_RANGE: i64 = 1_000;

/// The most items of a list that a query gathers, where the engine cannot stop an expression over it.
pub const MAX_GATHERED: usize = cost::GATHERED;

/// The longest text that an expression reads from a property, and the longest list, where nothing can stop it.
pub const MAX_READ: usize = 32 << 10;

/// The longest text that a query reads from a property when it puts texts together.
pub const MAX_JOINED: usize = 4 << 10;

/// What an engine needs to have kept from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Whether a single expression cannot be stopped once it runs, so that its cost is bounded beforehand.
    pub bounded_expressions: bool,
    /// The highest upper bound of a variable-length pattern.
    pub max_hops: u64,
    /// The procedures that may be called, in lower case, with spaces between.
    pub procedures: &'static str,
}

impl Dialect {
    /// Neo4j, whose server ends a transaction in time.
    pub const NEO4J: Self =
        Self { bounded_expressions: false, max_hops: 30, procedures: words::NEO4J_PROCEDURES };

    /// The embedded engine, which looks at the clock between chunks of rows only.
    pub const EMBEDDED: Self =
        Self { bounded_expressions: true, max_hops: 15, procedures: words::EMBEDDED_PROCEDURES };
}

/// A query that passed the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    text: String,
    dialect: Dialect,
    found: Found,
}

/// What the gate learned of a query, for those behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Found {
    /// Parameters that stand in `range()`, and the largest number that they may be.
    ranges: Vec<(String, i64)>,
    /// Parameters that are regular expressions.
    patterns: Vec<String>,
    /// Whether an expression walks through a list whose length the graph decides.
    walks: bool,
    /// How many rows a step may keep, given what the query makes of each.
    kept_rows: usize,
    /// Whether texts are put together, which multiplies their size.
    joins_texts: bool,
    /// The columns of the answer that the query names.
    columns: Vec<String>,
}

impl Checked {
    /// A query that passed no gate, to see what the second layer does with it.
    #[cfg(test)]
    pub(crate) fn unchecked(text: &str, dialect: Dialect) -> Self {
        Self {
            text: text.to_owned(),
            dialect,
            found: Found { kept_rows: 1_000, ..Found::default() },
        }
    }

    /// The text, as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The columns of the answer that the query names; those of a `*` are not among them.
    pub(crate) fn columns(&self) -> &[String] {
        &self.found.columns
    }

    /// How many rows a step may keep.
    pub(crate) fn kept_rows(&self) -> usize {
        self.found.kept_rows
    }

    /// The longest text that an expression may read from a property, in bytes.
    pub(crate) fn max_read(&self) -> usize {
        if self.found.joins_texts { MAX_JOINED } else { MAX_READ }
    }

    /// Whether an expression walks through a list whose length the graph decides.
    pub(crate) fn walks(&self) -> bool {
        self.found.walks
    }

    /// For whom it was checked.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }
}
