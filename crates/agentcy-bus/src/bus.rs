//! The one interface, and which engine answers it.

use std::{fmt, sync::Arc, time::Duration};

use agentcy_core::{Clock, Entropy};
use bytes::Bytes;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    About, Error, Guard, Key, Policy, Result, Subscription, Verdict, in_process::InProcess,
    key::millis, redis::Redis, topics::Topics,
};

/// The largest value or message, in bytes; what is larger lives in a store, and its id on the bus.
pub const MAX_VALUE: usize = 64 << 10;

/// Which engine is behind the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// This process alone.
    InProcess,
    /// A Redis or Valkey that several processes share.
    Redis,
}

impl Engine {
    /// The name that health and doctor show.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InProcess => "in process",
            Self::Redis => "redis",
        }
    }
}

/// Publish and subscribe, short-lived state, rate limits and locks. Cheap to clone.
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
    entropy: Arc<dyn Entropy>,
}

enum Inner {
    InProcess(InProcess),
    Redis(Redis),
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bus({})", self.engine().name())
    }
}

impl Bus {
    /// A bus of this process alone. `stop` ends its subscriptions.
    pub fn in_process(
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        stop: CancellationToken,
    ) -> Self {
        let engine = InProcess::new(clock, Topics::new(stop));
        Self { inner: Arc::new(Inner::InProcess(engine)), entropy }
    }

    /// A bus over Redis 6.2 or newer, or Valkey, which is not contacted before it is used.
    ///
    /// All keys begin with `prefix`. One task, tracked by `tasks` until `stop`, keeps the connection of the
    /// subscriptions. Must be called inside a Tokio runtime.
    pub fn redis(
        url: &str,
        prefix: &str,
        entropy: Arc<dyn Entropy>,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self> {
        let engine = Redis::new(url, prefix, tasks, stop)?;
        Ok(Self { inner: Arc::new(Inner::Redis(engine)), entropy })
    }

    /// Which engine is behind it.
    pub fn engine(&self) -> Engine {
        match &*self.inner {
            Inner::InProcess(_) => Engine::InProcess,
            Inner::Redis(_) => Engine::Redis,
        }
    }

    /// Whether the engine answers.
    pub async fn ping(&self) -> Result<()> {
        match &*self.inner {
            Inner::InProcess(_) => Ok(()),
            Inner::Redis(redis) => redis.ping().await,
        }
    }

    /// What the server says of itself; nothing when there is none.
    pub async fn about(&self) -> Result<Option<About>> {
        match &*self.inner {
            Inner::InProcess(_) => Ok(None),
            Inner::Redis(redis) => redis.about().await.map(Some),
        }
    }

    /// Tells everybody who listens now; nobody listening is no failure.
    pub async fn publish(&self, channel: &Key, message: Bytes) -> Result<()> {
        let name = channel.channel()?;
        check(&message, "message")?;
        match &*self.inner {
            Inner::InProcess(engine) => {
                engine.topics.send(&name, message);
                Ok(())
            }
            Inner::Redis(redis) => redis.publish(&name, &message).await,
        }
    }

    /// Listens: what is published after this has returned is heard, or a [`crate::Event::Gap`] stands for it.
    pub async fn subscribe(&self, channel: &Key) -> Result<Subscription> {
        let name = channel.channel()?;
        match &*self.inner {
            Inner::InProcess(engine) => Ok(engine.topics.join(&name)),
            Inner::Redis(redis) => redis.subscribe(&name).await,
        }
    }

    /// Keeps a value for a time, in place of what was there.
    pub async fn put(&self, key: &Key, value: &Bytes, ttl: Duration) -> Result<()> {
        let (name, ttl) = (key.value()?, millis(ttl)?);
        check(value, "value")?;
        match &*self.inner {
            Inner::InProcess(engine) => engine.put(&name, value, ttl),
            Inner::Redis(redis) => redis.put(&name, value, ttl).await,
        }
    }

    /// Keeps a value for a time unless there is one; of many at once exactly one gets true.
    pub async fn put_if_absent(&self, key: &Key, value: &Bytes, ttl: Duration) -> Result<bool> {
        check(value, "value")?;
        self.claim(&key.value()?, value, ttl).await
    }

    /// The value, if its time is not over.
    pub async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        let name = key.value()?;
        match &*self.inner {
            Inner::InProcess(engine) => Ok(engine.get(&name)),
            Inner::Redis(redis) => redis.get(&name).await,
        }
    }

    /// The value, which is gone afterwards; of many at once exactly one gets it.
    pub async fn take(&self, key: &Key) -> Result<Option<Bytes>> {
        let name = key.value()?;
        match &*self.inner {
            Inner::InProcess(engine) => Ok(engine.take(&name)),
            Inner::Redis(redis) => redis.take(&name).await,
        }
    }

    /// Forgets the value; true if there was one.
    pub async fn delete(&self, key: &Key) -> Result<bool> {
        let name = key.value()?;
        match &*self.inner {
            Inner::InProcess(engine) => Ok(engine.take(&name).is_some()),
            Inner::Redis(redis) => redis.delete(&name).await,
        }
    }

    /// Judges one call by a policy, and counts it if it is allowed.
    pub async fn limit(&self, key: &Key, policy: &Policy) -> Result<Verdict> {
        let name = key.limit(policy)?;
        match &*self.inner {
            Inner::InProcess(engine) => engine.limit(&name, policy),
            Inner::Redis(redis) => redis.limit(&name, policy).await,
        }
    }

    /// Takes a lock for at most `ttl`; `None` while somebody holds it.
    pub async fn lock(&self, key: &Key, ttl: Duration) -> Result<Option<Guard>> {
        let mut token = [0; 16];
        self.entropy.fill(&mut token);
        let token = Bytes::copy_from_slice(&token);
        let won = self.claim(&key.lock()?, &token, ttl).await?;
        Ok(won.then(|| Guard { bus: self.clone(), key: key.clone(), token }))
    }

    pub(crate) async fn unlock(&self, key: &Key, token: &Bytes) -> Result<bool> {
        let name = key.lock()?;
        match &*self.inner {
            Inner::InProcess(engine) => Ok(engine.delete_if(&name, token)),
            Inner::Redis(redis) => redis.delete_if(&name, token).await,
        }
    }

    pub(crate) async fn relock(&self, key: &Key, token: &Bytes, ttl: Duration) -> Result<bool> {
        let (name, ttl) = (key.lock()?, millis(ttl)?);
        match &*self.inner {
            Inner::InProcess(engine) => Ok(engine.prolong_if(&name, token, ttl)),
            Inner::Redis(redis) => redis.prolong_if(&name, token, ttl).await,
        }
    }

    async fn claim(&self, name: &str, value: &Bytes, ttl: Duration) -> Result<bool> {
        let ttl = millis(ttl)?;
        match &*self.inner {
            Inner::InProcess(engine) => engine.put_if_absent(name, value, ttl),
            Inner::Redis(redis) => redis.put_if_absent(name, value, ttl).await,
        }
    }
}

fn check(value: &Bytes, what: &'static str) -> Result<()> {
    if value.len() > MAX_VALUE { Err(Error::TooLarge { what, max: MAX_VALUE }) } else { Ok(()) }
}
