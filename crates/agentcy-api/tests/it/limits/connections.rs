//! Clients that are slow, talk too much, or talk nonsense, and those that do not suffer from them.

use agentcy_core::Role;
use agentcy_testkit::{
    app::{TestApp, http},
    platform::TestPlatform,
    reply::Reply,
};
use aide::axum::{ApiRouter, routing::get};

use super::wire::{Wire, get as get_of};

const CONFIG: &str = "/api/v1/auth/config";

#[tokio::test]
async fn whoever_is_slow_with_a_request_is_cut_off() {
    let app = TestApp::new().await;
    for begin in ["", "P", "PRI * HTTP/2.0\r\n", "GET /healthz HTTP/1.1\r\nhost: local"] {
        let mut wire = Wire::to(&app).await;
        wire.send(begin).await;
        // Time passes only while nobody has anything to do.
        tokio::time::pause();
        let rest = wire.rest().await;
        tokio::time::resume();
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 4"), "{begin:?}: {rest}");
    }
    app.anonymous().get("/healthz").await.expecting(200);
}

#[tokio::test]
async fn a_connection_that_is_done_and_silent_is_closed() {
    let app = TestApp::new().await;
    let mut wire = Wire::to(&app).await;
    wire.send(get_of("/healthz")).await;
    assert!(wire.answer().await.starts_with("HTTP/1.1 200"));
    tokio::time::pause();
    wire.rest().await;
}

#[tokio::test]
async fn a_body_that_trickles_is_bounded_by_the_time_of_the_request() {
    let app = TestApp::new().await;
    let mut wire = Wire::to(&app).await;
    let head =
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    wire.send(format!("{head}content-length: 100\r\n\r\n{{\"email\"")).await;
    tokio::time::pause();
    let answer = wire.rest().await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("upstream_unavailable") && answer.contains("retry-after"), "{answer}");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let stage = TestPlatform::new().await;
    let platform = stage.platform.clone();
    let more = |_: &_| ApiRouter::new().route("/api/v1/slow", get(std::future::pending::<()>));
    let app = TestApp::over(stage, platform, |_| {}, more).await;
    let org = app.stage.org().await;
    let viewer = app.member(org, Role::Viewer).await;
    viewer.get("/api/v1/auth/me").await.expecting(200);
    let request = viewer.request("GET", "/api/v1/slow");
    tokio::time::pause();
    let reply = Reply::of(request).await.expecting_error(503, "upstream_unavailable");
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn headers_beyond_the_bound_are_refused() {
    let app = TestApp::new().await;
    for (count, length) in [(1, 64 * 1024), (500, 100), (200, 10)] {
        let mut wire = Wire::to(&app).await;
        let header = |n| format!("x-{n}: {}\r\n", "v".repeat(length));
        let headers: String = (0..count).map(header).collect();
        wire.send(format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")).await;
        let rest = wire.rest().await;
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 431"), "{count} of {length}: {rest}");
    }
    let mut wire = Wire::to(&app).await;
    wire.send(format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "p".repeat(70_000))).await;
    let rest = wire.rest().await;
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 4"), "{rest}");
}

#[tokio::test]
async fn nonsense_on_one_connection_disturbs_no_other() {
    let app = TestApp::new().await;
    let mut good = Wire::to(&app).await;
    good.send(get_of(CONFIG)).await;
    assert!(good.answer().await.starts_with("HTTP/1.1 200"));
    let zeros = [0; 4096];
    for nonsense in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x01 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        b"POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, nonsense\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        &zeros[..],
    ] {
        let mut wire = Wire::to(&app).await;
        wire.send(nonsense).await;
        tokio::time::pause();
        let rest = wire.rest().await;
        tokio::time::resume();
        assert!(!rest.contains(" 200 "), "{nonsense:?}: {rest}");
    }
    good.send(get_of(CONFIG)).await;
    assert!(good.answer().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn what_is_larger_than_a_packet_is_compressed_for_those_who_ask() {
    let app = TestApp::new().await;
    let document = "/api/v1/openapi.json";
    let plain = app.anonymous().get(document).await.expecting(200);
    assert_eq!(plain.header("content-encoding"), None);
    let asked = app.anonymous().request("GET", document).header("accept-encoding", "gzip");
    let response = asked.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let bytes = response.bytes().await.unwrap();
    assert_eq!(&bytes[..2], [0x1f, 0x8b], "the magic number of gzip");
    assert!(bytes.len() * 2 < plain.text.len());
}

#[tokio::test]
async fn http_2_is_spoken_to_those_who_begin_with_it() {
    let app = TestApp::new().await;
    // Makes the process's crypto provider, which the builder below needs as well.
    drop(http());
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let asked = (0..50).map(|_| client.get(app.url.join(CONFIG).unwrap()).send());
    for response in futures_util::future::join_all(asked).await {
        let response = response.unwrap();
        assert_eq!(
            (response.version(), response.status().as_u16()),
            (reqwest::Version::HTTP_2, 200)
        );
    }
}
