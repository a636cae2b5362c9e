//! Whether the server may work on a database as a login: held back where it must be, let in where it works.

use agentcy_core::Chain;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, postgres::PgConnectOptions};

use super::{ROLES, connect, server_version};
use crate::{Error, Result};

/// Fails with `Unfit`, naming the fault and its mend, when the server must not work on this database as this login.
pub async fn check_fit(login: &PgConnectOptions) -> Result<()> {
    let mut conn = connect(login).await?;
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
            tracing::debug!(error = %Chain(&error), role, "set role was refused");
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
    if let Some(first) = open.first() {
        return unfit(format!(
            "row security is not enforced on {}: as the owner run: alter table {first} enable row level security, force row level security;",
            open.join(", ")
        ));
    }
    let shut = shut(conn).await?;
    if shut.is_empty() {
        return Ok(());
    }
    unfit(format!(
        "policies or grants are missing on {}: the roles {} were not there when a backup was restored; they are now, so restore it once more into an empty database (docs/deploy.md, Restore)",
        shut.join(", "),
        ROLES.join(" and ")
    ))
}

/// The tables that the server can do nothing with: no policy lets its roles in, or one does and no grant follows.
async fn shut(conn: &mut PgConnection) -> Result<Vec<String>> {
    let tables = sqlx::query_scalar!(
        r#"select c.relname::text as "name!" from pg_class c
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
             and c.relforcerowsecurity
             and not exists (
                 select from pg_policy p join pg_roles r on r.oid = any(p.polroles)
                 where p.polrelid = c.oid and r.rolname::text = any($1)
                   and (has_any_column_privilege(r.oid, c.oid, 'select, insert, update')
                        or has_table_privilege(r.oid, c.oid, 'delete')))
           order by 1"#,
        &ROLES.map(str::to_owned),
    )
    .fetch_all(conn)
    .await?;
    Ok(tables)
}

fn unfit(text: String) -> Result<()> {
    Err(Error::Unfit(text))
}
