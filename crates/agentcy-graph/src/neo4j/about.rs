//! What a Neo4j says of itself, for whoever judges whether it is fit.

use neo4rs::{Row, query};

use super::link::{Link, refused};
use crate::{Error, Result};

const VERSION: &str = "
    CALL dbms.components() YIELD name, versions
    RETURN versions[0] AS value
    ORDER BY name <> 'Neo4j Kernel'
    LIMIT 1";

const MEMORY: &str = "
    SHOW SETTINGS 'dbms.memory.transaction.total.max' YIELD value
    RETURN value
    LIMIT 1";

/// What a Neo4j says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The version.
    pub version: String,
    /// The most memory that all transactions get together; `None` when we may not know.
    pub transaction_memory: Option<String>,
}

impl About {
    /// Whether transactions may take all of its memory, and so end it.
    pub fn is_unbounded(&self) -> bool {
        let Some(limit) = &self.transaction_memory else { return false };
        let digits = limit.trim_end_matches(|c: char| !c.is_ascii_digit());
        digits.bytes().all(|byte| matches!(byte, b'0' | b'.'))
    }
}

pub(super) async fn ask(link: &Link) -> Result<About> {
    let version = first(&link.rows(query(VERSION), link.settings.ping).await?)?;
    let transaction_memory = match link.rows(query(MEMORY), link.settings.ping).await {
        Ok(rows) => first(&rows)?,
        // A user without that right works as well as any.
        Err(Error::Refused { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(About { version: version.unwrap_or_default(), transaction_memory })
}

fn first(rows: &[Row]) -> Result<Option<String>> {
    rows.first().map(|row| row.get("value").map_err(refused)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zero_is_no_bound() {
        let is_unbounded = |limit: Option<&str>| {
            let transaction_memory = limit.map(str::to_owned);
            About { version: "5.26.0".to_owned(), transaction_memory }.is_unbounded()
        };
        assert!(is_unbounded(Some("0B")) && is_unbounded(Some("0")) && is_unbounded(Some("0.00B")));
        assert!(!is_unbounded(Some("358.40MiB")) && !is_unbounded(Some("100m")));
        assert!(!is_unbounded(None));
    }
}
