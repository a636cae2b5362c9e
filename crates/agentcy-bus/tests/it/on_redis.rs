//! The contract over Redis, and what several processes on one server must keep apart or share.

use std::time::Duration;

use agentcy_bus::{Error, Event};
use bytes::Bytes;

use crate::setup::{Setup, key, next, prefix, url};

const MINUTE: Duration = Duration::from_mins(1);

crate::contract::suite!(
    #[ignore = "needs Redis: cargo xtask test brings it"]
    || Setup::redis(&url(), &prefix())
);

fn value(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[tokio::test]
#[ignore = "needs Redis: cargo xtask test brings it"]
async fn replicas_share_values_locks_and_messages() {
    let prefix = prefix();
    let (one, two) = (Setup::redis(&url(), &prefix), Setup::redis(&url(), &prefix));
    one.bus.put(&key("ticket"), &value("in"), MINUTE).await.unwrap();
    assert_eq!(two.bus.take(&key("ticket")).await.unwrap(), Some(value("in")));
    let guard = one.bus.lock(&key("sequencer"), MINUTE).await.unwrap();
    assert!(guard.is_some() && two.bus.lock(&key("sequencer"), MINUTE).await.unwrap().is_none());
    let mut heard = two.bus.subscribe(&key("graph")).await.unwrap();
    one.bus.publish(&key("graph"), value("changed")).await.unwrap();
    assert_eq!(next(&mut heard).await, Some(Event::Message(value("changed"))));
}

#[tokio::test]
#[ignore = "needs Redis: cargo xtask test brings it"]
async fn installations_on_one_server_do_not_meet() {
    let name = prefix();
    let url = url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let plain = format!("{scheme}://{}", rest.split('/').next().unwrap());
    for (one, two) in [
        (Setup::redis(&plain, &name), Setup::redis(&plain, &prefix())),
        (Setup::redis(&format!("{plain}/0"), &name), Setup::redis(&format!("{plain}/1"), &name)),
    ] {
        one.bus.put(&key("x"), &value("x"), MINUTE).await.unwrap();
        assert_eq!(two.bus.get(&key("x")).await.unwrap(), None);
        let mut heard = two.bus.subscribe(&key("graph")).await.unwrap();
        one.bus.publish(&key("graph"), value("foreign")).await.unwrap();
        two.bus.publish(&key("graph"), value("own")).await.unwrap();
        assert_eq!(next(&mut heard).await, Some(Event::Message(value("own"))));
    }
}

#[tokio::test]
#[ignore = "needs Redis: cargo xtask test brings it"]
async fn what_another_program_wrote_is_corrupt_and_not_unavailable() {
    let prefix = prefix();
    let on = Setup::redis(&url(), &prefix);
    let client = deadpool_redis::redis::Client::open(url()).unwrap();
    let mut foreign = client.get_multiplexed_async_connection().await.unwrap();
    deadpool_redis::redis::cmd("LPUSH")
        .arg(format!("{prefix}:value:global:x"))
        .arg("x")
        .exec_async(&mut foreign)
        .await
        .unwrap();
    assert!(matches!(on.bus.get(&key("x")).await, Err(Error::Corrupt(_))));
    assert!(on.bus.ping().await.is_ok());
}

#[tokio::test]
#[ignore = "needs Redis: cargo xtask test brings it"]
async fn a_dropped_subscription_is_given_up_on_the_server() {
    let prefix = prefix();
    let on = Setup::redis(&url(), &prefix);
    let client = deadpool_redis::redis::Client::open(url()).unwrap();
    let mut server = client.get_multiplexed_async_connection().await.unwrap();
    let mut count = async || -> usize {
        let mut ask = deadpool_redis::redis::cmd("PUBSUB");
        let channels: Vec<String> =
            ask.arg("CHANNELS").arg(format!("{prefix}*")).query_async(&mut server).await.unwrap();
        channels.len()
    };
    let kept = on.bus.subscribe(&key("kept")).await.unwrap();
    let dropped = on.bus.subscribe(&key("dropped")).await.unwrap();
    assert_eq!(count().await, 2);
    drop(dropped);
    while count().await != 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(kept);
}
