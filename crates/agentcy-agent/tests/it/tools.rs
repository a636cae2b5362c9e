//! Every tool on a real graph and on real sources.

use agentcy_agent::tools::{Citer, MAX_RESULT, envelope};
use agentcy_core::{Limit, Role, id::NodeId};
use agentcy_platform::{
    PageRequest,
    graph::{self, Moment, Version},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    lab::INJECTED,
    stage::{Stage, at_source, call, failure, grants, result, run},
};

#[tokio::test]
async fn a_search_gives_the_best_nodes_and_how_many_there_are() {
    let stage = Stage::new().await;
    for n in 0..12 {
        stage.node("data", &format!("svc:{n}"), json!({ "name": format!("payments {n}") })).await;
    }
    stage.node("data", "svc:other", json!({ "name": "billing" })).await;
    let tools = stage.tools(&stage.owner).await;
    let found = result(&tools, call("search_graph", json!({ "query": "payments" }))).await;
    assert_eq!(found["nodes"].as_array().unwrap().len(), 10);
    assert_eq!((&found["total"], &found["truncated"]), (&json!(12), &json!(true)));
    let all = json!({ "query": "", "labels": ["Service"], "limit": 50 });
    let outcome = run(&tools, call("search_graph", all)).await;
    assert_eq!(outcome.result["nodes"].as_array().unwrap().len(), 13);
    assert_eq!(outcome.result["truncated"], false);
    assert!(outcome.taints);
    assert_eq!(outcome.citations.len(), 13);
    let first = &outcome.citations[0];
    let mut citer = Citer::new();
    citer.learn(&outcome.citations);
    let heard = citer.hear(&format!("[it](node:{})", first.node_id.unwrap()));
    assert_eq!(heard, [(1, first.clone())]);
    let none = json!({ "query": "", "labels": ["Nothing"] });
    assert_eq!(result(&tools, call("search_graph", none)).await["total"], 0);
}

#[tokio::test]
async fn a_node_is_shown_with_what_it_is_connected_to() {
    let stage = Stage::new().await;
    let shop = stage.node("data", "svc:shop", json!({ "name": "shop" })).await;
    let pay = stage.node("data", "svc:pay", json!({ "name": "pay" })).await;
    let bank = stage.node("data", "svc:bank", json!({ "name": "bank" })).await;
    stage.edge(shop, pay).await;
    stage.edge(pay, bank).await;
    let tools = stage.tools(&stage.owner).await;
    let near = result(&tools, call("expand_node", json!({ "node_id": shop }))).await;
    assert_eq!(near["nodes"].as_array().unwrap().len(), 2);
    assert_eq!(near["edges"][0]["type"], "DEPENDS_ON");
    let far = result(&tools, call("expand_node", json!({ "node_id": shop, "depth": 2 }))).await;
    assert_eq!(far["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(far["edges"].as_array().unwrap().len(), 2);
    let nobody: NodeId = stage.ids.next();
    let (code, _) = failure(&tools, call("expand_node", json!({ "node_id": nobody }))).await;
    assert_eq!(code, "not_found");
}

#[tokio::test]
async fn cypher_gives_a_table_with_nodes_in_its_cells() {
    let stage = Stage::new().await;
    let shop = stage.node("data", "svc:shop", json!({ "name": "shop" })).await;
    let tools = stage.tools(&stage.owner).await;
    let query = "MATCH (s:Service) WHERE s.name = $name RETURN s, count(*) AS n";
    let asked = json!({ "query": query, "params": { "name": "shop" } });
    let outcome = run(&tools, call("run_cypher", asked)).await;
    assert!(!outcome.is_error, "{}", outcome.result);
    assert_eq!(outcome.result["columns"], json!(["s", "n"]));
    assert_eq!(outcome.result["rows"][0][0]["properties"]["name"], "shop");
    assert_eq!(outcome.citations[0].node_id, Some(shop));
    for (query, code) in [
        ("MATCH (n) DELETE n", "cypher_not_read_only"),
        ("MATCH (n RETURN n", "cypher_syntax"),
        ("LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row", "cypher_not_read_only"),
    ] {
        let (found, _) = failure(&tools, call("run_cypher", json!({ "query": query }))).await;
        assert_eq!(found, code, "{query}");
    }
}

#[tokio::test]
async fn what_a_source_said_is_found_by_the_tools_of_the_graph() {
    let stage = Stage::new().await;
    let csv = json!({ "key": "id", "label": "Host" });
    stage.synced("hosts", "csv", csv, "id,name,zone\nh1,alpha,eu\nh2,beta,us\n").await;
    let json_config = json!({ "key": "id", "label": "Ticket" });
    let text = r#"[{"id": 1, "name": "alpha is slow"}, {"id": 2, "name": "nothing"}]"#;
    stage.synced("tickets", "json", json_config, text).await;
    let tools = stage.tools(&stage.owner).await;
    let found = result(&tools, call("search_graph", json!({ "query": "alpha" }))).await;
    assert_eq!(found["total"], 2);
    let hosts = json!({ "query": "", "labels": ["Host"] });
    let found = result(&tools, call("search_graph", hosts)).await;
    assert_eq!(found["nodes"][0]["realm"], "data");
    assert!(found["nodes"][0]["sources"][0]["source_id"].as_str().unwrap().starts_with("src_"));
}

#[tokio::test]
async fn a_git_repository_is_asked_through_its_tools() {
    let stage = Stage::new().await;
    let repo = stage.folder.path().join("shop");
    let git = |args: &[&str]| {
        let done = std::process::Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
            .args(["-c", "init.defaultBranch=main", "-C"])
            .arg(stage.folder.path())
            .args(args)
            .output();
        assert!(done.unwrap().status.success(), "{args:?}");
    };
    git(&["init", "-q", "shop"]);
    std::fs::write(repo.join("pay.txt"), "charge the card\n").unwrap();
    git(&["-C", "shop", "add", "."]);
    git(&["-C", "shop", "commit", "-q", "-m", "Charges cards"]);
    stage.source("shop repo", "git", "development", json!({ "path": repo })).await;
    let tools = stage.tools(&stage.owner).await;
    let listed = result(&tools, call("list_connectors", json!({}))).await;
    assert_eq!(listed["connectors"][0]["name"], "shop repo");
    assert_eq!(listed["connectors"][0]["tools"], json!(["log", "show", "blame", "grep"]));
    let wanted = json!({ "query": "list the newest commits", "top_k": 1 });
    let found = result(&tools, call("search_connector_tools", wanted)).await;
    assert_eq!(
        (&found["tools"][0]["tool"], &found["tools"][0]["effect"]),
        (&json!("log"), &json!("read"))
    );
    assert_eq!(found["tools"][0]["input_schema"]["type"], "object");
    let outcome = run(&tools, at_source("SHOP repo", "log", json!({}))).await;
    assert!(!outcome.is_error && outcome.taints, "{}", outcome.result);
    assert!(outcome.result["result"].to_string().contains("Charges cards"));
    assert_eq!(outcome.citations[0].title, "shop repo");
    let lines = result(&tools, at_source("shop repo", "grep", json!({ "pattern": "card" }))).await;
    assert!(lines.to_string().contains("charge the card"), "{lines}");
}

#[tokio::test]
async fn a_node_is_made_and_linked_and_only_said_back_what_was_said() {
    let stage = Stage::new().await;
    let shop =
        stage.node("data", "svc:shop", json!({ "name": INJECTED, "secretive": "others" })).await;
    let tools = stage.tools(&stage.owner).await;
    let more = json!({ "key": "svc:shop", "realm": "data", "labels": ["Shop"], "properties": { "tier": 1 } });
    let outcome = run(&tools, call("upsert_node", more)).await;
    assert!(!outcome.is_error && !outcome.taints, "{}", outcome.result);
    assert_eq!(outcome.result["node"]["id"], json!(shop));
    assert!(!outcome.result.to_string().contains("SYSTEM"), "{}", outcome.result);
    let made = json!({ "key": "svc:pay", "realm": "data", "properties": { "name": "pay" } });
    let pay = result(&tools, call("upsert_node", made)).await;
    let pay = &pay["node"]["id"];
    let link = json!({ "from": shop, "to": pay, "type": "DEPENDS_ON" });
    let outcome = run(&tools, call("link_nodes", link)).await;
    assert!(!outcome.is_error && !outcome.taints, "{}", outcome.result);
    stage.settle().await;
    let near = result(&tools, call("expand_node", json!({ "node_id": shop }))).await;
    assert_eq!(near["nodes"].as_array().unwrap().len(), 2);
    let row = &stage.audit("graph.write").await[2];
    assert_eq!(row["request_id"], "run_test");
}

#[tokio::test]
async fn what_a_run_says_is_the_word_of_that_run_and_a_persons_stands_before_it() {
    let stage = Stage::new().await;
    let shop = stage.node("data", "svc:shop", json!({ "owner": "ada", "tier": 1 })).await;
    let says = async |properties| {
        let tools = stage.tools(&stage.owner).await;
        let said = json!({ "key": "svc:shop", "realm": "data", "labels": ["Host"], "properties": properties });
        result(&tools, call("upsert_node", said)).await;
    };
    says(json!({ "owner": "eve", "zone": "eu" })).await;
    says(json!({ "owner": "eve", "zone": "us" })).await;
    // What was said already is not said again.
    says(json!({ "zone": "us" })).await;
    let by = &stage.owner;
    let page = PageRequest { limit: Limit::default(), cursor: None };
    let versions = graph::history(&stage.platform, by, shop, page).await.unwrap().items;
    let holds = |one: &Version| one.valid_to.is_none() && one.superseded_at.is_none();
    let kinds: Vec<_> = versions.iter().map(|one| (one.asserter.kind(), holds(one))).collect();
    assert_eq!(kinds, [("run", true), ("run", false), ("person", true)]);
    assert_ne!(versions[0].asserter, versions[1].asserter);
    let (node, _) = graph::read(&stage.platform, by, shop, Moment::default()).await.unwrap();
    assert_eq!(Value::from(node.properties), json!({ "owner": "ada", "tier": 1, "zone": "us" }));
    assert_eq!(node.labels, ["Host", "Service"]);
    assert_eq!(node.provenance["zone"], versions[0].asserter);
    assert_eq!(node.provenance["owner"].kind(), "person");
}

#[tokio::test]
async fn a_realm_must_be_said_where_there_is_more_than_one() {
    let stage = Stage::new().await;
    let owner = stage.tools(&stage.owner).await;
    let (code, words) = failure(&owner, call("upsert_node", json!({ "key": "a" }))).await;
    assert_eq!(code, "invalid");
    assert!(words.contains("infrastructure") && words.contains("crm"), "{words}");
    let member = stage.limited(Role::Member, &["crm"]).await;
    let tools = stage.tools(&member).await;
    let made = result(&tools, call("upsert_node", json!({ "key": "a" }))).await;
    assert_eq!(made["node"]["realm"], "crm");
    let conversation = stage.conversation(&stage.owner).await;
    let mut narrow = grants(conversation);
    narrow.realms = vec![crate::stage::realm("design")];
    let tools = stage.tools_with(&stage.owner, narrow).await;
    let judged = tools.judge(call("upsert_node", json!({ "key": "b" })), false).await.unwrap();
    // Whoever decides sees where it would lie.
    assert_eq!(judged.args["realm"], "design");
}

#[tokio::test]
async fn a_long_result_is_cut_and_says_so() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    for n in 0..40 {
        let long =
            json!({ "name": format!("long {n}"), "text": "y".repeat(5000), "b": "z".repeat(900) });
        stage.node("data", &format!("long:{n}"), long).await;
    }
    let tools = stage.tools(&stage.owner).await;
    let outcome = run(&tools, at_source("lab", "huge", json!({ "target": "a" }))).await;
    assert!(outcome.result.to_string().len() <= MAX_RESULT);
    assert_eq!(outcome.result["truncated"], true);
    assert!(outcome.result["cut"].as_str().unwrap().contains("bytes"), "{}", outcome.result);
    let found = result(&tools, call("search_graph", json!({ "query": "long", "limit": 50 }))).await;
    assert!(found.to_string().len() <= MAX_RESULT);
    assert_eq!((&found["total"], &found["truncated"]), (&json!(40), &json!(true)));
    let shown = found["nodes"].as_array().unwrap().len();
    assert!((10..40).contains(&shown), "{shown}");
    assert!(found["cut"].as_str().unwrap().contains("properties are cut"), "{}", found["cut"]);
    let query = json!({ "query": "MATCH (s:Service) RETURN collect(s) AS all" });
    let table = result(&tools, call("run_cypher", query)).await;
    assert!(table.to_string().len() <= MAX_RESULT);
    assert_eq!(table["truncated"], true);
}

#[tokio::test]
async fn what_was_read_stands_between_marks_that_it_cannot_forge() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    let tools = stage.tools(&stage.owner).await;
    let outcome = run(&tools, at_source("lab", "peek", json!({ "target": INJECTED }))).await;
    let shown = envelope("execute_connector_tool", &outcome.result, outcome.taints);
    assert_eq!(shown.matches("</data>").count(), 1);
    assert!(shown.ends_with("</data>"));
    assert_eq!(outcome.result["result"]["nul"], "a\u{fffd}b");
}

#[tokio::test]
async fn a_read_ends_when_it_is_cancelled_and_a_write_is_waited_for() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    let tools = stage.tools(&stage.owner).await;
    let hang = at_source("lab", "hang", json!({ "target": "a" }));
    let judged = tools.judge(hang, false).await.unwrap();
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let waiting = tools.run(&judged, &cancel);
    let stopping = async {
        tokio::task::yield_now().await;
        stop.cancel();
    };
    let (outcome, ()) = tokio::join!(waiting, stopping);
    assert_eq!(outcome.result["error"]["code"], "cancelled");
    let poke =
        tools.judge(at_source("lab", "poke", json!({ "target": "a" })), false).await.unwrap();
    let outcome = tools.run(&poke, &cancel).await;
    assert_eq!(outcome.result["error"]["code"], "cancelled");
    assert_eq!(stage.lab.effects(), 0);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let poking = tools.run(&poke, &cancel);
    let stopping = async {
        tokio::task::yield_now().await;
        stop.cancel();
    };
    let (outcome, ()) = tokio::join!(poking, stopping);
    assert!(!outcome.is_error, "{}", outcome.result);
    assert_eq!(stage.lab.effects(), 1);
}

#[tokio::test]
async fn a_write_whose_end_was_not_seen_is_told_as_unknown() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    let tools = stage.tools(&stage.owner).await;
    let outcome = run(&tools, at_source("lab", "lost", json!({ "target": "a" }))).await;
    assert!(outcome.is_error && outcome.unknown);
    assert_eq!(outcome.result["error"]["code"], "outcome_unknown");
    assert_eq!(stage.lab.effects(), 1);
}
