//! Adds up what the test binaries say.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed, failed and were not run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Ran and passed.
    pub(crate) passed: u64,
    /// Ran and failed.
    pub(crate) failed: u64,
    /// Marked as ignored.
    pub(crate) ignored: u64,
    /// Left out by a filter or a `--skip`.
    pub(crate) filtered: u64,
}

impl Tally {
    /// Reads the closing line of one test binary.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |what: &str| -> Option<u64> {
            let part = counts.split("; ").find_map(|part| part.strip_suffix(what))?;
            part.trim().parse().ok()
        };
        Some(Self {
            passed: count("passed")?,
            failed: count("failed")?,
            ignored: count("ignored")?,
            filtered: count("filtered out")?,
        })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.filtered += other.filtered;
    }
}

/// The closing line of a whole run.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = self.ignored + self.filtered;
        write!(f, "{} passed, {} failed, {skipped} skipped", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "test result: FAILED. 35 passed; 2 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.07s";

    #[test]
    fn a_closing_line_is_read() {
        let tally = Tally { passed: 35, failed: 2, ignored: 1, filtered: 4 };
        assert_eq!(Tally::parse(LINE), Some(tally));
        assert_eq!(tally.to_string(), "35 passed, 2 failed, 5 skipped");
    }

    #[test]
    fn other_lines_are_no_result() {
        for line in ["running 3 tests", "test it::works ... ok", "", "test result: gone"] {
            assert_eq!(Tally::parse(line), None, "{line}");
        }
    }

    #[test]
    fn tallies_of_several_binaries_add_up() {
        let mut sum = Tally::default();
        sum += Tally::parse(LINE).unwrap();
        sum += Tally::parse(&LINE.replace("FAILED", "ok").replace("2 failed", "0 failed")).unwrap();
        assert_eq!(sum.to_string(), "70 passed, 2 failed, 10 skipped");
    }
}
