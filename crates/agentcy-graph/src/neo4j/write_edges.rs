//! Writes of edges. Each has a record, a node of its own, since Neo4j finds and locks an edge by id only within its type.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use agentcy_core::id::{EdgeId, NodeId, OrgId};
use neo4rs::{BoltType, Txn, query};

use super::{
    bolt::{key, list, map, properties, removed},
    link::Failure,
    write::Done,
};
use crate::{
    Edge,
    batch::{Change, EdgeChange},
    name::{kept, quoted, quoted_kept},
    own::of_edge,
};

// A real write holds the lock until the end. All writers lock the ends first, in one order, so that they do
// not wait for each other in a ring, and so that no end is removed between the look and the edge.
const LOCK: &str = "
    UNWIND $ids AS id
    MATCH (n:_Node {_org_id: $org, _id: id})
    SET n._lock = true REMOVE n._lock";

const CLAIM: &str = "
    UNWIND $rows AS row
    MERGE (k:_Edge {_org_id: $org, _id: row.id})
    ON CREATE SET k._version = -1
    SET k._lock = true REMOVE k._lock
    WITH k, row
    WHERE k._version < row.version
    RETURN row.id AS id, k._type AS type, k._from AS from, k._to AS to
    LIMIT $limit";

const DISCARD: &str = "
    UNWIND $rows AS row
    MATCH (:_Node {_org_id: $org, _id: row.from})-[r:TYPE {_id: row.id}]->(:_Node {_org_id: $org, _id: row.to})
    DELETE r";

const CONNECT: &str = "
    UNWIND $rows AS row
    MATCH (k:_Edge {_org_id: $org, _id: row.id})
    MATCH (a:_Node {_org_id: $org, _id: row.from})
    MATCH (b:_Node {_org_id: $org, _id: row.to})
    WITH k, a, b, row
    WHERE a._removed IS NULL AND b._removed IS NULL
    CREATE (a)-[r:TYPE]->(b)
    SET r = row.properties, k = row.record
    RETURN row.id AS id
    LIMIT $limit";

const REMOVE: &str = "
    UNWIND $rows AS row
    MATCH (k:_Edge {_org_id: $org, _id: row.id})
    SET k = row.record";

// The record of an edge that could not be written would only say what is not so.
const WAIT: &str = "
    UNWIND $ids AS id
    MATCH (k:_Edge {_org_id: $org, _id: id})
    WHERE k._removed IS NULL
    DELETE k";

pub(super) async fn write(
    txn: &mut Txn,
    org: OrgId,
    changes: &[EdgeChange],
) -> Result<Done, Failure> {
    let org_id = org.to_string();
    let wanted: HashMap<String, &EdgeChange> =
        changes.iter().map(|change| (change.id().to_string(), change)).collect();
    let ends: BTreeSet<String> = changes.iter().flat_map(ends).map(|id| id.to_string()).collect();
    let ends = list(ends.into_iter().map(BoltType::from));
    txn.run(query(LOCK).param("org", org_id.as_str()).param("ids", ends)).await?;
    let claim = query(CLAIM)
        .param("org", org_id.as_str())
        .param("limit", count(changes.len()))
        .param("rows", list(changes.iter().map(claim_row)));

    let mut old: BTreeMap<String, Vec<BoltType>> = BTreeMap::new();
    let mut new: BTreeMap<&str, Vec<BoltType>> = BTreeMap::new();
    let mut gone: Vec<BoltType> = Vec::new();
    let mut waiting: HashSet<EdgeId> = HashSet::new();
    let mut rows = txn.execute(claim).await?;
    while let Some(row) = rows.next(&mut *txn).await? {
        let id: String = row.get("id")?;
        if let Some(kind) = row.get::<Option<String>>("type")? {
            let (from, to): (String, String) = (row.get("from")?, row.get("to")?);
            let ends = [("id", id.clone()), ("from", from), ("to", to)];
            old.entry(kind).or_default().push(map(ends));
        }
        match wanted.get(&id) {
            Some(EdgeChange::Write(edge)) => {
                waiting.insert(edge.id);
                new.entry(&edge.kind).or_default().push(edge_row(org, edge));
            }
            Some(EdgeChange::Remove(removal)) => {
                let record = removed(org, &id, removal.version);
                gone.push(map([("id", BoltType::from(id)), ("record", record)]));
            }
            None => {}
        }
    }

    let mut written = gone.len();
    for (kind, rows) in old {
        let statement = DISCARD.replace("TYPE", &quoted_kept(&kind));
        txn.run(query(&statement).param("org", org_id.as_str()).param("rows", list(rows))).await?;
    }
    for (kind, rows) in new {
        let statement = CONNECT.replace("TYPE", &quoted(kind));
        let connect = query(&statement)
            .param("org", org_id.as_str())
            .param("limit", count(rows.len()))
            .param("rows", list(rows));
        let mut connected = txn.execute(connect).await?;
        while let Some(row) = connected.next(&mut *txn).await? {
            let id: String = row.get("id")?;
            if let Some(change) = wanted.get(&id) {
                waiting.remove(&change.id());
            }
            written += 1;
        }
    }
    if !gone.is_empty() {
        txn.run(query(REMOVE).param("org", org_id.as_str()).param("rows", list(gone))).await?;
    }
    let mut waiting: Vec<EdgeId> = waiting.into_iter().collect();
    waiting.sort_unstable();
    if !waiting.is_empty() {
        let ids = list(waiting.iter().map(|id| id.to_string().into()));
        txn.run(query(WAIT).param("org", org_id.as_str()).param("ids", ids)).await?;
    }
    Ok(Done { written, waiting })
}

fn ends(change: &EdgeChange) -> Vec<NodeId> {
    match change {
        EdgeChange::Write(edge) => vec![edge.from, edge.to],
        EdgeChange::Remove(_) => Vec::new(),
    }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

fn claim_row(change: &EdgeChange) -> BoltType {
    map([("id", BoltType::from(change.id().to_string())), ("version", change.version().into())])
}

fn edge_row(org: OrgId, edge: &Edge) -> BoltType {
    let (id, from, to) = (edge.id.to_string(), edge.from.to_string(), edge.to.to_string());
    let mut record = key(org, &id, edge.version);
    record.push(("_from".to_owned(), from.as_str().into()));
    record.push(("_to".to_owned(), to.as_str().into()));
    record.push(("_type".to_owned(), kept(&edge.kind).as_ref().into()));
    map([
        ("id", BoltType::from(id)),
        ("from", from.into()),
        ("to", to.into()),
        ("properties", properties(org, of_edge(edge))),
        ("record", map(record)),
    ])
}
