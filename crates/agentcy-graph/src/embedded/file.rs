//! One graph file: opened, told apart from foreign ones, closed, removed.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use agentcy_core::{
    Chain,
    id::{EdgeId, OrgId},
};
use grafeo::{Config, GrafeoDB, Session, Value, store::ArcStr};
use uuid::Uuid;

use super::ENGINE;
use crate::{
    BoxError, Error, Result,
    name::{DATABASE, ID, META, NODE, ORG, REMOVED, WATERMARK},
};

/// The log is folded into the file when it is this large, which bounds what an open replays.
const CHECKPOINT_BYTES: u64 = 16 << 20;

/// One property value; ours are checked before, so this only stops what should not come.
const MAX_VALUE: usize = 8 << 20;

/// The id of the record of the graph itself.
const META_ID: &str = "_graph";

/// Where each edge is in the engine, by our id.
pub(super) type EdgeIndex = HashMap<EdgeId, grafeo::EdgeId>;

/// The open graph of one org.
pub(super) struct OrgGraph {
    pub(super) db: GrafeoDB,
    pub(super) org: OrgId,
    /// Made at the first write that asks for it: the engine indexes properties of nodes, not of edges.
    pub(super) edges: Mutex<Option<EdgeIndex>>,
    /// Texts that many rows have, so that each is in memory once.
    texts: Mutex<HashSet<ArcStr>>,
}

/// How many texts are shared at most.
const SHARED: usize = 10_000;

/// What the engine said, without an org to speak of.
pub(super) fn unavailable(error: impl Into<BoxError>) -> Error {
    Error::Unavailable { engine: ENGINE, source: Some(error.into()) }
}

/// Runs engine code. Where it gives up it has met what it did not write: the file is damaged.
pub(super) fn guarded<T>(org: OrgId, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|reason| {
        let reason = reason
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| reason.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        let source = Some(reason.into());
        Err(Error::Corrupt { org, what: "the engine gave up".to_owned(), source })
    })
}

impl OrgGraph {
    /// Opens or makes the file; refuses one that another database or org wrote.
    pub(super) fn open(path: &Path, database: Uuid, org: OrgId) -> Result<Self> {
        let config = Config::persistent(path)
            .with_checkpoint_wal_size(CHECKPOINT_BYTES)
            .with_max_property_size(MAX_VALUE);
        let db = GrafeoDB::with_config(config).map_err(|error| match code(&error) {
            // Locked by another process, or the disk said no: neither says that the file is bad.
            "GRAFEO-S001" | "GRAFEO-S004" | "GRAFEO-X003" => unavailable(error),
            _ => Error::Corrupt {
                org,
                what: "the file does not open".to_owned(),
                source: Some(error.into()),
            },
        })?;
        let graph = Self { db, org, edges: Mutex::new(None), texts: Mutex::default() };
        graph.settle(database)?;
        Ok(graph)
    }

    /// A text that the next row with the same text has, too.
    pub(super) fn shared(&self, text: &str) -> ArcStr {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = texts.get(text) {
            return shared.clone();
        }
        let shared = ArcStr::from(text);
        if texts.len() < SHARED {
            texts.insert(shared.clone());
        }
        shared
    }

    fn settle(&self, database: Uuid) -> Result<()> {
        let session = self.db.session();
        let Some(meta) = self.find(&session, META_ID)? else {
            if self.db.node_count().map_err(|error| self.failed(error))? > 0 {
                return Err(Error::Foreign { org: self.org, owner: "somebody else".to_owned() });
            }
            return self.settle_anew(&session, database);
        };
        let text = |key| match session.get_node_property(meta, key) {
            Ok(Some(Value::String(text))) => Ok(text.as_str().to_owned()),
            Ok(_) => Err(self.corrupt("the record of the graph")),
            Err(error) => Err(self.failed(error)),
        };
        let (theirs, their_org) = (text(DATABASE)?, text(ORG)?);
        if theirs != database.to_string() {
            return Err(Error::Foreign { org: self.org, owner: format!("database {theirs}") });
        }
        if their_org != self.org.to_string() {
            return Err(Error::Foreign { org: self.org, owner: their_org });
        }
        Ok(())
    }

    // The record comes last: a file without it is taken for new when it is empty.
    fn settle_anew(&self, session: &Session, database: Uuid) -> Result<()> {
        let constraint = format!(
            "CREATE CONSTRAINT node_id IF NOT EXISTS FOR (n:{NODE}) REQUIRE n.{ID} IS UNIQUE"
        );
        session.execute_cypher(&constraint).map_err(|error| self.failed(error))?;
        for key in [ID, REMOVED] {
            session.create_property_index(key).map_err(|error| self.failed(error))?;
        }
        let record = [
            (ID, Value::from(META_ID)),
            (DATABASE, Value::from(database.to_string())),
            (ORG, Value::from(self.org.to_string())),
            (WATERMARK, Value::from(0_i64)),
        ];
        session.create_node_with_props(&[META], record).map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// The engine's node with this id, whatever it is.
    pub(super) fn find(&self, session: &Session, id: &str) -> Result<Option<grafeo::NodeId>> {
        let found = session
            .find_nodes_by_property(ID, &Value::from(id))
            .map_err(|error| self.failed(error))?;
        match found[..] {
            [] => Ok(None),
            [node] => Ok(Some(node)),
            _ => Err(self.corrupt("an id stands twice")),
        }
    }

    pub(super) fn watermark(&self) -> Result<i64> {
        let session = self.db.session();
        let meta = self.find(&session, META_ID)?.ok_or_else(|| self.corrupt("no record"))?;
        match session.get_node_property(meta, WATERMARK).map_err(|error| self.failed(error))? {
            Some(Value::Int64(fact)) => Ok(fact),
            _ => Err(self.corrupt("the last fact")),
        }
    }

    pub(super) fn set_watermark(&self, fact: i64) -> Result<()> {
        if fact <= self.watermark()? {
            return Ok(());
        }
        let session = self.db.session();
        let meta = self.find(&session, META_ID)?.ok_or_else(|| self.corrupt("no record"))?;
        session
            .set_node_property(meta, WATERMARK, Value::from(fact))
            .map_err(|error| self.failed(error))
    }

    /// Writes the log into the file and lets go of it. Nothing is lost when that fails: the log stays.
    pub(super) fn close(&self) {
        if let Err(error) = self.db.close() {
            tracing::warn!(org.id = %self.org, error = %Chain(&error), "graph file not closed in order");
        }
    }

    pub(super) fn corrupt(&self, what: &str) -> Error {
        Error::Corrupt { org: self.org, what: what.to_owned(), source: None }
    }

    /// What the engine's error means while the graph is open.
    pub(super) fn failed(&self, error: grafeo::Error) -> Error {
        match code(&error) {
            "GRAFEO-S002" | "GRAFEO-S003" => Error::Corrupt {
                org: self.org,
                what: "the engine cannot read it".to_owned(),
                source: Some(error.into()),
            },
            state if state.starts_with("GRAFEO-T") || state.starts_with("GRAFEO-S") => {
                unavailable(error)
            }
            "GRAFEO-X003" => unavailable(error),
            _ => Error::Refused { engine: ENGINE, source: error.into() },
        }
    }
}

fn code(error: &grafeo::Error) -> &'static str {
    error.error_code().as_str()
}

/// Removes a graph file and what the engine keeps beside it.
pub(super) fn remove(path: &Path) -> Result<()> {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    for folder in [beside(".wal"), beside(".spill")] {
        gone(fs::remove_dir_all(folder))?;
    }
    gone(fs::remove_file(path))
}

fn gone(done: io::Result<()>) -> Result<()> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unavailable(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Embedded;
    use super::*;
    use crate::GraphStore as _;

    #[tokio::test]
    async fn an_engine_that_gives_up_is_a_damaged_graph_and_is_opened_anew() {
        let org = OrgId::from(Uuid::from_u128(1));
        let folder = tempfile::TempDir::new().unwrap();
        let store = Embedded::open(folder.path(), Uuid::from_u128(2), 2).unwrap();
        store.set_watermark(org, 7).await.unwrap();
        let read = store.read(org, |_| -> Result<()> { panic!("met {}", "something") }).await;
        let Err(Error::Corrupt { source: Some(source), .. }) = read else { panic!("{read:?}") };
        assert_eq!(source.to_string(), "met something");
        assert_eq!(store.watermark(org).await.unwrap(), 7);
        let written = store.write(org, |_| -> Result<()> { panic!("no more") }).await;
        assert!(matches!(written, Err(Error::Corrupt { .. })), "{written:?}");
        assert_eq!(store.watermark(org).await.unwrap(), 7);
        store.set_watermark(org, 8).await.unwrap();
        store.close().await.unwrap();
    }
}
