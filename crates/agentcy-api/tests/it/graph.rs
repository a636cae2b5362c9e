//! `/graph`: what is asked of it.

use agentcy_testkit::app::{Client, TestApp};
use serde_json::{Value, json};

mod cypher;
mod time;
mod walks;

use crate::sources::{landscape, member};

const NODES: &str = "/api/v1/graph/nodes";

/// An app with the landscape of services in it.
async fn stage() -> (TestApp, Client, String) {
    let app = TestApp::new().await;
    let (_, client) = member(&app).await;
    let source = landscape(&app, &client).await;
    (app, client, source)
}

/// The names of found nodes.
fn names(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().or_else(|| page["nodes"].as_array()).unwrap();
    items.iter().map(|node| node["properties"]["name"].as_str().unwrap()).collect()
}

/// The id of the node that is called this.
async fn id(client: &Client, name: &str) -> String {
    let found = client.get(&format!("{NODES}?q={name}")).await.expecting(200);
    found.text_at("/items/0/id").to_owned()
}

#[tokio::test]
async fn words_parts_of_words_and_typos_find_a_node() {
    let (_app, client, _) = stage().await;
    for q in ["web-frontend", "frontend", "FRONTEND", "web frontnd", "\"web frontend\""] {
        let found = client.get(&format!("{NODES}?q={}", q.replace(' ', "+"))).await.expecting(200);
        assert_eq!(names(&found.body), ["web-frontend"], "{q}");
    }
    let camel = client.get(&format!("{NODES}?q=payment")).await.expecting(200);
    assert_eq!(names(&camel.body), ["PaymentService"]);
    for q in ["%27%3B+drop+table+entities%3B--", "%00", "%26+%7C+%21", "%5C%5C", "%22"] {
        let found = client.get(&format!("{NODES}?q={q}")).await.expecting(200);
        assert_eq!(found.body["total"], 0, "{q}");
    }
}

#[tokio::test]
async fn filters_narrow_and_faults_of_them_are_named() {
    let (_app, client, source) = stage().await;
    let total = async |query: &str| {
        client.get(&format!("{NODES}?{query}")).await.expecting(200).body["total"].clone()
    };
    assert_eq!(total("").await, 3);
    assert_eq!(total("property=tier:core").await, 2);
    assert_eq!(total("property=tier:core&q=report").await, 1);
    assert_eq!(total("label=Service&realm=development").await, 3);
    assert_eq!(total("label=Nothing").await, 0);
    assert_eq!(total("realm=crm").await, 0);
    assert_eq!(total(&format!("source={source}")).await, 3);
    for (query, field) in [
        ("property=tier", "property[0]"),
        ("as_of=tomorrow", "as_of"),
        ("limit=0", "limit"),
        ("colour=red", "colour"),
    ] {
        let refused = client.get(&format!("{NODES}?{query}")).await.expecting_error(400, "invalid");
        assert_eq!(refused.fields(), [field]);
    }
}

#[tokio::test]
async fn a_list_is_walked_page_by_page_without_loss() {
    let (_app, client, _) = stage().await;
    for filter in ["limit=1", "limit=1&q=core+web+report+payment"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = client.get(&format!("{NODES}?{filter}{cursor}")).await.expecting(200);
            seen.extend(names(&page.body).into_iter().map(str::to_owned));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "{filter}");
    }
    let page = client.get(&format!("{NODES}?limit=1")).await.expecting(200);
    let foreign = format!("{NODES}?limit=1&label=Service&cursor={}", page.text_at("/next_cursor"));
    client.get(&foreign).await.expecting_error(400, "invalid_cursor");
}

#[tokio::test]
async fn a_node_says_how_much_hangs_on_it_and_who_speaks_of_it() {
    let (_app, client, source) = stage().await;
    let api = id(&client, "PaymentService").await;
    let node = client.get(&format!("{NODES}/{api}")).await.expecting(200);
    assert_eq!(node.body["degree"], 1, "an edge that waits for its end is not seen");
    assert_eq!(node.body["labels"], json!(["Service"]));
    assert_eq!(node.body["properties"]["tier"], "core");
    assert_eq!(node.body["sources"][0]["source_id"], source.as_str());
    assert!(node.body.get("archived_at").is_none());
}

#[tokio::test]
async fn stats_count_what_there_is() {
    let (_app, client, source) = stage().await;
    let stats = client.get("/api/v1/graph/stats").await.expecting(200).body;
    assert_eq!((&stats["nodes"], &stats["edges"]), (&json!(3), &json!(1)), "{stats}");
    assert_eq!(stats["waiting_edges"], 1);
    assert_eq!(stats["labels"], json!({ "Service": 3 }));
    assert_eq!(stats["types"], json!({ "CALLS": 1 }));
    assert_eq!(stats["realms"]["development"]["nodes"], 3);
    assert_eq!(stats["sources"][source.as_str()]["nodes"], 3);
    assert_eq!(stats["projection"]["behind"], 0);
}
