//! Nodes: searched, read, and what was ever said of them.

use agentcy_core::{Action, Caller, id::NodeId};
use agentcy_store::ledger::{
    Moment, NodeState,
    history::{self as versions, Version},
    read as nodes,
    search::{self as words, SearchKey},
};

use super::{MAX_NAME, MOST_NAMES, NodeQuery, NodeSearch, PropertyIs, check_names, no_node};
use crate::{Listing, PageRequest, Platform, Result, error::Faults, page::SortKey};

/// The longest text that is searched for, in characters.
const MAX_TEXT: usize = 1000;
/// The most properties that a search names.
const MOST_PROPERTIES: usize = 20;
/// The longest value of one, in bytes.
const MAX_VALUE: usize = 4096;

/// Nodes by what is written in them, the best first. Errors: `invalid`, `invalid_cursor`.
pub async fn search(
    platform: &Platform,
    caller: &Caller,
    ask: NodeSearch,
) -> Result<Listing<NodeState>> {
    let by = platform.permit(caller, Action::GraphRead).await?;
    let NodeSearch { query, moment, page } = ask;
    check(&query)?;
    let scope = format!(
        "{}/graph/nodes/{}/{query:?}/{moment:?}",
        by.org_id(),
        by.realms().to_slugs().join(","),
    );
    let after = platform.cursors.read(&scope, &page)?;
    let mut reader = platform.db.read(&by).await?;
    let found = words::search(&mut reader, by.realms(), &query, moment, page.limit, after).await?;
    Ok(platform.cursors.listing(&scope, found))
}

fn check(query: &NodeQuery) -> Result<()> {
    let mut faults = Faults::default();
    faults.require(query.q.chars().count() <= MAX_TEXT, "q", "at most 1000 characters");
    check_names(&query.labels, "label", &mut faults);
    faults.require(query.realms.len() <= MOST_NAMES, "realm", "at most 50");
    faults.require(query.properties.len() <= MOST_PROPERTIES, "property", "at most 20");
    let short = |is: &PropertyIs| is.name.len() <= MAX_NAME && is.text.len() <= MAX_VALUE;
    let rule = "a name of at most 1024 bytes and a value of at most 4096";
    faults.require(query.properties.iter().all(short), "property", rule);
    faults.into_result()
}

impl SortKey for SearchKey {
    fn write(&self, bytes: &mut Vec<u8>) {
        // A key of ids and one number is always JSON; an empty cursor would be refused.
        bytes.extend(serde_json::to_vec(self).unwrap_or_default());
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// A node, and how many edges the caller sees at it. Errors: `not_found`.
pub async fn read(
    platform: &Platform,
    caller: &Caller,
    id: NodeId,
    moment: Moment,
) -> Result<(NodeState, u64)> {
    let by = platform.permit(caller, Action::GraphRead).await?;
    let mut reader = platform.db.read(&by).await?;
    let found = nodes::node(&mut reader, by.realms(), id, moment).await?.ok_or_else(no_node)?;
    Ok((found.node, found.degree.unsigned_abs()))
}

/// Every version of what was said of a node, the newest first. Errors: `not_found`, `invalid_cursor`.
pub async fn history(
    platform: &Platform,
    caller: &Caller,
    id: NodeId,
    page: PageRequest,
) -> Result<Listing<Version>> {
    let by = platform.permit(caller, Action::GraphRead).await?;
    let scope = format!("{}/graph/nodes/{id}/history", by.org_id());
    let after = platform.cursors.read(&scope, &page)?;
    let mut reader = platform.db.read(&by).await?;
    let found = versions::history(&mut reader, by.realms(), id, page.limit, after).await?;
    Ok(platform.cursors.listing(&scope, found.ok_or_else(no_node)?))
}
