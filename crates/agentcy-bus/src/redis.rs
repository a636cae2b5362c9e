//! The engine over Redis or Valkey: each operation is one command or one script, so it is atomic there.

mod about;
mod hub;
mod pool;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use deadpool_redis::redis::{
    Cmd, ConnectionInfo, IntoConnectionInfo, Script, cmd, io::tcp::TcpSettings,
};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::about::About;
use self::{hub::Hub, pool::Pool};
use crate::{Error, Policy, Result, Subscription, Verdict, topics::Topics};

/// Two seconds are the most that a caller waits for anything here.
const SUBSCRIBE: Duration = Duration::from_secs(2);

const NOW: &str = "local t = redis.call('TIME') local now = t[1] * 1000000 + t[2]\n";
const LIMIT: &str = include_str!("redis/limit.lua");
const DELETE_IF: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
const PROLONG_IF: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

pub(crate) struct Redis {
    pool: Pool,
    topics: Arc<Topics>,
    prefix: String,
    channels: String,
    limit: Script,
    delete_if: Script,
    prolong_if: Script,
}

impl Redis {
    pub(crate) fn new(
        url: &str,
        prefix: &str,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self> {
        let address = address(url)?;
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=40).contains(&prefix.len()) || !prefix.bytes().all(fits) {
            let text = "a prefix has 1 to 40 of a-z, 0-9 and -";
            return Err(Error::Settings(text.to_owned()));
        }
        let topics = Topics::new(stop.clone());
        let hub = Hub::new(address.clone(), topics.clone())?;
        tasks.spawn(async move { stop.run_until_cancelled(hub.run()).await });
        Ok(Self {
            topics,
            prefix: format!("{prefix}:"),
            // Messages cross the databases of a server, which keys do not.
            channels: format!("{prefix}:{}:", address.redis_settings().db()),
            pool: Pool::new(address)?,
            limit: Script::new(&format!("{NOW}{LIMIT}")),
            delete_if: Script::new(DELETE_IF),
            prolong_if: Script::new(PROLONG_IF),
        })
    }

    pub(crate) async fn ping(&self) -> Result<()> {
        self.pool.query(&cmd("PING")).await
    }

    pub(crate) async fn about(&self) -> Result<About> {
        let info: String = self.pool.query(&cmd("INFO")).await?;
        Ok(About::read(&info))
    }

    pub(crate) async fn publish(&self, name: &str, message: &Bytes) -> Result<()> {
        let channel = format!("{}{name}", self.channels);
        self.pool.query(cmd("PUBLISH").arg(channel).arg(&message[..])).await
    }

    pub(crate) async fn subscribe(&self, name: &str) -> Result<Subscription> {
        let channel = format!("{}{name}", self.channels);
        timeout(SUBSCRIBE, self.topics.join_settled(&channel)).await.map_err(Error::unavailable)?
    }

    pub(crate) async fn put(&self, name: &str, value: &Bytes, millis: u64) -> Result<()> {
        self.pool.query(self.on("SET", name).arg(&value[..]).arg("PX").arg(millis)).await
    }

    pub(crate) async fn put_if_absent(&self, name: &str, value: &Bytes, ms: u64) -> Result<bool> {
        let mut set = self.on("SET", name);
        self.pool.query(set.arg(&value[..]).arg("PX").arg(ms).arg("NX")).await
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Option<Bytes>> {
        self.pool.query(&self.on("GET", name)).await
    }

    pub(crate) async fn take(&self, name: &str) -> Result<Option<Bytes>> {
        self.pool.query(&self.on("GETDEL", name)).await
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<bool> {
        self.pool.query(&self.on("DEL", name)).await
    }

    pub(crate) async fn delete_if(&self, name: &str, value: &Bytes) -> Result<bool> {
        self.pool.invoke(self.delete_if.key(self.key(name)).arg(&value[..])).await
    }

    pub(crate) async fn prolong_if(&self, name: &str, value: &Bytes, ms: u64) -> Result<bool> {
        self.pool.invoke(self.prolong_if.key(self.key(name)).arg(&value[..]).arg(ms)).await
    }

    pub(crate) async fn limit(&self, name: &str, policy: &Policy) -> Result<Verdict> {
        let window = policy.micros()?;
        let mut call = self.limit.key(self.key(name));
        let answer = self.pool.invoke(call.arg(policy.limit.get()).arg(window)).await?;
        let (allowed, used, reset, retry) = answer;
        Ok(policy.verdict(allowed, used, reset, retry))
    }

    fn on(&self, command: &str, name: &str) -> Cmd {
        let mut cmd = cmd(command);
        cmd.arg(self.key(name));
        cmd
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

fn address(url: &str) -> Result<ConnectionInfo> {
    if url.starts_with("rediss:") || url.starts_with("valkeys:") {
        let text = "TLS to Redis is not built in: use redis:// on a private network, a tunnel, or a unix socket";
        return Err(Error::Settings(text.to_owned()));
    }
    let address = url.into_connection_info().map_err(|error| Error::Settings(error.to_string()))?;
    Ok(address.set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

#[cfg(test)]
mod on_redis {
    use agentcy_core::{Entropy, clock::SystemEntropy};
    use proptest::test_runner::{Config, TestRunner};

    use super::*;
    use crate::limit::Window;

    /// Both engines judge alike: the script is given the times that the other gets from its clock.
    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "needs Redis: cargo xtask test brings it"]
    async fn the_script_and_the_window_in_process_judge_alike() {
        #[expect(clippy::disallowed_methods, reason = "tests find their Redis so")]
        let url = std::env::var("AGENTCY_TEST_REDIS").expect("AGENTCY_TEST_REDIS names a Redis");
        let pool = Pool::new(address(&url).unwrap()).unwrap();
        let script = Script::new(&format!("local now = tonumber(ARGV[3])\n{LIMIT}"));
        let runtime = tokio::runtime::Handle::current();
        let steps = proptest::collection::vec(-5_000_000..20_000_000_i64, 1..300);
        let mut runner =
            TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
        let cases = (1..150_u32, 10_000..100_000_u64, steps);
        tokio::task::block_in_place(|| {
            runner.run(&cases, |(limit, millis, steps)| {
                let policy = Policy {
                    name: "twin",
                    limit: limit.try_into().unwrap(),
                    window: Duration::from_millis(millis),
                };
                let mut random = [0; 8];
                SystemEntropy.fill(&mut random);
                let key = format!("test-twin:{:x}", u64::from_be_bytes(random));
                let window = policy.micros().unwrap();
                let (mut twin, mut now) = (Window::default(), 1_790_000_000_000_000_u64);
                for step in steps {
                    // Mostly bursts, now and then a pause, and sometimes a clock that is set back.
                    let step = if step % 5 == 0 { step } else { step % 3 };
                    now = now.saturating_add_signed(step);
                    let mut call = script.key(&key);
                    call.arg(limit).arg(window).arg(now);
                    let (allowed, used, reset, retry) =
                        runtime.block_on(pool.invoke(&call)).unwrap();
                    let verdict = policy.verdict(allowed, used, reset, retry);
                    proptest::prop_assert_eq!(verdict, twin.judge(&policy, window, now));
                }
                Ok(())
            })
        })
        .unwrap();
    }
}
