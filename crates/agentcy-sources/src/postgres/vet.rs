//! Whether a database and a role may be read at all, and which functions a statement may call.

use tokio_postgres::{Client, types::ToSql};

use super::{
    gate::Names,
    session::{Connection, cell},
};
use crate::{Error, Result, settings::invalid};

const OLDEST: i32 = 120_000;

const VERSION: &str = "select pg_catalog.current_setting('server_version_num')::int";

/// The tables of the server's own database, wherever they are. Whoever reads it reads every org.
const OURS: &str = "select exists (
    select from pg_catalog.pg_class
    where relkind in ('r', 'p') and relname in ('installation', 'fact_batches', 'job_records', '_sqlx_migrations')
    group by relnamespace having pg_catalog.count(*) = 4)";

/// Roles that reach beyond the database: the one we are, or one that it is a member of.
const BEYOND: &str = "select rolname::text from pg_catalog.pg_roles
    where (rolsuper or rolreplication
           or rolname in ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))
      and (pg_catalog.pg_has_role(session_user, oid, 'member') or pg_catalog.pg_has_role(current_user, oid, 'member'))
    order by rolname limit 1";

/// Refuses what may not be read.
pub(super) async fn vet(
    client: &Client,
    connection: &mut Connection,
    allow_superuser: bool,
) -> Result<()> {
    // A role may bring a search path in which `=` is not PostgreSQL's.
    connection.drive(client.batch_execute("set local search_path = pg_catalog")).await?;
    let version: i32 = cell(&connection.drive(client.query_one(VERSION, &[])).await?, 0)?;
    if version < OLDEST {
        return Err(Error::Refused("the server is older than PostgreSQL 12".to_owned()));
    }
    if version >= 140_000 {
        // A statement whose caller went away ends.
        let notice = "set local client_connection_check_interval = '1s'";
        connection.drive(client.batch_execute(notice)).await?;
    }
    let is_ours = connection.drive(client.query_one(OURS, &[])).await?;
    if cell(&is_ours, 0)? {
        return Err(Error::Refused("this is the database of an agentcy server".to_owned()));
    }
    if !allow_superuser {
        let beyond = connection.drive(client.query_opt(BEYOND, &[])).await?;
        if let Some(role) = beyond {
            let role: String = cell(&role, 0)?;
            let message = format!(
                "the user has the rights of {role}, beyond this database; give a lesser user, or set allow_superuser"
            );
            return Err(Error::Refused(message));
        }
    }
    Ok(())
}

/// Volatile functions that only tell something.
const HARMLESS: [&str; 18] = [
    "bernoulli",
    "clock_timestamp",
    "current_query",
    "gen_random_uuid",
    "pg_database_size",
    "pg_indexes_size",
    "pg_is_in_recovery",
    "pg_partition_ancestors",
    "pg_partition_tree",
    "pg_relation_size",
    "pg_table_size",
    "pg_tablespace_size",
    "pg_total_relation_size",
    "random",
    "random_normal",
    "system",
    "timeofday",
    "uuidv7",
];

/// What a statement calls that may do more than tell: functions by name in whichever schema, functions that are written
/// like columns, and the functions behind operators and casts.
const VOLATILE: &str = "select 'function', n.nspname::text || '.' || p.proname
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where p.provolatile = 'v' and p.proname = any($1::text[])
      and not (n.nspname = 'pg_catalog' and p.proname = any($4::text[]))
    union all
    select 'function', n.nspname::text || '.' || p.proname
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_type t on t.oid = p.proargtypes[0]
    where p.provolatile = 'v' and p.proname = any($2::text[]) and t.typtype in ('c', 'd', 'p') and t.typname <> 'internal'
    union all
    select 'operator', n.nspname::text || '.' || o.oprname
    from pg_operator o join pg_namespace n on n.oid = o.oprnamespace join pg_proc p on p.oid = o.oprcode
    where p.provolatile = 'v' and o.oprname = any($3::text[])
    union all
    select 'cast to', t.typname::text
    from pg_cast c join pg_type t on t.oid = c.casttarget join pg_proc p on p.oid = c.castfunc
    where p.provolatile = 'v' and t.typname = any($2::text[])
    limit 1";

/// Refuses a statement that calls what is not known to only tell something.
pub(super) async fn vet_names(
    client: &Client,
    connection: &mut Connection,
    names: &Names,
) -> Result<()> {
    let harmless: &[&str] = &HARMLESS;
    let params: [&(dyn ToSql + Sync); 4] =
        [&names.called, &names.words, &names.operators, &harmless];
    if let Some(row) = connection.drive(client.query_opt(VOLATILE, &params)).await? {
        let (kind, name): (String, String) = (cell(&row, 0)?, cell(&row, 1)?);
        return Err(invalid("args.sql", format!("the {kind} {name} may do more than read")));
    }
    Ok(())
}
