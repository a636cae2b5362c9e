//! A database of a test's own on the server of `AGENTCY_TEST_POSTGRES`, with a role that may read it.

use std::{
    env,
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::{Value, json};
use tokio::{net::TcpStream, task::JoinHandle};
use tokio_postgres::{Client, Config, NoTls, config::Host};

use crate::stage::{Stage, merged};

pub(crate) const PASSWORD: &str = "geheim";

static NEXT: AtomicU32 = AtomicU32::new(0);

pub(crate) struct World {
    admin: Config,
    pub(crate) name: String,
    pub(crate) address: String,
}

impl World {
    /// A database that holds what these statements make, and a reader of it by the database's name.
    pub(crate) async fn new(statements: &str) -> Self {
        let url = env::var("AGENTCY_TEST_POSTGRES").expect("AGENTCY_TEST_POSTGRES");
        let admin = Config::from_str(&url).unwrap();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("agentcy_sources_{}_{number}", std::process::id());
        let world = Self { address: address(&admin), admin, name };
        let (server, _task) = connect(&world.admin).await;
        let name = &world.name;
        server
            .batch_execute(&format!("drop database if exists {name} with (force)"))
            .await
            .unwrap();
        server.batch_execute(&format!("create database {name}")).await.unwrap();
        server
            .batch_execute(&format!("create role {name} login password '{PASSWORD}'"))
            .await
            .unwrap();
        world.execute(&statements.replace("READER", name)).await;
        world
    }

    /// Runs statements as the superuser.
    pub(crate) async fn execute(&self, statements: &str) {
        let (client, _task) = connect(self.admin.clone().dbname(&self.name)).await;
        client.batch_execute(statements).await.unwrap();
    }

    /// The one number that a statement of the superuser answers.
    pub(crate) async fn count(&self, statement: &str) -> i64 {
        let (client, _task) = connect(self.admin.clone().dbname(&self.name)).await;
        client.query_one(statement, &[]).await.unwrap().get(0)
    }

    /// A source that reads it.
    pub(crate) fn stage(&self, more: Value) -> Stage {
        self.stage_as(&self.name, PASSWORD, more)
    }

    /// A source that reads it as the superuser of the server.
    pub(crate) fn superuser(&self, more: Value) -> Stage {
        let password =
            String::from_utf8_lossy(self.admin.get_password().unwrap_or(b"x")).into_owned();
        self.stage_as(self.admin.get_user().unwrap(), &password, more)
    }

    fn stage_as(&self, user: &str, password: &str, more: Value) -> Stage {
        let url = format!("postgres://{user}@{}/{}?sslmode=disable", self.address, self.name);
        Stage::new(merged(json!({ "url": url }), more)).credential("password", password)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let (admin, name) = (self.admin.clone(), self.name.clone());
        let clean = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (server, _task) = connect(&admin).await;
                // Best effort: what stays behind does no harm.
                let _ = server
                    .batch_execute(&format!("drop database if exists {name} with (force)"))
                    .await;
                let _ = server.batch_execute(&format!("drop role if exists {name}")).await;
            });
        });
        let _ = clean.join();
    }
}

fn address(config: &Config) -> String {
    let host = match config.get_hosts() {
        [Host::Tcp(host)] => host.clone(),
        other => panic!("AGENTCY_TEST_POSTGRES names {other:?}, not one TCP host"),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{host}:{port}")
}

async fn connect(config: &Config) -> (Client, JoinHandle<()>) {
    let tcp = TcpStream::connect(address(config)).await.unwrap();
    let (client, connection) = config.connect_raw(tcp, NoTls).await.unwrap();
    let task = tokio::spawn(async move {
        let _ = connection.await;
    });
    (client, task)
}
