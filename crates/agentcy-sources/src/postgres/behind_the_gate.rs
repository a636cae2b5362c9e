//! What holds when a statement got past the gate: the transaction, the protocol and the role.

#![expect(clippy::disallowed_methods, reason = "tests are set up by the environment")]

use agentcy_egress::Egress;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_postgres::{Client, Config, NoTls, config::Host};

use super::{config::Settings, session::Session};
use crate::{Credentials, Error, Files, Job};

fn admin() -> (Config, String) {
    let url = std::env::var("AGENTCY_TEST_POSTGRES").expect("AGENTCY_TEST_POSTGRES");
    let config: Config = url.parse().unwrap();
    let Some(Host::Tcp(host)) = config.get_hosts().first() else { panic!("no TCP host") };
    let address = format!("{host}:{}", config.get_ports().first().unwrap_or(&5432));
    (config, address)
}

async fn connect(config: &Config, address: &str) -> Client {
    let tcp = TcpStream::connect(address).await.unwrap();
    let (client, connection) = config.connect_raw(tcp, NoTls).await.unwrap();
    tokio::spawn(async move {
        let _ = connection.await;
    });
    client
}

/// Tries a statement in a session of its own.
async fn attempt(settings: &Settings, sql: &str) -> crate::Result<()> {
    let (credentials, egress) =
        (Credentials::new(), Egress::new(vec!["127.0.0.1/32".parse().unwrap()]));
    let (config, files) = (json!({}), Files::default());
    let job = Job {
        config: &config,
        credentials: &credentials,
        egress: &egress,
        files: &files,
        content: None,
        cursor: None,
        cache: None,
    };
    let Session { client, mut connection } = Session::open(job, settings, 1 << 20).await.unwrap();
    connection.drive(client.query(sql, &[])).await.map(drop)
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn without_the_gate_nothing_is_written_still() {
    let (admin, address) = admin();
    let name = format!("agentcy_behind_{}", std::process::id());
    let server = connect(&admin, &address).await;
    server.batch_execute(&format!("create database {name}")).await.unwrap();
    server.batch_execute(&format!("create role {name} login password 'geheim'")).await.unwrap();
    let inside = connect(admin.clone().dbname(&name), &address).await;
    let statements = format!(
        "create table t (a int); insert into t values (1); create sequence s;
         create function touch() returns int language sql as 'insert into t values (2); select 1';
         grant all on t, s to {name}; grant create on schema public to {name}"
    );
    inside.batch_execute(&statements).await.unwrap();

    let place = json!({ "url": format!("postgres://{name}@{address}/{name}?sslmode=disable") });
    let credentials: Credentials = [("password".to_owned(), "geheim".into())].into();
    let (egress, files) = (Egress::new(Vec::new()), Files::default());
    let job = Job {
        config: &place,
        credentials: &credentials,
        egress: &egress,
        files: &files,
        content: None,
        cursor: None,
        cache: None,
    };
    let settings = Settings::read(job).unwrap();
    let mut passed = Vec::new();
    for sql in [
        "insert into t values (9)",
        "update t set a = 9",
        "delete from t",
        "truncate t",
        "with x as (insert into t values (9) returning *) select * from x",
        "select touch()",
        "create table u (a int)",
        "drop table t",
        "select * into u from t",
        "select * from t for update",
        "select nextval('s')",
        "lock table t in exclusive mode",
        "set transaction read write",
        "select set_config('transaction_read_only', 'off', true)",
        "copy t to program 'id'",
        "copy t to '/tmp/agentcy'",
        "copy t from '/etc/passwd'",
        "select pg_read_file('/etc/passwd')",
        "select pg_ls_dir('/')",
        "select lo_import('/etc/passwd')",
        "select pg_reload_conf()",
        "set role postgres",
        "set session authorization postgres",
        "vacuum t",
        "select 1; insert into t values (9)",
    ] {
        match attempt(&settings, sql).await {
            Err(Error::Refused(_)) => {}
            other => passed.push((sql, other)),
        }
    }
    let count: i64 = inside.query_one("select count(*) from t", &[]).await.unwrap().get(0);
    drop(inside);
    server.batch_execute(&format!("drop database {name} with (force)")).await.unwrap();
    server.batch_execute(&format!("drop role {name}")).await.unwrap();
    assert!(passed.is_empty(), "{passed:?}");
    assert_eq!(count, 1);
}
