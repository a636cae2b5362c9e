//! No door of the ledger shows a row of another org, and search still goes through its index.

use agentcy_core::{Limit, Realms, id::NodeId};
use agentcy_store::ledger::{
    Moment, history,
    past::{self, Direction, Expand},
    read,
    search::{NodeQuery, PropertyIs, search},
    stats, waiting,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use uuid::Uuid;

use super::{number, search_anew};
use crate::{
    ledger::book::{Book, by_key, edge, shared, source},
    world::{World, at, connect, run},
};

#[tokio::test]
async fn nothing_of_another_org_is_read_by_any_way() {
    let ours = Book::new().await;
    let theirs = ours.beside().await;
    let source = source();
    let records = [
        shared("secret", json!({ "name": "secret plan", "color": "red" })),
        shared("other", json!({ "name": "other" })),
        edge("TO", by_key("secret"), by_key("other")),
        edge("TO", by_key("secret"), by_key("nowhere")),
    ];
    theirs.sync(source, &records).await;
    let id = NodeId::from(theirs.node("secret").await.id);
    let is = PropertyIs { name: "color".into(), text: "red".into() };
    for (book, count) in [(&theirs, 1), (&ours, 0)] {
        let mut t = book.db().read(&book.by).await.unwrap();
        for moment in [Moment::default(), Moment { as_of: Some(at(50)), known_at: Some(at(50)) }] {
            let limit = Limit::default();
            let found = read::nodes(&mut t, &Realms::All, &[id], moment).await.unwrap();
            assert_eq!(found.len(), count);
            let ask = Expand {
                nodes: &[id],
                depth: 2,
                direction: Direction::Both,
                types: &[],
                labels: &[],
                limit: 10,
            };
            let found = past::expand(&mut t, &Realms::All, &ask, moment).await.unwrap();
            assert_eq!((found.nodes.len(), found.edges.len()), (2 * count, count));
            for query in [
                NodeQuery { q: "secret".into(), ..NodeQuery::default() },
                NodeQuery { q: id.to_string(), ..NodeQuery::default() },
                NodeQuery { q: "secrte plan".into(), ..NodeQuery::default() },
                NodeQuery { properties: vec![is.clone()], ..NodeQuery::default() },
                NodeQuery { source: Some(source), q: "plan".into(), ..NodeQuery::default() },
            ] {
                let page = search(&mut t, &Realms::All, &query, moment, limit, None).await.unwrap();
                assert_eq!((page.items.len(), page.total), (count, number(count)), "{query:?}");
            }
        }
        let seen =
            history::history(&mut t, &Realms::All, id, Limit::default(), None).await.unwrap();
        assert_eq!(seen.is_some(), count == 1);
        let found = stats::stats(&mut t, &Realms::All).await.unwrap();
        assert_eq!((found.total.nodes, found.waiting), (number(2 * count), number(count)));
        let list = waiting::waiting(&mut t, &Realms::All, Limit::default(), None).await.unwrap();
        assert_eq!((list.items.len(), list.total), (count, number(count)));
    }
}

/// Two orgs with ten thousand nodes and facts each, every hundredth called `rare`.
async fn two_orgs(world: &World) -> [Uuid; 2] {
    let orgs = [world.org().await, world.org().await].map(Uuid::from);
    let mut owner = world.owner().await;
    for org in orgs {
        let statement = format!(
            "insert into entities (org_id, id, kind, realm, key, state, labels, properties, sources)
             select '{org}', gen_random_uuid(), 'node', 'data', 'k:' || n, 'live', array['L' || n % 100],
                 jsonb_build_object('name', case when n % 100 = 0 then 'rare' else 'usual' end || ' thing', 'n', n % 100),
                 jsonb_build_array(jsonb_build_object('source_id', gen_random_uuid(), 'external_id', n::text))
             from generate_series(1, 10000) n;
             insert into facts (org_id, entity_id, kind, asserter_kind, asserter_id, external_id, labels, properties,
                 digest, valid_from, recorded_at, batch_id)
             select org_id, id, kind, 'source', org_id, key, labels, properties, id, now(), now(), id
             from entities where org_id = '{org}'"
        );
        run(&mut owner, statement).await;
    }
    search_anew(&mut owner).await;
    let others = "insert into searched_spellings
        select o.id, 'data', md5(n::text) from orgs o, generate_series(1, 9997) n";
    run(&mut owner, others).await;
    run(&mut owner, "analyze searched_nodes; analyze searched_spellings; analyze facts").await;
    orgs
}

async fn tenant(world: &World, org: Option<Uuid>) -> PgConnection {
    let mut conn = connect(&world.test.app.clone().options([("role", "agentcy_tenant")])).await;
    if let Some(org) = org {
        run(&mut conn, format!("set agentcy.org = '{org}'")).await;
    }
    conn
}

#[tokio::test]
async fn the_door_of_search_shows_the_org_of_the_connection_alone() {
    let world = World::new().await;
    let [ours, theirs] = two_orgs(&world).await;
    let count = async |conn: &mut PgConnection, view: &str, which: &str| -> i64 {
        let statement = format!("select count(*) from {view} where {which}");
        sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(conn).await.unwrap()
    };
    for (view, words, all) in [
        ("search_nodes", "words @@ 'rare'", 100),
        ("search_spellings", "spelling %> 'rare'", 1),
        ("search_facts", "words @@ 'rare'", 100),
    ] {
        for (words, all) in [("true", 10_000), (words, all)] {
            let mut conn = tenant(&world, Some(ours)).await;
            assert_eq!(count(&mut conn, view, words).await, all);
            let foreign = format!("{words} and org_id = '{theirs}'");
            assert_eq!(count(&mut conn, view, &foreign).await, 0);
            let mut conn = tenant(&world, None).await;
            assert_eq!(count(&mut conn, view, words).await, 0);
            assert_eq!(count(&mut conn, view, &foreign).await, 0);
        }
        let mut conn = tenant(&world, Some(ours)).await;
        for statement in [format!("delete from {view}"), format!("update {view} set org_id = null")]
        {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut conn).await.unwrap_err();
        }
    }
}

#[tokio::test]
async fn search_goes_through_its_index_under_row_level_security() {
    let world = World::new().await;
    let [ours, _] = two_orgs(&world).await;
    let mut conn = tenant(&world, Some(ours)).await;
    for (view, which) in [
        ("search_nodes", "words @@ 'rare'"),
        ("search_nodes", "words @@ 'rar':*"),
        ("search_nodes", "words @@ 'rare <-> thing'"),
        ("search_nodes", "marks && array[search_mark('label', 'L7')]"),
        ("search_nodes", "marks && array[search_property_mark('n', '7')]"),
        ("search_nodes", "marks @> array[search_mark('called', '7')]"),
        ("search_spellings", "spelling %> 'rrae'"),
        ("search_facts", "words @@ 'rare'"),
    ] {
        let which = which.replace("'rar':*", "'''rar'':*'");
        let statement =
            format!("explain (costs off) select from {view} where org_id = '{ours}' and {which}");
        let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(&mut conn).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("Bitmap Index Scan on"), "{which}: {plan}");
        assert!(plan.contains("_search_idx"), "{which}: {plan}");
    }
}

#[tokio::test]
async fn the_planner_is_told_of_what_a_large_change_wrote() {
    let book = Book::new().await;
    let records: Vec<_> = (0..2_000).map(|n| shared(&n.to_string(), json!({ "n": n }))).collect();
    book.sync(source(), &records).await;
    for table in ["searched_nodes", "entities", "facts"] {
        let rows = "select reltuples from pg_class where oid = $1::regclass";
        let rows = sqlx::query_scalar(rows).bind(table);
        let rows: f32 = rows.fetch_one(&mut book.owner().await).await.unwrap();
        assert!(rows >= 2_000.0, "{table}: {rows}");
    }
}
