//! What goes out, and what is read back, also from a server that says more.

use agentcy_sdk::{
    Credential, MemberUpdate, NewApiKey, ProfileUpdate, Role, SettingsUpdate, UsageQuery,
};
use futures_util::TryStreamExt;

use crate::server::{Server, json};

#[tokio::test]
async fn words_and_fields_of_a_newer_server_do_not_break_reading() {
    let me = r#"{"user":{"id":"usr_1","email":"a@b","name":"Ada","shoe_size":38},"org":{"id":"org_1"},"principal":"usr_1",
        "role":"emperor","realms":["*"],"credential":"retina_scan","expires_at":null,"mood":{"x":1}}"#;
    let server = Server::with([json(200, me)]).await;
    let me = server.client().me().await.unwrap();
    assert_eq!(me.role, Role::Other("emperor".into()));
    assert_eq!(me.credential, Some(Credential::Other("retina_scan".into())));
    assert_eq!(me.user.unwrap().name, "Ada");
}

#[tokio::test]
async fn a_list_is_read_across_its_pages() {
    let page = |names: &[&str], next: &str| {
        let items: Vec<_> = names
            .iter()
            .map(|name| format!(r#"{{"id":"usr_{name}","email":"{name}@b","role":"member"}}"#))
            .collect();
        let items = items.join(",");
        json(200, &format!(r#"{{"items":[{items}],"next_cursor":{next},"total":3}}"#))
    };
    let server =
        Server::with([page(&["a", "b"], "\"c&1\""), page(&["c"], "null"), page(&[], "null")]).await;
    let users = server.client().users().search("a b&c").limit(2);
    let all: Vec<_> = users.items().try_collect().await.unwrap();
    let ids: Vec<_> = all.iter().map(|user| user.id.as_str()).collect();
    assert_eq!(ids, ["usr_a", "usr_b", "usr_c"]);
    let seen = server.seen();
    assert_eq!(seen[0].uri.query(), Some("q=a+b%26c&limit=2"));
    assert_eq!(seen[1].uri.query(), Some("q=a+b%26c&limit=2&cursor=c%261"));
    assert!(server.client().users().page(None).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_cursor_that_stands_still_ends_the_list() {
    let page = r#"{"items":[{"slug":"crm"}],"next_cursor":"same","total":1}"#;
    let server = Server::with([json(200, page), json(200, page)]).await;
    let realms: Vec<_> = server.client().realms().items().try_collect().await.unwrap();
    assert_eq!(realms.len(), 2);
}

#[tokio::test]
async fn an_update_says_what_changes_and_nothing_else() {
    let org = r#"{"org_id":"org_1","name":"Acme"}"#;
    let user = r#"{"id":"usr_1","email":"a@b","role":"admin"}"#;
    let server = Server::with([json(200, org), json(200, user), json(200, user)]).await;
    let client = server.client();
    let change = SettingsUpdate { retention_days: Some(None), ..SettingsUpdate::default() };
    client.update_settings(&change).await.unwrap();
    let change = MemberUpdate { role: Some(Role::Admin), ..MemberUpdate::default() };
    client.update_user("usr_1", &change).await.unwrap();
    client.update_profile(&ProfileUpdate::default()).await.unwrap();
    let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, [r#"{"retention_days":null}"#, r#"{"role":"admin"}"#, "{}"]);
}

#[tokio::test]
async fn a_made_key_comes_with_its_secret() {
    let key = r#"{"id":"key_1","name":"reporting","role":"viewer","realms":["crm"],
        "key":"ak_live_1_s","key_fingerprint":"ab12","created_at":"2026-01-01T00:00:00Z"}"#;
    let server = Server::with([json(201, key)]).await;
    let new =
        NewApiKey { realms: Some(vec!["crm".into()]), ..NewApiKey::new("reporting", Role::Viewer) };
    let issued = server.client().create_api_key(&new).await.unwrap();
    assert_eq!(issued.api_key.fingerprint, "ab12");
    assert!(!format!("{issued:?}").contains("ak_live_1_s"));
    let seen = server.only();
    assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", "/api/v1/api-keys"));
    assert_eq!(seen.body, r#"{"name":"reporting","role":"viewer","realms":["crm"]}"#);
}

#[tokio::test]
async fn usage_is_asked_for_by_day_and_read_with_its_sums() {
    let usage = r#"{"from":"2026-01-01","to":"2026-01-02","by":"model","rows":[
        {"key":"builtin","runs":2,"in_tokens":10,"out_tokens":5,"cost_usd":0.25}],"totals":{"runs":2}}"#;
    let server = Server::with([json(200, usage)]).await;
    let query = UsageQuery { from: "2026-01-01".parse().ok(), ..UsageQuery::default() };
    let usage = server.client().usage(&query).await.unwrap();
    assert_eq!((usage.rows[0].sums.in_tokens, usage.totals.runs), (10, 2));
    assert_eq!(server.only().uri.query(), Some("from=2026-01-01"));
}
