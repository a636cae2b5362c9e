//! Neighbours and expand.

use serde_json::json;

use super::{NODES, id, names, stage};

#[tokio::test]
async fn neighbours_are_read_by_type_and_direction() {
    let (_app, client, _) = stage().await;
    let web = id(&client, "web-frontend").await;
    let read = async |query: &str| {
        client.get(&format!("{NODES}/{web}/neighbors?{query}")).await.expecting(200).body
    };
    let all = read("").await;
    assert_eq!(all["items"][0]["edge"]["type"], "CALLS", "{all}");
    assert_eq!(all["items"][0]["edge"]["from"], web.as_str());
    assert_eq!(all["items"][0]["node"]["properties"]["name"], "PaymentService");
    assert_eq!(all["truncated"], false);
    assert_eq!(read("direction=in").await["items"], json!([]));
    assert_eq!(read("type=OWNS").await["items"], json!([]));
    assert_eq!(
        read("type=CALLS&type=OWNS&direction=out").await["items"].as_array().unwrap().len(),
        1
    );
    let sideways = client.get(&format!("{NODES}/{web}/neighbors?direction=sideways")).await;
    assert_eq!(sideways.expecting_error(400, "invalid").fields(), ["direction"]);
}

#[tokio::test]
async fn an_expand_starts_from_several_nodes_and_says_when_it_was_cut() {
    let (_app, client, _) = stage().await;
    let (web, cron) = (id(&client, "web-frontend").await, id(&client, "report").await);
    let expand = async |body| client.post("/api/v1/graph/expand", body).await.expecting(200).body;
    let both = expand(json!({ "node_ids": [web, cron], "depth": 2 })).await;
    assert_eq!(
        (both["nodes"].as_array().unwrap().len(), both["truncated"].clone()),
        (3, json!(false))
    );
    assert_eq!(both["edges"].as_array().unwrap().len(), 1);
    assert!(both["took_ms"].is_f64());
    let cut = expand(json!({ "node_ids": [web], "depth": 4, "limit": 1 })).await;
    assert_eq!((names(&cut), cut["truncated"].clone()), (vec!["web-frontend"], json!(true)));
    let none = expand(json!({ "node_ids": [web], "types": ["OWNS"] })).await;
    assert_eq!(none["nodes"].as_array().unwrap().len(), 1);
    let unlike = expand(json!({ "node_ids": [web], "labels": ["Person"] })).await;
    assert_eq!(names(&unlike), ["web-frontend"]);

    for (body, field) in [
        (json!({ "node_ids": [] }), "node_ids"),
        (json!({ "node_ids": [web], "depth": 5 }), "depth"),
        (json!({ "node_ids": [web], "limit": 0 }), "limit"),
    ] {
        let refused = client.post("/api/v1/graph/expand", body).await;
        assert_eq!(refused.expecting_error(400, "invalid").fields(), [field]);
    }
}
