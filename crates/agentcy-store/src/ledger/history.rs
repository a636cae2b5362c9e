//! Everything that was ever said of a node.

use agentcy_core::{Limit, Page, Realms, Timestamp, id::NodeId, page::TOTAL_CAP};
use serde_json::{Map, Value};
use sqlx::types::Uuid;

use super::{
    Asserter,
    rows::{Columns, labels, slugs},
    text,
};
use crate::{Error, Result, Tenant};

/// What one asserter said of a node at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Its number: a later one is higher. The key of a page.
    pub number: i64,
    /// Who said it.
    pub asserter: Asserter,
    /// What they call the node.
    pub external_id: String,
    /// What it is.
    pub labels: Vec<String>,
    /// What is known of it; a null of a person or run hides what others say.
    pub properties: Map<String, Value>,
    /// Since when it holds.
    pub valid_from: Timestamp,
    /// Until when it held, if that is over.
    pub valid_to: Option<Timestamp>,
    /// When it was learned.
    pub recorded_at: Timestamp,
    /// When it was learned that it is over.
    pub ended_at: Option<Timestamp>,
    /// When it was found wrong from the beginning.
    pub superseded_at: Option<Timestamp>,
    /// What made it: the id of a job or of a request.
    pub cause: String,
    /// What ended it, or found it wrong.
    pub end_cause: Option<String>,
}

/// A page of the versions of a node, the newest first, from below the number `after`. `None` for a node that
/// [`super::read::node`] does not find.
#[tracing::instrument(name = "db.facts.history", skip_all)]
pub async fn history(
    t: &mut impl Tenant,
    realms: &Realms,
    node: NodeId,
    limit: Limit,
    after: Option<i64>,
) -> Result<Option<Page<Version, i64>>> {
    let (org_id, id) = (Uuid::from(t.org()), Uuid::from(node));
    let realms = slugs(realms);
    let total = sqlx::query_scalar!(
        r#"select (select count(*) from (
                      select from facts f where f.org_id = $1 and f.entity_id = $2 limit $4
                  ) counted) as "count!"
           from entities e
           where e.org_id = $1 and e.id = $2 and e.kind = 'node' and e.state in ('live', 'archived')
               and ($3::text[] is null or e.realm = any($3))"#,
        org_id,
        id,
        realms.as_deref(),
        TOTAL_CAP + 1,
    )
    .fetch_optional(t.conn())
    .await?;
    let Some(total) = total else { return Ok(None) };
    let rows = sqlx::query_as!(
        VersionRow,
        r#"select f.id, f.entity_id, f.asserter_kind, f.asserter_id, f.external_id, f.labels,
                  f.properties, f.valid_from, f.valid_to, f.recorded_at, f.ended_at,
                  f.superseded_at, b.cause as "cause?", e.cause as "end_cause?"
           from facts f
           left join fact_batches b on b.org_id = f.org_id and b.id = f.batch_id
           left join fact_batches e on e.org_id = f.org_id and e.id = f.end_batch_id
           where f.org_id = $1 and f.entity_id = $2 and ($3::bigint is null or f.id < $3)
           order by f.id desc limit $4"#,
        org_id,
        id,
        after,
        limit.plus_one(),
    )
    .fetch_all(t.conn())
    .await?;
    let items = rows.into_iter().map(Version::try_from).collect::<Result<_>>()?;
    Ok(Some(Page::cut(items, limit, total, |version: &Version| version.number)))
}

struct VersionRow {
    id: i64,
    entity_id: Uuid,
    asserter_kind: String,
    asserter_id: Uuid,
    external_id: String,
    labels: Vec<String>,
    properties: Value,
    valid_from: Timestamp,
    valid_to: Option<Timestamp>,
    recorded_at: Timestamp,
    ended_at: Option<Timestamp>,
    superseded_at: Option<Timestamp>,
    cause: Option<String>,
    end_cause: Option<String>,
}

impl TryFrom<VersionRow> for Version {
    type Error = Error;

    fn try_from(row: VersionRow) -> Result<Self> {
        let columns = Columns { table: "facts", id: row.entity_id };
        Ok(Self {
            number: row.id,
            asserter: columns.asserter(&row.asserter_kind, row.asserter_id)?,
            external_id: text::unescape(row.external_id),
            labels: labels(row.labels),
            properties: columns.properties(row.properties)?,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            recorded_at: row.recorded_at,
            ended_at: row.ended_at,
            superseded_at: row.superseded_at,
            cause: columns.required("batch_id", row.cause)?,
            end_cause: row.end_cause,
        })
    }
}
