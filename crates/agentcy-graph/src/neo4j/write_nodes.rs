//! Writes of nodes. Labels cannot be parameters in every Neo4j 5, so they are set group by group, quoted.

use std::collections::{BTreeMap, HashMap};

use agentcy_core::id::OrgId;
use neo4rs::{BoltType, Txn, query};

use super::{
    bolt::{list, map, properties, removed},
    link::Failure,
    write::Done,
};
use crate::{
    batch::{Change, NodeChange, labels},
    name::quoted_kept,
    own::of_node,
};

// A real write holds the lock from before the old version is read until the end; setting null or REMOVE alone does not.
const CLAIM: &str = "
    UNWIND $rows AS row
    MERGE (n:_Node {_org_id: $org, _id: row.id})
    ON CREATE SET n._version = -1
    SET n._lock = true REMOVE n._lock
    WITH n, row, [label IN labels(n) WHERE label <> '_Node'] AS labels
    WHERE n._version < row.version
    SET n = row.properties
    RETURN row.id AS id, labels
    LIMIT $limit";

const DETACH: &str = "
    UNWIND $ids AS id
    MATCH (n:_Node {_org_id: $org, _id: id})-[r]-()
    WITH DISTINCT r
    OPTIONAL MATCH (k:_Edge {_org_id: $org, _id: r._id})
    DELETE r, k";

/// What has to happen to the labels of a node: those to add, those to take away.
type Relabel = (Vec<String>, Vec<String>);

pub(super) async fn write(
    txn: &mut Txn,
    org: OrgId,
    changes: &[NodeChange],
) -> Result<Done, Failure> {
    let org_id = org.to_string();
    let wanted: HashMap<String, &NodeChange> =
        changes.iter().map(|change| (change.id().to_string(), change)).collect();
    let claim = query(CLAIM)
        .param("org", org_id.as_str())
        .param("limit", i64::try_from(changes.len()).unwrap_or(i64::MAX))
        .param("rows", list(changes.iter().map(|change| row(org, change))));

    let mut written = 0;
    let mut gone: Vec<BoltType> = Vec::new();
    let mut relabel: BTreeMap<Relabel, Vec<BoltType>> = BTreeMap::new();
    let mut rows = txn.execute(claim).await?;
    while let Some(row) = rows.next(&mut *txn).await? {
        let (id, old): (String, Vec<String>) = (row.get("id")?, row.get("labels")?);
        let Some(change) = wanted.get(&id) else { continue };
        let new = match change {
            NodeChange::Write(node) => labels(node),
            NodeChange::Remove(_) => {
                gone.push(id.as_str().into());
                Vec::new()
            }
        };
        let add = new.iter().filter(|label| !old.contains(label)).cloned().collect();
        let take = old.iter().filter(|label| !new.contains(label)).cloned().collect();
        relabel.entry((add, take)).or_default().push(id.into());
        written += 1;
    }

    for ((add, take), ids) in relabel {
        if let Some(statement) = relabelling(&add, &take) {
            txn.run(query(&statement).param("org", org_id.as_str()).param("ids", list(ids)))
                .await?;
        }
    }
    if !gone.is_empty() {
        txn.run(query(DETACH).param("org", org_id.as_str()).param("ids", list(gone))).await?;
    }
    Ok(Done { written, waiting: Vec::new() })
}

fn row(org: OrgId, change: &NodeChange) -> BoltType {
    let (id, version) = (change.id().to_string(), change.version());
    let properties = match change {
        NodeChange::Write(node) => properties(org, of_node(node)),
        NodeChange::Remove(_) => removed(org, &id, version),
    };
    map([("id", id.into()), ("version", version.into()), ("properties", properties)])
}

fn relabelling(add: &[String], take: &[String]) -> Option<String> {
    if add.is_empty() && take.is_empty() {
        return None;
    }
    let mut statement = "UNWIND $ids AS id MATCH (n:_Node {_org_id: $org, _id: id})".to_owned();
    for (verb, labels) in [(" SET n", add), (" REMOVE n", take)] {
        if !labels.is_empty() {
            statement.push_str(verb);
            for label in labels {
                statement.push(':');
                statement.push_str(&quoted_kept(label));
            }
        }
    }
    Some(statement)
}
