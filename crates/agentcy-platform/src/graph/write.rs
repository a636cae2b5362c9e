//! What people and agents say of the graph themselves.

use agentcy_core::{
    Action, By, Caller, ErrorCode, Principal, Realm, Realms,
    id::{BatchId, EdgeId, NodeId, RunId},
};
use agentcy_store::{
    Tx, audit,
    ledger::{self, AssertError, Asserter, Batch, Moment, Target, batches, read},
};
use serde_json::{Map, Value, json};

use super::no_node;
use crate::{Error, Platform, Result, events, grant, realms};

/// What is said of a node.
#[derive(Debug, Clone)]
pub struct NodeAssertion {
    /// Where it lies.
    pub realm: Realm,
    /// What all the world calls it: a node with this key is said more of, else it is made.
    pub key: String,
    /// What it is, beside what others say; `None`: as before.
    pub labels: Option<Vec<String>>,
    /// What is known of it; null hides what others say.
    pub properties: Map<String, Value>,
    /// The version it was made for; any unless said.
    pub expected: Option<BatchId>,
    /// The run that says it; else the caller does.
    pub run: Option<RunId>,
}

/// What is said of how two nodes hang together.
#[derive(Debug, Clone)]
pub struct EdgeAssertion {
    /// Where it leads from.
    pub from: NodeId,
    /// Where it leads to.
    pub to: NodeId,
    /// How they hang together.
    pub edge_type: String,
    /// What is known of it.
    pub properties: Map<String, Value>,
    /// The run that says it; else the caller does.
    pub run: Option<RunId>,
}

/// Something that was said, and whether graph queries see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written<I> {
    /// What it was said of.
    pub id: I,
    /// Whether graph queries see it; they will in a moment when not.
    pub projected: bool,
}

/// Says something of a node; it stands before what sources say, and a person's word before that of a run.
///
/// Errors: `insufficient_role` (role, realm), `unknown_realm`, `invalid`, `in_use` (it was changed since `expected`).
pub async fn upsert_node(
    platform: &Platform,
    caller: &Caller,
    new: NodeAssertion,
) -> Result<Written<NodeId>> {
    let by = platform.permit(caller, Action::GraphWrite).await?;
    platform.permit_on(&by, by.realms().contains(&new.realm), grant::REALMS_BEYOND).await?;
    let batch = batch(platform, &by, new.run);
    let mut tx = platform.db.begin(&by).await?;
    realms::require_known(&mut tx, "realm", &Realms::Only([new.realm.clone()].into())).await?;
    let said = ledger::NodeAssertion {
        target: Target::Key { realm: &new.realm, key: &new.key },
        labels: new.labels.as_deref(),
        properties: &new.properties,
        valid_from: None,
        expected: new.expected,
    };
    let id = ledger::assert_node(&mut tx, &batch, &said).await.map_err(refusal)?;
    finish(platform, tx, &by, &batch, &new.realm, id).await
}

/// Says that two nodes hang together. Errors: `not_found` (an end), `insufficient_role`, `invalid`.
pub async fn link_nodes(
    platform: &Platform,
    caller: &Caller,
    new: EdgeAssertion,
) -> Result<Written<EdgeId>> {
    let by = platform.permit(caller, Action::GraphWrite).await?;
    let batch = batch(platform, &by, new.run);
    let mut tx = platform.db.begin(&by).await?;
    let mut end = async |id| {
        let found = read::nodes(&mut tx, by.realms(), &[id], Moment::default()).await?.pop();
        found.filter(|node| node.archived_at.is_none()).ok_or_else(no_node)
    };
    let from = end(new.from).await?;
    end(new.to).await?;
    let said = ledger::EdgeAssertion {
        from: new.from,
        to: new.to,
        edge_type: &new.edge_type,
        key: "",
        realm: &from.realm,
        properties: &new.properties,
        valid_from: None,
        expected: None,
    };
    let id = ledger::assert_edge(&mut tx, &batch, &said).await.map_err(refusal)?;
    finish(platform, tx, &by, &batch, &from.realm, id).await
}

fn batch(platform: &Platform, by: &By, run: Option<RunId>) -> Batch {
    let asserter = match (run, by.caller().principal) {
        (Some(run), _) => Asserter::Run(run),
        (None, Principal::User(id)) => Asserter::Person(id.into()),
        (None, Principal::Key(id)) => Asserter::Person(id.into()),
    };
    let cause = by.caller().request_id.clone();
    Batch { id: platform.ids.next(), at: platform.clock.now(), asserter, cause }
}

/// Audit, event and commit; then waits for the graph engine for a moment.
async fn finish<I: std::fmt::Display + Copy>(
    platform: &Platform,
    mut tx: Tx,
    by: &By,
    batch: &Batch,
    realm: &Realm,
    id: I,
) -> Result<Written<I>> {
    let Some(counts) = batches::find(&mut tx, batch.id).await? else {
        return Ok(Written { id, projected: true });
    };
    audit::record(&mut tx, &platform.done(by, id, json!({ "realm": realm }))).await?;
    events::graph_changed(platform, &mut tx, None, realm, (batch.id, counts)).await?;
    tx.commit().await?;
    platform.wrote().await;
    let projected = platform.visible(by, batch.id).await;
    Ok(Written { id, projected })
}

fn refusal(error: AssertError) -> Error {
    match error {
        AssertError::Unknown => no_node(),
        AssertError::Stale { version } => {
            Error::refused(ErrorCode::InUse, "it was changed meanwhile; read it again")
                .with_details(json!({ "version": version }))
        }
        AssertError::Invalid(rule) => Error::invalid_field("$", rule),
        AssertError::Store(error) => error.into(),
    }
}
