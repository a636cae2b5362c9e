//! Whose a conversation is, and who may do what in it.

use agentcy_core::Role;
use agentcy_testkit::{app::Client, fake_llm::Turn, reply::Reply};
use serde_json::json;

use super::{CONVERSATIONS, Stage, ask, place, text};

/// Everything that can be done in a conversation.
async fn everything(client: &Client, id: &str) -> Vec<Reply> {
    let item = format!("{CONVERSATIONS}/{id}");
    vec![
        client.get(&item).await,
        client.patch(&item, json!({ "title": "mine now" })).await,
        client.get(&place(id, "messages")).await,
        client.get(&place(id, "tool-calls")).await,
        client.get(&place(id, "approvals")).await,
        client.get(&place(id, "stream")).await,
        client.post(&place(id, "messages"), json!({ "content": "x" })).await,
        client.post(&place(id, "cancel"), json!({})).await,
        client.delete(&item).await,
    ]
}

#[tokio::test]
async fn a_conversation_of_somebody_else_is_unknown() {
    let stage = Stage::new([Turn::Says("secret".into())]).await;
    let id = stage.begin().await;
    ask(&stage.ada, &id, "x").await;
    let elsewhere = stage.app.stage.org().await;
    for other in [
        stage.member(Role::Member).await,
        stage.member(Role::Viewer).await,
        stage.app.member(elsewhere, Role::Owner).await,
    ] {
        for reply in everything(&other, &id).await {
            reply.expecting_error(404, "not_found");
        }
        assert_eq!(other.get(CONVERSATIONS).await.expecting(200).body["total"], 0);
    }
}

#[tokio::test]
async fn an_admin_reads_which_is_audited_and_says_nothing() {
    let stage = Stage::new([Turn::Says("yes".into())]).await;
    let id = stage.begin().await;
    ask(&stage.ada, &id, "x").await;
    let admin = stage.member(Role::Admin).await;
    let said = admin.get(&place(&id, "messages")).await.expecting(200);
    assert_eq!(said.body["total"], 2);
    let rows = stage
        .app
        .stage
        .database
        .rows("select * from audit where action = 'conversation.read'")
        .await;
    assert!(rows.iter().any(|row| row["target"] == id.as_str()), "{rows:?}");
    let says = admin.post(&place(&id, "messages"), json!({ "content": "x" })).await;
    says.expecting_error(403, "insufficient_role");
    let stops = admin.post(&place(&id, "cancel"), json!({})).await;
    stops.expecting_error(403, "insufficient_role");
}

#[tokio::test]
async fn a_viewer_chats_and_an_api_key_has_conversations_of_its_own() {
    let stage = Stage::new([Turn::Says("hello".into())]).await;
    let viewer = stage.member(Role::Viewer).await;
    let id = super::begin(&viewer).await;
    assert_eq!(text(&ask(&viewer, &id, "x").await), "hello");

    let owner = stage.member(Role::Owner).await;
    let key = owner.post("/api/v1/api-keys", json!({ "name": "bot", "role": "member" })).await;
    let key = stage.app.bearer(key.expecting(201).text_at("/key"));
    let own = super::begin(&key).await;
    assert_eq!(text(&ask(&key, &own, "x").await), "hello");
    key.get(&format!("{CONVERSATIONS}/{id}")).await.expecting_error(404, "not_found");
}
