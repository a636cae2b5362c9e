//! Constraints, the record of each graph, and emptying it.

use agentcy_core::id::OrgId;
use neo4rs::{Query, query};
use uuid::Uuid;

use super::{bolt::column, link::Link};
use crate::{Error, Result};

/// How many things one transaction deletes.
const PIECE: i64 = 10_000;

/// A record is unique in its org, and found by the index that the constraint brings.
const CONSTRAINTS: [&str; 3] = [
    "CREATE CONSTRAINT agentcy_node IF NOT EXISTS FOR (n:_Node) REQUIRE (n._org_id, n._id) IS UNIQUE",
    "CREATE CONSTRAINT agentcy_edge IF NOT EXISTS FOR (k:_Edge) REQUIRE (k._org_id, k._id) IS UNIQUE",
    "CREATE CONSTRAINT agentcy_meta IF NOT EXISTS FOR (m:_Meta) REQUIRE m._org_id IS UNIQUE",
];

pub(super) async fn create(link: &Link) -> Result<()> {
    for constraint in CONSTRAINTS {
        link.change(query(constraint)).await?;
    }
    Ok(())
}

const WATERMARK: &str = "
    MATCH (m:_Meta {_org_id: $org})
    RETURN m._database AS database, m._watermark AS fact
    LIMIT 1";

pub(super) async fn watermark(link: &Link, org: OrgId, database: Uuid) -> Result<i64> {
    let read = query(WATERMARK).param("org", org.to_string());
    let rows = link.rows(read, link.settings.read).await?;
    let Some(row) = rows.first() else { return Ok(0) };
    own(&column::<String>(row, org, "database")?, org, database)?;
    column(row, org, "fact")
}

// A real write holds the lock from before the old number is read until the end.
const SET_WATERMARK: &str = "
    MERGE (m:_Meta {_org_id: $org})
    ON CREATE SET m._database = $database, m._watermark = 0
    SET m._lock = true REMOVE m._lock
    WITH m
    SET m._watermark = CASE
      WHEN m._database = $database AND m._watermark < $fact THEN $fact ELSE m._watermark END
    RETURN m._database AS database
    LIMIT 1";

pub(super) async fn set_watermark(
    link: &Link,
    org: OrgId,
    database: Uuid,
    fact: i64,
) -> Result<()> {
    let change = query(SET_WATERMARK)
        .param("org", org.to_string())
        .param("database", database.to_string())
        .param("fact", fact);
    for row in link.change(change).await? {
        own(&column::<String>(&row, org, "database")?, org, database)?;
    }
    Ok(())
}

fn own(theirs: &str, org: OrgId, database: Uuid) -> Result<()> {
    if theirs == database.to_string() {
        return Ok(());
    }
    Err(Error::Foreign { org, owner: format!("database {theirs}") })
}

const FORGET: [&str; 2] = [
    "MATCH (n:_Node {_org_id: $org}) WHERE n._id IS NOT NULL AND n._removed AND n._version < $before
     WITH n LIMIT $limit DELETE n RETURN count(n) AS gone LIMIT 1",
    "MATCH (k:_Edge {_org_id: $org}) WHERE k._id IS NOT NULL AND k._removed AND k._version < $before
     WITH k LIMIT $limit DELETE k RETURN count(k) AS gone LIMIT 1",
];

pub(super) async fn forget_removals(link: &Link, org: OrgId, before: i64) -> Result<()> {
    for statement in FORGET {
        drain(link, org, query(statement).param("before", before)).await?;
    }
    Ok(())
}

// Edges first: a node with a million of them must not become one transaction.
const CLEAR: [&str; 4] = [
    "MATCH (n:_Node {_org_id: $org})-[r]->() WHERE n._id IS NOT NULL
     WITH r LIMIT $limit DELETE r RETURN count(r) AS gone LIMIT 1",
    "MATCH (n:_Node {_org_id: $org}) WHERE n._id IS NOT NULL
     WITH n LIMIT $limit DETACH DELETE n RETURN count(n) AS gone LIMIT 1",
    "MATCH (k:_Edge {_org_id: $org}) WHERE k._id IS NOT NULL
     WITH k LIMIT $limit DELETE k RETURN count(k) AS gone LIMIT 1",
    "MATCH (m:_Meta {_org_id: $org})
     WITH m LIMIT $limit DELETE m RETURN count(m) AS gone LIMIT 1",
];

pub(super) async fn clear(link: &Link, org: OrgId) -> Result<()> {
    for statement in CLEAR {
        drain(link, org, query(statement)).await?;
    }
    Ok(())
}

/// Runs a statement that deletes a bounded number of things until nothing is left.
async fn drain(link: &Link, org: OrgId, statement: Query) -> Result<()> {
    let statement = statement.param("org", org.to_string()).param("limit", PIECE);
    loop {
        let rows = link.change(statement.clone()).await?;
        let gone: i64 = match rows.first() {
            Some(row) => column(row, org, "gone")?,
            None => 0,
        };
        if gone < PIECE {
            return Ok(());
        }
    }
}
