//! What is too large or too often is refused before anybody looks whom it is for, and a store that is away loses nothing.

use agentcy_platform::Setup;
use agentcy_testkit::{
    app::TestApp,
    fault_proxy::{Fault, FaultProxy},
    platform::TestPlatform,
    postgres::TestDb,
};
use aide::axum::ApiRouter;
use uuid::Uuid;

use super::{BODY, Stage, send};

fn nobody() -> String {
    format!("/api/v1/hooks/{}", agentcy_core::id::TriggerId::from(Uuid::from_u128(7)))
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_too_large_for_everybody() {
    let stage = Stage::new().await;
    let most = vec![b'x'; 1 << 20];
    stage.deliver(&stage.webhook, &[], &most).await.expecting(202);
    let over = vec![b'x'; (1 << 20) + 1];
    let known = stage.deliver(&stage.webhook, &[], &over).await;
    let unknown = stage.send(&nobody(), &[], &over).await;
    assert_eq!(known.masked(), unknown.masked());
    known.expecting_error(413, "payload_too_large");
}

#[tokio::test]
async fn an_address_has_a_rate_of_its_own_for_webhooks_whomever_it_names() {
    let rates = |rules: &mut Setup| {
        rules.rates.hooks = 3;
        rules.rates.anonymous = 1000;
    };
    let stage = Stage::over(TestApp::with(rates, |_| {}).await).await;
    stage.deliver(&stage.webhook, &[], BODY).await.expecting(202);
    stage.send(&nobody(), &[], BODY).await.expecting(401);
    stage.send(&nobody(), &[], BODY).await.expecting(401);
    let known = stage.deliver(&stage.webhook, &[], BODY).await;
    let unknown = stage.send(&nobody(), &[], BODY).await;
    assert_eq!(known.masked(), unknown.masked());
    let refused = known.expecting_error(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.header("ratelimit-policy"), Some("\"hooks\";q=3;w=60"));
    // Signing in is another matter.
    stage.app.anonymous().get("/api/v1/auth/config").await.expecting(200);
}

/// What was acknowledged is there, and what was not comes again and is there once.
#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_while_the_network_flaps() {
    let database = TestDb::new().await;
    let proxy = FaultProxy::start(database.upstream()).await.unwrap();
    let exchange = |database: &TestDb, engines: &mut agentcy_platform::Engines| {
        engines.db = database.db_at(proxy.addr, 4);
    };
    let stage = TestPlatform::over(database, |_| {}, exchange);
    let platform = stage.platform.clone();
    let app = TestApp::over(stage, platform, |_| {}, |_| ApiRouter::new()).await;
    let stage = Stage::over(app).await;
    let path = stage.webhook.path();
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for n in 0..60_u64 {
        // By count, not by time: how fast requests are must not decide whether they meet a fault.
        match n % 10 {
            3 => proxy.set(Fault::Reset).await,
            6 => proxy.set(Fault::CutAfter(300 + 70 * n)).await,
            5 | 8 => proxy.set(Fault::Pass).await,
            _ => {}
        }
        let body = format!("delivery {n}");
        let headers = [
            ("x-agentcy-signature", stage.webhook.signature(body.as_bytes())),
            ("x-agentcy-delivery", n.to_string()),
        ];
        stage.app.stage.clock.advance_past_caches();
        let reply = send(&stage.app, &path, &headers, body.as_bytes()).await;
        if reply.status == 202 {
            acknowledged.push((headers, body, reply));
            continue;
        }
        let reply = reply.expecting_error(503, "store_unavailable");
        assert!(reply.header("retry-after").is_some());
        refused += 1;
        proxy.set(Fault::Pass).await;
        // As a sender does.
        let again = loop {
            let reply = send(&stage.app, &path, &headers, body.as_bytes()).await;
            if reply.status == 202 {
                break reply;
            }
            reply.expecting_error(503, "store_unavailable");
        };
        acknowledged.push((headers, body, again));
    }
    proxy.set(Fault::Pass).await;
    assert!(refused > 0, "the network did not flap");
    assert_eq!(stage.kept().await, [60; 3], "each once");
    for (headers, body, first) in &acknowledged {
        let again = send(&stage.app, &path, headers, body.as_bytes()).await.expecting(202);
        assert_eq!(again.body["duplicate"], true);
        assert_eq!(again.body["run_id"], first.body["run_id"]);
    }
}
