//! What is wrong with the settings, all of it at once, each with its mend.

use std::fmt;

/// One setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub variable: String,
    /// What is wrong with it; never its value.
    pub wrong: String,
    /// What to do about it, in one line.
    pub mend: String,
}

/// Every setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub(crate) Vec<Fault>);

impl Faults {
    /// The faults in the order in which the settings are documented.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "1 setting is wrong:")?,
            count => write!(f, "{count} settings are wrong:")?,
        }
        for Fault { variable, wrong, mend } in &self.0 {
            write!(f, "\n  {variable}: {wrong}\n    mend: {mend}")?;
        }
        Ok(())
    }
}

/// What a parser has to say against a value, before the variable is named.
#[derive(Debug)]
pub(crate) struct Objection {
    pub(crate) wrong: String,
    pub(crate) mend: String,
}

/// An objection as the error of a parser.
pub(crate) fn object<T>(wrong: impl Into<String>, mend: impl Into<String>) -> Result<T, Objection> {
    Err(Objection { wrong: wrong.into(), mend: mend.into() })
}

/// Says that a section could not be made; its faults are already noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Faulty;
