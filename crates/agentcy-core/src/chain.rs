//! Errors in one line, for logs.

use std::{error::Error, fmt};

/// An error and all its causes, from the outermost to the first, with colons between. For logs and operators; a caller is
/// told the outermost alone.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        f.write_str(&said)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            let says = cause.to_string();
            // Some repeat their cause in their own words.
            if !said.ends_with(&says) {
                write!(f, ": {says}")?;
                said = says;
            }
            next = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Said(&'static str, Option<Box<Said>>);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Said {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|cause| cause as &(dyn Error + 'static))
        }
    }

    fn chain(words: &[&'static str]) -> Said {
        let (first, rest) = words.split_first().unwrap();
        Said(first, (!rest.is_empty()).then(|| Box::new(chain(rest))))
    }

    #[test]
    fn every_cause_is_said_once() {
        let error = chain(&["postgres is away", "no connection", "refused"]);
        assert_eq!(Chain(&error).to_string(), "postgres is away: no connection: refused");
        let error = chain(&["no answer: timed out", "timed out", "os error 110"]);
        assert_eq!(Chain(&error).to_string(), "no answer: timed out: os error 110");
    }
}
