//! Nodes and edges as they were at a moment: the merge of the facts that were seen then, by the rule of the present one.

use std::{cmp::Reverse, collections::BTreeSet, mem};

use agentcy_core::{Realm, Realms, Timestamp, id::NodeId};
use serde_json::{Map, Value};
use sqlx::types::Uuid;

use super::{
    Asserter, EdgeState, Moment, NodeState, Provenance, SourceRef,
    rows::{Columns, slugs, uuids},
    text,
};
use crate::{Result, Tenant};

/// The most labels that a node shows.
const LABELS: usize = 64;

/// These nodes at a moment, in the order of ids. What was over by then is as it last was, and marked.
pub(super) async fn nodes(
    t: &mut impl Tenant,
    realms: &Realms,
    ids: &[NodeId],
    moment: Moment,
) -> Result<Vec<NodeState>> {
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    // Where nothing shows any more, what was over last does: that is what was seen just before.
    let mut rows = sqlx::query_as!(
        FactRow,
        r#"select f.id as "id!", f.entity_id as "entity_id!", e.realm as "realm!",
                  f.asserter_kind as "asserter_kind!", f.asserter_id as "asserter_id!",
                  f.external_id as "external_id!", f.labels as "labels!",
                  f.type as edge_type, f.from_id, f.to_id, f.properties as "properties!",
                  f.valid_from as "valid_from!", f.recorded_at as "recorded_at!",
                  f.shows as "shows!", f.over, f.ended_at
           from (
               select s.*, rank() over (partition by entity_id
                   order by shows desc, case when not shows then over end desc) as place
               from (
                   select *,
                       fact_shows(valid_from, valid_to, recorded_at, ended_at, superseded_at,
                           $4, $5) as shows,
                       case when ended_at <= coalesce($5::timestamptz, 'infinity') then valid_to end as over
                   from facts
                   where org_id = $1 and entity_id = any($2) and kind = 'node'
                       and valid_from <= coalesce($4::timestamptz, 'infinity')
                       and recorded_at <= coalesce($5::timestamptz, 'infinity')
                       and (superseded_at is null or superseded_at > coalesce($5::timestamptz, 'infinity'))
               ) s
           ) f
           join entities e on e.org_id = $1 and e.id = f.entity_id
           where f.place = 1 and ($3::text[] is null or e.realm = any($3))
           order by f.entity_id"#,
        org_id,
        &uuids(ids),
        realms.as_deref(),
        moment.as_of,
        moment.known_at,
    )
    .fetch_all(t.conn())
    .await?;
    rows.chunk_by_mut(|one, other| one.entity_id == other.entity_id).map(node).collect()
}

/// These facts of edges, all seen at the moment, merged to edges in the order of ids.
pub(super) async fn edges(
    t: &mut impl Tenant,
    realms: &Realms,
    facts: &[i64],
    moment: Moment,
) -> Result<Vec<EdgeState>> {
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    let mut rows = sqlx::query_as!(
        FactRow,
        r#"select f.id, f.entity_id, e.realm, f.asserter_kind, f.asserter_id, f.external_id,
                  f.labels, f.type as edge_type, f.from_id, f.to_id, f.properties, f.valid_from,
                  f.recorded_at, true as "shows!", f.ended_at,
                  case when f.ended_at <= coalesce($4::timestamptz, 'infinity') then f.valid_to end as over
           from facts f join entities e on e.org_id = f.org_id and e.id = f.entity_id
           where f.org_id = $1 and f.id = any($2) and ($3::text[] is null or e.realm = any($3))
           order by f.entity_id"#,
        org_id,
        facts,
        realms.as_deref(),
        moment.known_at,
    )
    .fetch_all(t.conn())
    .await?;
    rows.chunk_by_mut(|one, other| one.entity_id == other.entity_id).map(edge).collect()
}

struct FactRow {
    id: i64,
    entity_id: Uuid,
    realm: String,
    asserter_kind: String,
    asserter_id: Uuid,
    external_id: String,
    labels: Vec<String>,
    edge_type: Option<String>,
    from_id: Option<Uuid>,
    to_id: Option<Uuid>,
    properties: Value,
    valid_from: Timestamp,
    recorded_at: Timestamp,
    shows: bool,
    /// When it ceased to hold, as far as that was known.
    over: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

/// What is the same for nodes and edges.
struct Merged {
    realm: Realm,
    properties: Map<String, Value>,
    provenance: Provenance,
    valid_from: Timestamp,
    valid_to: Option<Timestamp>,
    recorded_at: Timestamp,
}

/// Of a property, persons speak before runs and these before sources, and of several the newest; a null hides it.
fn merge(facts: &mut [FactRow], columns: &Columns) -> Result<Merged> {
    facts.sort_by_key(|fact| {
        let rank = ["person", "run", "source"].iter().position(|kind| *kind == fact.asserter_kind);
        (rank, Reverse((fact.valid_from, fact.recorded_at, fact.id)))
    });
    let (mut chosen, mut provenance) = (Map::new(), Provenance::new());
    for fact in facts.iter_mut() {
        let asserter = columns.asserter(&fact.asserter_kind, fact.asserter_id)?;
        for (name, value) in columns.properties(mem::take(&mut fact.properties))? {
            if !chosen.contains_key(&name) {
                provenance.insert(name.clone(), asserter);
                chosen.insert(name, value);
            }
        }
    }
    chosen.retain(|_, value| !value.is_null());
    provenance.retain(|name, _| facts.len() > 1 && chosen.contains_key(name));
    let first = facts.first();
    let realm = columns.required("realm", first.and_then(|fact| fact.realm.parse().ok()))?;
    let valid_from = facts.iter().map(|fact| fact.valid_from).min();
    let recorded_at = facts.iter().map(|fact| fact.recorded_at).max();
    let lasts = facts.iter().any(|fact| fact.over.is_none());
    Ok(Merged {
        realm,
        properties: chosen,
        provenance,
        valid_from: columns.required("valid_from", valid_from)?,
        valid_to: facts.iter().filter_map(|fact| fact.over).max().filter(|_| !lasts),
        recorded_at: columns.required("recorded_at", recorded_at)?,
    })
}

fn node(facts: &mut [FactRow]) -> Result<NodeState> {
    let id = facts.first().map(|fact| fact.entity_id).unwrap_or_default();
    let columns = Columns { table: "facts", id };
    let merged = merge(facts, &columns)?;
    let labels: BTreeSet<&String> = facts.iter().flat_map(|fact| &fact.labels).collect();
    let labels = labels.into_iter().take(LABELS).map(|label| text::unescape(label.clone()));
    let shows = facts.iter().any(|fact| fact.shows);
    let mut sources = Vec::new();
    for fact in facts.iter().filter(|fact| fact.shows) {
        if let Asserter::Source(source_id) =
            columns.asserter(&fact.asserter_kind, fact.asserter_id)?
        {
            let external_id = text::unescape(fact.external_id.clone());
            sources.push(SourceRef { source_id, external_id });
        }
    }
    sources.sort_by(|one, other| {
        (one.source_id, &one.external_id).cmp(&(other.source_id, &other.external_id))
    });
    Ok(NodeState {
        id: id.into(),
        labels: labels.collect(),
        properties: merged.properties,
        realm: merged.realm,
        sources,
        provenance: if shows { merged.provenance } else { Provenance::new() },
        valid_from: merged.valid_from,
        valid_to: merged.valid_to,
        recorded_at: merged.recorded_at,
        archived_at: facts.iter().filter_map(|fact| fact.ended_at).max().filter(|_| !shows),
    })
}

fn edge(facts: &mut [FactRow]) -> Result<EdgeState> {
    let id = facts.first().map(|fact| fact.entity_id).unwrap_or_default();
    let columns = Columns { table: "facts", id };
    let merged = merge(facts, &columns)?;
    let ends = facts.first().and_then(|fact| Some((fact.from_id?, fact.to_id?)));
    let (from, to) = columns.required("ends", ends)?;
    let edge_type = facts.first().and_then(|fact| fact.edge_type.clone());
    Ok(EdgeState {
        id: id.into(),
        edge_type: text::unescape(columns.required("type", edge_type)?),
        from: from.into(),
        to: to.into(),
        properties: merged.properties,
        realm: merged.realm,
        valid_from: merged.valid_from,
        valid_to: merged.valid_to,
        recorded_at: merged.recorded_at,
    })
}
