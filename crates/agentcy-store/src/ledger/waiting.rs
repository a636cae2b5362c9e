//! Edges that wait for an end which nobody speaks of, yet or any more.

use agentcy_core::{
    Limit, Page, Realm, Realms, Timestamp,
    id::{EdgeId, NodeId},
    page::TOTAL_CAP,
};
use serde_json::Value;
use sqlx::types::Uuid;

use super::{
    End, SourceRef,
    rows::{Columns, slugs},
    text,
};
use crate::{Error, Result, Tenant};

/// An edge that is not shown, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Its id; the key of a page.
    pub id: EdgeId,
    /// How its ends hang together.
    pub edge_type: String,
    /// Where it leads from.
    pub from: Awaited,
    /// Where it leads to.
    pub to: Awaited,
    /// Where it lies.
    pub realm: Realm,
    /// The sources that speak of it.
    pub sources: Vec<SourceRef>,
    /// When the newest of what is said of it was learned.
    pub recorded_at: Timestamp,
}

/// An end of an edge that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// The node, which keeps this id when it comes.
    pub node: NodeId,
    /// What it is known by: all sources of the realm by its shared key, or one by an id of its own.
    pub name: End,
    /// Whether this end is there.
    pub presence: Presence,
}

/// Whether an end of an edge is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Live,
    /// Nobody has spoken of it yet.
    Awaited,
    /// Nobody speaks of it any more.
    Archived,
}

/// A page of the edges that wait, the newest first. Both ends and the edge lie in the caller's realms.
#[tracing::instrument(name = "db.entities.waiting", skip_all)]
pub async fn waiting(
    t: &mut impl Tenant,
    realms: &Realms,
    limit: Limit,
    after: Option<EdgeId>,
) -> Result<Page<Waiting, EdgeId>> {
    let total = count(t, realms).await?;
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    let rows = sqlx::query_as!(
        WaitingRow,
        r#"select e.id, e.type as "edge_type!", e.realm, e.sources, e.recorded_at,
                  f.id as from_id, f.key as from_key, f.state as from_state,
                  t.id as to_id, t.key as to_key, t.state as to_state
           from entities e
           join entities f on f.org_id = e.org_id and f.id = e.from_id
           join entities t on t.org_id = e.org_id and t.id = e.to_id
           where e.org_id = $1 and e.kind = 'edge' and e.state = 'waiting'
               and ($2::text[] is null
                    or e.realm = any($2) and f.realm = any($2) and t.realm = any($2))
               and ($3::uuid is null or e.id < $3)
           order by e.id desc limit $4"#,
        org_id,
        realms.as_deref(),
        after.map(Uuid::from),
        limit.plus_one(),
    )
    .fetch_all(t.conn())
    .await?;
    let items = rows.into_iter().map(Waiting::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |waiting: &Waiting| waiting.id))
}

/// How many edges wait, up to one more than lists count.
pub(super) async fn count(t: &mut impl Tenant, realms: &Realms) -> Result<i64> {
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from entities e
               join entities f on f.org_id = e.org_id and f.id = e.from_id
               join entities t on t.org_id = e.org_id and t.id = e.to_id
               where e.org_id = $1 and e.kind = 'edge' and e.state = 'waiting'
                   and ($2::text[] is null
                        or e.realm = any($2) and f.realm = any($2) and t.realm = any($2))
               limit $3
           ) counted"#,
        org_id,
        realms.as_deref(),
        TOTAL_CAP + 1,
    )
    .fetch_one(t.conn())
    .await?;
    Ok(count)
}

struct WaitingRow {
    id: Uuid,
    edge_type: String,
    realm: String,
    sources: Value,
    recorded_at: Option<Timestamp>,
    from_id: Uuid,
    from_key: String,
    from_state: String,
    to_id: Uuid,
    to_key: String,
    to_state: String,
}

impl TryFrom<WaitingRow> for Waiting {
    type Error = Error;

    fn try_from(row: WaitingRow) -> Result<Self> {
        let columns = Columns { table: "entities", id: row.id };
        Ok(Self {
            id: row.id.into(),
            edge_type: text::unescape(row.edge_type),
            from: end(&columns, row.from_id, &row.from_key, &row.from_state)?,
            to: end(&columns, row.to_id, &row.to_key, &row.to_state)?,
            realm: columns.parse("realm", &row.realm)?,
            sources: columns.sources(&row.sources)?,
            recorded_at: columns.required("recorded_at", row.recorded_at)?,
        })
    }
}

fn end(columns: &Columns, id: Uuid, key: &str, state: &str) -> Result<Awaited> {
    let presence = match state {
        "live" => Presence::Live,
        "awaited" => Presence::Awaited,
        "archived" => Presence::Archived,
        _ => return Err(columns.corrupt("state of an end")),
    };
    let unescape = |text: &str| text::unescape(text.to_owned());
    // The id of the source stands between.
    let own = || key.strip_prefix("s:")?.split_once(':').map(|(_, name)| End::Own(unescape(name)));
    let name = key.strip_prefix("k:").map(|name| End::Shared(unescape(name))).or_else(own);
    Ok(Awaited { node: id.into(), name: columns.required("key of an end", name)?, presence })
}
