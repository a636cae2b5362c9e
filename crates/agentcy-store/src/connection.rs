//! One connection that remembers which tenant it was set to, and never outlives its deadline.

use std::{fmt, time::Duration};

use agentcy_core::id::OrgId;
use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use sqlx::{
    ConnectOptions, Either, Execute, Executor, PgConnection, Postgres, SqlSafeStr, SqlStr,
    error::DatabaseError,
    postgres::{
        PgConnectOptions, PgDatabaseError, PgQueryResult, PgRow, PgSeverity, PgStatement,
        PgTypeInfo,
    },
};
use tokio::time::timeout;

use crate::{Error, Result, error::READ_ONLY};

/// How long one statement may take on the wire; the server's own limit comes first.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(12);
/// How much is handed to the socket at once in a copy; what is buffered for it stays.
const COPY_CHUNK: usize = 256 << 10;

/// What is known of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between statements, outside any transaction.
    Idle,
    /// Inside a transaction that nobody has ended yet.
    Open,
    /// Inside a transaction in which a statement was refused: the server will only roll it back.
    Failed,
    /// A statement was sent and its end not seen: the future was dropped, or ran out of time.
    Unsure,
    /// The wire broke, or the server hung up.
    Dead,
}

/// A connection to PostgreSQL.
pub struct Connection {
    inner: PgConnection,
    state: State,
    /// The session's tenant; known only after its own statement succeeded outside any transaction.
    tenant: Option<OrgId>,
    /// How long a statement of the present transaction may take on the wire.
    deadline: Duration,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(options: &PgConnectOptions) -> Result<Self> {
        // Boxed: connecting takes more room than all else, in every future that may have to.
        let inner = options.connect().boxed().await?;
        Ok(Self { inner, state: State::Idle, tenant: None, deadline: STATEMENT_TIMEOUT })
    }

    /// Makes the connection fit for its next user, or says that it must go.
    pub(crate) async fn recycle(&mut self) -> Result<()> {
        match self.state {
            State::Idle => Ok(()),
            State::Open | State::Failed => {
                self.tenant = None;
                self.end("rollback").await
            }
            State::Unsure | State::Dead => {
                Err(Error::Unavailable("a statement was left unfinished".into()))
            }
        }
    }

    /// Whether nothing was left open or unfinished.
    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    /// Whether a rollback makes it fit again.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open | State::Failed)
    }

    /// Whether the server is gone, for this connection at least.
    pub(crate) fn is_dead(&self) -> bool {
        self.state == State::Dead
    }

    /// Counts it as gone: its server is not one to talk to any more.
    pub(crate) fn give_up(&mut self) {
        self.state = State::Dead;
    }

    /// Sets the session's tenant unless it is set already.
    pub(crate) async fn set_tenant(&mut self, org: OrgId) -> Result<()> {
        if self.tenant == Some(org) {
            return Ok(());
        }
        self.tenant = None;
        let org_id = uuid::Uuid::from(org).to_string();
        sqlx::query!("select set_config('agentcy.org', $1, false)", org_id)
            .fetch_one(&mut *self)
            .await?;
        self.tenant = Some(org);
        Ok(())
    }

    /// Begins a transaction with its settings in the same message.
    pub(crate) async fn begin(&mut self, statement: SqlStr) -> Result<()> {
        self.state = State::Open;
        self.simple(statement).await
    }

    /// Makes a transaction durable.
    pub(crate) async fn commit(&mut self) -> Result<()> {
        // The server answers such a commit with a rollback and calls it a success.
        if self.state == State::Failed {
            return Err(Error::Database("a statement of the transaction was refused".into()));
        }
        self.end("commit").await
    }

    async fn end(&mut self, statement: &'static str) -> Result<()> {
        self.simple(statement.into_sql_str()).await?;
        self.state = State::Idle;
        self.deadline = STATEMENT_TIMEOUT;
        Ok(())
    }

    /// Begins a transaction whose statements may take longer than others; its end takes that back.
    pub(crate) async fn begin_long(&mut self, statement: SqlStr, deadline: Duration) -> Result<()> {
        self.begin(statement).await?;
        self.deadline = deadline;
        Ok(())
    }

    /// Sends the rows of a `copy … from stdin`, and gives their number.
    pub(crate) async fn copy_in(&mut self, statement: &'static str, rows: &[u8]) -> Result<u64> {
        let before = self.unsure();
        let inner = &mut self.inner;
        let copy = async move {
            let mut copy = inner.copy_in_raw(statement).await?;
            for chunk in rows.chunks(COPY_CHUNK) {
                copy.send(chunk).await?;
            }
            copy.finish().await
        };
        let outcome = timeout(self.deadline, copy.boxed()).await;
        Ok(self.settle(before, outcome)?)
    }

    async fn simple(&mut self, statement: SqlStr) -> Result<()> {
        (&mut *self).execute(sqlx::raw_sql(statement)).await?;
        Ok(())
    }

    /// Judges how an exchange ended. Until it ended well the connection counts as unsure.
    fn settle<T>(
        &mut self,
        before: State,
        outcome: Result<Result<T, sqlx::Error>, tokio::time::error::Elapsed>,
    ) -> Result<T, sqlx::Error> {
        match outcome {
            Ok(outcome @ (Ok(_) | Err(sqlx::Error::RowNotFound))) => {
                self.state = before;
                outcome
            }
            Ok(Err(error)) => {
                self.state = match &error {
                    sqlx::Error::Database(refusal) if ends_session(refusal.as_ref()) => State::Dead,
                    sqlx::Error::Database(_) if before == State::Idle => State::Idle,
                    sqlx::Error::Database(_) => State::Failed,
                    sqlx::Error::Io(_) => State::Dead,
                    _ => State::Unsure,
                };
                Err(error)
            }
            Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
        }
    }

    fn unsure(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Unsure)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("state", &self.state)
            .field("tenant", &self.tenant)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// Whether the server hangs up after these words, or is one that takes no writes: a standby by now, where another leads.
fn ends_session(refusal: &dyn DatabaseError) -> bool {
    refusal.try_downcast_ref::<PgDatabaseError>().is_none_or(|refusal| {
        matches!(refusal.severity(), PgSeverity::Fatal | PgSeverity::Panic)
            || refusal.code() == READ_ONLY
    })
}

type Step = Either<PgQueryResult, PgRow>;

/// Every statement passes here: rows are collected (each of our reads is bounded) under one deadline.
impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        async move {
            let before = self.unsure();
            let steps = self.inner.fetch_many(query).collect::<Vec<_>>();
            let outcome = timeout(self.deadline, steps).await;
            let outcome = outcome.map(|steps| steps.into_iter().collect::<Result<Vec<_>, _>>());
            match self.settle(before, outcome) {
                Ok(steps) => stream::iter(steps.into_iter().map(Ok).collect::<Vec<_>>()),
                Err(error) => stream::iter(vec![Err(error)]),
            }
        }
        .flatten_stream()
        .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        async move {
            let before = self.unsure();
            let outcome = timeout(self.deadline, self.inner.fetch_optional(query)).await;
            self.settle(before, outcome)
        }
        .boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.inner.prepare_with(sql, parameters)
    }

    fn describe<'e>(
        self,
        sql: SqlStr,
    ) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.inner.describe(sql)
    }
}
