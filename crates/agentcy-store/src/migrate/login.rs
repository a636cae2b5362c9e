//! The login of the server: made where it is missing, and made a member of the server's two roles.

use percent_encoding::percent_decode_str;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, postgres::PgConnectOptions};

use super::{ROLES, is_forbidden, server_version};
use crate::{Error, Result};

pub(super) async fn provide(conn: &mut PgConnection, login: &PgConnectOptions) -> Result<()> {
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
        Err(error) if is_forbidden(&error) => Err(Error::Unfit(format!(
            "the login for migrations may not prepare the server's login; as an administrator run: {shown};"
        ))),
        // Another server came first.
        Err(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some("42710") => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The options keep the password to themselves; only as a URL do they give it.
fn password(login: &PgConnectOptions) -> Option<String> {
    let url = login.to_url_lossy();
    url.password().map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned())
}
