//! The pool, and the three doors through it: a reader and a transaction for a permitted caller, and the system's.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    time::Duration,
};

use agentcy_core::{
    By, System,
    id::{OrgId, TaskId},
};
use deadpool::{
    Runtime,
    managed::{self, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult},
};
use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{AssertSqlSafe, SqlSafeStr, postgres::PgConnectOptions};
use tokio::runtime::Handle;

use crate::{Connection, Error, Result};

/// How many connections one process holds at most.
pub const POOL_SIZE: usize = 16;
const WAIT_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a statement of a long transaction may take on the wire; the server's own limit, 300 s, comes first.
const LONG: Duration = Duration::from_secs(302);

/// Opens connections that work as the tenant role, with the server's own limits set.
struct Opener {
    options: PgConnectOptions,
}

impl managed::Manager for Opener {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection> {
        Connection::open(&self.options).await
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        _: &Metrics,
    ) -> RecycleResult<Self::Error> {
        connection.recycle().await.map_err(RecycleError::Backend)
    }
}

/// Connections of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Somebody works with them.
    pub used: usize,
    /// Nobody does.
    pub idle: usize,
    /// How many callers wait for one.
    pub waited_for: usize,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Opener>,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Db").field(&self.pool.status()).finish()
    }
}

impl Db {
    /// A pool over the given login; connects when first used.
    pub fn new(login: PgConnectOptions, size: usize) -> Self {
        let options = login.application_name("agentcy").options([
            ("role", "agentcy_tenant"),
            ("statement_timeout", "10s"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "30s"),
            // To compile a statement to machine code takes longer than any of ours does.
            ("jit", "off"),
        ]);
        let built = Pool::builder(Opener { options })
            .max_size(size)
            // The connection used last has its statements planned, and its server process is warm.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .recycle_timeout(Some(CONNECT_TIMEOUT))
            .build();
        let Ok(pool) = built else {
            unreachable!("a pool with timeouts fails for want of a runtime, and has one");
        };
        Self { pool }
    }

    async fn connection(&self) -> Result<Loan> {
        let lent = self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            other => Error::Unavailable(other.into()),
        })?;
        Ok(Loan(Some(lent)))
    }

    /// Opens reads in the org of a permitted caller. Each statement stands alone.
    pub async fn read(&self, by: &By) -> Result<Reader> {
        let mut connection = self.connection().await?;
        connection.set_tenant(by.org_id()).await?;
        Ok(Reader { connection, org: by.org_id() })
    }

    /// Opens a transaction in the org of a permitted caller.
    pub async fn begin(&self, by: &By) -> Result<Tx> {
        let org = by.org_id();
        let mut connection = self.connection().await?;
        // One message: no moment in the transaction is without its tenant. The id is ours, hexadecimal and dashes.
        let statement = format!("begin; set local agentcy.org = '{}'", uuid::Uuid::from(org));
        connection.begin(AssertSqlSafe(statement).into_sql_str()).await?;
        Ok(Tx { connection, org, causes: by.caller().causes.clone(), afterwards: Vec::new() })
    }

    /// Opens a transaction in the org of a permitted caller whose statements may each take five minutes: a sync.
    pub async fn begin_long(&self, by: &By) -> Result<Tx> {
        let org = by.org_id();
        let mut connection = self.connection().await?;
        // Sorts on disk take longer than such statements do.
        let statement = format!(
            "begin; set local agentcy.org = '{}'; set local statement_timeout = '300s'; \
             set local lock_timeout = '60s'; set local idle_in_transaction_session_timeout = '300s'; \
             set local work_mem = '64MB'",
            uuid::Uuid::from(org)
        );
        connection.begin_long(AssertSqlSafe(statement).into_sql_str(), LONG).await?;
        Ok(Tx { connection, org, causes: by.caller().causes.clone(), afterwards: Vec::new() })
    }

    /// Opens a transaction before or beside any org. What it may touch is a closed list of grants.
    pub async fn system(&self, _: &System) -> Result<SystemTx> {
        let mut connection = self.connection().await?;
        connection.begin("begin; set local role agentcy_system".into_sql_str()).await?;
        Ok(SystemTx { connection })
    }

    /// Whether the database answers, and is one that takes writes.
    pub async fn ping(&self) -> Result<()> {
        let mut connection = self.connection().await?;
        let writes = sqlx::query_scalar!(
            r#"select not current_setting('transaction_read_only')::bool as "writes!""#
        );
        if writes.fetch_one(&mut *connection).await? {
            return Ok(());
        }
        connection.give_up();
        Err(Error::Unavailable("it takes no writes".into()))
    }

    /// How many connections there are now.
    pub fn connections(&self) -> Connections {
        let status = self.pool.status();
        let (idle, waited_for) = (status.available, status.waiting);
        Connections { used: status.size.saturating_sub(idle), idle, waited_for }
    }

    /// Ends every idle connection and refuses new ones.
    pub fn close(&self) {
        self.pool.close();
    }
}

/// A connection on loan. One that comes back in the middle of something is put in order at once: left to its next
/// user, as the pool would, it keeps its locks until then.
struct Loan(Option<Object<Opener>>);

impl Deref for Loan {
    type Target = Connection;
    #[expect(clippy::expect_used, reason = "it is only taken when the loan is dropped")]
    fn deref(&self) -> &Connection {
        self.0.as_ref().expect("a connection until dropped")
    }
}

impl DerefMut for Loan {
    #[expect(clippy::expect_used, reason = "it is only taken when the loan is dropped")]
    fn deref_mut(&mut self) -> &mut Connection {
        self.0.as_mut().expect("a connection until dropped")
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let Some(mut lent) = self.0.take() else { return };
        if lent.is_idle() {
            return;
        }
        // A server that hung up on one has most likely hung up on all: let no other request find out.
        if lent.is_dead()
            && let Some(pool) = Object::pool(&lent)
        {
            drop(pool.retain(|_, _| false));
        }
        match Handle::try_current() {
            // Not the Lifecycle's to wait for: the server rolls back just as well when we are gone.
            Ok(runtime) if lent.is_open() => {
                runtime.spawn(async move { drop(lent.recycle().await) });
            }
            // Closing the socket is what makes the server give up the transaction.
            _ => drop(Object::take(lent)),
        }
    }
}

/// What opens an org's rows: a [`Reader`] or a [`Tx`].
pub trait Tenant: Send + sealed::Sealed {
    /// The org; every statement names it, row-level security or not.
    fn org(&self) -> OrgId;
    /// Where statements run.
    fn conn(&mut self) -> &mut Connection;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Reader {}
    impl Sealed for super::Tx {}
}

/// Reads in an org.
pub struct Reader {
    connection: Loan,
    org: OrgId,
}

impl Tenant for Reader {
    fn org(&self) -> OrgId {
        self.org
    }
    fn conn(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// A transaction in an org. Dropped without [`Tx::commit`], nothing of it happened.
#[must_use]
pub struct Tx {
    connection: Loan,
    org: OrgId,
    causes: Vec<TaskId>,
    afterwards: Vec<BoxFuture<'static, ()>>,
}

impl Tx {
    /// The tasks that led to what is done here, the first one first.
    pub fn causes(&self) -> &[TaskId] {
        &self.causes
    }

    /// Has something done once it is durable, such as telling others to look; nothing of it is when it is not.
    pub fn afterwards(&mut self, then: impl Future<Output = ()> + Send + 'static) {
        self.afterwards.push(then.boxed());
    }

    /// Makes it durable.
    pub async fn commit(mut self) -> Result<()> {
        self.connection.commit().await?;
        let Self { connection, afterwards, .. } = self;
        drop(connection);
        for then in afterwards {
            then.await;
        }
        Ok(())
    }
}

impl Tenant for Tx {
    fn org(&self) -> OrgId {
        self.org
    }
    fn conn(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// A transaction of the system. Dropped without [`SystemTx::commit`], nothing of it happened.
#[must_use]
pub struct SystemTx {
    connection: Loan,
}

impl SystemTx {
    /// Makes it durable.
    pub async fn commit(mut self) -> Result<()> {
        self.connection.commit().await
    }

    /// Where statements run.
    pub(crate) fn conn(&mut self) -> &mut Connection {
        &mut self.connection
    }
}
