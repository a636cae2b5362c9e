//! How often somebody may ask.

use agentcy_core::Role;
use agentcy_testkit::{
    app::{Client, TestApp},
    reply::Reply,
};
use chrono::TimeDelta;

const ME: &str = "/api/v1/auth/me";
const CONFIG: &str = "/api/v1/auth/config";

async fn app() -> TestApp {
    let rates = |rules: &mut agentcy_platform::Setup| {
        rules.rates.principal = 5;
        rules.rates.anonymous = 6;
    };
    TestApp::with(rates, |_| {}).await
}

/// Asks as often as one may, and once more.
async fn exhaust(client: &Client, path: &str, limit: u32) -> Reply {
    for left in (0..limit).rev() {
        let reply = client.get(path).await.expecting(200);
        let said = reply.header("ratelimit").unwrap();
        assert!(said.contains(&format!(";r={left};")), "{said}");
    }
    let refused = client.get(path).await.expecting_error(429, "rate_limited");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit").unwrap().contains(";r=0;"));
    refused
}

#[tokio::test]
async fn a_principal_has_a_rate_of_its_own_and_is_told_what_is_left() {
    let app = app().await;
    let org = app.stage.org().await;
    let (one, two) = (app.member(org, Role::Viewer).await, app.member(org, Role::Viewer).await);
    let refused = exhaust(&one, ME, 5).await;
    assert_eq!(refused.header("ratelimit-policy"), Some("\"principal\";q=5;w=60"));
    two.get(ME).await.expecting(200);
    let again = app.sign_in(one.user.as_ref().unwrap()).await;
    again.get(ME).await.expecting_error(429, "rate_limited");
    app.stage.clock.advance(TimeDelta::minutes(1));
    app.sign_in(one.user.as_ref().unwrap()).await.get(ME).await.expecting(200);
}

#[tokio::test]
async fn who_waits_as_long_as_told_is_not_refused_again() {
    let app = app().await;
    for _ in 0..6 {
        app.anonymous().get(CONFIG).await.expecting(200);
    }
    app.stage.clock.advance(TimeDelta::milliseconds(500));
    let refused = app.anonymous().get(CONFIG).await.expecting_error(429, "rate_limited");
    let wait = refused.header("retry-after").unwrap().to_owned();
    assert!(refused.header("ratelimit").unwrap().ends_with(&format!(";t={wait}")));
    app.stage.clock.advance(TimeDelta::seconds(wait.parse().unwrap()));
    app.anonymous().get(CONFIG).await.expecting(200);
}

#[tokio::test]
async fn whoever_is_unknown_shares_the_rate_of_their_address() {
    let app = app().await;
    let refused = exhaust(&app.anonymous(), CONFIG, 6).await;
    assert_eq!(refused.header("ratelimit-policy"), Some("\"anonymous\";q=6;w=60"));
    // Guessing credentials is no way around it.
    app.bearer("a guess").get(ME).await.expecting_error(429, "rate_limited");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_rate() {
    let rates = |rules: &mut agentcy_platform::Setup| rules.rates.anonymous = 2;
    let trusting = |http: &mut agentcy_api::HttpSetup| {
        http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    };
    let app = TestApp::with(rates, trusting).await;
    let from = async |ip: &str| {
        Reply::of(app.anonymous().request("GET", CONFIG).header("x-forwarded-for", ip)).await.status
    };
    assert_eq!([from("192.0.2.1").await, from("192.0.2.1").await], [200, 200]);
    // What stands left of the client is the client's own invention.
    assert_eq!([from("192.0.2.1").await, from("9.9.9.9, 192.0.2.1").await], [429, 429]);
    assert_eq!(from("192.0.2.2").await, 200);
    assert_eq!([from("2001:db8::1").await, from("2001:db8::2").await], [200, 200]);
    assert_eq!(from("2001:db8::3").await, 429, "somebody with IPv6 has a whole /64");
}

#[tokio::test]
async fn health_has_no_rate() {
    let app = app().await;
    for path in ["/healthz", "/readyz", "/metrics", "/api/v1/health"] {
        for _ in 0..20 {
            let reply = app.anonymous().get(path).await.expecting(200);
            assert_eq!(reply.header("ratelimit"), None, "{path}");
        }
    }
}
