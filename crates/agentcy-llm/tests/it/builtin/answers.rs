//! What it answers from what tools gave.

use serde_json::{Value, json};

use super::{TOOLS, Talk, asked, edge, found, id, node, refused, talk};

/// Payments uses orders, and is owned by a team.
fn around() -> Value {
    json!({
        "nodes": [node(1, "Service", "payments"), node(2, "Service", "orders"), node(3, "Team", "red")],
        "edges": [edge(1, "USES", 2), edge(1, "OWNED_BY", 3)],
        "truncated": false,
    })
}

async fn of_payments(question: &str) -> Talk {
    talk(question, |call| match call.name.as_str() {
        "search_graph" => found(&[node(1, "Service", "payments")]),
        "expand_node" => around(),
        other => unreachable!("{other}"),
    })
    .await
}

#[tokio::test]
async fn an_owner_is_named_with_links_to_what_was_found() {
    let talk = of_payments("who owns payments?").await;
    assert_eq!(talk.names(), ["search_graph", "expand_node"]);
    let (payments, red) = (id(1), id(3));
    let owned = format!("[payments](node:{payments}) (Service) is owned by [red](node:{red})");
    talk.has(&[&owned, "`OWNED_BY`"]);
    of_payments("who wrote payments?").await.has(&["Nothing in the graph says who made"]);
}

#[tokio::test]
async fn what_hangs_together_is_told_in_its_direction() {
    let uses = of_payments("which services does payments use?").await;
    uses.has(&["leads to 1 Service by `USES`", &id(2)]);
    let reverse = of_payments("which services use payments?").await;
    reverse.has(&["Nothing of the kind “services” is joined directly to", "`USES` to Service"]);
    let owned = talk("which services are owned by red?", |call| match call.name.as_str() {
        "search_graph" => found(&[node(3, "Team", "red")]),
        _ => around(),
    });
    owned.await.has(&["is reached from 1 Service by `OWNED_BY`", &id(1)]);
    let all = of_payments("what is connected to payments?").await;
    all.has(&["connected to 2 things", "`USES` to 1 Service", "`OWNED_BY` to 1 Team"]);
}

#[tokio::test]
async fn a_name_of_several_things_is_asked_back() {
    let same = [node(1, "Service", "main"), node(2, "Branch", "Main")];
    let ambiguous = talk("who owns main?", |_| found(&same)).await;
    assert_eq!(ambiguous.names(), ["search_graph"]);
    ambiguous.has(&["“main” is the name of 2 things", "Which one", "(Service)", "(Branch)"]);
    let near = [node(1, "Service", "mainframe"), node(2, "Branch", "maintenance")];
    let near = talk("who owns main?", |_| found(&near)).await;
    near.has(&["Nothing in the graph is called exactly “main”", "mainframe", "maintenance"]);
    let none = talk("who owns main?", |_| found(&[])).await;
    none.has(&["found nothing in the graph that is called “main”"]);
    let kind = talk("describe the branch main", |call| match call.args.get("labels") {
        Some(labels) if labels[0] == "Branch" => found(&same[1..]),
        Some(_) => found(&[]),
        None if call.name == "search_graph" => found(&same),
        None => json!({ "nodes": [same[1]], "edges": [] }),
    })
    .await;
    kind.has(&["[Main]", "is a `Branch`"]);
}

#[tokio::test]
async fn a_refused_query_is_replaced_or_its_lack_is_said() {
    let search = |call: &agentcy_llm::Call| match call.name.as_str() {
        "run_cypher" => refused("cypher_needs_all_realms", "Cypher sees all"),
        _ => json!({
            "nodes": [
                { "id": id(1), "labels": ["Service"], "properties": { "name": "a", "tier": "gold" } },
                { "id": id(2), "labels": ["Service"], "properties": { "name": "gold", "tier": "tin" } },
            ],
            "total": 7,
        }),
    };
    let count = talk("how many services are there with tier = GOLD?", search).await;
    count.has(&["At least 1 of 7 Services has `tier` = “GOLD”."]);
    let busiest = talk("which files change most?", search).await;
    busiest.has(&["I need `run_cypher`, which is not to be had here"]);
    let without: Vec<&str> = TOOLS.into_iter().filter(|tool| *tool != "run_cypher").collect();
    let request = asked("how many services are there with tier = gold?", &without);
    Talk::of(request, search).await.has(&["At least 1 of 7"]);
}

#[tokio::test]
async fn what_no_source_brings_is_told_with_the_source_that_would() {
    let git =
        json!({ "connectors": [{ "name": "code", "source_type": "git", "realm": "development" }] });
    let without = |call: &agentcy_llm::Call| match call.name.as_str() {
        "list_connectors" => git.clone(),
        "search_graph" => found(&[]),
        other => panic!("{other}"),
    };
    for (question, source) in [
        ("list my kubernetes pods", "kubernetes"),
        ("how many pods are down?", "kubernetes"),
        ("which pull requests are there", "github"),
        ("how many issues are there?", "github"),
        ("list tickets", "jira"),
    ] {
        let talk = talk(question, without).await;
        assert_eq!(talk.names(), ["list_connectors", "search_graph"], "{question}");
        let type_of = format!("A source of type `{source}` is not part of this release");
        talk.has(&["code (`git`)", &type_of, "`json` source", "POST /api/v1/sources"]);
    }
    let other = talk("list spaceships", without).await;
    other.has(&["nothing of the kind “spaceships”", "`json` or `csv`"]);
    let there = talk("how many pods are down?", |call| match call.name.as_str() {
        "list_connectors" => git.clone(),
        _ => found(&[node(1, "Pod", "a"), node(2, "Pod", "b")]),
    });
    there.await.has(&["I see 2 Pods", "“down” I cannot tell", "status = down"]);
}

#[tokio::test]
async fn a_way_is_found_over_both_ends_and_told_step_by_step() {
    let talk = talk("how is payments connected to ledger?", |call| {
        let ledger = node(4, "Service", "ledger");
        match (call.name.as_str(), call.args["query"].as_str(), call.args["node_id"].as_str()) {
            ("search_graph", Some("payments"), _) => found(&[node(1, "Service", "payments")]),
            ("search_graph", ..) => found(&[ledger]),
            ("expand_node", _, Some(start)) if start == id(1) => around(),
            _ => json!({
                "nodes": [ledger, node(2, "Service", "orders")], "edges": [edge(4, "FEEDS", 2)],
            }),
        }
    })
    .await;
    talk.has(&["connected in 2 steps", "1. [payments]", "2. [ledger]", "`FEEDS`"]);
}

#[tokio::test]
async fn time_comes_from_the_request_alone() {
    let mut request = asked("what changed in the last 2 days?", &TOOLS);
    let tool = |call: &agentcy_llm::Call| match call.name.as_str() {
        "run_cypher" => json!({ "columns": ["c"], "rows": [[0]] }),
        _ => found(&[]),
    };
    let told = Talk::of(request.clone(), tool).await;
    assert_eq!(told.calls[0].args["params"]["since"], "2026-11-20T12:43:00Z");
    told.has(&["I see no commit since 2026-11-20T12:43:00Z"]);
    request.system = "You are agentcy.".to_owned();
    let untold = Talk::of(request, tool).await;
    assert!(untold.calls.is_empty());
    untold.has(&["ask with a date"]);
}
