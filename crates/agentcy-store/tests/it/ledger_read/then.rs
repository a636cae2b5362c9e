//! Facts made by hand, and a plain reading of them: what the statements must say of any two moments.

use std::collections::{BTreeMap, BTreeSet};

use agentcy_core::{
    Realm, Realms, Timestamp,
    id::{NodeId, OrgId},
};
use agentcy_store::ledger::{
    Asserter, EdgeState, Moment, NodeState, Provenance, SourceRef,
    past::{Direction, Subgraph},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::world::at;

/// How many nodes and edges a case has at most, and how many seconds.
pub(crate) const NODES: usize = 4;
pub(crate) const EDGES: usize = 5;
pub(crate) const SECS: i64 = 5;

/// One row of facts. What it is of, who says it and what are by number, times in seconds.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) of: usize,
    who: usize,
    label: usize,
    properties: Vec<Option<u8>>,
    valid_from: i64,
    recorded_at: i64,
    end: Option<(i64, i64)>,
    superseded_at: Option<i64>,
}

/// Facts of nodes and of edges, and where each edge leads.
#[derive(Debug, Clone)]
pub(crate) struct Tale {
    pub(crate) nodes: Vec<Fact>,
    pub(crate) edges: Vec<Fact>,
    pub(crate) ends: Vec<(usize, usize, usize)>,
    pub(crate) base: u128,
}

fn fact(of: usize) -> impl Strategy<Value = Fact> {
    let properties = proptest::collection::vec(proptest::option::weighted(0.7, 0..3u8), 2);
    let secs = || 0..=SECS;
    let end = proptest::option::of((secs(), secs()));
    let what = (0..of, 0..4usize, 0..3usize, properties);
    let superseded = proptest::option::weighted(0.2, secs());
    (what, secs(), secs(), end, superseded).prop_map(
        |(what, valid_from, recorded_at, end, superseded_at)| {
            let (of, who, label, properties) = what;
            Fact { of, who, label, properties, valid_from, recorded_at, end, superseded_at }
        },
    )
}

pub(crate) fn tale() -> impl Strategy<Value = Tale> {
    let end = || 0..NODES;
    (
        proptest::collection::vec(fact(NODES), 1..10),
        proptest::collection::vec(fact(EDGES), 0..10),
        proptest::collection::vec((end(), end(), 0..2usize), EDGES),
    )
        .prop_map(|(nodes, edges, ends)| Tale { nodes, edges, ends, base: 0 })
}

pub(crate) fn realm_of(thing: usize) -> Realm {
    ["data", "crm"][thing % 2].parse().unwrap()
}

impl Fact {
    fn asserter(&self) -> Asserter {
        let id = Uuid::from_u128(900 + self.who as u128);
        match self.who {
            0 => Asserter::Person(id),
            1 => Asserter::Run(id.into()),
            _ => Asserter::Source(id.into()),
        }
    }

    pub(crate) fn properties(&self) -> Map<String, Value> {
        let value = |value: &Option<u8>| value.map_or(Value::Null, Value::from);
        let named = self.properties.iter().enumerate();
        named.map(|(n, it)| (format!("p{n}"), value(it))).collect()
    }

    /// When it ceased to hold, as far as that was known.
    fn over(&self, known_at: i64) -> Option<i64> {
        self.end.filter(|(_, ended_at)| *ended_at <= known_at).map(|(valid_to, _)| valid_to)
    }

    fn is_begun(&self, as_of: i64, known_at: i64) -> bool {
        self.recorded_at <= known_at
            && self.superseded_at.is_none_or(|at| at > known_at)
            && self.valid_from <= as_of
    }

    fn shows(&self, as_of: i64, known_at: i64) -> bool {
        self.is_begun(as_of, known_at) && self.over(known_at).is_none_or(|over| over > as_of)
    }
}

/// A moment in seconds; without end where none is given.
pub(crate) fn secs(moment: Moment) -> (i64, i64) {
    let secs = |at_: Option<Timestamp>| at_.map_or(i64::MAX, |it| (it - at(0)).num_seconds());
    (secs(moment.as_of), secs(moment.known_at))
}

impl Tale {
    pub(crate) fn node_id(&self, node: usize) -> NodeId {
        Uuid::from_u128(self.base + 1 + node as u128).into()
    }

    fn edge_id(&self, edge: usize) -> Uuid {
        Uuid::from_u128(self.base + 100 + edge as u128)
    }

    /// Writes it down in an org of its own.
    pub(crate) async fn write(&self, owner: &mut PgConnection, org: OrgId) {
        let org = Uuid::from(org);
        for node in 0..NODES {
            sqlx::query(
                "insert into entities (org_id, id, kind, realm, key, state) values ($1, $2, 'node', $3, $4, 'live')",
            )
            .bind(org)
            .bind(Uuid::from(self.node_id(node)))
            .bind(realm_of(node).as_str())
            .bind(format!("k:{node}"))
            .execute(&mut *owner)
            .await
            .unwrap();
        }
        for (edge, (from, to, edge_type)) in self.ends.iter().enumerate() {
            sqlx::query(
                "insert into entities (org_id, id, kind, realm, key, state, type, from_id, to_id)
                 values ($1, $2, 'edge', $3, $4, 'live', $5, $6, $7)",
            )
            .bind(org)
            .bind(self.edge_id(edge))
            .bind(realm_of(edge).as_str())
            .bind(edge.to_string())
            .bind(format!("T{edge_type}"))
            .bind(Uuid::from(self.node_id(*from)))
            .bind(Uuid::from(self.node_id(*to)))
            .execute(&mut *owner)
            .await
            .unwrap();
        }
        for (n, fact) in self.nodes.iter().enumerate() {
            let id = self.node_id(fact.of).into();
            insert(owner, org, id, None, format!("n{n}"), fact).await;
        }
        for (n, fact) in self.edges.iter().enumerate() {
            let (from, to, edge_type) = self.ends[fact.of];
            let ends =
                (self.node_id(from).into(), self.node_id(to).into(), format!("T{edge_type}"));
            insert(owner, org, self.edge_id(fact.of), Some(ends), format!("e{n}"), fact).await;
        }
    }

    /// A node as it was.
    pub(crate) fn node(&self, node: usize, moment: Moment) -> Option<NodeState> {
        let (as_of, known_at) = secs(moment);
        let begun: Vec<(usize, &Fact)> = self.nodes.iter().enumerate().collect();
        let mut facts = begun;
        facts.retain(|(_, fact)| fact.of == node && fact.is_begun(as_of, known_at));
        let shows = facts.iter().any(|(_, fact)| fact.shows(as_of, known_at));
        let last = facts.iter().filter_map(|(_, fact)| fact.over(known_at)).max();
        facts.retain(
            |(_, fact)| {
                if shows { fact.shows(as_of, known_at) } else { fact.over(known_at) == last }
            },
        );
        let merged = merge(&facts, known_at)?;
        let labels: BTreeSet<String> =
            facts.iter().map(|(_, it)| format!("L{}", it.label)).collect();
        let mut sources: Vec<SourceRef> = Vec::new();
        for (n, fact) in &facts {
            if let Asserter::Source(source_id) = fact.asserter() {
                sources.push(SourceRef { source_id, external_id: format!("n{n}") });
            }
        }
        sources.sort_by_key(|it| (it.source_id, it.external_id.clone()));
        let ended = facts.iter().filter_map(|(_, fact)| fact.end).map(|(_, ended_at)| at(ended_at));
        Some(NodeState {
            id: self.node_id(node),
            labels: labels.into_iter().collect(),
            properties: merged.properties,
            realm: realm_of(node),
            sources: if shows { sources } else { Vec::new() },
            provenance: if shows { merged.provenance } else { Provenance::new() },
            valid_from: merged.valid_from,
            valid_to: merged.valid_to,
            recorded_at: merged.recorded_at,
            archived_at: ended.max().filter(|_| !shows),
        })
    }

    /// A node that was seen.
    pub(crate) fn live(&self, node: usize, realms: &Realms, moment: Moment) -> Option<NodeState> {
        self.node(node, moment).filter(|it| it.archived_at.is_none() && realms.contains(&it.realm))
    }

    /// The edges that were seen, with the numbers of their ends.
    pub(crate) fn edges(&self, realms: &Realms, moment: Moment) -> Vec<(usize, usize, EdgeState)> {
        let (as_of, known_at) = secs(moment);
        let edge = |edge: usize| {
            let (from, to, edge_type) = self.ends[edge];
            let mut facts: Vec<(usize, &Fact)> = self.edges.iter().enumerate().collect();
            facts.retain(|(_, fact)| fact.of == edge && fact.shows(as_of, known_at));
            let merged = merge(&facts, known_at)?;
            self.live(from, realms, moment)?;
            self.live(to, realms, moment)?;
            let state = EdgeState {
                id: self.edge_id(edge).into(),
                edge_type: format!("T{edge_type}"),
                from: self.node_id(from),
                to: self.node_id(to),
                properties: merged.properties,
                realm: realm_of(edge),
                valid_from: merged.valid_from,
                valid_to: merged.valid_to,
                recorded_at: merged.recorded_at,
            };
            realms.contains(&state.realm).then_some((from, to, state))
        };
        (0..EDGES).filter_map(edge).collect()
    }

    /// A walk outward, nodes nearest first.
    pub(crate) fn expand(
        &self,
        (start, depth, direction): (usize, usize, Direction),
        labels: &[String],
        realms: &Realms,
        moment: Moment,
    ) -> Subgraph {
        let edges = self.edges(realms, moment);
        let mut met: Vec<usize> = Vec::new();
        met.extend(self.live(start, realms, moment).map(|_| start));
        for _ in 0..depth {
            let mut next: BTreeSet<usize> = BTreeSet::new();
            for (from, to, _) in &edges {
                if direction != Direction::In && met.contains(from) {
                    next.insert(*to);
                }
                if direction != Direction::Out && met.contains(to) {
                    next.insert(*from);
                }
            }
            next.retain(|node| {
                let found = self.live(*node, realms, moment).is_some_and(|it| {
                    labels.is_empty() || it.labels.iter().any(|label| labels.contains(label))
                });
                found && !met.contains(node)
            });
            met.extend(next);
        }
        let between =
            edges.into_iter().filter(|(from, to, _)| met.contains(from) && met.contains(to));
        Subgraph {
            edges: between.map(|(_, _, edge)| edge).collect(),
            nodes: met.iter().filter_map(|node| self.live(*node, realms, moment)).collect(),
            truncated: false,
        }
    }
}

struct Merged {
    properties: Map<String, Value>,
    provenance: Provenance,
    valid_from: Timestamp,
    valid_to: Option<Timestamp>,
    recorded_at: Timestamp,
}

fn merge(facts: &[(usize, &Fact)], known_at: i64) -> Option<Merged> {
    let mut best: BTreeMap<String, (&Fact, usize, Value)> = BTreeMap::new();
    let rank = |fact: &Fact| fact.who.min(2);
    for (n, fact) in facts {
        for (name, value) in fact.properties() {
            let wins = best.get(&name).is_none_or(|(other, m, _)| {
                let key = |fact: &Fact, n| {
                    (rank(fact), -fact.valid_from, -fact.recorded_at, usize::MAX - n)
                };
                key(fact, *n) < key(other, *m)
            });
            if wins {
                best.insert(name, (fact, *n, value));
            }
        }
    }
    best.retain(|_, (_, _, value)| !value.is_null());
    let several = facts.len() > 1;
    let lasts = facts.iter().any(|(_, fact)| fact.over(known_at).is_none());
    let over = facts.iter().filter_map(|(_, fact)| fact.over(known_at)).max();
    Some(Merged {
        provenance: best
            .iter()
            .filter(|_| several)
            .map(|(name, (fact, _, _))| (name.clone(), fact.asserter()))
            .collect(),
        properties: best.into_iter().map(|(name, (_, _, value))| (name, value)).collect(),
        valid_from: at(facts.iter().map(|(_, fact)| fact.valid_from).min()?),
        valid_to: over.filter(|_| !lasts).map(at),
        recorded_at: at(facts.iter().map(|(_, fact)| fact.recorded_at).max()?),
    })
}

async fn insert(
    owner: &mut PgConnection,
    org: Uuid,
    entity: Uuid,
    ends: Option<(Uuid, Uuid, String)>,
    external_id: String,
    fact: &Fact,
) {
    let (from, to, edge_type) = ends.map_or((None, None, None), |(from, to, edge_type)| {
        (Some(from), Some(to), Some(edge_type))
    });
    sqlx::query(
        "insert into facts (org_id, entity_id, kind, asserter_kind, asserter_id, external_id, labels, type,
             from_id, to_id, properties, digest, valid_from, valid_to, recorded_at, ended_at, superseded_at, batch_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $2, $12, $13, $14, $15, $16, $2)",
    )
    .bind(org)
    .bind(entity)
    .bind(if from.is_some() { "edge" } else { "node" })
    .bind(fact.asserter().kind())
    .bind(fact.asserter().uuid())
    .bind(external_id)
    .bind(vec![format!("L{}", fact.label)])
    .bind(edge_type)
    .bind(from)
    .bind(to)
    .bind(json!(fact.properties()))
    .bind(at(fact.valid_from))
    .bind(fact.end.map(|(valid_to, _)| at(valid_to)))
    .bind(at(fact.recorded_at))
    .bind(fact.end.map(|(_, ended_at)| at(ended_at)))
    .bind(fact.superseded_at.map(at))
    .execute(owner)
    .await
    .unwrap();
}
