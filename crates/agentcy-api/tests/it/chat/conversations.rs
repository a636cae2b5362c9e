//! Conversations without anything said in them.

use agentcy_core::Role;
use agentcy_testkit::fake_llm::Turn;
use serde_json::json;

use super::{CONVERSATIONS, Stage, ask};

#[tokio::test]
async fn a_conversation_is_begun_found_renamed_put_away_and_deleted() {
    let stage = Stage::new([Turn::Says("Ada owns the ledger".into())]).await;
    let body = json!({ "title": "Owners", "realm": "development" });
    let made = stage.ada.post(CONVERSATIONS, body).await.expecting(201);
    let item = made.header("location").unwrap().to_owned();
    let read = stage.ada.get(&item).await.expecting(200);
    assert_eq!(read.body, made.body);
    assert_eq!(
        (&read.body["title"], &read.body["realm"]),
        (&json!("Owners"), &json!("development"))
    );
    assert_eq!(read.body["last_event_id"], 0);
    ask(&stage.ada, read.text_at("/id"), "who?").await;
    stage.begin().await;

    let total = async |query: &str| {
        stage.ada.get(&format!("{CONVERSATIONS}{query}")).await.expecting(200).body["total"].clone()
    };
    assert_eq!(total("").await, 2);
    assert_eq!(total("?q=OWNERS").await, 1);
    assert_eq!(total("?q=the+ledger").await, 1);
    assert_eq!(total("?q=nothing").await, 0);
    let change = json!({ "title": "Who owns what", "archived": true, "realm": null });
    let changed = stage.ada.patch(&item, change).await.expecting(200).body;
    assert_eq!((&changed["title"], &changed["archived"]), (&json!("Who owns what"), &json!(true)));
    assert_eq!(changed["realm"], json!(null));
    assert_eq!(total("?archived=true").await, 1);
    assert_eq!(total("?archived=false").await, 1);
    stage.ada.delete(&item).await.expecting(204);
    stage.ada.get(&item).await.expecting_error(404, "not_found");
    assert_eq!(total("").await, 1);
}

#[tokio::test]
async fn a_body_may_be_left_out_and_faults_are_named() {
    let stage = Stage::new([]).await;
    let request = stage.ada.request("POST", CONVERSATIONS);
    agentcy_testkit::reply::Reply::of(request).await.expecting(201);
    for (body, field) in [
        (json!({ "title": "x".repeat(201) }), "title"),
        (json!({ "title": "two\nlines" }), "title"),
        (json!({ "agent_id": "agt_01976b4e-7c00-7000-8000-000000000001" }), "agent_id"),
        (json!({ "agent_id": "somebody" }), "agent_id"),
        (json!({ "owner": "usr_1" }), "owner"),
    ] {
        let refused = stage.ada.post(CONVERSATIONS, body).await.expecting_error(400, "invalid");
        assert_eq!(refused.fields(), [field]);
    }
    let nowhere = stage.ada.post(CONVERSATIONS, json!({ "realm": "nowhere" })).await;
    nowhere.expecting_error(400, "unknown_realm");
    for query in ["limit=0", "archived=maybe", "colour=red"] {
        stage.ada.get(&format!("{CONVERSATIONS}?{query}")).await.expecting_error(400, "invalid");
    }
}

#[tokio::test]
async fn the_latest_activity_comes_first_page_by_page() {
    let stage = Stage::new([Turn::Says("yes".into())]).await;
    let viewer = stage.member(Role::Viewer).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(super::begin(&viewer).await);
        stage.app.stage.clock.advance_past_caches();
    }
    ask(&viewer, &ids[0], "x").await;
    let first = viewer.get(&format!("{CONVERSATIONS}?limit=2")).await.expecting(200);
    let cursor = first.text_at("/next_cursor").to_owned();
    let second =
        viewer.get(&format!("{CONVERSATIONS}?limit=2&cursor={cursor}")).await.expecting(200);
    let page = |body: &serde_json::Value| {
        let items = body["items"].as_array().unwrap();
        items.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        [page(&first.body), page(&second.body)].concat(),
        [&ids[0], &ids[2], &ids[1]].map(Clone::clone)
    );
    let foreign = stage.ada.get(&format!("{CONVERSATIONS}?limit=2&cursor={cursor}")).await;
    foreign.expecting_error(400, "invalid_cursor");
}
