//! Random syncs and edits, and a small model of what is to be shown after each.

use std::collections::{BTreeMap, BTreeSet};

use agentcy_core::id::{RunId, SourceId};
use agentcy_store::ledger::{Asserter, End, Kind, Staged, StagedEdge, StagedNode, Target};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Map, Value, json};
use sqlx::Row as _;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::book::{Book, by_key, by_own};
use crate::world::next_id;

/// One step. Sources, speakers, names and keys are by number.
#[derive(Debug, Clone)]
enum Step {
    Sync { source: usize, said: Vec<Word>, delta: bool, gone: Vec<(bool, usize)> },
    Retire { source: usize },
    Edit { who: usize, key: usize, name: usize, value: Option<u8>, label: Option<usize> },
    Withdraw { who: usize, key: usize },
}

#[derive(Debug, Clone)]
enum Word {
    Node { name: usize, key: Option<usize>, label: usize, value: Option<u8> },
    Edge { name: usize, from: (bool, usize), to: (bool, usize), edge_type: usize, value: u8 },
}

fn word() -> impl Strategy<Value = Word> {
    let end = || (any::<bool>(), 0..3usize);
    prop_oneof![
        3 => (0..3usize, proptest::option::of(0..2usize), 0..2usize, proptest::option::of(0..3u8))
            .prop_map(|(name, key, label, value)| Word::Node { name, key, label, value }),
        2 => (0..3usize, end(), end(), 0..2usize, 0..3u8).prop_map(|(name, from, to, edge_type, value)| {
            Word::Edge { name, from, to, edge_type, value }
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let gone = proptest::collection::vec((any::<bool>(), 0..3usize), 0..3);
    let said = proptest::collection::vec(word(), 0..7);
    prop_oneof![
        8 => (0..2usize, said, any::<bool>(), gone)
            .prop_map(|(source, said, delta, gone)| Step::Sync { source, said, delta, gone }),
        1 => (0..2usize).prop_map(|source| Step::Retire { source }),
        3 => (0..2usize, 0..3usize, 0..3usize, proptest::option::of(0..3u8), proptest::option::of(0..3usize))
            .prop_map(|(who, key, name, value, label)| Step::Edit { who, key, name, value, label }),
        1 => (0..2usize, 0..3usize).prop_map(|(who, key)| Step::Withdraw { who, key }),
    ]
}

fn key(n: usize) -> String {
    format!("k{n}")
}

fn properties(kind: &str, name: usize, value: Option<u8>) -> Map<String, Value> {
    // Each record has a property of its own, so that two words of one moment never compete.
    Map::from_iter([(format!("{kind}{name}"), value.map_or(Value::Null, Value::from))])
}

impl Word {
    fn staged(&self) -> Staged {
        let end =
            |(own, n): (bool, usize)| if own { by_own(&format!("n{n}")) } else { by_key(&key(n)) };
        match *self {
            Self::Node { name, key: keyed, label, value } => Staged::Node(StagedNode {
                external_id: format!("n{name}"),
                key: keyed.map(key),
                labels: vec![format!("L{label}")],
                properties: properties("n", name, value),
                valid_from: None,
            }),
            Self::Edge { name, from, to, edge_type, value } => Staged::Edge(StagedEdge {
                external_id: format!("e{name}"),
                edge_type: format!("T{edge_type}"),
                from: end(from),
                to: end(to),
                key: String::new(),
                properties: properties("e", name, Some(value)),
                valid_from: None,
            }),
        }
    }
}

/// Which thing: a node by its key, or an edge by its ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Node(String),
    Edge(String, String, String),
}

#[derive(Debug, Clone)]
struct Fact {
    thing: Thing,
    said: Option<Staged>,
    labels: BTreeSet<String>,
    properties: Map<String, Value>,
    moment: u64,
}

/// What is shown of a thing.
#[derive(Debug, Clone, PartialEq, Default)]
struct Shown {
    state: String,
    labels: Vec<String>,
    properties: Value,
    sources: BTreeSet<(Uuid, String)>,
    provenance: BTreeMap<String, Uuid>,
}

#[derive(Default)]
struct Model {
    facts: BTreeMap<(Asserter, Kind, String), Fact>,
    shown: BTreeMap<Thing, Shown>,
    moment: u64,
}

impl Model {
    fn private(source: SourceId, name: &str) -> String {
        format!("s:{}:{name}", Uuid::from(source))
    }

    fn node_key(&self, source: SourceId, end: &End) -> String {
        match end {
            End::Shared(key) => format!("k:{key}"),
            End::Own(name) => {
                match self.facts.get(&(Asserter::Source(source), Kind::Node, name.clone())) {
                    Some(Fact { thing: Thing::Node(key), .. }) => key.clone(),
                    _ => Self::private(source, name),
                }
            }
        }
    }

    fn thing(&self, source: SourceId, staged: &Staged) -> Thing {
        match staged {
            Staged::Node(node) => Thing::Node(match &node.key {
                Some(key) => format!("k:{key}"),
                None => Self::private(source, &node.external_id),
            }),
            Staged::Edge(edge) => Thing::Edge(
                self.node_key(source, &edge.from),
                edge.edge_type.clone(),
                self.node_key(source, &edge.to),
            ),
            Staged::Gone { .. } => unreachable!(),
        }
    }

    fn sync(&mut self, source: SourceId, said: &[Staged], delta: bool) {
        let who = Asserter::Source(source);
        let mut named = BTreeSet::new();
        // Nodes first: edges are told by the nodes as they are afterwards.
        for kind in [Kind::Node, Kind::Edge] {
            let mut is_said = BTreeSet::new();
            for staged in said {
                let (its, id, labels, properties) = match staged {
                    Staged::Node(it) => {
                        (Kind::Node, &it.external_id, &it.labels[..], &it.properties)
                    }
                    Staged::Edge(it) => (Kind::Edge, &it.external_id, &[][..], &it.properties),
                    Staged::Gone { kind: its, external_id } => {
                        if *its == kind && named.insert((kind, external_id.clone())) && delta {
                            self.facts.remove(&(who, kind, external_id.clone()));
                        }
                        continue;
                    }
                };
                if its != kind || !named.insert((kind, id.clone())) {
                    continue;
                }
                is_said.insert(id.clone());
                let at = (who, kind, id.clone());
                let same =
                    self.facts.get(&at).is_some_and(|fact| fact.said.as_ref() == Some(staged));
                if !same {
                    let properties = properties.clone().into_iter().filter(|(_, it)| !it.is_null());
                    let fact = Fact {
                        thing: self.thing(source, staged),
                        said: Some(staged.clone()),
                        labels: labels.iter().cloned().collect(),
                        properties: properties.collect(),
                        moment: self.moment,
                    };
                    self.facts.insert(at, fact);
                }
            }
            if !delta {
                self.facts
                    .retain(|(by, its, id), _| *by != who || *its != kind || is_said.contains(id));
            }
        }
        let edges: Vec<_> =
            self.facts.keys().filter(|it| it.0 == who && it.1 == Kind::Edge).cloned().collect();
        for at in edges {
            let thing = self.thing(source, self.facts[&at].said.as_ref().unwrap());
            let fact = self.facts.get_mut(&at).unwrap();
            if fact.thing != thing {
                (fact.thing, fact.moment) = (thing, self.moment);
            }
        }
    }

    fn edit(
        &mut self,
        who: Asserter,
        key: &str,
        patch: Map<String, Value>,
        labels: Option<Vec<String>>,
    ) {
        let thing = Thing::Node(format!("k:{key}"));
        let at = (who, Kind::Node, key.to_owned());
        let before = self.facts.get(&at);
        let mut fact = before.cloned().unwrap_or(Fact {
            thing,
            said: None,
            labels: BTreeSet::new(),
            properties: Map::new(),
            moment: 0,
        });
        fact.properties.extend(patch);
        if let Some(labels) = labels {
            fact.labels = labels.into_iter().collect();
        }
        if before.is_none_or(|it| it.labels != fact.labels || it.properties != fact.properties) {
            fact.moment = self.moment;
            self.facts.insert(at, fact);
        }
    }

    /// Merges anew, as slowly and plainly as can be.
    fn merge(&mut self) {
        let mut things: BTreeSet<Thing> = self.shown.keys().cloned().collect();
        things.extend(self.facts.values().map(|fact| fact.thing.clone()));
        for thing in things.clone() {
            if let Thing::Edge(from, _, to) = thing {
                things.extend([Thing::Node(from), Thing::Node(to)]);
            }
        }
        let live_nodes: BTreeSet<String> = self
            .facts
            .values()
            .filter_map(
                |fact| if let Thing::Node(key) = &fact.thing { Some(key.clone()) } else { None },
            )
            .collect();
        for thing in things {
            let shown = self.shown.entry(thing.clone()).or_default();
            let mut open: Vec<_> =
                self.facts.iter().filter(|(_, fact)| fact.thing == thing).collect();
            if open.is_empty() {
                let is_known = !matches!(shown.state.as_str(), "" | "awaited");
                shown.state = String::from(if is_known { "archived" } else { "awaited" });
                shown.sources.clear();
                shown.provenance.clear();
                if !is_known {
                    shown.properties = json!({});
                }
                continue;
            }
            let state = match &thing {
                Thing::Edge(from, _, to)
                    if !(live_nodes.contains(from) && live_nodes.contains(to)) =>
                {
                    "waiting"
                }
                _ => "live",
            };
            shown.state = String::from(state);
            shown.labels = open
                .iter()
                .flat_map(|it| it.1.labels.clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
            let rank = |who: &Asserter| match who {
                Asserter::Source(_) => 0,
                Asserter::Run(_) => 1,
                Asserter::Person(_) => 2,
            };
            // The weightiest word comes last and stands.
            open.sort_by_key(|(at, fact)| (rank(&at.0), fact.moment));
            let mut all = BTreeMap::new();
            for (at, fact) in &open {
                all.extend(
                    fact.properties
                        .iter()
                        .map(|(name, value)| (name.clone(), (value.clone(), at.0.uuid()))),
                );
            }
            all.retain(|_, (value, _)| !value.is_null());
            shown.properties =
                all.iter().map(|(name, (value, _))| (name.clone(), value.clone())).collect();
            let several = open.len() > 1;
            shown.provenance =
                all.into_iter().filter(|_| several).map(|(name, (_, by))| (name, by)).collect();
            let sources = open.iter().filter(|(at, _)| matches!(at.0, Asserter::Source(_)));
            shown.sources = sources.map(|(at, _)| (at.0.uuid(), at.2.clone())).collect();
        }
    }
}

type Rows = BTreeMap<Thing, (Shown, Option<Uuid>)>;

async fn read(book: &Book) -> Rows {
    let rows = sqlx::query(
        "select e.*, f.key as from_key, t.key as to_key from entities e
         left join entities f on f.org_id = e.org_id and f.id = e.from_id
         left join entities t on t.org_id = e.org_id and t.id = e.to_id
         where e.org_id = $1",
    )
    .bind(Uuid::from(book.org))
    .fetch_all(&mut book.owner().await)
    .await
    .unwrap();
    let read = |row: &sqlx::postgres::PgRow| {
        let thing = match row.get::<&str, _>("kind") {
            "node" => Thing::Node(row.get("key")),
            _ => Thing::Edge(row.get("from_key"), row.get("type"), row.get("to_key")),
        };
        let id = |value: &Value| value.as_str().unwrap().parse::<Uuid>().unwrap();
        let sources: Value = row.get("sources");
        let provenance: Value = row.get("provenance");
        let source =
            |it: &Value| (id(&it["source_id"]), it["external_id"].as_str().unwrap().to_owned());
        let shown = Shown {
            state: row.get("state"),
            labels: row.get("labels"),
            properties: row.get("properties"),
            sources: sources.as_array().unwrap().iter().map(source).collect(),
            provenance: provenance
                .as_object()
                .unwrap()
                .iter()
                .map(|(k, v)| (k.clone(), id(&v["id"])))
                .collect(),
        };
        (thing, (shown, row.get("batch_id")))
    };
    rows.iter().map(read).collect()
}

async fn play(first: &Book, steps: Vec<Step>) {
    let book = first.beside().await;
    let sources: [SourceId; 2] = [next_id().into(), next_id().into()];
    let people = [Asserter::Person(next_id()), Asserter::Run(RunId::from(next_id()))];
    let mut model = Model::default();
    let mut before = Rows::new();
    for step in steps {
        model.moment += 1;
        match &step {
            Step::Sync { source, said, delta, gone } => {
                let gone = gone.iter().map(|(is_node, name)| {
                    let (kind, prefix) =
                        if *is_node { (Kind::Node, "n") } else { (Kind::Edge, "e") };
                    Staged::Gone { kind, external_id: format!("{prefix}{name}") }
                });
                let said: Vec<_> = said.iter().map(Word::staged).chain(gone).collect();
                book.try_sync(sources[*source], &said, *delta).await.unwrap();
                model.sync(sources[*source], &said, *delta);
            }
            Step::Retire { source } => {
                book.retire(sources[*source]).await;
                model.sync(sources[*source], &[], false);
            }
            Step::Edit { who, key: n, name, value, label } => {
                let (who, key, patch) = (people[*who], key(*n), properties("n", *name, *value));
                let labels = label.map(|label| vec![format!("L{label}")]);
                let target = Target::Key { realm: &book.realm, key: &key };
                let patch_value = Value::Object(patch.clone());
                book.edit_node(who, target, labels.as_deref(), patch_value, None).await.unwrap();
                model.edit(who, &key, patch, labels);
            }
            Step::Withdraw { who, key: n } => {
                if let Some(node) = book.find_node(&format!("k:{}", key(*n))).await {
                    book.withdraw(people[*who], Kind::Node, node.id).await;
                    model.facts.remove(&(people[*who], Kind::Node, key(*n)));
                }
            }
        }
        model.merge();
        let after = read(&book).await;
        let shown: BTreeMap<_, _> =
            after.iter().map(|(thing, row)| (thing.clone(), row.0.clone())).collect();
        assert_eq!(shown, model.shown, "after {step:?}");
        // What is shown otherwise names the batch that did it, and the graph follows by that name.
        for (thing, (shown, batch)) in &after {
            let old = before.get(thing);
            let same = old.is_some_and(|(old, _)| old == shown)
                || old.is_none() && shown.state == "awaited";
            assert!(same || old.and_then(|it| it.1) != *batch, "{thing:?} after {step:?}");
        }
        before = after;
    }
}

#[test]
fn random_syncs_and_edits_show_what_a_plain_model_shows() {
    let runtime = Runtime::new().unwrap();
    let first = runtime.block_on(Book::new());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = std::env::var("PROPTEST_CASES").map_or(12, |cases| cases.parse().unwrap());
    let mut runner = TestRunner::new(ProptestConfig { cases, ..config });
    let steps = proptest::collection::vec(step(), 1..14);
    let outcome = runner.run(&steps, |steps| {
        runtime.block_on(play(&first, steps));
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
