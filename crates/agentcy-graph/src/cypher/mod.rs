//! The gate before raw Cypher: a query is parsed in whole, and only what is known to read goes on.
//!
//! What does not parse is refused with its place. The engines stand behind the gate as a second layer.

mod cost;
mod lexer;
mod parse;
mod pattern;
mod refusal;
mod table;
mod words;

pub use parse::check;
pub use pattern::check_pattern;
pub use refusal::{Refusal, RefusalKind};
pub use table::{Bounds, Cell, Path, Table};

/// The longest query text in bytes.
pub const MAX_TEXT: usize = 64 << 10;

/// The most that all parameters together hold, in bytes of their JSON.
pub const MAX_PARAMS: usize = 256 << 10;

/// The largest number that may stand in `range()`.
pub const MAX_RANGE: i64 = 1_000_000;

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
    /// Parameters whose value decides how much work there is.
    ranges: Vec<String>,
    /// Parameters that are regular expressions.
    patterns: Vec<String>,
}

impl Checked {
    /// The text, as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// For whom it was checked.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }
}
