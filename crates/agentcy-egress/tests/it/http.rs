use agentcy_egress::Error;
use reqwest::header::HeaderName;

use crate::{
    http,
    server::{Server, ok},
    url,
};

#[tokio::test]
async fn an_allowed_place_answers() {
    let server = Server::answering("127.0.0.1", ok("hello")).await;
    let answer = http(&["127.0.0.1/32"]).get(url(server.url())).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.read_bounded(5).await.unwrap(), "hello");
    assert!(server.seen()[0].contains("user-agent: agentcy/"));
}

#[tokio::test]
async fn a_host_that_is_a_private_address_is_refused_in_every_form() {
    let server = Server::answering("127.0.0.1", ok("secret")).await;
    for host in [
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0",
        "0.0.0.0",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "169.254.169.254",
    ] {
        let target = url(format!("http://{host}:{}/", server.port()));
        let refused = http(&[]).get(target).send().await;
        // Some resolvers know no name that ends in a dot.
        let unknown = host == "localhost." && matches!(refused, Err(Error::Resolve(_)));
        assert!(unknown || matches!(refused, Err(Error::Blocked(_))), "{host}: {refused:?}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_allowed_address_opens_its_name_but_no_neighbour() {
    let server = Server::answering("127.0.0.1", ok("hello")).await;
    let http = http(&["127.0.0.1/32"]);
    let by_name = url(format!("http://localhost:{}/", server.port()));
    assert_eq!(http.get(by_name).send().await.unwrap().status(), 200);
    let neighbour = url(format!("http://127.0.0.2:{}/", server.port()));
    assert!(matches!(http.get(neighbour).send().await, Err(Error::Blocked(_))));
}

#[tokio::test]
async fn only_http_goes_through_http() {
    for text in ["ftp://example.org/", "file:///etc/passwd", "data:,x", "unix:/run/docker.sock"] {
        let refused = http(&[]).get(url(text)).send().await;
        assert!(
            matches!(refused, Err(Error::InvalidUrl(_) | Error::InvalidRequest(_))),
            "{text}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_secret_that_no_header_can_hold_is_refused_unseen() {
    let server = Server::answering("127.0.0.1", ok("")).await;
    let name = HeaderName::from_static("x-api-key");
    let call = http(&["127.0.0.1/32"]).get(url(server.url()));
    let refused = call.secret_header(name, "kanarien\nvogel").send().await.unwrap_err();
    assert!(matches!(refused, Error::InvalidRequest(_)));
    assert!(!format!("{refused:?}").contains("kanarien"));
}

#[tokio::test]
async fn errors_carry_neither_the_url_nor_what_is_in_it() {
    let closed = Server::answering("127.0.0.1", "").await.address;
    let cut = Server::answering("127.0.0.1", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx").await;
    let place = |address: &str| url(format!("http://user:kanarien@{address}/vogel?token=vogel"));
    let http = http(&["127.0.0.1/32"]);
    let closed = http.get(place(&closed)).send().await.unwrap_err();
    let answer = http.get(place(&cut.address)).send().await.unwrap();
    let cut = answer.read_bounded(99).await.unwrap_err();
    assert!(matches!(closed, Error::Connect(_)) && matches!(cut, Error::Broken(_)), "{cut:?}");
    for error in [closed, cut] {
        let text = format!("{error} {error:?}");
        assert!(!text.contains("kanarien") && !text.contains("vogel"), "{text}");
    }
}
