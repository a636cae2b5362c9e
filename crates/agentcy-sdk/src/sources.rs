//! Sources: the systems that an org has connected, their syncs and tools.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::{Client, Effect, Error, List, call::LONGEST_UPLOAD};

/// A connected system.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Source {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The kind of connector.
    pub source_type: String,
    /// Where all it says lies.
    pub realm: String,
    /// The connector's settings.
    #[serde(default)]
    pub config: Value,
    /// Masked.
    #[serde(default)]
    pub credentials: BTreeMap<String, String>,
    /// `new`, `syncing`, `ready` or `failed`.
    #[serde(default)]
    pub state: String,
    /// Its newest sync.
    pub last_sync: Option<Sync>,
    /// How much is uploaded, in bytes.
    pub content_bytes: Option<u64>,
    /// When it was connected.
    pub created_at: Option<DateTime<Utc>>,
}

/// One sync of a source.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Sync {
    /// Its id.
    pub id: String,
    /// The source.
    pub source_id: String,
    /// How it is.
    pub state: SyncState,
    /// How far it is.
    #[serde(default)]
    pub progress: SyncProgress,
    /// What it did.
    #[serde(default)]
    pub counts: SyncCounts,
    /// What was left out, or why it failed.
    #[serde(default)]
    pub errors: Vec<SyncError>,
    /// What a worker elsewhere said of it; only where one sync is read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<SyncLogLine>,
    /// Whether graph queries see what it wrote.
    #[serde(default)]
    pub projected: bool,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Something that a worker said of a sync.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SyncLogLine {
    /// When it was heard.
    pub at: DateTime<Utc>,
    /// The words.
    pub line: String,
}

/// How a sync is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SyncState {
    /// It waits for a runner.
    Queued,
    /// It runs.
    Running,
    /// It came through.
    Succeeded,
    /// It was given up.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl SyncState {
    /// The name as the API writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Other(name) => name,
        }
    }

    /// Whether nothing more will happen to the sync.
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// How far a sync is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SyncProgress {
    /// How many steps are done.
    #[serde(default)]
    pub done: u64,
    /// Of how many, when that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// What a sync did to the graph, in nodes and edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SyncCounts {
    /// Said for the first time.
    pub added: u64,
    /// Said in other words than before.
    pub changed: u64,
    /// Said no more.
    pub archived: u64,
    /// Said in the same words as before.
    pub unchanged: u64,
}

/// Something that went wrong in a sync.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SyncError {
    /// Where in the source; empty when it is the whole.
    #[serde(default)]
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// A kind of source.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SourceKind {
    /// Its name.
    pub source_type: String,
    /// Its name for people.
    #[serde(default)]
    pub title: String,
    /// What it brings.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of its config.
    #[serde(default)]
    pub config_schema: Value,
    /// JSON Schema of its credentials.
    #[serde(default)]
    pub credential_schema: Value,
    /// What can be done with the live source.
    #[serde(default)]
    pub tools: Vec<SourceTool>,
}

/// Something that can be done with a live source.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SourceTool {
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// The most that it changes.
    pub effect: Effect,
    /// Whether the org's defaults have a person decide it.
    #[serde(default)]
    pub requires_approval: bool,
    /// JSON Schema of its arguments.
    #[serde(default)]
    pub input_schema: Value,
}

/// A system to connect.
#[derive(Debug, Clone, Serialize)]
pub struct NewSource {
    /// What people call it.
    pub name: String,
    /// A kind of the catalog.
    pub source_type: String,
    /// Where all it says shall lie.
    pub realm: String,
    /// As the kind's `config_schema` asks.
    pub config: Value,
    /// As the kind's `credential_schema` asks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "opened")]
    pub credentials: BTreeMap<String, SecretString>,
}

fn opened<S: Serializer>(
    credentials: &BTreeMap<String, SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(credentials.iter().map(|(name, secret)| (name, secret.expose_secret())))
}

/// What to change of a source; what is none stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SourceUpdate {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where all it says lies, from the next sync on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
    /// Its settings, replaced whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
    /// The credentials that change.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "opened")]
    pub credentials: BTreeMap<String, SecretString>,
}

#[derive(Deserialize)]
struct Uploaded {
    bytes: u64,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

impl Client {
    /// The sources of the org.
    pub fn sources(&self) -> List<Source> {
        List::new(self, &["sources"])
    }

    /// One source.
    pub async fn source(&self, source_id: &str) -> Result<Source, Error> {
        self.get(&["sources", source_id]).read().await
    }

    /// What can be connected.
    pub async fn source_catalog(&self) -> Result<Vec<SourceKind>, Error> {
        let found: Items<SourceKind> = self.get(&["sources", "catalog"]).read().await?;
        Ok(found.items)
    }

    /// Connects a source, once its settings were tried.
    pub async fn create_source(&self, new: &NewSource) -> Result<Source, Error> {
        self.create(&["sources"]).json(new).read().await
    }

    /// Changes a source, once its settings were tried.
    pub async fn update_source(
        &self,
        source_id: &str,
        change: &SourceUpdate,
    ) -> Result<Source, Error> {
        self.patch(&["sources", source_id]).json(change).read().await
    }

    /// Tries settings as connecting would; nothing is kept.
    pub async fn validate_source(&self, new: &NewSource) -> Result<(), Error> {
        self.ask(&["sources", "validate"]).json(new).done().await
    }

    /// Tries the settings of a source as they are kept.
    pub async fn validate_stored_source(&self, source_id: &str) -> Result<(), Error> {
        self.ask(&["sources", source_id, "validate"]).done().await
    }

    /// Uploads what a json or csv source reads, 64 MiB at most, and says how many bytes are kept.
    pub async fn upload_content(&self, source_id: &str, content: Vec<u8>) -> Result<u64, Error> {
        let kept = self.put(&["sources", source_id, "content"]).bytes(content);
        let kept: Uploaded = kept.within(LONGEST_UPLOAD).read().await?;
        Ok(kept.bytes)
    }

    /// Disconnects a source; with `purge` its part of the graph is archived too.
    pub async fn remove_source(&self, source_id: &str, purge: bool) -> Result<(), Error> {
        let query = [("purge", purge.to_string())];
        self.delete(&["sources", source_id]).query(query).done().await
    }

    /// Asks for a sync; it goes on in the background.
    pub async fn sync_source(&self, source_id: &str) -> Result<Sync, Error> {
        self.create(&["sources", source_id, "sync"]).read().await
    }

    /// Stops the sync of a source.
    pub async fn cancel_sync(&self, source_id: &str) -> Result<Sync, Error> {
        self.create(&["sources", source_id, "sync", "cancel"]).read().await
    }

    /// One sync.
    pub async fn sync(&self, source_id: &str, job_id: &str) -> Result<Sync, Error> {
        self.get(&["sources", source_id, "syncs", job_id]).read().await
    }

    /// The syncs of a source.
    pub fn syncs(&self, source_id: &str) -> List<Sync> {
        List::new(self, &["sources", source_id, "syncs"])
    }

    /// What can be done with a live source.
    pub async fn source_tools(&self, source_id: &str) -> Result<Vec<SourceTool>, Error> {
        let found: Items<SourceTool> = self.get(&["sources", source_id, "tools"]).read().await?;
        Ok(found.items)
    }
}
