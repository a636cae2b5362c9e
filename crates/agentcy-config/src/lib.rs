//! Environment to typed, checked sections.
//!
//! Settings are read once, at start, from one snapshot; every fault is reported at once, each with
//! its mend. Nothing else in the product reads the environment.

mod auth;
mod data_dir;
mod database;
mod effective;
mod egress;
mod environment;
mod example;
mod fault;
mod features;
mod llm;
mod neo4j;
mod parse;
mod reader;
mod redis;
mod scope;
mod secrets;
mod server;
mod setting;
mod strength;
mod telemetry;
mod unknown;

use std::path::PathBuf;

use agentcy_core::Features;
use secrecy::SecretString;

pub use auth::{Auth, Oidc, Registration};
pub use database::Database;
pub use effective::{Effective, Origin};
pub use egress::{AllowedFolder, Egress};
pub use environment::Environment;
pub use example::env_example;
pub use fault::{Fault, Faults};
pub use llm::{Llm, Provider};
pub use neo4j::Neo4j;
pub use scope::Scope;
pub use secrets::{EncryptionKey, InvalidKey, Secrets};
pub use server::{LogFormat, QueryTokens, Server};
pub use setting::{SECTIONS, Secrecy, Section, Setting};
pub use telemetry::Telemetry;

/// How a missing or weak secret is mended.
const RUN_INIT: &str = "run `agentcy init`, which writes a .env with random secrets, and load it: set -a; . ./.env; set +a";

/// Every setting of the server, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the server listens, and whom it listens to.
    pub server: Server,
    /// The folder of the embedded stores and of secrets made on first start.
    pub data_dir: PathBuf,
    /// PostgreSQL.
    pub database: Database,
    /// Neo4j; `None` means the embedded graph engine.
    pub neo4j: Option<Neo4j>,
    /// The URL of Redis; `None` means the bus in process.
    pub redis: Option<SecretString>,
    /// Who may come in.
    pub auth: Auth,
    /// The key of stored secrets.
    pub secrets: Secrets,
    /// Private places that may be reached all the same.
    pub egress: Egress,
    /// Features that are on.
    pub features: Features,
    /// The model provider of orgs without one of their own.
    pub llm: Llm,
    /// Logs and traces.
    pub telemetry: Telemetry,
    effective: Vec<Effective>,
}

impl Config {
    /// Reads and checks every setting of a server, and reports all that is wrong at once.
    pub fn from_environment(environment: &Environment) -> Result<Self, Faults> {
        Self::scoped(environment, Scope::Serve)
    }

    /// The same for a command that may need less than a server.
    pub fn scoped(environment: &Environment, scope: Scope) -> Result<Self, Faults> {
        let mut reader = reader::Reader::new(environment);
        let config = Self::read(&mut reader, scope);
        unknown::check(&mut reader);
        match config {
            Ok(config) if reader.faults.is_empty() => {
                Ok(Self { effective: reader.effective, ..config })
            }
            _ => Err(Faults(reader.faults)),
        }
    }

    fn read(reader: &mut reader::Reader<'_>, scope: Scope) -> Result<Self, fault::Faulty> {
        let reach = server::Reach::read(reader);
        let exposed = reach.is_exposed();
        let server = Server::read(reader, reach);
        let data_dir = data_dir::read(reader);
        let database = Database::read(reader);
        let neo4j = Neo4j::read(reader);
        let redis = redis::read(reader);
        let auth = Auth::read(reader, exposed, scope);
        let secrets = Secrets::read(reader, exposed, scope);
        let egress = Egress::read(reader, exposed);
        let features = features::read(reader);
        let llm = Llm::read(reader);
        let telemetry = Telemetry::read(reader);
        Ok(Self {
            server: server?,
            data_dir: data_dir?,
            database: database?,
            neo4j: neo4j?,
            redis: redis?,
            auth: auth?,
            secrets: secrets?,
            egress: egress?,
            features: features?,
            llm: llm?,
            telemetry: telemetry?,
            effective: Vec::new(),
        })
    }

    /// Whether the server listens to this machine alone.
    pub fn is_loopback(&self) -> bool {
        server::is_loopback(self.server.bind)
    }

    /// Every setting as it holds, with secrets hidden.
    pub fn effective(&self) -> &[Effective] {
        &self.effective
    }
}
