//! Both times against each other: whatever was said, found over or found wrong, each moment reads as a plain reading
//! of the facts says it.

use agentcy_core::{Limit, Realms};
use agentcy_store::ledger::{
    Moment, past,
    past::{Direction, Expand, Hop},
    read, search,
    search::{NodeQuery, PropertyIs},
};
use proptest::{prelude::*, test_runner::TestRunner};
use tokio::runtime::Runtime;

use super::{
    number,
    then::{NODES, SECS, Tale, realm_of, tale},
};
use crate::world::{World, at, by, next_id};

/// A few of all moments, each with one of the times, both or none.
fn moments() -> impl Strategy<Value = Vec<Moment>> {
    let time = || proptest::option::weighted(0.8, (-1..=SECS).prop_map(at));
    let moment = (time(), time()).prop_map(|(as_of, known_at)| Moment { as_of, known_at });
    proptest::collection::vec(moment, 6)
}

fn some_realms() -> [Realms; 2] {
    [Realms::All, Realms::Only(vec![realm_of(0)])]
}

#[test]
fn every_moment_reads_as_the_facts_say() {
    let runtime = Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = config.cases.min(40);
    let mut runner = TestRunner::new(ProptestConfig { cases, ..config });
    let run = runner.run(&(tale(), moments()), |(mut tale, moments)| {
        tale.base = next_id().as_u128() << 32;
        runtime.block_on(check(&world, &tale, &moments));
        Ok(())
    });
    run.unwrap();
}

async fn check(world: &World, tale: &Tale, moments: &[Moment]) {
    let org = world.org().await;
    tale.write(&mut world.owner().await, org).await;
    let mut t = world.db.read(&by(org)).await.unwrap();
    let ids: Vec<_> = (0..NODES).map(|node| tale.node_id(node)).collect();
    for moment in moments.iter().copied() {
        for realms in some_realms() {
            let hidden = |node: &usize| realms.contains(&realm_of(*node));
            let seen: Vec<_> =
                (0..NODES).filter(hidden).filter_map(|node| tale.node(node, moment)).collect();
            // What is merged already is read as it is.
            if moment != Moment::default() {
                let found = read::nodes(&mut t, &realms, &ids, moment).await.unwrap();
                assert_eq!(found, seen, "{moment:?} {realms:?}");
                for node in &seen {
                    let found =
                        read::node(&mut t, &realms, node.id, moment).await.unwrap().unwrap();
                    let edges = tale.edges(&realms, moment).into_iter();
                    let at_it = edges.filter(|(_, _, it)| it.from == node.id || it.to == node.id);
                    assert_eq!(found.degree, number(at_it.count()), "{moment:?} {realms:?}");
                }
                check_search(&mut t, tale, &realms, moment).await;
            }
            check_walks(&mut t, tale, &realms, moment).await;
        }
    }
}

async fn check_walks(t: &mut agentcy_store::Reader, tale: &Tale, realms: &Realms, moment: Moment) {
    for (start, depth, direction, labels) in [
        (0, 1, Direction::Both, vec![]),
        (1, 3, Direction::Out, vec![]),
        (2, 2, Direction::In, vec!["L0".to_owned(), "L1".to_owned()]),
    ] {
        let nodes = [tale.node_id(start)];
        let ask =
            Expand { nodes: &nodes, depth, direction, types: &[], labels: &labels, limit: 100 };
        let found = past::expand(t, realms, &ask, moment).await.unwrap();
        let told = tale.expand((start, depth, direction), &labels, realms, moment);
        assert_eq!(found, told, "{moment:?} {realms:?} {ask:?}");
    }
    let types = ["T0".to_owned()];
    let hop = Hop { node: tale.node_id(0), direction: Direction::Out, types: &types, limit: 100 };
    let found = past::neighbours(t, realms, &hop, moment).await.unwrap();
    let mut told: Vec<_> = tale
        .edges(realms, moment)
        .into_iter()
        .filter(|(from, _, edge)| *from == 0 && edge.edge_type == "T0")
        .map(|(_, to, edge)| (edge, tale.live(to, realms, moment).unwrap()))
        .collect();
    told.sort_by_key(|(edge, node)| (node.id, edge.id));
    assert_eq!((found.items, found.truncated), (told, false), "{moment:?} {realms:?}");
}

async fn check_search(t: &mut agentcy_store::Reader, tale: &Tale, realms: &Realms, moment: Moment) {
    let is = |name: &str, text: &str| PropertyIs { name: name.into(), text: text.into() };
    let queries = [
        NodeQuery::default(),
        NodeQuery { labels: vec!["L0".into(), "L2".into()], ..NodeQuery::default() },
        NodeQuery { properties: vec![is("p0", "1")], ..NodeQuery::default() },
        NodeQuery { properties: vec![is("p0", "0"), is("p1", "2")], ..NodeQuery::default() },
        NodeQuery { realms: vec![realm_of(1)], ..NodeQuery::default() },
    ];
    for query in queries {
        let limit = Limit::default();
        let page = search::search(t, realms, &query, moment, limit, None).await.unwrap();
        let mut told: Vec<_> =
            (0..NODES).filter_map(|node| tale.live(node, realms, moment)).collect();
        told.retain(|node| {
            let fits = |is: &PropertyIs| {
                node.properties.get(&is.name).is_some_and(|it| it.as_i64() == is.text.parse().ok())
            };
            (query.labels.is_empty() || node.labels.iter().any(|it| query.labels.contains(it)))
                && (query.realms.is_empty() || query.realms.contains(&node.realm))
                && query.properties.iter().all(fits)
        });
        told.reverse();
        assert_eq!(page.total, number(told.len()), "{moment:?} {realms:?} {query:?}");
        assert_eq!(page.items, told, "{moment:?} {realms:?} {query:?}");
    }
}
