//! Brings the schema up to date as the owner, gives the server's login its two roles, and judges whether the server may
//! work on a database at all.

mod fit;
mod login;

use std::time::Duration;

use futures_util::FutureExt;
use sqlx::{
    ConnectOptions, Connection as _, PgConnection,
    migrate::{MigrateError, Migrator},
    postgres::PgConnectOptions,
};
use tokio::time::timeout;

pub use self::fit::check_fit;
use crate::{Error, Result};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The roles that the server works as, both memberships of its login.
const ROLES: [&str; 2] = ["agentcy_tenant", "agentcy_system"];

/// Makes the roles. They belong to the whole cluster, so a database may be up to date where they are not: a backup knows
/// nothing of them. Looked for first, since only a login with CREATEROLE may even try.
const PROVIDE_ROLES: &str = "
do $$
declare name text;
begin
    foreach name in array array['agentcy_tenant', 'agentcy_system'] loop
        begin
            if not exists (select from pg_roles where rolname = name) then
                execute format('create role %I nologin noinherit', name);
            end if;
        exception when duplicate_object or unique_violation then null;
        end;
    end loop;
end $$";

/// How long a connection may take to be made; the kernel alone would wait for minutes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs what pends as the owner, then makes sure that the login of the server exists and may take on its two roles.
pub async fn migrate(owner: &PgConnectOptions, login: &PgConnectOptions) -> Result<()> {
    let owner = owner.clone().application_name("agentcy migrate");
    // One of the statements holds the password of the server's login.
    let mut conn = connect(&owner.disable_statement_logging()).await?;
    run(&mut conn).await?;
    login::provide(&mut conn, login).await?;
    conn.close().await?;
    Ok(())
}

/// Runs what pends, and nothing else. The migrator's advisory lock makes a second one wait.
pub async fn run(conn: &mut PgConnection) -> Result<()> {
    let provided = sqlx::raw_sql(PROVIDE_ROLES).execute(&mut *conn).await;
    provided.map_err(|error| unmigrated(MigrateError::Execute(error)))?;
    // A schema that is newer than this version is none of the migrator's business: it was made to be worked on by both.
    if !is_up_to_date(conn).await? {
        MIGRATIONS.run(&mut *conn).await.map_err(unmigrated)?;
    }
    // So that a server without the owner's login can tell whether it is up to date.
    sqlx::raw_sql("grant select on _sqlx_migrations to agentcy_tenant").execute(conn).await?;
    Ok(())
}

async fn is_up_to_date(conn: &mut PgConnection) -> Result<bool> {
    let migrated =
        sqlx::query_scalar!(r#"select to_regclass('_sqlx_migrations') is not null as "yes!""#)
            .fetch_one(&mut *conn)
            .await?;
    if !migrated {
        return Ok(false);
    }
    let applied = applied(conn).await?;
    for ours in MIGRATIONS.iter() {
        match applied.iter().find(|it| it.version == ours.version) {
            None => return Ok(false),
            // The migrator says it better.
            Some(it) if it.checksum != ours.checksum.as_ref() => return Ok(false),
            Some(_) => {}
        }
    }
    Ok(true)
}

/// A migration that ran.
struct Applied {
    version: i64,
    checksum: Vec<u8>,
}

async fn applied(conn: &mut PgConnection) -> Result<Vec<Applied>, sqlx::Error> {
    let statement = "select version, checksum from _sqlx_migrations where success";
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(statement).fetch_all(conn).await?;
    let applied = rows.into_iter().map(|(version, checksum)| Applied { version, checksum });
    let applied: Vec<Applied> = applied.collect();
    let newer = applied.iter().filter(|it| !MIGRATIONS.version_exists(it.version));
    let newer: Vec<i64> = newer.map(|it| it.version).collect();
    if !newer.is_empty() {
        tracing::info!(migrations = ?newer, "the database is of a newer version than this one");
    }
    Ok(applied)
}

/// The versions that the database lacks; the owner may ask, and so may the server's login.
pub async fn pending(login: &PgConnectOptions) -> Result<Vec<i64>> {
    let mut conn = connect(login).await?;
    let migrated = sqlx::query_scalar!(
        r#"select exists (select from pg_roles where rolname = 'agentcy_tenant')
               and to_regclass('_sqlx_migrations') is not null as "yes!""#
    )
    .fetch_one(&mut conn)
    .await?;
    let mut found = Vec::new();
    if migrated {
        // A login that is no member reads as itself: it may be the owner.
        drop(sqlx::raw_sql("set role agentcy_tenant").execute(&mut conn).await);
        found = applied(&mut conn).await.map_err(|error| unseen(error, login))?;
    }
    conn.close().await?;
    let lacks = |version: &i64| !found.iter().any(|it| it.version == *version);
    Ok(MIGRATIONS.iter().map(|it| it.version).filter(lacks).collect())
}

/// The version of PostgreSQL behind a login, such as `17.2`.
pub async fn version(login: &PgConnectOptions) -> Result<String> {
    let mut conn = connect(login).await?;
    let version = server_version(&mut conn).await?;
    conn.close().await?;
    Ok(format!("{}.{}", version / 10_000, version % 10_000))
}

/// A number that changes whenever a migration does.
pub fn fingerprint() -> u64 {
    // FNV-1a: stable across builds, which the hasher of std does not promise.
    MIGRATIONS.iter().flat_map(|it| it.checksum.iter()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

async fn connect(login: &PgConnectOptions) -> Result<PgConnection> {
    let Ok(connected) = timeout(CONNECT_TIMEOUT, login.connect().boxed()).await else {
        let place = match login.get_socket() {
            Some(folder) => folder.display().to_string(),
            None => format!("{}:{}", login.get_host(), login.get_port()),
        };
        let says = format!("{place} does not answer within {CONNECT_TIMEOUT:?}");
        return Err(Error::Unavailable(says.into()));
    };
    Ok(connected?)
}

async fn server_version(conn: &mut PgConnection) -> Result<i32> {
    let version = sqlx::query_scalar!(
        r#"select current_setting('server_version_num')::integer as "version!""#
    )
    .fetch_one(conn)
    .await?;
    Ok(version)
}

fn unseen(error: sqlx::Error, login: &PgConnectOptions) -> Error {
    if !is_forbidden(&error) {
        return error.into();
    }
    Error::Unfit(format!(
        "the login {} may not see which migrations ran: run `agentcy migrate` with DATABASE_MIGRATE_URL set",
        login.get_username()
    ))
}

fn unmigrated(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)
            if is_forbidden(&error) =>
        {
            Error::Unfit(format!(
                "the login for migrations may not change the schema ({error}): let DATABASE_MIGRATE_URL be the owner of the database, with CREATEROLE"
            ))
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        // A newer server was here, or the file of a migration was changed.
        other => Error::Unfit(format!("the schema is not one that this version knows: {other}")),
    }
}

fn is_forbidden(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(refusal) if refusal.code().as_deref() == Some("42501"))
}
