//! The one connection that carries all subscriptions of this process, since pooled ones cannot subscribe.

use std::{collections::HashSet, convert::Infallible, sync::Arc, time::Duration};

use agentcy_core::Chain;
use bytes::Bytes;
use deadpool_redis::redis::{Client, ConnectionInfo, Value, aio::PubSubSink};
use futures_util::StreamExt;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::{Error, Result, topics::Topics};

const CONNECT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(1);
/// How long a dead peer can go unnoticed, with [`ANSWER`].
const PING: Duration = Duration::from_secs(3);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Hub {
    client: Client,
    topics: Arc<Topics>,
    pause: Duration,
}

impl Hub {
    pub(super) fn new(address: ConnectionInfo, topics: Arc<Topics>) -> Result<Self> {
        let client = Client::open(address).map_err(|error| Error::Settings(error.to_string()))?;
        Ok(Self { client, topics, pause: FIRST_PAUSE })
    }

    /// Runs until it is dropped; without subscriptions it does not connect.
    pub(super) async fn run(mut self) {
        loop {
            while self.topics.names().is_empty() {
                self.topics.changed().await;
            }
            let Err(error) = self.serve().await;
            self.topics.lose();
            self.report(&error);
            sleep(self.pause).await;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Warns once an outage.
    fn report(&self, error: &Error) {
        if self.pause == FIRST_PAUSE {
            tracing::warn!(error = %Chain(error), "bus subscriptions are interrupted");
        } else {
            tracing::debug!(error = %Chain(error), "bus subscriptions are still interrupted");
        }
    }

    async fn serve(&mut self) -> Result<Infallible> {
        let connected = bounded(CONNECT, self.client.get_async_pubsub()).await?;
        let (mut sink, mut messages) = connected.split();
        let mut joined = HashSet::new();
        self.reconcile(&mut sink, &mut joined).await?;
        tracing::info!(channels = joined.len(), "bus subscriptions are connected");
        self.pause = FIRST_PAUSE;
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let message = message.ok_or_else(|| Error::unavailable("the connection ended"))?;
                    let bytes = Bytes::copy_from_slice(message.get_payload_bytes());
                    self.topics.send(message.get_channel_name(), bytes);
                }
                () = self.topics.changed() => self.reconcile(&mut sink, &mut joined).await?,
                _ = ping.tick() => {
                    bounded(ANSWER, sink.ping::<Value>()).await?;
                }
            }
        }
    }

    /// Makes the server's list of subscriptions that of this process.
    async fn reconcile(&self, sink: &mut PubSubSink, joined: &mut HashSet<Arc<str>>) -> Result<()> {
        let wanted = self.topics.names();
        let new: Vec<&str> = wanted.difference(joined).map(|name| &**name).collect();
        if !new.is_empty() {
            bounded(ANSWER, sink.subscribe(new)).await?;
        }
        let gone: Vec<&str> = joined.difference(&wanted).map(|name| &**name).collect();
        if !gone.is_empty() {
            bounded(ANSWER, sink.unsubscribe(gone)).await?;
        }
        *joined = wanted;
        self.topics.settle(joined);
        Ok(())
    }
}

async fn bounded<T>(
    time: Duration,
    work: impl Future<Output = Result<T, deadpool_redis::redis::RedisError>>,
) -> Result<T> {
    timeout(time, work).await.map_err(Error::unavailable)?.map_err(Error::unavailable)
}
