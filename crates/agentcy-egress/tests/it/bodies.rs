use std::time::Duration;

use agentcy_egress::Error;

use crate::{
    http,
    server::{Server, ok},
    url,
};

const HEAD: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

#[tokio::test]
async fn a_body_that_announces_too_much_is_refused_before_it_is_read() {
    let server = Server::answering("127.0.0.1", ok("123456")).await;
    let http = http(&["127.0.0.1/32"]);
    let answer = http.get(url(server.url())).send().await.unwrap();
    assert!(matches!(answer.read_bounded(5).await, Err(Error::TooLarge { limit: 5 })));
    let answer = http.get(url(server.url())).send().await.unwrap();
    assert_eq!(answer.read_bounded(6).await.unwrap(), "123456");
}

#[tokio::test]
async fn a_body_without_end_is_refused_once_it_passes_the_limit() {
    let server = Server::dripping("127.0.0.1", HEAD, "a\r\n0123456789\r\n").await;
    let answer = http(&["127.0.0.1/32"]).get(url(server.url())).send().await.unwrap();
    assert!(matches!(answer.read_bounded(100).await, Err(Error::TooLarge { .. })));
}

#[tokio::test]
async fn the_start_of_a_body_without_end_can_be_read() {
    let server = Server::dripping("127.0.0.1", HEAD, "a\r\n0123456789\r\n").await;
    let answer = http(&["127.0.0.1/32"]).get(url(server.url())).send().await.unwrap();
    assert_eq!(answer.read_start(15).await.unwrap(), "012345678901234");
}

#[tokio::test]
async fn a_body_that_trickles_for_ever_runs_into_the_time_of_the_call() {
    let server = Server::dripping("127.0.0.1", HEAD, "1\r\nx\r\n").await;
    let call = http(&["127.0.0.1/32"]).get(url(server.url())).timeout(Duration::from_millis(200));
    let answer = call.send().await.unwrap();
    assert!(matches!(answer.read_bounded(1 << 20).await, Err(Error::Timeout)));
}

#[tokio::test]
async fn a_head_that_trickles_for_ever_runs_into_the_time_of_the_call() {
    let server = Server::dripping("127.0.0.1", "HTTP/1.1 200 OK\r\nx-drip: ", "x").await;
    let call = http(&["127.0.0.1/32"]).get(url(server.url())).timeout(Duration::from_millis(200));
    assert!(matches!(call.send().await, Err(Error::Timeout)));
}
