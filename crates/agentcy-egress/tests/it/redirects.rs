use agentcy_egress::Error;
use reqwest::header::{COOKIE, HeaderName, HeaderValue};

use crate::{
    http,
    server::{Server, moved, ok},
    url,
};

const KEY: HeaderName = HeaderName::from_static("x-api-key");

#[tokio::test]
async fn a_redirect_is_an_answer_unless_following_is_asked_for() {
    let server = Server::answering("127.0.0.1", moved(302, "/elsewhere")).await;
    let answer = http(&["127.0.0.1/32"]).get(url(server.url())).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_redirect_from_an_allowed_place_to_a_refused_one_is_refused() {
    let inner = Server::answering("127.0.0.2", ok("secret")).await;
    for location in [
        inner.url(),
        format!("http://0x7f.0.0.2:{}/", inner.port()),
        format!("http://[::ffff:127.0.0.2]:{}/", inner.port()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
    ] {
        let outer = Server::answering("127.0.0.1", moved(302, &location)).await;
        let refused = http(&["127.0.0.1/32"]).get(url(outer.url())).follow(3).send().await;
        assert!(matches!(refused, Err(Error::Blocked(_))), "{location}: {refused:?}");
    }
    assert!(inner.seen().is_empty());
}

#[tokio::test]
async fn credentials_stay_at_their_origin() {
    let other = Server::answering("127.0.0.1", ok("there")).await;
    let first = Server::answering("127.0.0.1", moved(307, &other.url())).await;
    let call = http(&["127.0.0.1/32"]).get(url(first.url())).follow(1);
    let call = call.bearer("kanarien").secret_header(KEY, "kanarien");
    let call = call.header(COOKIE, HeaderValue::from_static("session=kanarien"));
    let answer = call.send().await.unwrap();
    assert_eq!(answer.read_bounded(99).await.unwrap(), "there");
    assert_eq!(first.seen()[0].matches("kanarien").count(), 3);
    assert!(!other.seen()[0].contains("kanarien"), "{:?}", other.seen());
}

#[tokio::test]
async fn a_body_goes_to_no_other_origin() {
    let other = Server::answering("127.0.0.1", ok("")).await;
    let first = Server::answering("127.0.0.1", moved(307, &other.url())).await;
    let call = http(&["127.0.0.1/32"]).post(url(first.url())).follow(1).json("kanarien");
    assert!(matches!(call.send().await, Err(Error::Redirect(_))));
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_post_that_is_sent_elsewhere_becomes_a_get_without_its_body() {
    let other = Server::answering("127.0.0.1", ok("")).await;
    let first = Server::answering("127.0.0.1", moved(303, &other.url())).await;
    let call = http(&["127.0.0.1/32"]).post(url(first.url())).follow(1).json("kanarien");
    call.send().await.unwrap();
    assert!(other.seen()[0].starts_with("get / "), "{:?}", other.seen());
    assert!(!other.seen()[0].contains("content-type"));
}

#[tokio::test]
async fn a_circle_ends() {
    let server = Server::answering("127.0.0.1", moved(302, "/")).await;
    let circle = http(&["127.0.0.1/32"]).get(url(server.url())).follow(3).send().await;
    assert!(matches!(circle, Err(Error::Redirect(_))), "{circle:?}");
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_redirect_to_something_that_is_not_http_is_refused() {
    for location in ["file:///etc/passwd", "gopher://127.0.0.1/", "http://", "mailto:a@b"] {
        let server = Server::answering("127.0.0.1", moved(301, location)).await;
        let refused = http(&["127.0.0.1/32"]).get(url(server.url())).follow(2).send().await;
        assert!(
            matches!(refused, Err(Error::Redirect(_) | Error::InvalidUrl(_))),
            "{location}: {refused:?}"
        );
    }
}
