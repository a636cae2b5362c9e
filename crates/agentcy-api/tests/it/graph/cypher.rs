//! Read-only Cypher over HTTP.

use serde_json::{Value, json};

use super::stage;

const PLACE: &str = "/api/v1/graph/cypher";

#[tokio::test]
async fn a_question_is_answered_in_the_shapes_of_the_api() {
    let (_app, client, source) = stage().await;
    let body = json!({
        "query": "MATCH (a:Service)-[c:CALLS]->(b) WHERE a.tier = $tier RETURN a, c, b.name AS name",
        "params": { "tier": "edge" },
    });
    let table = client.post(PLACE, body).await.expecting(200).body;
    assert_eq!(table["columns"], json!(["a", "c", "name"]));
    let row = &table["rows"][0];
    assert_eq!(row[0]["properties"]["name"], "web-frontend", "{table}");
    assert_eq!(row[0]["labels"], json!(["Service"]));
    assert_eq!(row[0]["sources"][0]["source_id"], source.as_str());
    assert_eq!((&row[1]["type"], &row[1]["from"]), (&json!("CALLS"), &row[0]["id"]));
    assert_eq!(row[2], "PaymentService");
    let count = json!({ "query": "MATCH (n) RETURN count(n) AS nodes" });
    assert_eq!(client.post(PLACE, count).await.expecting(200).body["rows"], json!([[3]]));
    let cut = json!({ "query": "MATCH (n) RETURN n.name", "limit": 2 });
    let cut = client.post(PLACE, cut).await.expecting(200).body;
    assert_eq!((cut["rows"].as_array().unwrap().len(), &cut["truncated"]), (2, &json!(true)));
}

#[tokio::test]
async fn what_writes_or_does_not_parse_is_refused_with_its_place() {
    let (_app, client, _) = stage().await;
    let ask = async |query: &str| client.post(PLACE, json!({ "query": query })).await;
    for query in [
        "CREATE (n)",
        "MATCH (n) DETACH DELETE n",
        "MATCH (n) /* ; */ sEt n.name = 'x' RETURN n",
        "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
        "CALL { MATCH (n) REMOVE n.name RETURN n } RETURN n",
        "USE system MATCH (n) RETURN n",
        "SHOW DATABASES",
    ] {
        let refused = ask(query).await.expecting_error(403, "cypher_not_read_only");
        assert!(refused.body["error"]["details"]["line"].is_u64(), "{query}: {}", refused.text);
    }
    let syntax = ask("MATCH (n)\nRETRUN n").await.expecting_error(400, "cypher_syntax");
    let details = &syntax.body["error"]["details"];
    assert_eq!((&details["line"], &details["column"]), (&json!(2), &json!(1)), "{}", syntax.text);
}

#[tokio::test]
async fn a_query_that_never_ends_ends() {
    let (_app, client, _) = stage().await;
    let body = json!({
        "query": "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(*)",
        "timeout_ms": 300,
    });
    let refused = client.post(PLACE, body).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(["cypher_timeout", "cypher_too_large"].contains(&refused.code()), "{}", refused.text);
    let Value::Object(_) = client.get("/api/v1/graph/stats").await.expecting(200).body else {
        panic!("the server goes on");
    };
}
