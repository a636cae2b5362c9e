//! Brings the schema up to date as the owner, gives the server's login its two roles, and judges whether the server may
//! work on a database at all.

use percent_encoding::percent_decode_str;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, PgConnection,
    migrate::{MigrateError, Migrator},
    postgres::PgConnectOptions,
};

use crate::{Error, Result};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The roles that the server works as, both memberships of its login.
const ROLES: [&str; 2] = ["agentcy_tenant", "agentcy_system"];

/// Runs what pends as the owner, then makes sure that the login of the server exists and may take on its two roles.
pub async fn migrate(owner: &PgConnectOptions, login: &PgConnectOptions) -> Result<()> {
    let owner = owner.clone().application_name("agentcy migrate");
    // One of the statements holds the password of the server's login.
    let mut conn = owner.disable_statement_logging().connect().await?;
    run(&mut conn).await?;
    provide_login(&mut conn, login).await?;
    conn.close().await?;
    Ok(())
}

/// Runs what pends, and nothing else. The migrator's advisory lock makes a second one wait.
pub async fn run(conn: &mut PgConnection) -> Result<()> {
    MIGRATIONS.run(&mut *conn).await.map_err(unmigrated)?;
    // So that a server without the owner's login can tell whether it is up to date.
    sqlx::raw_sql("grant select on _sqlx_migrations to agentcy_tenant").execute(conn).await?;
    Ok(())
}

/// The versions that the database lacks; the owner may ask, and so may the server's login.
pub async fn pending(login: &PgConnectOptions) -> Result<Vec<i64>> {
    let mut conn = login.clone().connect().await?;
    let migrated = sqlx::query_scalar!(
        r#"select exists (select from pg_roles where rolname = 'agentcy_tenant')
               and to_regclass('_sqlx_migrations') is not null as "yes!""#
    )
    .fetch_one(&mut conn)
    .await?;
    let mut applied: Vec<i64> = Vec::new();
    if migrated {
        // A login that is no member reads as itself: it may be the owner.
        drop(sqlx::raw_sql("set role agentcy_tenant").execute(&mut conn).await);
        applied = sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(&mut conn)
            .await
            .map_err(|error| unseen(error, login))?;
    }
    conn.close().await?;
    Ok(MIGRATIONS.iter().map(|it| it.version).filter(|it| !applied.contains(it)).collect())
}

/// The version of PostgreSQL behind a login, such as `17.2`.
pub async fn version(login: &PgConnectOptions) -> Result<String> {
    let mut conn = login.clone().connect().await?;
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

async fn provide_login(conn: &mut PgConnection, login: &PgConnectOptions) -> Result<()> {
    let name = login.get_username();
    let exists = sqlx::query_scalar!(
        r#"select exists (select from pg_roles where rolname = $1) as "exists!""#,
        name
    )
    .fetch_one(&mut *conn)
    .await?;
    if !exists {
        let statement = sqlx::query_scalar!(
            r#"select format('create role %I login noinherit password %L', $1::text, $2::text)
                   as "statement!""#,
            name,
            password(login),
        )
        .fetch_one(&mut *conn)
        .await?;
        let shown = format!("create role {} login noinherit password '…'", quoted(name));
        as_owner(conn, statement, &shown).await?;
    }
    // Since 16 membership says what it gives; before, it is of use only through `set role` as well, because the server
    // connects as agentcy_tenant, which is a member of nothing.
    let version = server_version(conn).await?;
    let how = if version >= 160_000 { " with inherit false, set true" } else { "" };
    for role in ROLES {
        let held = sqlx::query_scalar!(
            r#"select exists (select from pg_auth_members m
                   where m.roleid = (select oid from pg_roles where rolname = $1)
                     and m.member = (select oid from pg_roles where rolname = $2)) as "held!""#,
            role,
            name,
        )
        .fetch_one(&mut *conn)
        .await?;
        if !held {
            let statement = format!("grant {role} to {}{how}", quoted(name));
            as_owner(conn, statement.clone(), &statement).await?;
        }
    }
    Ok(())
}

/// Runs a statement for which the owner may lack the right; then the DBA is told to run what is shown.
async fn as_owner(conn: &mut PgConnection, statement: String, shown: &str) -> Result<()> {
    match sqlx::raw_sql(AssertSqlSafe(statement)).execute(conn).await {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some("42501") => {
            Err(Error::Unfit(format!(
                "the login for migrations may not prepare the server's login; as an administrator run: {shown};"
            )))
        }
        // Another server came first.
        Err(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some("42710") => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Fails with `Unfit`, naming the fault and its mend, when the server must not work on this database as this login.
pub async fn check_fit(login: &PgConnectOptions) -> Result<()> {
    let mut conn = login.clone().connect().await?;
    let verdict = judge(&mut conn).await;
    conn.close().await?;
    verdict
}

async fn judge(conn: &mut PgConnection) -> Result<()> {
    let version = server_version(conn).await?;
    if version < 150_000 {
        return unfit(format!("PostgreSQL {} is too old: 15 or newer is needed", version / 10_000));
    }
    let login = sqlx::query!(
        r#"select session_user::text as "name!",
                  exists (select from pg_roles r where (r.rolsuper or r.rolbypassrls)
                          and pg_has_role(session_user, r.oid, 'member')) as "boundless!",
                  exists (select from pg_class c where c.relnamespace = 'public'::regnamespace
                          and c.relkind in ('r', 'p')
                          and pg_has_role(session_user, c.relowner, 'member')) as "owner!""#
    )
    .fetch_one(&mut *conn)
    .await?;
    let mend = "let DATABASE_MIGRATE_URL be this login, DATABASE_URL one that owns nothing, and run `agentcy migrate`, which makes it";
    if login.boundless {
        return unfit(format!(
            "the login {} is a superuser, bypasses row security, or may become somebody who does: {mend}",
            login.name
        ));
    }
    if login.owner {
        return unfit(format!(
            "the login {} owns tables, or may become who does: {mend}",
            login.name
        ));
    }
    for role in ROLES {
        let statement = AssertSqlSafe(format!("set role {role}"));
        if let Err(error) = sqlx::raw_sql(statement).execute(&mut *conn).await {
            tracing::debug!(error = &error as &dyn std::error::Error, role, "set role was refused");
            return unfit(format!(
                "the login {} may not take on the role {role}: run `agentcy migrate` with DATABASE_MIGRATE_URL set",
                login.name
            ));
        }
    }
    let open = sqlx::query_scalar!(
        r#"select c.relname::text as "name!" from pg_class c
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
             and (c.relname in ('orgs', 'users', 'sequences', 'leases') or exists (
                 select from pg_attribute a
                 where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
             and not (c.relrowsecurity and c.relforcerowsecurity)
           order by 1"#
    )
    .fetch_all(&mut *conn)
    .await?;
    match open.first() {
        None => Ok(()),
        Some(first) => unfit(format!(
            "row security is not enforced on {}: as the owner run: alter table {first} enable row level security, force row level security;",
            open.join(", ")
        )),
    }
}

async fn server_version(conn: &mut PgConnection) -> Result<i32> {
    let version = sqlx::query_scalar!(
        r#"select current_setting('server_version_num')::integer as "version!""#
    )
    .fetch_one(conn)
    .await?;
    Ok(version)
}

fn unfit(text: String) -> Result<()> {
    Err(Error::Unfit(text))
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

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The options keep the password to themselves; only as a URL do they give it.
fn password(login: &PgConnectOptions) -> Option<String> {
    let url = login.to_url_lossy();
    url.password().map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned())
}
