//! Who is told what, and what becomes of that when rights change.

use agentcy_core::{Role, id::OrgId};
use agentcy_platform::events::Telling;
use agentcy_testkit::app::{Client, TestApp};
use serde_json::{Value, json};

use crate::stage::{Watcher, World, app, graph};

/// A member who sees these realms.
async fn limited(app: &TestApp, org: OrgId, role: Role, realms: &[&str]) -> Client {
    let member = app.member(org, role).await;
    let user = member.user.as_ref().unwrap().id;
    set_realms(app, org, &user.to_string(), realms).await;
    app.stage.clock.advance_past_caches();
    member
}

async fn set_realms(app: &TestApp, org: OrgId, user: &str, realms: &[&str]) {
    let owner = app.member(org, Role::Owner).await;
    let path = format!("/api/v1/users/{user}");
    owner.patch(&path, json!({ "realms": realms })).await.expecting(200);
}

fn no_topic(id: &Value, topic: &str) -> Value {
    json!({
        "type": "error", "id": id, "topic": topic, "code": "not_found",
        "message": "there is no such topic",
    })
}

#[tokio::test]
async fn what_lies_in_a_realm_is_told_to_those_who_see_it() {
    let app = app().await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let member = limited(&app, org, Role::Admin, &["crm"]).await;
    let mut watcher = Watcher::open(&app, &member).await;
    watcher.subscribe(&["graph", "tasks", "sources"]).await;
    for (topic, event) in [("tasks", "task.run.updated"), ("sources", "sync.updated")] {
        world.tell(Telling { topic, event, ..graph("data") }).await;
        world.tell(Telling { topic, event, ..graph("crm") }).await;
        world.tell(Telling { topic, event, realm: None, ..graph("crm") }).await;
        assert_eq!(watcher.numbers(2).await, [2, 3], "{topic}");
    }
    world.change("data", 1).await;
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn somebodys_own_affair_is_told_to_them_and_to_admins() {
    let app = app().await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let own = app.member(org, Role::Viewer).await;
    let other = app.member(org, Role::Member).await;
    let admin = app.member(org, Role::Admin).await;
    let far = limited(&app, org, Role::Admin, &["crm"]).await;
    let mut watchers = Vec::new();
    for client in [&own, &admin, &other, &far] {
        let mut watcher = Watcher::open(&app, client).await;
        watcher.subscribe(&["approvals"]).await;
        watchers.push(watcher);
    }
    let owner = Some(own.user.as_ref().unwrap().id.to_string());
    let (topic, event) = ("approvals", "approval.requested");
    world.tell(Telling { topic, event, realm: None, owner, ..graph("crm") }).await;
    for told in &mut watchers[..2] {
        assert_eq!(told.event().await["event"], "approval.requested");
    }
    for untold in &mut watchers[2..] {
        untold.hears_nothing().await;
    }
}

#[tokio::test]
async fn unknown_and_foreign_topics_get_the_same_answer_and_the_socket_stays() {
    let app = app().await;
    let (org, other) = (app.stage.org().await, app.stage.org().await);
    let theirs = app.member(other, Role::Member).await;
    let foreign = theirs.post("/api/v1/chat/conversations", json!({})).await;
    let foreign = format!("conversation:{}", foreign.expecting(201).text_at("/id"));
    let colleague = app.member(org, Role::Member).await;
    let private = colleague.post("/api/v1/chat/conversations", json!({})).await;
    let private = format!("conversation:{}", private.expecting(201).text_at("/id"));
    let unknown = "conversation:conv_01976b4e-7c00-7000-8000-000000000000";
    let run = "run:run_01976b4e-7c00-7000-8000-000000000000";
    let member = limited(&app, org, Role::Member, &["crm"]).await;
    let mut watcher = Watcher::open(&app, &member).await;
    let topics =
        ["graph:data", "graph:nosuch", "nothing", &foreign, &private, unknown, run, "graph:crm"];
    let answers = watcher.ask(&topics, json!({})).await;
    for (answer, topic) in answers.iter().zip(&topics[..7]) {
        assert_eq!(*answer, no_topic(&json!(1), topic));
    }
    assert_eq!(answers[7]["topics"], json!(["graph:crm"]));
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn a_session_that_ends_ends_its_sockets_however_they_were_opened() {
    let app = app().await;
    let org = app.stage.org().await;
    let viewer = app.member(org, Role::Viewer).await;
    let ticket = viewer.post("/api/v1/auth/ticket", json!({ "path": "/ws" })).await;
    let query = format!("?token={}", ticket.body["ticket"].as_str().unwrap());
    let by_ticket = crate::stage::handshake(&app, &query);
    let mut watchers =
        [Watcher::open(&app, &viewer).await, Watcher::try_open(by_ticket).await.unwrap()];
    let mut other = Watcher::open(&app, &app.member(org, Role::Viewer).await).await;
    for watcher in &mut watchers {
        watcher.subscribe(&["graph"]).await;
    }
    viewer.post("/api/v1/auth/logout", json!({})).await.expecting(204);
    for watcher in &mut watchers {
        assert_eq!(watcher.closed().await, 4003);
    }
    other.hears_nothing().await;
}

#[tokio::test]
async fn a_key_that_is_revoked_or_runs_out_ends_its_sockets() {
    let app = app().await;
    let owner = app.member(app.stage.org().await, Role::Owner).await;
    let mut made = Vec::new();
    let until = "2027-01-15T09:00:00Z";
    for body in [
        json!({ "name": "a", "role": "viewer" }),
        json!({ "name": "b", "role": "viewer", "expires_at": until }),
    ] {
        made.push(owner.post("/api/v1/api-keys", body).await.expecting(201));
    }
    let open = async |at: usize| {
        let token = made[at].text_at("/key").to_owned();
        Watcher::try_open(crate::stage::with_token(&app, &token)).await.unwrap()
    };
    let (mut revoked, mut expired) = (open(0).await, open(1).await);
    revoked.subscribe(&["graph"]).await;
    expired.subscribe(&["graph"]).await;
    let path = format!("/api/v1/api-keys/{}", made[0].text_at("/id"));
    owner.delete(&path).await.expecting(204);
    assert_eq!(revoked.closed().await, 4003);
    expired.hears_nothing().await;
    app.stage.clock.advance(chrono::TimeDelta::days(30));
    assert_eq!(expired.closed().await, 4003);
}

#[tokio::test]
async fn whoever_is_shut_out_loses_the_socket_and_whoever_sees_less_is_told_less() {
    let app = app().await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let member = app.member(org, Role::Member).await;
    let user = member.user.as_ref().unwrap().id.to_string();
    let mut watcher = Watcher::open(&app, &member).await;
    watcher.subscribe(&["graph", "graph:crm", "graph:data"]).await;
    set_realms(&app, org, &user, &["data"]).await;
    assert_eq!(watcher.next().await.unwrap(), no_topic(&Value::Null, "graph:crm"));
    world.change("crm", 1).await;
    world.change("data", 1).await;
    let told = [watcher.event().await, watcher.event().await];
    assert!(told.iter().all(|event| event["seq"] == 2), "{told:?}");
    let owner = app.member(org, Role::Owner).await;
    let path = format!("/api/v1/users/{user}");
    owner.patch(&path, json!({ "disabled": true })).await.expecting(200);
    assert_eq!(watcher.closed().await, 4003);
}

#[tokio::test]
async fn an_admin_who_is_one_no_more_is_told_of_nobody_elses_affairs() {
    let app = app().await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let admin = app.member(org, Role::Admin).await;
    let mut watcher = Watcher::open(&app, &admin).await;
    watcher.subscribe(&["approvals"]).await;
    let theirs = || Telling {
        topic: "approvals",
        event: "approval.requested",
        realm: None,
        owner: Some("usr_01976b4e-7c00-7000-8000-000000000000".to_owned()),
        ..graph("crm")
    };
    world.tell(theirs()).await;
    assert_eq!(watcher.numbers(1).await, [1]);
    let owner = app.member(org, Role::Owner).await;
    let path = format!("/api/v1/users/{}", admin.user.as_ref().unwrap().id);
    owner.patch(&path, json!({ "role": "member" })).await.expecting(200);
    // Until the keeper has looked.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    world.tell(theirs()).await;
    watcher.hears_nothing().await;
}
