use agentcy_sources::{Error, Json, Record};
use futures_util::FutureExt;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    server::{Server, moved, ok},
    stage::{Stage, edges, faults, ids, merged, paths, properties, refusal},
};

fn stage(more: Value, file: impl Into<String>) -> Stage {
    Stage::new(merged(json!({ "key": "id", "label": "Thing" }), more)).uploaded(file.into())
}

#[tokio::test]
async fn records_become_nodes_from_an_array_from_lines_and_from_inside_a_document() {
    let record = r#"{"id": "a", "n": 1, "list": [1, "]}"], "object": {"x": null}, "none": null}"#;
    for (more, file) in [
        (json!({}), format!(" \n[{record},\n {{\"id\": 7}}]\n")),
        (json!({}), format!("{record}\n\n{{\"id\": 7}}")),
        (json!({ "path": "" }), format!("[{record}, {{\"id\": 7}}]")),
        (
            json!({ "path": "/da~1ta/1/it~0ems" }),
            format!(
                r#"{{"it~ems": [{{"id": "no"}}], "x": "]", "da/ta": [[{{"id": "no"}}], {{"a": {{}}, "it~ems": [{record}, {{"id": 7}}]}}, []], "z": 1}}"#
            ),
        ),
    ] {
        let records = stage(more, file.clone()).collect(&Json).await.unwrap();
        assert_eq!(faults(&records), Vec::<String>::new(), "{file}");
        assert_eq!(ids(&records), ["a", "7"], "{file}");
        assert_eq!(
            json!(properties(&records, "a")),
            json!({ "id": "a", "n": 1, "list": [1, "]}"], "object": { "x": null } })
        );
    }
    for empty in ["[]", " [ ] ", "", "\n"] {
        assert!(stage(json!({}), empty).collect(&Json).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn relations_come_from_texts_numbers_and_lists() {
    let more = json!({
        "shared": "urn:thing:",
        "relations": [
            { "field": "needs", "type": "DEPENDS_ON" },
            { "field": "owners", "type": "OWNS", "to": { "shared": "mailto:", "label": "Person" }, "direction": "in" },
        ],
    });
    let file = json!([
        { "id": 1, "needs": [2, 2, "#3"], "owners": "ada@x.org" },
        { "id": 2, "needs": null, "owners": ["ada@x.org"] },
        { "id": "#3", "needs": { "id": 1 } },
        { "id": 4, "needs": [[1]] },
    ]);
    let records = stage(more, file.to_string()).collect(&Json).await.unwrap();
    assert_eq!(ids(&records), ["#Person#ada@x.org", "1", "2"]);
    assert_eq!(
        edges(&records),
        [
            "1 -DEPENDS_ON-> 2",
            "1 -DEPENDS_ON-> ##3",
            "<mailto:ada@x.org> -OWNS-> 1",
            "<mailto:ada@x.org> -OWNS-> 2"
        ]
    );
    let fault = "line 1: \"needs\" is no text, number or list of them";
    assert_eq!(faults(&records), [fault, fault]);
    let keys: Vec<_> = records
        .iter()
        .filter_map(|record| match record {
            Record::Node(node) => node.key.as_deref(),
            _ => None,
        })
        .collect();
    assert_eq!(keys, ["mailto:ada@x.org", "urn:thing:1", "urn:thing:2"]);
}

#[tokio::test]
async fn a_broken_record_fails_alone_and_is_named_by_its_line() {
    let file = "[{\"id\": \"a\"},\n{\"id\": nope},\n\n  7,\n{\"n\": 1}, {\"id\": true},\n{\"id\": \"a\"}, , {\"id\": \"b\"},]";
    let records = stage(json!({}), file).collect(&Json).await.unwrap();
    assert_eq!(ids(&records), ["a", "b"]);
    assert_eq!(
        faults(&records),
        [
            "line 2: is not JSON: expected ident",
            "line 4: is no object",
            "line 5: has no \"id\"",
            "line 5: \"id\" is no text or number",
            "line 6: the key \"a\" came before",
            "line 6: is not JSON: EOF while parsing a value",
            "line 6: is not JSON: EOF while parsing a value",
        ]
    );
    let lines = stage(json!({}), "{\"id\":\"a\"}\n{\"id\":\n}{\n[1]\n{\"id\":\"b\"}")
        .collect(&Json)
        .await
        .unwrap();
    assert_eq!((ids(&lines), faults(&lines).len()), (vec!["a", "b"], 3));
}

#[tokio::test]
async fn a_record_that_is_too_long_or_too_deep_fails_alone() {
    let long = "x".repeat(5 << 20);
    let deep = "[".repeat(200) + &"]".repeat(200);
    let file = format!(
        "[{{\"id\":\"a\",\"t\":\"{long}\"}},\n{{\"id\":\"b\",\"t\":{deep}}},{{\"id\":\"c\"}}]"
    );
    let records = stage(json!({}), file).collect(&Json).await.unwrap();
    assert_eq!(ids(&records), ["c"]);
    assert_eq!(
        faults(&records),
        ["line 1: is over 4 MiB", "line 2: is not JSON: recursion limit exceeded"]
    );
}

#[tokio::test]
async fn a_document_that_breaks_off_gives_an_error_and_not_half_of_itself() {
    for (file, words) in [
        ("[{\"id\": \"a\"},\n{\"id\"", "the document breaks off in line 2"),
        ("[{\"id\": \"a\"}", "the document breaks off in line 1"),
        ("[{\"id\": \"a}]", "the document breaks off in line 1"),
        ("[{\"id\": \"a\"]]", "line 1 is not JSON: the brackets do not match"),
        ("[{\"id\": \"a\"}]]", "line 1 is not JSON: the brackets do not match"),
        ("[{\"id\": \"a\"}]\n[{\"id\": \"b\"}]", "line 2 is not JSON: the brackets do not match"),
        ("[{\"id\": \"a\"}] x", "line 1 is not JSON: the brackets do not match"),
    ] {
        assert_eq!(refusal(stage(json!({}), file).collect(&Json).await), words, "{file}");
    }
    let deep = "[".repeat(100_000);
    assert!(refusal(stage(json!({}), deep).collect(&Json).await).contains("nested"));
    for file in ["{\"a\": {\"id\": 1}}", "{\"b\": []}", "[1]", "7", "{\"a\": 1}"] {
        let elsewhere = stage(json!({ "path": "/a" }), file).collect(&Json).await;
        assert_eq!(paths(elsewhere), ["config.path"], "{file}");
    }
}

#[tokio::test]
async fn hostile_names_and_texts_are_data() {
    let hostile = [
        "a`b",
        "'; drop table x; --",
        "\u{0}",
        "\u{202e}",
        "${x}",
        "\\u0000",
        "😀",
        "a\"b",
        " ",
        "$where",
    ];
    let file: Vec<_> = hostile.iter().map(|text| json!({ "id": text, *text: text })).collect();
    let records =
        stage(json!({ "label": hostile }), json!(file).to_string()).collect(&Json).await.unwrap();
    assert_eq!(ids(&records), hostile);
    for text in hostile {
        assert_eq!(properties(&records, text)[text], text);
    }
}

#[tokio::test]
async fn wrong_settings_are_named_by_their_path() {
    for (more, path) in [
        (json!({ "unknown": 1 }), "config.unknown"),
        (json!({ "delimiter": ";" }), "config.delimiter"),
        (json!({ "path": "items" }), "config.path"),
        (json!({ "label": 1 }), "config.label"),
    ] {
        assert_eq!(paths(stage(more.clone(), "[]").validate(&Json).await), [path], "{more}");
    }
}

#[tokio::test]
async fn a_document_is_fetched_from_a_permitted_place_or_not_at_all() {
    let server = Server::answering(ok("application/json", r#"[{"id":"a"}]"#)).await;
    let fetched = stage(json!({ "url": server.url }), "[]");
    assert_eq!(ids(&fetched.collect(&Json).await.unwrap()), ["a"]);
    fetched.validate(&Json).await.unwrap();
    assert!(refusal(fetched.fenced().validate(&Json).await).contains("not allowed"));
    let outer = Server::answering(moved("http://[fd00:ec2::254]/")).await;
    let moved = stage(json!({ "url": outer.url }), "[]").collect(&Json).await;
    assert!(refusal(moved).contains("not allowed"));
    let cut = ok("application/json", r#"[{"id":"a"}"#);
    let server = Server::answering(cut.replace("content-length", "x-length")).await;
    assert!(matches!(
        stage(json!({ "url": server.url }), "").collect(&Json).await,
        Err(Error::Refused(_))
    ));
}

#[tokio::test]
async fn a_file_of_which_nothing_can_be_read_is_refused() {
    let page = "<html>\n<body>Please sign in.</body>\n</html>";
    for (answer, words) in [
        (page, "line 1: is not JSON"),
        (r#"{"error": "rate limited"}"#, "line 1: has no \"id\""),
        ("\u{1f}\u{8b}\u{8}\0\0", "line 1: is not JSON"),
        ("", "an empty file"),
        (" \n", "an empty file"),
    ] {
        let server = Server::answering(ok("application/json", answer)).await;
        let fetched = stage(json!({ "url": server.url }), "");
        let collected = refusal(fetched.collect(&Json).await);
        assert!(collected.contains(words), "{collected}");
        assert_eq!(refusal(fetched.validate(&Json).await), collected);
    }
    let mistyped = stage(json!({ "key": "name" }), r#"[{"id": "a"}, {"id": "b"}]"#);
    assert!(refusal(mistyped.validate(&Json).await).contains("has no \"name\""));
    let server = Server::answering(ok("application/json", "[]")).await;
    assert!(stage(json!({ "url": server.url }), "").collect(&Json).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_broken_record_may_hide_what_was_told_before_and_a_second_one_hides_nothing() {
    let file = "{\"id\": \"a\"}\n{\"id\": \"a\"}\n{\"n\": 1}\n";
    let records = stage(json!({}), file).collect(&Json).await.unwrap();
    let told: Vec<_> = records.iter().skip(1).map(|record| json!(record)).collect();
    assert_eq!(
        told,
        [
            json!({ "record": "fault", "place": "line 2", "message": "the key \"a\" came before", "hides": false }),
            json!({ "record": "fault", "place": "line 3", "message": "has no \"id\"" }),
        ]
    );
    let read: Vec<Record> =
        told.into_iter().map(|line| serde_json::from_value(line).unwrap()).collect();
    assert_eq!(read, records[1..]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\\[\\]{}\",:\\\\\n]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_record_comes_back_from_a_json_writer(
        values in prop::collection::vec(any_json(), 0..8),
        step in any::<String>(),
        size in 1usize..40,
        shape in 0..4,
    ) {
        let records: Vec<_> = values.iter().enumerate().map(|(id, value)| json!({ "id": id, "v": value })).collect();
        let pointer = format!("/{}/0", step.replace('~', "~0").replace('/', "~1"));
        let (more, file) = match shape {
            0 => (json!({}), json!(records).to_string()),
            1 => (json!({}), serde_json::to_string_pretty(&json!(records)).unwrap()),
            2 => (json!({}), records.iter().flat_map(|record| [record.to_string(), "\n".to_owned()]).collect()),
            _ => (json!({ "path": pointer }), json!({ "": {}, step: [records, 1] }).to_string()),
        };
        let config = merged(json!({ "key": "id", "label": "T" }), more);
        let found = Stage::new(config).in_pieces(file, size).collect(&Json).now_or_never().unwrap().unwrap();
        prop_assert_eq!(faults(&found), Vec::<String>::new());
        for (id, value) in values.iter().enumerate() {
            prop_assert_eq!(&properties(&found, &id.to_string())["v"], value);
        }
    }

    #[test]
    fn no_file_makes_it_panic(file in any::<Vec<u8>>(), likely in "[\\[\\]{}\":,a1\\\\\n]{0,30}", size in 1usize..9) {
        for file in [file, likely.into_bytes()] {
            for more in [json!({}), json!({ "path": "/a/1" })] {
                let config = merged(json!({ "key": "a", "label": "T" }), more);
                let _ = Stage::new(config).in_pieces(file.clone(), size).collect(&Json).now_or_never().unwrap();
            }
        }
    }
}
