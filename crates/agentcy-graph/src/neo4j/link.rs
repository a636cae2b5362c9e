//! The way to the server: a lazy pool, a time limit on everything, and what its errors mean.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use neo4rs::{Config, ConfigBuilder, DetachedRowStream, Graph, Neo4jErrorKind, Query, Row, Txn};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;

use super::{ENGINE, Settings};
use crate::{BoxError, Error, Result};

/// How much longer we wait than the server lets a transaction live, so that it is the one to say so.
const GRACE: Duration = Duration::from_secs(1);

/// Rows a round trip brings.
const FETCH: usize = 1_000;

/// The way to one database of the server; copies share its connections.
#[derive(Clone)]
pub(super) struct Link {
    wire: Arc<Wire>,
    database: Option<Arc<str>>,
    pub(super) settings: Arc<Settings>,
}

struct Wire {
    /// For statements that are a transaction of their own, which the server ends in time.
    graph: Graph,
    /// For transactions that we end; see [`Transaction`].
    writes: RwLock<Graph>,
    config: Config,
    closed: AtomicBool,
}

impl Link {
    /// A pool that connects when it is first used.
    pub(super) fn new(settings: Settings) -> Result<Self> {
        let config = config(&settings)
            .max_connections(settings.connections)
            .fetch_size(FETCH)
            // Bounds every single read from the socket too, so it cannot be shorter than a statement.
            .connection_timeout(settings.write.max(settings.read) + GRACE)
            .build()
            .map_err(refused)?;
        let graph = Graph::connect(config.clone()).map_err(refused)?;
        let writes = RwLock::new(Graph::connect(config.clone()).map_err(refused)?);
        let wire = Wire { graph, writes, config, closed: AtomicBool::new(false) };
        let database = settings.database.as_deref().map(Into::into);
        Ok(Self { wire: Arc::new(wire), database, settings: Arc::new(settings) })
    }

    /// The same server, another database.
    pub(super) fn on(&self, database: &str) -> Self {
        Self { database: Some(database.into()), ..self.clone() }
    }

    pub(super) fn close(&self) {
        self.wire.closed.store(true, Ordering::Release);
    }

    /// `Unavailable` once closed.
    pub(super) fn open(&self) -> Result<()> {
        if self.wire.closed.load(Ordering::Acquire) {
            return Err(Error::Unavailable { engine: ENGINE, source: None });
        }
        Ok(())
    }

    /// A statement for our database that the server ends in time.
    pub(super) fn bounded(&self, statement: Query, limit: Duration) -> Query {
        let statement = statement.extra("tx_timeout", millis(limit));
        match &self.database {
            Some(database) => statement.extra("db", &**database),
            None => statement,
        }
    }

    /// A connection of its own. The server ends what runs on it when it is let go of.
    pub(super) fn apart(&self, limit: Duration, fetch: usize) -> Result<Graph> {
        self.open()?;
        let config = config(&self.settings).max_connections(1).fetch_size(fetch);
        let config = config.connection_timeout(limit + GRACE).build().map_err(refused)?;
        Graph::connect(config).map_err(refused)
    }

    /// All rows of a statement that only reads.
    pub(super) async fn rows(&self, statement: Query, limit: Duration) -> Result<Vec<Row>> {
        self.open()?;
        let statement = self.bounded(statement, limit);
        let work = async { all(self.wire.graph.execute_read(statement).await?).await };
        within(limit, work).await.map_err(Failure::into_error)
    }

    /// All rows of a statement that is a transaction of its own and may be run again when it fails.
    pub(super) async fn change(&self, statement: Query) -> Result<Vec<Row>> {
        self.open()?;
        let limit = self.settings.write;
        let statement = self.bounded(statement, limit);
        let work = async { all(self.wire.graph.execute(statement).await?).await };
        within(limit, work).await.map_err(Failure::into_error)
    }

    pub(super) async fn begin(&self) -> Result<Transaction<'_>, Failure> {
        self.open().map_err(Failure::Known)?;
        let writes = self.wire.writes.read().unwrap_or_else(PoisonError::into_inner).clone();
        let database = self.database.as_deref();
        let begun = async move {
            match database {
                Some(database) => writes.start_txn_on(database).await,
                None => writes.start_txn().await,
            }
        };
        let txn = within(self.settings.connect, begun).await?;
        Ok(Transaction { txn: Some(txn), link: self })
    }

    /// Lets go of every idle connection for writes, which ends what the server still holds for them.
    fn renew_writes(&self) {
        if let Ok(fresh) = Graph::connect(self.wire.config.clone()) {
            *self.wire.writes.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }
}

/// A transaction that leaves no locks behind.
///
/// The driver puts a connection back into its pool with the transaction still open, and resets it only when it
/// is used again; until then the server holds the locks. So whatever is not committed takes its pool along.
pub(super) struct Transaction<'a> {
    txn: Option<Txn>,
    link: &'a Link,
}

impl Transaction<'_> {
    /// The driver's transaction.
    pub(super) fn txn(&mut self) -> Result<&mut Txn, Failure> {
        self.txn.as_mut().ok_or_else(|| neo4rs::Error::ConnectionError.into())
    }

    pub(super) async fn commit(mut self) -> Result<(), Failure> {
        let Some(txn) = self.txn.take() else { return Ok(()) };
        let committed = txn.commit().await;
        if committed.is_err() {
            self.link.renew_writes();
        }
        Ok(committed?)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if let Some(txn) = self.txn.take() {
            // Back into its pool first, so that it goes with it.
            drop(txn);
            self.link.renew_writes();
        }
    }
}

async fn all(mut stream: DetachedRowStream) -> Result<Vec<Row>, neo4rs::Error> {
    let mut rows = Vec::new();
    while let Some(row) = stream.next().await? {
        rows.push(row);
    }
    Ok(rows)
}

/// A failure that has not been judged yet.
pub(super) enum Failure {
    /// The driver or the server.
    Driver(neo4rs::Error),
    /// No answer in time, although the server was told a shorter limit where it takes one.
    Silence(Duration),
    /// One of ours.
    Known(Error),
}

impl From<neo4rs::Error> for Failure {
    fn from(error: neo4rs::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<neo4rs::DeError> for Failure {
    fn from(error: neo4rs::DeError) -> Self {
        Self::Driver(error.into())
    }
}

impl Failure {
    /// Whether the server undid the transaction for reasons that pass, such as a deadlock.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Driver(neo4rs::Error::Neo4j(error)) => {
                error.kind() == Neo4jErrorKind::Transient && !error.code().contains("OutOfMemory")
            }
            _ => false,
        }
    }

    pub(super) fn into_error(self) -> Error {
        use neo4rs::Error as E;
        match self {
            Self::Known(error) => error,
            Self::Silence(limit) => unavailable(Silent(limit)),
            Self::Driver(E::Neo4j(error)) if error.code().contains("OutOfMemory") => {
                Error::TooLarge { what: "the work of one transaction", limit: super::PIECE }
            }
            Self::Driver(E::Neo4j(error)) if error.code().contains("TransactionTimedOut") => {
                Error::Timeout { engine: ENGINE, source: Some(E::Neo4j(error).into()) }
            }
            Self::Driver(E::Neo4j(error)) => match error.kind() {
                Neo4jErrorKind::Transient | Neo4jErrorKind::Database => {
                    unavailable(E::Neo4j(error))
                }
                _ => refused(E::Neo4j(error)),
            },
            Self::Driver(
                error @ (E::IOError { .. }
                | E::ConnectionError
                | E::ConnectionTimedOut
                | E::IncompleteBoltExchange
                | E::ServerUnavailableError(_)
                | E::RequestIgnoredError
                | E::Ignored(_)),
            ) => unavailable(error),
            Self::Driver(error) => refused(error),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
struct Silent(Duration);

/// Bounds a piece of work that the server has been told to bound, too.
pub(super) fn within<T, E: Into<Failure>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, Failure>> {
    let limit = limit + GRACE;
    // The driver's futures are large, and every caller's would be as large.
    let work = Box::pin(work);
    async move {
        match timeout(limit, work).await {
            Ok(done) => done.map_err(Into::into),
            Err(_) => Err(Failure::Silence(limit)),
        }
    }
}

fn unavailable(source: impl Into<BoxError>) -> Error {
    Error::Unavailable { engine: ENGINE, source: Some(source.into()) }
}

pub(super) fn refused(source: impl Into<BoxError>) -> Error {
    Error::Refused { engine: ENGINE, source: source.into() }
}

fn config(settings: &Settings) -> ConfigBuilder {
    ConfigBuilder::default()
        .uri(&settings.uri)
        .user(&settings.user)
        .password(settings.password.expose_secret())
}

fn millis(limit: Duration) -> i64 {
    i64::try_from(limit.as_millis()).unwrap_or(i64::MAX)
}
