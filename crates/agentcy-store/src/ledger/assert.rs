//! What a person or a run says of one thing: an edit, as a patch over what they said of it before.
//!
//! Runs come and go, so they speak as one: what a run says is a patch over what the run before it said, and takes its
//! place. Each version names its run.

use std::borrow::Cow;

use agentcy_core::{
    Realm, Timestamp,
    id::{BatchId, EdgeId, NodeId},
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    Asserter, Batch, Kind,
    said::{Said, shared_key},
    stage::{Stage, take_turns},
    text::{escape, unescape_map},
};
use crate::{Error, Result, Tenant as _, Tx};

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum AssertError {
    /// What it is about, or leads to, is not there.
    #[error("there is no such node")]
    Unknown,
    /// It was changed since the version that the edit was made for.
    #[error("it was changed meanwhile")]
    Stale {
        /// The present version; `None` when nobody speaks of it yet.
        version: Option<BatchId>,
    },
    /// It is over a bound.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Which node is meant.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// One that there is.
    Id(NodeId),
    /// The one of this key, which is made when there is none.
    Key {
        /// The realm.
        realm: &'a Realm,
        /// The key that all sources of the realm share.
        key: &'a str,
    },
}

/// What is said of a node.
#[derive(Debug, Clone, Copy)]
pub struct NodeAssertion<'a> {
    /// The node.
    pub target: Target<'a>,
    /// The labels that the asserter gives it; `None`: as before. Those of others stay.
    pub labels: Option<&'a [String]>,
    /// Properties, over those the asserter gave it before; null hides what others say.
    pub properties: &'a Map<String, Value>,
    /// Since when that holds; else from now on.
    pub valid_from: Option<Timestamp>,
    /// The version it was made for: the batch that changed the node last. `None`: any.
    pub expected: Option<BatchId>,
}

/// What is said of an edge.
#[derive(Debug, Clone, Copy)]
pub struct EdgeAssertion<'a> {
    /// Where it leads from.
    pub from: NodeId,
    /// Where it leads to.
    pub to: NodeId,
    /// How they hang together.
    pub edge_type: &'a str,
    /// What tells it apart from others of its type between the same two nodes.
    pub key: &'a str,
    /// Where it lies.
    pub realm: &'a Realm,
    /// Properties, over those the asserter gave it before; null hides what others say.
    pub properties: &'a Map<String, Value>,
    /// Since when that holds; else from now on.
    pub valid_from: Option<Timestamp>,
    /// The version it was made for: the batch that changed the edge last. `None`: any.
    pub expected: Option<BatchId>,
}

/// Says something of a node. Nothing is written when it was said before.
#[tracing::instrument(name = "db.ledger.assert_node", skip_all)]
pub async fn assert_node(
    tx: &mut Tx,
    batch: &Batch,
    assertion: &NodeAssertion<'_>,
) -> Result<NodeId, AssertError> {
    take_turns(tx, batch.asserter).await?;
    let (realm, key, found) = match assertion.target {
        Target::Id(id) => {
            let node = node(tx, id.into()).await?.ok_or(AssertError::Unknown)?;
            (Cow::Owned(node.realm()?), node.key.clone(), Some(node))
        }
        Target::Key { realm, key } => {
            let key = shared_key(key);
            let found = node_by_key(tx, realm, &key).await?;
            (Cow::Borrowed(realm), key, found)
        }
    };
    let mut said = Said::new(Kind::Node);
    said.key.clone_from(&key);
    let patch = Patch {
        labels: assertion.labels,
        properties: assertion.properties,
        valid_from: assertion.valid_from,
        expected: assertion.expected,
    };
    speak(tx, batch, &realm, found.as_ref(), patch, said).await?;
    if let Some(node) = found {
        return Ok(node.id.into());
    }
    let made = node_by_key(tx, &realm, &key).await?;
    made.map(|node| node.id.into()).ok_or(AssertError::Unknown)
}

/// Says something of an edge, which is made when there is none. Nothing is written when it was said before.
#[tracing::instrument(name = "db.ledger.assert_edge", skip_all)]
pub async fn assert_edge(
    tx: &mut Tx,
    batch: &Batch,
    assertion: &EdgeAssertion<'_>,
) -> Result<EdgeId, AssertError> {
    take_turns(tx, batch.asserter).await?;
    let (from, to) = (Uuid::from(assertion.from), Uuid::from(assertion.to));
    // In the order in which everybody locks nodes.
    for end in [from.min(to), from.max(to)] {
        node(tx, end).await?.ok_or(AssertError::Unknown)?;
    }
    let found = edge(tx, assertion).await?;
    let mut said = Said::new(Kind::Edge);
    said.key = escape(assertion.key).into_owned();
    said.edge_type = Some(escape(assertion.edge_type));
    said.from.id = Some(from);
    said.to.id = Some(to);
    let patch = Patch {
        labels: None,
        properties: assertion.properties,
        valid_from: assertion.valid_from,
        expected: assertion.expected,
    };
    speak(tx, batch, assertion.realm, found.as_ref(), patch, said).await?;
    if let Some(edge) = found {
        return Ok(edge.id.into());
    }
    let made = edge(tx, assertion).await?;
    made.map(|edge| edge.id.into()).ok_or(AssertError::Unknown)
}

/// Ends what the asserter of the batch says of an entity; whether it said something.
#[tracing::instrument(name = "db.ledger.withdraw", skip_all)]
pub async fn withdraw(tx: &mut Tx, batch: &Batch, kind: Kind, entity: Uuid) -> Result<bool> {
    // What is ended is found by its asserter and entity, in whichever realm it lies.
    let [realm, ..] = Realm::built_in();
    let mut stage = Stage::open(tx, batch, &realm).await?;
    stage.say(tx, &Said::gone(kind, entity.to_string().into())).await?;
    Ok(!stage.apply(tx, true).await?.is_empty())
}

/// What an edit says anew.
struct Patch<'a> {
    labels: Option<&'a [String]>,
    properties: &'a Map<String, Value>,
    valid_from: Option<Timestamp>,
    expected: Option<BatchId>,
}

async fn speak(
    tx: &mut Tx,
    batch: &Batch,
    realm: &Realm,
    found: Option<&Found>,
    patch: Patch<'_>,
    mut said: Said<'_>,
) -> Result<(), AssertError> {
    let version = found.and_then(|entity| entity.batch_id).map(BatchId::from);
    if patch.expected.is_some() && patch.expected != version {
        return Err(AssertError::Stale { version });
    }
    let before = match found {
        Some(entity) => own(tx, batch, entity.id).await?,
        None => None,
    };
    if let Some(entity) = found {
        said.external_id = entity.id.to_string().into();
    }
    let labels = patch.labels.map(|labels| labels.iter().map(|label| escape(label)).collect());
    let mut properties = Map::new();
    if let Some(before) = &before {
        properties = unescape_map(before.properties.clone());
        said.labels = before.labels.iter().map(|label| Cow::from(label.clone())).collect();
    }
    properties.extend(patch.properties.clone());
    said.labels = labels.unwrap_or(said.labels);
    said.properties = Cow::Owned(properties);
    said.valid_from = patch.valid_from;
    let said = said.ready().map_err(AssertError::Invalid)?;
    let same = before.as_ref().is_some_and(|before| {
        before.labels == said.labels
            && before.properties == *said.properties
            && patch.valid_from.is_none_or(|at| at == before.valid_from)
    });
    if !same {
        let mut stage = Stage::open(tx, batch, realm).await?;
        stage.change.before = before.map_or(batch.asserter, |before| before.asserter);
        stage.say(tx, &said).await?;
        stage.apply(tx, true).await?;
    }
    Ok(())
}

/// An entity that there is, locked.
struct Found {
    id: Uuid,
    realm: String,
    key: String,
    batch_id: Option<Uuid>,
}

impl Found {
    fn realm(&self) -> Result<Realm> {
        self.realm.parse().map_err(|error| Error::corrupt("entities", self.id, error))
    }
}

async fn node(tx: &mut Tx, id: Uuid) -> Result<Option<Found>> {
    Ok(sqlx::query_as!(
        Found,
        "select id, realm, key, batch_id from entities
         where org_id = $1 and id = $2 and kind = 'node' for update",
        Uuid::from(tx.org()),
        id,
    )
    .fetch_optional(tx.conn())
    .await?)
}

async fn node_by_key(tx: &mut Tx, realm: &Realm, key: &str) -> Result<Option<Found>> {
    Ok(sqlx::query_as!(
        Found,
        "select id, realm, key, batch_id from entities
         where org_id = $1 and kind = 'node' and realm = $2 and key = $3 for update",
        Uuid::from(tx.org()),
        realm.as_str(),
        key,
    )
    .fetch_optional(tx.conn())
    .await?)
}

async fn edge(tx: &mut Tx, assertion: &EdgeAssertion<'_>) -> Result<Option<Found>> {
    Ok(sqlx::query_as!(
        Found,
        "select id, realm, key, batch_id from entities
         where org_id = $1 and kind = 'edge' and from_id = $2 and type = $3 and to_id = $4 and realm = $5
             and key = $6
         for update",
        Uuid::from(tx.org()),
        Uuid::from(assertion.from),
        &*escape(assertion.edge_type),
        Uuid::from(assertion.to),
        assertion.realm.as_str(),
        &*escape(assertion.key),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// What the asserter of a batch, or the run before it, says of an entity, as it is kept.
struct Own {
    asserter: Asserter,
    labels: Vec<String>,
    properties: Map<String, Value>,
    valid_from: Timestamp,
}

async fn own(tx: &mut Tx, batch: &Batch, entity: Uuid) -> Result<Option<Own>> {
    let row = sqlx::query!(
        "select id, asserter_kind, asserter_id, labels, properties, valid_from from facts
         where org_id = $1 and entity_id = $2 and valid_to is null and superseded_at is null
             and case when $4 = 'run' then asserter_kind = 'run' else asserter_id = $3 end
         order by recorded_at desc, id desc limit 1",
        Uuid::from(tx.org()),
        entity,
        batch.asserter.uuid(),
        batch.asserter.kind(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let Value::Object(properties) = row.properties else {
            return Err(Error::corrupt("facts", row.id, "properties are no object"));
        };
        let asserter = Asserter::from_row(&row.asserter_kind, row.asserter_id)
            .ok_or_else(|| Error::corrupt("facts", row.id, "asserter_kind"))?;
        Ok(Own { asserter, labels: row.labels, properties, valid_from: row.valid_from })
    })
    .transpose()
}
