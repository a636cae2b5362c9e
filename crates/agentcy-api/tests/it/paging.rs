//! Lists in pages: everything once, in order, and cursors that are good for their own list.

use agentcy_core::Role;
use agentcy_testkit::app::TestApp;
use serde_json::json;

const USERS: &str = "/api/v1/users";

#[tokio::test]
async fn pages_show_everything_once() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    for _ in 0..6 {
        app.stage.user(org, Role::Viewer).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..4 {
        let page = owner.get(&format!("{USERS}?limit=2{cursor}")).await.expecting(200);
        assert_eq!(page.body["total"], 7);
        seen.extend(page.body["items"].as_array().unwrap().iter().map(|it| it["id"].to_string()));
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 7);
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 7);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_org_and_filters() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    app.stage.user(org, Role::Viewer).await;
    let page = owner.get(&format!("{USERS}?limit=1")).await.expecting(200);
    let cursor = page.text_at("/next_cursor");
    owner.get(&format!("{USERS}?limit=1&cursor={cursor}")).await.expecting(200);

    let other = app.stage.org().await;
    let other = app.member(other, Role::Owner).await;
    for reply in [
        other.get(&format!("{USERS}?cursor={cursor}")).await,
        owner.get(&format!("{USERS}?q=ada&cursor={cursor}")).await,
        owner.get(&format!("/api/v1/api-keys?cursor={cursor}")).await,
        owner.get(&format!("{USERS}?cursor=nonsense")).await,
    ] {
        reply.expecting_error(400, "invalid_cursor");
    }
}

#[tokio::test]
async fn a_limit_has_bounds_and_a_query_known_names() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    for limit in ["0", "201", "-1", "x", "65536"] {
        let reply = owner.get(&format!("{USERS}?limit={limit}")).await;
        assert_eq!(reply.expecting_error(400, "invalid").fields(), ["limit"]);
    }
    owner.get(&format!("{USERS}?limit=200")).await.expecting(200);
    owner.get(&format!("{USERS}?order=name")).await.expecting_error(400, "invalid");
    let body = json!({ "approval_timeout_secs": 60 });
    owner.post("/api/v1/settings/security", body).await.expecting(200);
}
