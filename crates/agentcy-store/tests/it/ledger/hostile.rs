//! Text that would be syntax elsewhere is data here, and what is over a bound fails alone.

use agentcy_store::ledger::{Kind, Staged, StagedEdge, StagedNode};
use serde_json::{Map, Value, json};

use super::book::{Book, by_key, by_own, edge, gone, map, own, shared, source};

const HOSTILE: [&str; 12] = [
    "'; drop table facts; --",
    "\"quoted\" and `backticked`",
    "back\\slash \\N \\. \\t \\\\",
    "tab\tnew\nline\rreturn",
    "nul \0 in \0\0 it",
    "\u{f8f0}0 \u{f8f0}1 \u{f8f0}",
    "\\u0000 \\u0041 \u{1}\u{1f}\u{7f}",
    "\u{202e}right to left\u{2066} שלום",
    "{\"json\": [null]}",
    "{a,b} {\"c\\\"\",NULL}",
    "",
    "\u{10ffff}\u{fffe}🙂 e\u{301}",
];

/// As it is kept: what a reader unescapes.
fn kept(text: &str) -> String {
    text.replace('\u{f8f0}', "\u{f8f0}1").replace('\0', "\u{f8f0}0")
}

#[tokio::test]
async fn hostile_text_anywhere_is_kept_as_it_is() {
    let book = Book::new().await;
    let source = source();
    let mut said = Vec::new();
    for (i, text) in HOSTILE.iter().enumerate() {
        let text = (*text).to_owned();
        let properties =
            map(json!({ text.clone(): [text.clone(), { text.clone(): text.clone() }] }));
        said.push(Staged::Node(StagedNode {
            external_id: format!("{i}{text}"),
            key: Some(format!("{i}{text}")),
            labels: vec![text.clone(), "Plain".to_owned()],
            properties: properties.clone(),
            valid_from: None,
        }));
        said.push(Staged::Edge(StagedEdge {
            external_id: format!("{i}{text}"),
            edge_type: format!("{i}{text}"),
            from: by_own(&format!("{i}{text}")),
            to: by_key(&format!("{i}{text}")),
            key: text,
            properties,
            valid_from: None,
        }));
    }
    book.sync(source, &said).await;
    for (i, text) in HOSTILE.iter().enumerate() {
        let text = kept(text);
        let properties = json!({ text.clone(): [text.clone(), { text.clone(): text.clone() }] });
        let name = format!("{i}{text}");
        let node = book.node(&name).await;
        assert_eq!(node.properties, properties);
        assert!(node.labels.contains(&text) && node.labels.len() == 2, "{node:?}");
        assert_eq!(node.sources[0]["external_id"], name);
        let edge = book.edge(&name).await;
        assert_eq!(
            (edge.state.as_str(), edge.from_id, edge.to_id),
            ("live", Some(node.id), Some(node.id))
        );
        assert_eq!(edge.properties, properties);
    }
    let before = book.fingerprint().await;
    assert_eq!(book.sync(source, &said).await.unchanged, said.len() as u64);
    assert_eq!(book.fingerprint().await, before);
    // Merged with another's words, and edited, it is still the same.
    let key = format!("4{}", HOSTILE[4]);
    book.edit(super::book::person(), &key, json!({ "\0": "\0" })).await;
    let node = book.node(&kept(&key)).await;
    assert_eq!(node.properties["\u{f8f0}0"], "\u{f8f0}0");
    assert_eq!(node.properties[kept(HOSTILE[4])][0], kept(HOSTILE[4]));
}

#[tokio::test]
async fn a_megabyte_of_text_is_kept() {
    let book = Book::new().await;
    let source = source();
    let long: String = "naïve \\ \t\0".chars().cycle().take(1 << 20).collect();
    let text = json!({ "name": long, "title": "x".repeat(1 << 20), "description": long });
    book.sync(source, &[shared("k", text.clone())]).await;
    assert_eq!(book.node("k").await.properties["name"], kept(text["name"].as_str().unwrap()));
    assert_eq!(book.node("k").await.properties["title"], text["title"]);
    assert!(book.sync(source, &[shared("k", text)]).await.is_empty());
}

#[tokio::test]
async fn numbers_read_back_as_they_were() {
    let book = Book::new().await;
    let numbers = json!({ "n": [0, -1, u64::MAX, i64::MIN, 0.1, 1e300, -2.5e-300, 1.0] });
    book.sync(source(), &[shared("k", numbers.clone())]).await;
    let kept = book.node("k").await.properties;
    let floats = |value: &Value| -> Vec<f64> {
        value["n"].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
    };
    assert_eq!(floats(&kept), floats(&numbers));
    assert_eq!(kept["n"][2], u64::MAX);
}

#[tokio::test]
async fn a_record_over_a_bound_fails_alone_and_is_listed() {
    let book = Book::new().await;
    let source = source();
    let long = "x".repeat(1025);
    let node = |change: fn(&mut StagedNode, &str)| {
        let Staged::Node(mut node) = own("bad", json!({})) else { unreachable!() };
        change(&mut node, &long);
        Staged::Node(node)
    };
    let bad = [
        node(|it, long| it.external_id = long.to_owned()),
        node(|it, long| it.key = Some(long.to_owned())),
        node(|it, long| it.labels = vec![long.to_owned()]),
        node(|it, _| it.labels = (0..65).map(|i| i.to_string()).collect()),
        node(|it, long| drop(it.properties.insert(long.to_owned(), 1.into()))),
        node(|it, _| drop(it.properties.insert("p".into(), "x".repeat(4 << 20).into()))),
        node(|it, _| {
            let deep = (0..200).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
            it.properties.insert("p".into(), deep);
        }),
        node(|it, _| it.valid_from = Some(chrono::DateTime::<chrono::Utc>::MAX_UTC)),
        node(|it, _| it.labels = vec!["\0".repeat(1024)]),
        edge(&long, by_own("a"), by_own("a")),
        edge("TO", by_own(&long), by_own("a")),
        edge("TO", by_own("a"), by_key(&long)),
        gone(Kind::Node, &long),
    ];
    for one in &bad {
        let said = [own("a", json!({})), one.clone(), own("b", json!({}))];
        let (_, refused) = book.try_sync(source, &said, false).await.unwrap();
        assert_eq!(refused.len(), 1, "{one:?}");
        assert!(refused[0].place.chars().count() <= 200 && !refused[0].message.is_empty());
        assert_eq!(book.own_node(source, "b").await.state, "live");
    }
    assert_eq!(book.find_node(&format!("s:{}:bad", uuid::Uuid::from(source))).await, None);
}

#[tokio::test]
async fn what_is_just_within_the_bounds_is_taken() {
    let book = Book::new().await;
    let source = source();
    // Random enough that no compression makes an index row fit.
    let text = |seed: u64| -> String {
        let mut state = seed;
        let next = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(b' ' + u8::try_from((state >> 33) % 95).unwrap())
        };
        (0..1024).map(next).collect()
    };
    let node = StagedNode {
        external_id: text(1),
        key: None,
        labels: (0..64).map(text).collect(),
        properties: Map::from_iter([(text(3), Value::from("x".repeat((4 << 20) - 1024)))]),
        valid_from: None,
    };
    let edge = StagedEdge {
        external_id: text(4),
        edge_type: text(5),
        from: by_own(&text(1)),
        to: by_own(&text(1)),
        key: text(6),
        properties: Map::new(),
        valid_from: None,
    };
    let counts = book.sync(source, &[Staged::Node(node), Staged::Edge(edge)]).await;
    assert_eq!(counts.added, 2);
    assert_eq!(book.edge(&text(5)).await.state, "live");
}
