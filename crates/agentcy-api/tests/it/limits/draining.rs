//! How it stops: what runs may finish, nothing new begins.

use std::{sync::Arc, time::Duration};

use agentcy_core::Role;
use agentcy_testkit::{app::TestApp, platform::TestPlatform};
use aide::axum::{ApiRouter, routing::get};
use tokio::{sync::Notify, time::timeout};

use super::wire::{Wire, get as get_of};

/// A hang is a failure.
const HANGS: Duration = Duration::from_mins(1);

/// A request that says when it has begun and ends when it is told.
#[derive(Clone, Default)]
struct Slow {
    began: Arc<Notify>,
    end: Arc<Notify>,
}

async fn app(slow: &Slow) -> TestApp {
    let stage = TestPlatform::new().await;
    let platform = stage.platform.clone();
    let slow = slow.clone();
    let more = |_: &_| {
        let handler = move || {
            let slow = slow.clone();
            async move {
                slow.began.notify_one();
                slow.end.notified().await;
                "done"
            }
        };
        ApiRouter::new().route("/api/v1/slow", get(handler))
    };
    TestApp::over(stage, platform, |_| {}, more).await
}

#[tokio::test]
async fn what_runs_finishes_and_then_the_process_may_end() {
    let slow = Slow::default();
    let app = app(&slow).await;
    let org = app.stage.org().await;
    let viewer = app.member(org, Role::Viewer).await;
    let running = async {
        let reply = viewer.get("/api/v1/slow").await.expecting(200);
        assert_eq!(reply.text, "done");
    };
    let stopping = async {
        slow.began.notified().await;
        app.lifecycle.stop();
        assert!(
            timeout(Duration::from_millis(50), app.lifecycle.tasks().wait()).await.is_err(),
            "nothing waits for the request"
        );
        slow.end.notify_one();
        assert!(app.lifecycle.wait(HANGS).await, "a request had to be ended");
    };
    timeout(HANGS, async { tokio::join!(running, stopping) }).await.expect("it hangs");
}

#[tokio::test]
async fn nothing_new_begins_on_a_connection_that_is_open() {
    let slow = Slow::default();
    let app = app(&slow).await;
    let org = app.stage.org().await;
    let viewer = app.member(org, Role::Viewer).await;
    let mut idle = Wire::to(&app).await;
    idle.send(get_of("/api/v1/auth/config")).await;
    assert!(idle.answer().await.starts_with("HTTP/1.1 200"));

    // A second request stands behind the first one on the same connection.
    let mut busy = Wire::to(&app).await;
    let token = viewer.token();
    busy.send(format!(
        "GET /api/v1/slow HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n"
    ))
    .await;
    slow.began.notified().await;
    app.lifecycle.stop();
    busy.send(get_of("/api/v1/auth/config")).await;
    slow.end.notify_one();
    let rest = busy.rest().await;
    let second = rest.split_once("done").expect("the first one finishes").1;
    assert!(second.is_empty() || second.contains("\"draining\""), "{rest}");

    idle.send(get_of("/api/v1/auth/config")).await;
    let rest = idle.rest().await;
    assert!(rest.is_empty() || rest.contains("\"draining\""), "{rest}");
    assert!(app.lifecycle.wait(HANGS).await);
    let refused = tokio::net::TcpStream::connect(app.address()).await;
    assert!(refused.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn whoever_does_not_finish_is_ended_after_the_grace() {
    let slow = Slow::default();
    let app = app(&slow).await;
    let org = app.stage.org().await;
    let viewer = app.member(org, Role::Viewer).await;
    let running = viewer.request("GET", "/api/v1/slow").send();
    let stopping = async {
        slow.began.notified().await;
        assert!(!app.lifecycle.wait(Duration::from_millis(10)).await, "it finished by itself");
    };
    let (answer, ()) =
        timeout(HANGS, async { tokio::join!(running, stopping) }).await.expect("it hangs");
    assert!(answer.is_err(), "{answer:?}");
}
