use agentcy_egress::Error;

use crate::{egress, server::Server};

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_refused() {
    let server = Server::answering("127.0.0.1", "hello").await;
    let refused = egress(&[]).dial("localhost", server.port()).await;
    assert!(matches!(refused, Err(Error::Blocked(address)) if address.is_loopback()));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_address_in_any_form_is_refused() {
    for host in ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "::1", "[::1]"] {
        let refused = egress(&[]).dial(host, 9).await;
        assert!(matches!(refused, Err(Error::Blocked(_))), "{host}: {refused:?}");
    }
    let refused = egress(&[]).dial("::ffff:127.0.0.1", 9).await;
    assert!(matches!(refused, Err(Error::Blocked(_))));
}

#[tokio::test]
async fn what_is_allowed_is_connected_to_and_nothing_beside_it() {
    let server = Server::answering("127.0.0.1", "hello").await;
    let egress = egress(&["127.0.0.1/32"]);
    for host in ["127.0.0.1", "localhost"] {
        let stream = egress.dial(host, server.port()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().to_string(), server.address);
    }
    let beside = egress.dial("127.0.0.2", server.port()).await;
    assert!(matches!(beside, Err(Error::Blocked(_))));
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_told_apart() {
    let egress = egress(&["127.0.0.0/8"]);
    let port = Server::answering("127.0.0.1", "").await.port();
    assert!(matches!(egress.dial("127.0.0.1", port).await, Err(Error::Connect(_))));
    let unknown = egress.dial("no-such-name.invalid", 80).await;
    assert!(matches!(unknown, Err(Error::Resolve(_))), "{unknown:?}");
}
