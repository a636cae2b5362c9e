//! Pooled connections, and a bound on the time of everything that is asked of them.

use std::{io, time::Duration};

use deadpool::managed::{self, Metrics, QueueMode, RecycleResult};
use deadpool_redis::redis::{
    AsyncConnectionConfig, Cmd, ConnectionInfo, ErrorKind, FromRedisValue, RedisError,
    ScriptInvocation, aio::MultiplexedConnection,
};
use tokio::time::timeout;

use crate::{Error, Result};

const SIZE: usize = 16;
/// For a free connection, or a new one.
const CONNECT: Duration = Duration::from_millis(900);
/// For the answer.
const ANSWER: Duration = Duration::from_secs(1);
/// A connection that just worked is not asked again whether it does, which would double the round trips.
const TRUST: Duration = Duration::from_secs(1);

struct Connections(deadpool_redis::Manager);

impl managed::Manager for Connections {
    type Type = MultiplexedConnection;
    type Error = RedisError;

    async fn create(&self) -> Result<MultiplexedConnection, RedisError> {
        self.0.create().await
    }

    async fn recycle(
        &self,
        connection: &mut MultiplexedConnection,
        metrics: &Metrics,
    ) -> RecycleResult<RedisError> {
        if metrics.last_used() < TRUST { Ok(()) } else { self.0.recycle(connection, metrics).await }
    }
}

pub(super) struct Pool(managed::Pool<Connections>);

impl Pool {
    pub(super) fn new(address: ConnectionInfo) -> Result<Self> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(None);
        let manager = deadpool_redis::Manager::new_with_config(address, config)
            .map_err(|error| Error::Settings(error.to_string()))?;
        let pool = managed::Pool::builder(Connections(manager))
            .max_size(SIZE)
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|error| Error::Settings(error.to_string()))?;
        Ok(Self(pool))
    }

    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T> {
        let mut connection = self.connection().await?;
        let answer = bounded(command.query_async(&mut *connection)).await;
        self.judge(connection, answer)
    }

    pub(super) async fn invoke<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T> {
        let mut connection = self.connection().await?;
        let answer = bounded(call.invoke_async(&mut *connection)).await;
        self.judge(connection, answer)
    }

    async fn connection(&self) -> Result<managed::Object<Connections>> {
        match timeout(CONNECT, self.0.get()).await {
            Ok(got) => got.map_err(Error::unavailable),
            Err(late) => {
                self.forget();
                Err(Error::unavailable(late))
            }
        }
    }

    fn judge<T>(
        &self,
        connection: managed::Object<Connections>,
        answer: Result<T, RedisError>,
    ) -> Result<T> {
        answer.map_err(|error| {
            if error.is_io_error() || error.is_unrecoverable_error() {
                drop(managed::Object::take(connection));
                self.forget();
            }
            let foreign = matches!(error.code(), Some("WRONGTYPE" | "CORRUPT"));
            match error.kind() {
                ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Error::Corrupt(error.into()),
                _ if foreign => Error::Corrupt(error.into()),
                _ => Error::unavailable(error),
            }
        })
    }

    /// When one connection broke, the idle ones most likely did, too.
    fn forget(&self) {
        self.0.retain(|_, _| false);
    }
}

async fn bounded<T>(work: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisError> {
    timeout(ANSWER, work).await.unwrap_or_else(|late| Err(io::Error::from(late).into()))
}
