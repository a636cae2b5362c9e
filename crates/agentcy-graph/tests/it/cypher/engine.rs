//! What a query answers, the same on both engines.

use std::{sync::Arc, time::Duration};

use agentcy_core::id::OrgId;
use agentcy_graph::{
    Error, GraphStore, Properties,
    cypher::{Bounds, Cell, Dialect, Failure, RefusalKind, Table, check},
};
use serde_json::{Value, json};

use super::queries::ALLOWED;
use crate::sample::{edge, gone, node, org, properties};

type Store = Arc<dyn GraphStore>;

/// Every test of what queries answer.
macro_rules! suite {
    ($open:path $(, $($mark:tt)*)?) => {
        $crate::cypher::engine::on!($open, ($($($mark)*)?), [
            every_allowed_query_runs
            nodes_and_edges_have_the_shapes_of_the_model
            records_of_ours_are_not_shown
            lists_maps_and_paths_hold_nodes_and_edges
            parameters_keep_their_types
            rows_are_cut_off_and_it_is_said
            an_answer_that_is_too_large_is_refused
            what_the_engine_refuses_is_told_as_a_mistake_of_the_query
            a_name_of_any_kind_is_found_as_it_was_written
            a_runaway_query_ends_and_the_next_one_runs
            parameters_are_bounded
        ]);
    };
}
pub(crate) use suite;

macro_rules! on {
    ($open:path, $marks:tt, [$($name:ident)*]) => {
        $($crate::cypher::engine::on!(@one $open, $marks, $name);)*
    };
    (@one $open:path, ($($mark:tt)*), $name:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $($mark)*
        async fn $name() {
            let home = $open().await;
            $crate::cypher::engine::$name(home.store()).await;
        }
    };
}
pub(crate) use on;

pub(crate) const BOUNDS: Bounds =
    Bounds { rows: 1_000, bytes: 4 << 20, time: Duration::from_secs(20) };

pub(crate) fn dialect(store: &dyn GraphStore) -> Dialect {
    if store.engine().embedded { Dialect::EMBEDDED } else { Dialect::NEO4J }
}

pub(crate) async fn ask(
    store: &dyn GraphStore,
    org: OrgId,
    text: &str,
    params: Value,
    bounds: Bounds,
) -> Result<Table, Error> {
    let checked =
        check(text, &dialect(store)).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    store.cypher(org, &checked, &properties(params), bounds).await
}

pub(crate) async fn rows(store: &dyn GraphStore, org: OrgId, text: &str) -> Vec<Vec<Cell>> {
    match ask(store, org, text, json!({}), BOUNDS).await {
        Ok(table) => table.rows,
        Err(error) => panic!("{text}: {error:?}"),
    }
}

/// The first cell of the first row, a plain value.
pub(crate) async fn value(store: &dyn GraphStore, org: OrgId, text: &str) -> Value {
    match rows(store, org, text).await.first().and_then(|row| row.first()) {
        Some(Cell::Value(value)) => value.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

/// Three nodes in a row, an edge that was removed and a node that was.
pub(crate) async fn filled(store: &dyn GraphStore) -> OrgId {
    let org = org();
    store.clear(org).await.unwrap();
    store.upsert_nodes(org, &[node(1, 1), node(2, 1), node(3, 1), node(9, 1)]).await.unwrap();
    let edges = [edge(11, 1, 2, 1), edge(12, 2, 3, 1), edge(13, 1, 3, 1)];
    store.upsert_edges(org, &edges).await.unwrap();
    store.remove_edges(org, &[gone(13, 2)]).await.unwrap();
    store.remove_nodes(org, &[gone(9, 2)]).await.unwrap();
    store.forget_removals(org, 3).await.unwrap();
    store.set_watermark(org, 2).await.unwrap();
    org
}

pub(crate) async fn every_allowed_query_runs(store: Store) {
    let org = filled(&*store).await;
    let params = json!({
        "names": ["node 1", "node 2"], "count": 3, "pattern": "node.*", "number": 1.5, "text": "x",
        "flag": true, "nothing": null, "map": {"key": [1]},
    });
    let mut wrong = Vec::new();
    for text in ALLOWED {
        if let Err(error) = ask(&*store, org, text, params.clone(), BOUNDS).await {
            wrong.push(format!("{text}\n    {error:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(crate) async fn nodes_and_edges_have_the_shapes_of_the_model(store: Store) {
    let org = filled(&*store).await;
    let text = "MATCH (a)-[r]->(b {name: 'node 2'}) RETURN a, r, b";
    let expected = vec![vec![
        Cell::Node(Box::new(node(1, 1))),
        Cell::Edge(Box::new(edge(11, 1, 2, 1))),
        Cell::Node(Box::new(node(2, 1))),
    ]];
    assert_eq!(rows(&*store, org, text).await, expected);
    // An edge whose ends are not in the answer.
    let alone = rows(&*store, org, "MATCH ()-[r]->({name: 'node 3'}) RETURN r").await;
    assert_eq!(alone, vec![vec![Cell::Edge(Box::new(edge(12, 2, 3, 1)))]]);
    let table = ask(&*store, org, text, json!({}), BOUNDS).await.unwrap();
    assert_eq!(table.columns, ["a", "r", "b"]);
    let empty = ask(&*store, org, "MATCH (n:None) RETURN n.x AS y, n, 1+1", json!({}), BOUNDS)
        .await
        .unwrap();
    assert_eq!((empty.columns, empty.rows.len()), (vec!["y".into(), "n".into(), "1+1".into()], 0));
}

pub(crate) async fn records_of_ours_are_not_shown(store: Store) {
    let org = filled(&*store).await;
    assert_eq!(rows(&*store, org, "MATCH (n) RETURN n").await.len(), 3);
    assert_eq!(value(&*store, org, "MATCH (n:Service) RETURN count(n)").await, 3);
    assert_eq!(value(&*store, org, "MATCH ()-[r]->() RETURN count(r)").await, 2);
}

pub(crate) async fn lists_maps_and_paths_hold_nodes_and_edges(store: Store) {
    let org = filled(&*store).await;
    let found = rows(
        &*store,
        org,
        "MATCH p = (a {name: 'node 1'})-[:USES*2]->(c) RETURN p, nodes(p) AS ns, relationships(p) AS rs",
    )
    .await;
    let [row] = &found[..] else { panic!("{found:?}") };
    let Cell::Path(path) = &row[0] else { panic!("{row:?}") };
    assert_eq!(path.nodes, [node(1, 1), node(2, 1), node(3, 1)]);
    assert_eq!(path.edges, [edge(11, 1, 2, 1), edge(12, 2, 3, 1)]);
    let nodes = [1, 2, 3].map(|number| Cell::Node(Box::new(node(number, 1))));
    assert_eq!(row[1], Cell::List(nodes.to_vec()));
    let edges = [edge(11, 1, 2, 1), edge(12, 2, 3, 1)].map(|edge| Cell::Edge(Box::new(edge)));
    assert_eq!(row[2], Cell::List(edges.to_vec()));
    // Against the direction of the edges.
    let back = rows(&*store, org, "MATCH p = (c {name: 'node 3'})<-[:USES*2]-(a) RETURN p").await;
    let Cell::Path(path) = &back[0][0] else { panic!("{back:?}") };
    assert_eq!(path.edges, [edge(12, 2, 3, 1), edge(11, 1, 2, 1)]);
    let map = rows(&*store, org, "MATCH (n {name: 'node 1'}) RETURN {node: n, x: 1} AS m").await;
    let entries = vec![
        ("node".to_owned(), Cell::Node(Box::new(node(1, 1)))),
        ("x".to_owned(), Cell::Value(1.into())),
    ];
    assert_eq!(map, vec![vec![Cell::Map(entries)]]);
    let gathered = rows(&*store, org, "MATCH (n {name: 'node 1'}) RETURN collect(n) AS ns").await;
    assert_eq!(gathered, vec![vec![Cell::List(vec![Cell::Node(Box::new(node(1, 1)))])]]);
}

pub(crate) async fn parameters_keep_their_types(store: Store) {
    let org = filled(&*store).await;
    let params = json!({
        "int": 7, "float": 1.5, "text": "a'\"\\`; CREATE (n)", "flag": false, "none": null,
        "list": [1, "a", null], "map": {"a": {"b": [1, 2]}}, "a b": 1,
    });
    let text = "RETURN $int + 1 AS i, $float AS f, $text AS t, $flag AS b, $none AS n, $list AS l, $map AS m, $`a b` AS q";
    let table = ask(&*store, org, text, params.clone(), BOUNDS).await.unwrap();
    let plain = |cell: &Cell| to_json(cell);
    let got: Vec<Value> = table.rows[0].iter().map(plain).collect();
    let wanted = json!([8, 1.5, params["text"], false, null, params["list"], params["map"], 1]);
    assert_eq!(Value::from(got), wanted);
}

pub(crate) fn to_json(cell: &Cell) -> Value {
    match cell {
        Cell::Value(value) => value.clone(),
        Cell::List(cells) => cells.iter().map(to_json).collect(),
        Cell::Map(entries) => Value::Object(
            entries.iter().map(|(name, cell)| (name.clone(), to_json(cell))).collect(),
        ),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn rows_are_cut_off_and_it_is_said(store: Store) {
    let org = filled(&*store).await;
    let text = "UNWIND range(1, 5000) AS x RETURN x";
    let few = Bounds { rows: 10, ..BOUNDS };
    let table = ask(&*store, org, text, json!({}), few).await.unwrap();
    assert_eq!((table.rows.len(), table.truncated), (10, true));
    let exact =
        ask(&*store, org, "UNWIND range(1, 10) AS x RETURN x", json!({}), few).await.unwrap();
    assert_eq!((exact.rows.len(), exact.truncated), (10, false));
}

pub(crate) async fn an_answer_that_is_too_large_is_refused(store: Store) {
    let org = filled(&*store).await;
    let small = Bounds { bytes: 10_000, ..BOUNDS };
    for text in [
        "UNWIND range(1, 900) AS x RETURN $text",
        "UNWIND range(1, 900) AS x RETURN collect($text)",
    ] {
        let refused = ask(&*store, org, text, json!({"text": "x".repeat(100)}), small).await;
        assert!(matches!(refused, Err(Error::Query(Failure::TooLarge(_)))), "{text}: {refused:?}");
    }
}

pub(crate) async fn what_the_engine_refuses_is_told_as_a_mistake_of_the_query(store: Store) {
    let org = filled(&*store).await;
    for text in [
        "MATCH (n) RETURN m",
        "RETURN $missing",
        "MATCH (n) WITH count(*) AS c RETURN n",
        "RETURN toUpper(1, 2)",
        "RETURN 1 AS a UNION RETURN 2 AS b",
    ] {
        let refused = ask(&*store, org, text, json!({}), BOUNDS).await;
        let Err(Error::Query(Failure::Refused(refusal))) = &refused else {
            panic!("{text}: {refused:?}")
        };
        assert_eq!(refusal.kind, RefusalKind::Syntax, "{text}");
    }
}

pub(crate) async fn a_name_of_any_kind_is_found_as_it_was_written(store: Store) {
    let org = org();
    store.clear(org).await.unwrap();
    let mut odd = node(1, 1);
    odd.labels = vec!["CREATE (n)".into(), "größe".into(), "a``b".into()];
    odd.properties =
        properties(json!({"set x": 1, "DELETE": "gone", "nested": {"a": 1}, "list": [1, 2]}));
    store.upsert_nodes(org, std::slice::from_ref(&odd)).await.unwrap();
    let text = "MATCH (n:`CREATE (n)`:größe) WHERE n.`set x` = 1 RETURN n.`DELETE`";
    assert_eq!(value(&*store, org, text).await, "gone");
    let whole = rows(&*store, org, "MATCH (n:`a````b`) RETURN n").await;
    odd.labels.sort();
    assert_eq!(whole, vec![vec![Cell::Node(Box::new(odd))]]);
    assert_eq!(value(&*store, org, "MATCH (n) RETURN size(n.list)").await, 2);
    assert_eq!(value(&*store, org, "MATCH (n) RETURN n.nested").await, "{\"a\":1}");
}

/// A dense graph: 300 nodes, each with an edge to the next ten.
pub(crate) async fn dense(store: &dyn GraphStore) -> OrgId {
    let org = org();
    store.clear(org).await.unwrap();
    let nodes: Vec<_> = (1..=1_500).map(|number| node(number, 1)).collect();
    store.upsert_nodes(org, &nodes).await.unwrap();
    let edges: Vec<_> = (0..300_u128)
        .flat_map(|from| (1..=10).map(move |step| (from, (from + step) % 300)))
        .enumerate()
        .map(|(number, (from, to))| edge(10_000 + number as u128, from + 1, to + 1, 1))
        .collect();
    store.upsert_edges(org, &edges).await.unwrap();
    org
}

/// Queries that would run for ages or fill all memory.
pub(crate) const RUNAWAYS: &[&str] = &[
    "MATCH (a), (b), (c), (d) RETURN count(*)",
    "MATCH (a), (b), (c), (d) RETURN count(DISTINCT a.name + b.name + c.name)",
    "MATCH (a), (b), (c) RETURN collect(a.name)",
    "MATCH (a), (b), (c) RETURN a.name ORDER BY b.name, c.name",
    "MATCH (a), (b), (c) RETURN DISTINCT a.name + b.name + c.name AS x ORDER BY x",
    "MATCH (a), (b), (c), (d) WITH a.name + b.name + c.name + d.name AS x WHERE x = 'nobody' RETURN count(*)",
    "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN sum(a * b)",
    "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN collect(b)",
    "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b WITH a WHERE a < 0 RETURN a",
    "MATCH (a)-[:USES*1..15]->(b) RETURN count(*)",
    "MATCH p = (a)-[:USES*1..15]->(b) WHERE b.name + a.name = 'nobody' RETURN p",
    "MATCH p = (a)-[:USES*1..15]-(b) RETURN count(p)",
    "MATCH p = (a)-[*1..12]-(b) WHERE all(n IN nodes(p) WHERE n.name <> 'x') RETURN collect(p)",
    "MATCH (a) WITH collect(a) AS xs UNWIND xs AS x UNWIND xs AS y UNWIND xs AS z RETURN count(x.name + y.name + z.name)",
    "MATCH (a) WITH collect(a.name) AS xs MATCH (b), (c), (d) WHERE any(x IN xs WHERE x = b.name + c.name) RETURN count(*)",
    "MATCH (a), (b) WHERE EXISTS { MATCH (a)-[:USES*1..10]->(c)-[:USES*1..10]->(b) } RETURN count(*)",
    "MATCH (a) RETURN reduce(s = 0, x IN [(a)-[:USES*1..9]->(b) | b.name] | s + size(x)) AS s",
    "MATCH (a) CALL (a) { MATCH (b), (c), (d) RETURN count(*) AS n } RETURN sum(n)",
    "MATCH (a), (b) WHERE a.name < b.name MATCH p = shortestPath((a)-[:USES*1..15]-(b)) RETURN count(p)",
];

pub(crate) async fn a_runaway_query_ends_and_the_next_one_runs(store: Store) {
    let org = dense(&*store).await;
    let short = Bounds { time: Duration::from_millis(700), ..BOUNDS };
    let (mut wrong, mut stopped) = (Vec::new(), 0);
    for text in RUNAWAYS {
        match ask(&*store, org, text, json!({}), short).await {
            Err(Error::Query(Failure::Timeout(_) | Failure::TooLarge(_))) => stopped += 1,
            // An engine may be clever enough for some of them.
            Ok(_) => {}
            other => wrong.push(format!("{text}: {other:?}")),
        }
        let next = ask(&*store, org, "MATCH (n) RETURN count(n)", json!({}), BOUNDS).await;
        assert!(next.is_ok(), "after {text}: {next:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(stopped * 2 > RUNAWAYS.len(), "only {stopped} of them ran away");
}

pub(crate) async fn parameters_are_bounded(store: Store) {
    let org = filled(&*store).await;
    let large: Properties = properties(json!({"text": "x".repeat(300 << 10)}));
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    for params in [large, properties(json!({"text": deep}))] {
        let checked = check("RETURN $text", &dialect(&*store)).unwrap();
        let refused = store.cypher(org, &checked, &params, BOUNDS).await;
        let Err(Error::Query(Failure::Refused(refusal))) = refused else { panic!("{refused:?}") };
        assert_eq!(refusal.kind, RefusalKind::TooLarge);
    }
    let hostile = ask(&*store, org, "RETURN 'a' =~ $p", json!({"p": "(a+)+$"}), BOUNDS).await;
    assert!(matches!(hostile, Err(Error::Query(Failure::Refused(_)))), "{hostile:?}");
}
