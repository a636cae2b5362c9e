//! Where a request comes from: hosts, origins, proxies, and the default password away from home.

use agentcy_api::HttpSetup;
use agentcy_core::Role;
use agentcy_platform::first_start::{DEFAULT_EMAIL, DEFAULT_PASSWORD, first_start};
use agentcy_testkit::{app::TestApp, reply::Reply};
use serde_json::json;

const LOGIN: &str = "/api/v1/auth/login";
const ME: &str = "/api/v1/auth/me";

#[tokio::test]
async fn the_default_password_is_good_only_on_this_machine() {
    let app = TestApp::new().await;
    first_start(&app.stage.platform, DEFAULT_EMAIL, &DEFAULT_PASSWORD.into()).await.unwrap();
    let body = json!({ "email": DEFAULT_EMAIL, "password": DEFAULT_PASSWORD });
    let login = |name: &'static str, value: &'static str| {
        let request = app.anonymous().request("POST", LOGIN).json(&body);
        Reply::of(request.header(name, value))
    };
    for (name, value) in [
        ("host", "agentcy.example.com"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "localhost"),
        ("forwarded", "for=127.0.0.1"),
        ("origin", "https://evil.example"),
    ] {
        login(name, value).await.expecting_error(403, "default_login_local_only");
    }
    let token = login("origin", "http://localhost:3000").await.expecting(200);
    let owner = app.bearer(token.text_at("/token"));
    let config = app.anonymous().get("/api/v1/auth/config").await;
    assert_eq!(config.body["default_login"], true);

    let change = json!({ "old_password": "admin", "new_password": "a far better password" });
    owner.put("/api/v1/users/me/password", change).await.expecting(204);
    let elsewhere = app.anonymous().request("GET", ME).header("host", "agentcy.example.com");
    Reply::of(elsewhere).await.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn without_a_token_metrics_are_seen_on_this_machine_only() {
    let app = TestApp::new().await;
    let ask = |name: &'static str, value: &'static str| {
        Reply::of(app.anonymous().request("GET", "/metrics").header(name, value))
    };
    ask("accept", "text/plain").await.expecting(200);
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.9"),
        ("host", "agentcy.example.com"),
        ("origin", "https://evil.example"),
    ] {
        ask(name, value).await.expecting_error(404, "not_found");
    }
    let with_token = |http: &mut HttpSetup| http.metrics_token = Some("of the scraper".into());
    let app = TestApp::with(|_| {}, with_token).await;
    let scrape = app.bearer("of the scraper").request("GET", "/metrics");
    Reply::of(scrape.header("x-forwarded-for", "203.0.113.9")).await.expecting(200);
    app.anonymous().get("/metrics").await.expecting_error(404, "not_found");
}

#[tokio::test]
async fn only_named_hosts_are_served_when_some_are_named() {
    let app =
        TestApp::with(|_| {}, |http| http.allowed_hosts = vec!["agentcy.example.com".into()]).await;
    let ask = |host: &'static str| {
        Reply::of(app.anonymous().request("GET", "/api/v1/auth/config").header("host", host))
    };
    ask("agentcy.example.com").await.expecting(200);
    ask("AGENTCY.example.com:8080").await.expecting(200);
    ask("other.example.com").await.expecting_error(404, "not_found");
}

#[tokio::test]
async fn a_cookie_is_good_only_from_our_own_pages() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let user = app.stage.user(org, Role::Admin).await;
    let password = agentcy_testkit::platform::PASSWORD;
    let body = json!({ "email": user.email, "password": password, "session": "cookie" });
    let reply = app.anonymous().post(LOGIN, body).await.expecting(200);
    assert!(reply.body.get("token").is_none(), "{}", reply.text);
    let set = reply.header("set-cookie").unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();

    let ask = |method: &'static str, path: &'static str, name: &'static str, value: String| {
        let request = app.anonymous().request(method, path).header("cookie", &cookie);
        Reply::of(request.header(name, value).json(&json!({ "path": "/ws" })))
    };
    let own = app.url.origin().ascii_serialization();
    assert_eq!(
        ask("GET", ME, "accept", "*/*".into()).await.expecting(200).body["credential"],
        "cookie"
    );
    ask("GET", ME, "accept", "text/event-stream".into()).await.expecting_error(403, "csrf");
    let ticket = "/api/v1/auth/ticket";
    ask("POST", ticket, "accept", "*/*".into()).await.expecting_error(403, "csrf");
    ask("POST", ticket, "origin", "https://evil.example".into()).await.expecting_error(403, "csrf");
    ask("POST", ticket, "sec-fetch-site", "cross-site".into()).await.expecting_error(403, "csrf");
    ask("POST", ticket, "origin", own.clone()).await.expecting(200);
    ask("POST", ticket, "sec-fetch-site", "same-origin".into()).await.expecting(200);
    ask("POST", "/api/v1/auth/refresh", "accept", "*/*".into()).await.expecting_error(403, "csrf");
    let out = ask("POST", "/api/v1/auth/logout", "origin", own).await.expecting(204);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    ask("GET", ME, "accept", "*/*".into()).await.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn behind_https_the_cookie_is_secure_and_bound_to_its_host() {
    let app = TestApp::with(
        |_| {},
        |http| {
            http.public_url = "https://agentcy.example.com".parse().unwrap();
        },
    )
    .await;
    let org = app.stage.org().await;
    let user = app.stage.user(org, Role::Viewer).await;
    let password = agentcy_testkit::platform::PASSWORD;
    let body = json!({ "email": user.email, "password": password, "session": "cookie" });
    let reply = app.anonymous().post(LOGIN, body).await.expecting(200);
    let set = reply.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-agentcy_session=") && set.contains("; Secure"), "{set}");
    assert!(set.contains("Path=/") && !set.contains("Domain"), "{set}");
}

#[tokio::test]
async fn away_from_loopback_a_cookie_is_for_tls_alone() {
    let app = TestApp::with(|_| {}, |http| http.is_loopback = false).await;
    let org = app.stage.org().await;
    let user = app.stage.user(org, Role::Viewer).await;
    let password = agentcy_testkit::platform::PASSWORD;
    let body = json!({ "email": user.email, "password": password, "session": "cookie" });
    let reply = app.anonymous().post(LOGIN, body).await.expecting(200);
    let set = reply.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-agentcy_session=") && set.contains("; Secure"), "{set}");
}

#[tokio::test]
async fn other_origins_may_call_only_when_they_are_named() {
    let app =
        TestApp::with(|_| {}, |http| http.cors_origins = vec!["https://ui.example.com".into()])
            .await;
    let ask = |origin: &'static str| {
        let request = app.anonymous().request("OPTIONS", LOGIN).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        Reply::of(request.header("access-control-request-headers", "content-type,idempotency-key"))
    };
    let allowed = ask("https://ui.example.com").await;
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://ui.example.com"));
    assert_eq!(allowed.header("access-control-allow-credentials"), None);
    assert_eq!(ask("https://evil.example").await.header("access-control-allow-origin"), None);
    let refused = app.anonymous().request("GET", ME).header("origin", "https://ui.example.com");
    let refused = Reply::of(refused).await.expecting_error(401, "unauthenticated");
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://ui.example.com"));
}
