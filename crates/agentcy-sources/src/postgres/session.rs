//! One connection with one read-only transaction, which ends with it.

use std::{
    fmt, io,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Either, Fuse, select},
};
use secrecy::ExposeSecret;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::timeout,
};
use tokio_postgres::{
    Client, Config, NoTls, Row,
    config::{ChannelBinding, SslMode},
    error::SqlState,
    types::FromSql,
};

use super::{config::Settings, tls, vet};
use crate::{Error, Job, Result};

/// How long the login may take.
const LOGIN: Duration = Duration::from_secs(15);
/// How long one step may take: more than the server gives a statement.
const STEP: Duration = Duration::from_secs(90);

/// The transaction in which everything happens. The last setting keeps a backslash in a text a backslash.
const BEGIN: &str = "begin transaction isolation level repeatable read, read only;
    set local statement_timeout = '20s';
    set local lock_timeout = '2s';
    set local idle_in_transaction_session_timeout = '5min';
    set local standard_conforming_strings = on";

/// A connection in a read-only transaction that nobody commits.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) connection: Connection,
}

/// The half of a connection that moves the bytes; it works only while something is waited for.
pub(super) struct Connection(
    Fuse<BoxFuture<'static, std::result::Result<(), tokio_postgres::Error>>>,
);

impl Session {
    /// Logs in, and makes sure that the database and the role may be read. At most `limit` bytes are read in all.
    pub(super) async fn open(job: Job<'_>, settings: &Settings, limit: usize) -> Result<Self> {
        let tcp = job.egress.dial(&settings.host, settings.port).await?;
        let login = async {
            let wire = tls::protect(tcp, settings).await?;
            let mut config = Config::new();
            config
                .user(&settings.user)
                .dbname(&settings.database)
                .application_name("agentcy")
                // TLS is done, or was not asked for.
                .ssl_mode(SslMode::Disable)
                .channel_binding(ChannelBinding::Disable);
            if let Some(password) = &settings.password {
                config.password(password.expose_secret());
            }
            let wire = Bounded { wire, left: limit };
            config.connect_raw(wire, NoTls).await.map_err(failure)
        };
        let late = |_| Error::Unavailable("the login took too long".into());
        let (client, connection) = timeout(LOGIN, login).await.map_err(late)??;
        let mut session = Self { client, connection: Connection(connection.boxed().fuse()) };
        let Self { client, connection } = &mut session;
        connection.drive(client.batch_execute(BEGIN)).await?;
        vet::vet(client, connection, settings.allow_superuser).await?;
        Ok(session)
    }
}

impl Connection {
    /// Waits for something that the client asked for.
    pub(super) async fn drive<T>(
        &mut self,
        work: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        let late = |_| Error::Unavailable("the server did not answer in time".into());
        let both = async {
            match select(&mut self.0, pin!(work)).await {
                // How it broke says more than that the work got no answer.
                Either::Left((Err(error), _)) => Err(error),
                Either::Left((Ok(()), work)) => work.await,
                Either::Right((result, _)) => result,
            }
        };
        timeout(STEP, both).await.map_err(late)?.map_err(failure)
    }
}

/// A cell of a row. Errors: it holds something else than was asked for.
pub(super) fn cell<'a, T: FromSql<'a>>(row: &'a Row, index: usize) -> Result<T> {
    row.try_get(index).map_err(|error| Error::Refused(format!("the server answers oddly: {error}")))
}

/// What a failure of the driver is to us.
fn failure(error: tokio_postgres::Error) -> Error {
    if let Some(said) = error.as_db_error() {
        let code = said.code().code();
        // The server is busy, starting or going down; another transaction was in the way.
        let is_passing =
            ["08", "40", "53", "58", "57P"].iter().any(|class| code.starts_with(class))
                || *said.code() == SqlState::LOCK_NOT_AVAILABLE;
        if is_passing {
            return Error::Unavailable(error.into());
        }
        let hint = said.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        return Error::Refused(format!("{} ({code}){hint}", said.message()));
    }
    let cause =
        std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause {
        Some(cause) if is_too_much(cause) => Error::Refused(TooMuch.to_string()),
        Some(_) => Error::Unavailable(error.into()),
        None if error.is_closed() => Error::Unavailable(error.into()),
        None => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            Error::Refused(format!("{error}{}", cause.unwrap_or_default()))
        }
    }
}

fn is_too_much(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(cause) if cause.is::<TooMuch>())
}

/// A server that answers more than somebody would read.
#[derive(Debug)]
struct TooMuch;

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server answered too much; ask for less")
    }
}

impl std::error::Error for TooMuch {}

/// A connection from which so much is read and no more: the driver takes messages of any length.
struct Bounded<T> {
    wire: T,
    left: usize,
}

impl<T: AsyncRead + Unpin> AsyncRead for Bounded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.wire).poll_read(context, buffer);
        match self.left.checked_sub(buffer.filled().len() - before) {
            Some(left) => {
                self.left = left;
                polled
            }
            None => Poll::Ready(Err(io::Error::other(TooMuch))),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Bounded<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(context)
    }
}
