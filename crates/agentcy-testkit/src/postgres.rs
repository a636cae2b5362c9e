//! A database for each test, copied from a migrated template: on the server of `AGENTCY_TEST_POSTGRES` (the URL of a
//! superuser), or on one of the test process's own.

use std::{
    env,
    fs::{self, Permissions},
    io,
    net::{SocketAddr, ToSocketAddrs},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{ChildStdin, Command, Stdio},
    str::FromStr,
    sync::mpsc,
    thread,
};

use agentcy_store::{
    Db, PgConnectOptions,
    embedded::{Embedded, Options},
    migrate,
};
use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, PgConnection};
use tokio::{
    runtime,
    sync::{OnceCell, oneshot},
};

use crate::fault_proxy::Upstream;

const LOGIN: &str = "agentcy_test_app";
const MAINTENANCE: &str = "postgres";
/// The key of the lock under which a template is made.
const TEMPLATE_LOCK: i64 = 0x6167_656e_7463_7901;

static SERVER: OnceCell<Server> = OnceCell::const_new();

/// A database of its own, dropped in the end.
#[derive(Debug)]
pub struct TestDb {
    /// A superuser, past row-level security.
    pub owner: PgConnectOptions,
    /// The login that the server works as.
    pub app: PgConnectOptions,
    /// The name of the database.
    pub name: String,
}

impl TestDb {
    /// A fresh database with all migrations.
    ///
    /// # Panics
    /// When there is no PostgreSQL to be had: the test cannot go on.
    #[expect(clippy::panic, reason = "a test without its database has failed")]
    pub async fn new() -> Self {
        match Self::make().await {
            Ok(db) => db,
            Err(error) => panic!("no test database: {error:?}"),
        }
    }

    async fn make() -> Result<Self> {
        let server = SERVER.get_or_try_init(Server::start).await?;
        let mut conn = server.admin.connect().await?;
        let name: String = sqlx::query_scalar(
            "select 'agentcy_test_' || replace(gen_random_uuid()::text, '-', '')",
        )
        .fetch_one(&mut conn)
        .await?;
        let template = &server.template;
        run(&mut conn, format!("create database {name} template {template}")).await?;
        conn.close().await?;
        Ok(Self { owner: server.admin.clone().database(&name), app: server.app(&name), name })
    }

    /// A pool over it as the server has one.
    pub fn db(&self, size: usize) -> Db {
        Db::new(self.app.clone(), size)
    }

    /// The same pool over another address, such as a proxy's.
    pub fn db_at(&self, address: SocketAddr, size: usize) -> Db {
        let login = PgConnectOptions::new_without_pgpass()
            .host(&address.ip().to_string())
            .port(address.port())
            .username(LOGIN)
            .password(LOGIN)
            .database(&self.name);
        Db::new(login, size)
    }

    /// The server's login as a URL.
    pub fn app_url(&self) -> String {
        let (name, port) = (&self.name, self.app.get_port());
        let host = match self.app.get_socket() {
            // A folder stands in a URL with its slashes escaped.
            Some(folder) => folder.to_string_lossy().replace('/', "%2F"),
            None => self.app.get_host().to_owned(),
        };
        format!("postgres://{LOGIN}:{LOGIN}@{host}:{port}/{name}")
    }

    /// Where its server is, for a proxy in front of it.
    ///
    /// # Panics
    /// When the name of the server stands for no address.
    #[expect(clippy::expect_used, reason = "a test without its database has failed")]
    pub fn upstream(&self) -> Upstream {
        let port = self.app.get_port();
        if let Some(folder) = self.app.get_socket() {
            return Upstream::Unix(folder.join(format!(".s.PGSQL.{port}")));
        }
        let mut addresses = (self.app.get_host(), port).to_socket_addrs().expect("a server");
        Upstream::Tcp(addresses.next().expect("an address"))
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        // One of our own goes as a whole when the process does.
        if let Some(Server { reaper: Some(reaper), .. }) = SERVER.get() {
            let (done, dropped) = mpsc::channel();
            if reaper.send((self.name.clone(), done)).is_ok() {
                let _ = dropped.recv();
            }
        }
    }
}

type Order = (String, mpsc::Sender<()>);

/// Where the test databases are.
struct Server {
    admin: PgConnectOptions,
    template: String,
    /// Drops databases, from a thread that no test's end takes with it.
    reaper: Option<mpsc::Sender<Order>>,
    /// Open as long as we live; then the folder of a server of our own is removed.
    _janitor: Option<ChildStdin>,
}

impl Server {
    async fn start() -> Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "tests are set up by the environment")]
        let given = env::var("AGENTCY_TEST_POSTGRES");
        let (admin, reaper, janitor) = if let Ok(url) = given {
            let admin = PgConnectOptions::from_str(&url).context("AGENTCY_TEST_POSTGRES")?;
            let admin = admin.database(MAINTENANCE);
            let reaper = reap(admin.clone())?;
            (admin, Some(reaper), None)
        } else {
            let (admin, janitor) = embedded().await?;
            (admin, None, Some(janitor))
        };
        let template = format!("agentcy_template_{:016x}", migrate::fingerprint());
        let server = Self { admin, template, reaper, _janitor: janitor };
        server.provide_template().await?;
        Ok(server)
    }

    fn app(&self, database: &str) -> PgConnectOptions {
        self.admin.clone().username(LOGIN).password(LOGIN).database(database)
    }

    async fn provide_template(&self) -> Result<()> {
        let template = &self.template;
        let mut conn = self.admin.connect().await?;
        sqlx::query("select pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut conn).await?;
        let exists: bool =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(template)
                .fetch_one(&mut conn)
                .await?;
        if !exists {
            // Under another name until it is whole.
            let fresh = format!("{template}_new");
            run(&mut conn, format!("drop database if exists {fresh} with (force)")).await?;
            run(&mut conn, format!("create database {fresh} template template0")).await?;
            let owner = self.admin.clone().database(&fresh);
            migrate::migrate(&owner, &self.app(&fresh)).await?;
            run(&mut conn, format!("alter database {fresh} rename to {template}")).await?;
        }
        conn.close().await?;
        Ok(())
    }
}

async fn run(conn: &mut PgConnection, statement: String) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(conn).await?;
    Ok(())
}

fn reap(admin: PgConnectOptions) -> Result<mpsc::Sender<Order>> {
    let (sender, orders) = mpsc::channel::<Order>();
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("test-databases".into()).spawn(move || {
        for (name, done) in orders {
            let dropped = runtime.block_on(async {
                let mut conn = admin.connect().await?;
                run(&mut conn, format!("drop database if exists {name} with (force)")).await
            });
            // Best effort: a database that stays behind does no harm.
            drop((dropped, done.send(())));
        }
    })?;
    Ok(sender)
}

/// A server of this process's own, on a thread and a runtime that outlive every test's.
async fn embedded() -> Result<(PgConnectOptions, ChildStdin)> {
    let folder = tempfile::Builder::new().prefix("agentcy-test-").tempdir()?;
    // PostgreSQL may have to run as another user, who must get there.
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    let folder = folder.keep();
    let janitor = remove_in_the_end(&folder)?;
    let (sender, started) = oneshot::channel();
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("test-postgres".into()).spawn(move || {
        runtime.block_on(async move {
            let options = Options { durable: false, ..Options::new(folder) };
            match Embedded::start(options).await {
                Ok(embedded) => {
                    drop(sender.send(Ok(embedded.owner())));
                    embedded.supervise().await;
                }
                Err(error) => drop(sender.send(Err(error))),
            }
        });
    })?;
    Ok((started.await??.database(MAINTENANCE), janitor))
}

/// A shell that outlives us by a moment: statics are not dropped at the end of a process.
fn remove_in_the_end(folder: &Path) -> Result<ChildStdin> {
    const SCRIPT: &str = r#"
read -r _
tries=0
while [ -e "$1/postgres/data/postmaster.pid" ] && [ "$tries" -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
rm -rf "$1"
"#;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", SCRIPT, "sh"]).arg(folder).process_group(0);
    let shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    shell.stdin.ok_or_else(|| io::Error::other("a shell without input").into())
}
