//! A search is walked to its end page by page, whatever comes in between.

use std::collections::HashSet;

use agentcy_core::{Limit, Realms, id::OrgId, page::TOTAL_CAP};
use agentcy_store::ledger::{
    Moment,
    search::{NodeQuery, PropertyIs, SearchKey, search},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{number, search_anew};
use crate::world::{World, at, by, run};

/// Live nodes numbered from and to, called `thing <n>`, every fifth of them a `rare thing`.
async fn fill(owner: &mut PgConnection, org: OrgId, from: u32, to: u32) {
    fill_with(owner, org, "thing", from, to).await;
}

async fn fill_with(owner: &mut PgConnection, org: OrgId, what: &str, from: u32, to: u32) {
    let org = Uuid::from(org);
    let statement = format!(
        "insert into entities (org_id, id, kind, realm, key, state, labels, properties, valid_from, recorded_at)
         select '{org}', lpad(to_hex(n), 32, '0')::uuid, 'node', 'data', 'k:' || n, 'live',
             array['L' || n % 3],
             jsonb_build_object('name', case when n % 5 = 0 then 'rare ' else '' end || '{what} ' || n),
             to_timestamp({at}), to_timestamp({at})
         from generate_series({from}, {to}) n",
        at = at(0).timestamp(),
    );
    run(owner, statement).await;
    search_anew(owner).await;
}

async fn walk(
    world: &World,
    org: OrgId,
    query: &NodeQuery,
    limit: u16,
    mut between: impl AsyncFnMut(usize),
) -> (Vec<Uuid>, Vec<i64>) {
    let (mut seen, mut totals, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let mut t = world.db.read(&by(org)).await.unwrap();
        let limit = Limit::new(limit).unwrap();
        let moment = Moment::default();
        let page = search(&mut t, &Realms::All, query, moment, limit, after).await.unwrap();
        assert!(page.items.len() == limit.get() || page.next.is_none());
        seen.extend(page.items.iter().map(|node| Uuid::from(node.id)));
        totals.push(page.total);
        // As a cursor carries it.
        let Some(next) = page.next else { return (seen, totals) };
        let text = serde_json::to_string(&next).unwrap();
        after = Some(serde_json::from_str::<SearchKey>(&text).unwrap());
        between(totals.len()).await;
    }
}

fn whole(seen: &[Uuid]) -> HashSet<Uuid> {
    let set: HashSet<Uuid> = seen.iter().copied().collect();
    assert_eq!(set.len(), seen.len(), "something came twice");
    set
}

fn words(q: &str) -> NodeQuery {
    NodeQuery { q: q.to_owned(), ..NodeQuery::default() }
}

#[tokio::test]
async fn a_walk_sees_each_match_once_over_all_blocks() {
    let world = World::new().await;
    let org = world.org().await;
    fill(&mut world.owner().await, org, 1, 2345).await;
    let labels = vec!["L1".to_owned()];
    for (query, limit, count) in [
        (words("thing"), 200, 2345),
        (words("rare thing"), 7, 469),
        (words("rarr thing"), 50, 469),
        (words("thing 12"), 3, 111),
        (NodeQuery::default(), 200, 2345),
        (NodeQuery { labels: labels.clone(), ..NodeQuery::default() }, 101, 782),
        (NodeQuery { labels, ..words("thing") }, 200, 782),
    ] {
        let (seen, totals) = walk(&world, org, &query, limit, async |_| {}).await;
        assert_eq!(whole(&seen).len(), count, "{query:?}");
        assert!(totals.iter().all(|total| *total == number(count)), "{query:?} {totals:?}");
    }
}

#[tokio::test]
async fn what_comes_during_a_walk_neither_moves_nor_repeats_anything() {
    let world = World::new().await;
    let org = world.org().await;
    fill(&mut world.owner().await, org, 1, 1500).await;
    for (round, query) in (1..).zip([words("thing"), NodeQuery::default()]) {
        let before = 1500 + (round - 1) * 400;
        let (seen, _) = walk(&world, org, &query, 100, async |page| {
            let page = u32::try_from(page).unwrap();
            if page <= 4 {
                let from = before + (page - 1) * 100 + 1;
                fill(&mut world.owner().await, org, from, from + 99).await;
            }
        })
        .await;
        let seen = whole(&seen);
        let old = (1..=before).map(|n| Uuid::from_u128(n.into()));
        assert!(old.into_iter().all(|id| seen.contains(&id)));
        assert_eq!(seen.len(), before as usize);
    }
}

#[tokio::test]
async fn what_vanishes_during_a_walk_takes_nothing_with_it() {
    let world = World::new().await;
    let org = world.org().await;
    fill(&mut world.owner().await, org, 1, 1600).await;
    let (seen, _) = walk(&world, org, &words("thing"), 100, async |page| {
        if page == 3 {
            // The whole of the block that is walked, and some below it.
            let statement = "update entities set state = 'archived' where ('x' || right(id::text, 8))::bit(32)::int > 500";
            let mut owner = world.owner().await;
            run(&mut owner, statement).await;
            search_anew(&mut owner).await;
        }
    })
    .await;
    let seen = whole(&seen);
    assert!((1..=500_u128).all(|n| seen.contains(&Uuid::from_u128(n))));
}

#[tokio::test]
async fn more_than_ten_thousand_are_not_counted_and_the_newest_still_come_first() {
    let world = World::new().await;
    let org = world.org().await;
    fill(&mut world.owner().await, org, 1, 10_300).await;
    let first = |seen: &[Uuid]| seen.iter().map(Uuid::as_u128).collect::<Vec<_>>();
    for (query, told) in [
        (words("thing"), TOTAL_CAP + 1),
        (NodeQuery::default(), TOTAL_CAP + 1),
        (words("rare"), 2060),
        (NodeQuery { labels: vec!["L0".into(), "L1".into()], ..NodeQuery::default() }, 6867),
    ] {
        let mut t = world.db.read(&by(org)).await.unwrap();
        let limit = Limit::new(200).unwrap();
        let moment = Moment::default();
        let page = search(&mut t, &Realms::All, &query, moment, limit, None).await.unwrap();
        assert_eq!(page.total, told, "{query:?}");
        let ids: Vec<Uuid> = page.items.iter().map(|node| node.id.into()).collect();
        // The best of the newest thousand matches.
        assert!(first(&ids).iter().all(|id| *id > 5_000), "{query:?}");
        assert_eq!(whole(&ids).len(), 200);
    }
    let (seen, _) = walk(&world, org, &words("thing"), 200, async |_| {}).await;
    assert_eq!(whole(&seen).len(), 10_300);
}

#[tokio::test]
async fn very_many_matches_below_very_many_other_nodes_come_newest_first() {
    let world = World::new().await;
    let org = world.org().await;
    let mut owner = world.owner().await;
    fill_with(&mut owner, org, "thing", 1, 10_300).await;
    fill_with(&mut owner, org, "other", 10_301, 30_400).await;
    let labels = ["L0", "L1", "L2"].map(str::to_owned).to_vec();
    let is = PropertyIs { name: "name".into(), text: "thing 10299".into() };
    for (query, told) in [
        (words("thing"), TOTAL_CAP + 1),
        (NodeQuery { labels, ..words("thing") }, TOTAL_CAP + 1),
        (NodeQuery { properties: vec![is], ..words("thing") }, 1),
    ] {
        let mut t = world.db.read(&by(org)).await.unwrap();
        let (moment, limit) = (Moment::default(), Limit::new(200).unwrap());
        let page = search(&mut t, &Realms::All, &query, moment, limit, None).await.unwrap();
        assert_eq!(page.total, told, "{query:?}");
        let ids: Vec<u128> = page.items.iter().map(|node| Uuid::from(node.id).as_u128()).collect();
        assert!(ids.iter().all(|id| (10_000..=10_300).contains(id)), "{query:?} {ids:?}");
    }
}
