//! Why a query was refused, and where in its text.

/// Which rule a query broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// It writes, administers, or calls what is not on the list.
    NotReadOnly,
    /// It does not parse, or not by an engine.
    Syntax,
    /// It could take more than any query may have.
    TooLarge,
}

/// A refused query. Lines and columns count from 1, the offset from 0, all in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct Refusal {
    /// Which rule it broke.
    pub kind: RefusalKind,
    /// What is wrong and how to mend it.
    pub message: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// How many characters stand before it.
    pub offset: usize,
}

impl Refusal {
    /// A refusal at a byte of the text.
    pub(crate) fn at(
        text: &str,
        byte: usize,
        kind: RefusalKind,
        message: impl Into<String>,
    ) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            kind,
            message: message.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            offset: before.chars().count(),
        }
    }

    /// A refusal of the query as a whole.
    pub(crate) fn whole(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), line: 1, column: 1, offset: 0 }
    }
}
