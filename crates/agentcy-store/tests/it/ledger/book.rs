//! A ledger to write in, and what stands in it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use agentcy_core::{
    By, Realm, Timestamp,
    id::{EdgeId, NodeId, OrgId, SourceId},
};
use agentcy_store::{
    Db, Tx,
    ledger::{
        self, AssertError, Asserter, Batch, Counts, EdgeAssertion, End, Kind, NodeAssertion,
        Refused, Stage, Staged, StagedEdge, StagedNode, Target,
    },
};
use serde_json::{Map, Value};
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::world::{World, at, by, next_id};

pub(crate) struct Book {
    pub(crate) world: Arc<World>,
    pub(crate) org: OrgId,
    pub(crate) by: By,
    pub(crate) realm: Realm,
    now: AtomicI64,
}

/// An entity as its row is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) id: Uuid,
    pub(crate) state: String,
    pub(crate) labels: Vec<String>,
    pub(crate) properties: Value,
    pub(crate) sources: Value,
    pub(crate) provenance: Value,
    pub(crate) valid_from: Option<Timestamp>,
    pub(crate) batch_id: Option<Uuid>,
    pub(crate) from_id: Option<Uuid>,
    pub(crate) to_id: Option<Uuid>,
}

/// A row of facts, in seconds of [`at`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) valid: (i64, Option<i64>),
    pub(crate) known: (i64, Option<i64>),
    pub(crate) superseded: Option<i64>,
    pub(crate) entity: Uuid,
}

impl Book {
    pub(crate) async fn new() -> Self {
        Self::with_pool(8).await
    }

    pub(crate) async fn with_pool(size: usize) -> Self {
        Self::with(Arc::new(World::with_pool(size).await)).await
    }

    /// A ledger of another org in the same database.
    pub(crate) async fn beside(&self) -> Self {
        Self::with(Arc::clone(&self.world)).await
    }

    async fn with(world: Arc<World>) -> Self {
        let org = world.org().await;
        let by = by(org);
        let realm = "data".parse().unwrap();
        Self { world, org, by, realm, now: AtomicI64::new(0) }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.world.db
    }

    /// Sets the clock of the next batches; each takes a second.
    pub(crate) fn at(&self, secs: i64) -> &Self {
        self.now.store(secs, Ordering::Relaxed);
        self
    }

    pub(crate) fn batch(&self, asserter: Asserter) -> Batch {
        let now = at(self.now.fetch_add(1, Ordering::Relaxed));
        Batch { id: next_id().into(), at: now, asserter, cause: "job".to_owned() }
    }

    pub(crate) async fn try_sync(
        &self,
        source: SourceId,
        records: &[Staged],
        delta: bool,
    ) -> agentcy_store::Result<(Counts, Vec<Refused>)> {
        let batch = self.batch(Asserter::Source(source));
        let mut tx = self.db().begin_long(&self.by).await?;
        let mut stage = Stage::open(&mut tx, &batch, &self.realm).await?;
        let refused = stage.add(&mut tx, records).await?;
        let counts = stage.apply(&mut tx, delta).await?;
        tx.commit().await?;
        Ok((counts, refused))
    }

    /// A sync that says everything.
    pub(crate) async fn sync(&self, source: SourceId, records: &[Staged]) -> Counts {
        let (counts, refused) = self.try_sync(source, records, false).await.unwrap();
        assert_eq!(refused, []);
        counts
    }

    /// A sync that says what changed.
    pub(crate) async fn delta(&self, source: SourceId, records: &[Staged]) -> Counts {
        let (counts, refused) = self.try_sync(source, records, true).await.unwrap();
        assert_eq!(refused, []);
        counts
    }

    pub(crate) async fn retire(&self, source: SourceId) -> Counts {
        let batch = self.batch(person());
        let mut tx = self.db().begin_long(&self.by).await.unwrap();
        let counts = ledger::retire(&mut tx, &batch, source).await.unwrap();
        tx.commit().await.unwrap();
        counts
    }

    /// An edit of a node by its shared key.
    pub(crate) async fn edit(&self, who: Asserter, key: &str, properties: Value) -> NodeId {
        let target = Target::Key { realm: &self.realm, key };
        self.edit_node(who, target, None, properties, None).await.unwrap()
    }

    pub(crate) async fn edit_node(
        &self,
        who: Asserter,
        target: Target<'_>,
        labels: Option<&[String]>,
        properties: Value,
        expected: Option<Uuid>,
    ) -> Result<NodeId, AssertError> {
        let batch = self.batch(who);
        let mut tx = self.db().begin(&self.by).await?;
        let properties = map(properties);
        let assertion = NodeAssertion {
            target,
            labels,
            properties: &properties,
            valid_from: None,
            expected: expected.map(Into::into),
        };
        let id = ledger::assert_node(&mut tx, &batch, &assertion).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub(crate) async fn link(
        &self,
        who: Asserter,
        (from, to): (NodeId, NodeId),
        edge_type: &str,
        properties: Value,
    ) -> Result<EdgeId, AssertError> {
        let batch = self.batch(who);
        let mut tx = self.db().begin(&self.by).await?;
        let properties = map(properties);
        let assertion = EdgeAssertion {
            from,
            to,
            edge_type,
            key: "",
            realm: &self.realm,
            properties: &properties,
            valid_from: None,
            expected: None,
        };
        let id = ledger::assert_edge(&mut tx, &batch, &assertion).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub(crate) async fn withdraw(&self, who: Asserter, kind: Kind, entity: Uuid) -> bool {
        let batch = self.batch(who);
        let mut tx = self.db().begin(&self.by).await.unwrap();
        let did = ledger::withdraw(&mut tx, &batch, kind, entity).await.unwrap();
        tx.commit().await.unwrap();
        did
    }

    pub(crate) async fn begin(&self) -> Tx {
        self.db().begin_long(&self.by).await.unwrap()
    }

    pub(crate) async fn owner(&self) -> PgConnection {
        self.world.owner().await
    }

    /// The node of a shared key.
    pub(crate) async fn node(&self, key: &str) -> Seen {
        self.find_node(&format!("k:{key}")).await.unwrap_or_else(|| panic!("no node {key}"))
    }

    /// The node that a source alone speaks of.
    pub(crate) async fn own_node(&self, source: SourceId, external_id: &str) -> Seen {
        let key = format!("s:{}:{external_id}", Uuid::from(source));
        self.find_node(&key).await.unwrap_or_else(|| panic!("no node {key}"))
    }

    pub(crate) async fn find_node(&self, key: &str) -> Option<Seen> {
        let rows = self.seen("kind = 'node' and key = $2 and realm = $3", key).await;
        assert!(rows.len() < 2);
        rows.into_iter().next()
    }

    /// The edges of a type, the live ones first.
    pub(crate) async fn edges(&self, edge_type: &str) -> Vec<Seen> {
        self.seen("kind = 'edge' and type = $2 and realm = $3", edge_type).await
    }

    /// The one edge of a type.
    pub(crate) async fn edge(&self, edge_type: &str) -> Seen {
        let mut rows = self.edges(edge_type).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    async fn seen(&self, which: &str, value: &str) -> Vec<Seen> {
        let statement = format!(
            "select id, state, labels, properties, sources, provenance, valid_from, batch_id, from_id, to_id
             from entities where org_id = $1 and {which}
             order by array_position('{{live,waiting,awaited,archived}}', state), id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(Uuid::from(self.org))
            .bind(value)
            .bind(self.realm.as_str())
            .fetch_all(&mut self.owner().await)
            .await
            .unwrap();
        let seen = |row: &sqlx::postgres::PgRow| Seen {
            id: row.get("id"),
            state: row.get("state"),
            labels: row.get("labels"),
            properties: row.get("properties"),
            sources: row.get("sources"),
            provenance: row.get("provenance"),
            valid_from: row.get("valid_from"),
            batch_id: row.get("batch_id"),
            from_id: row.get("from_id"),
            to_id: row.get("to_id"),
        };
        rows.iter().map(seen).collect()
    }

    /// What an asserter said under an external id, the oldest row first.
    pub(crate) async fn said(&self, who: Asserter, external_id: &str) -> Vec<Said> {
        let rows = sqlx::query(
            "select valid_from, valid_to, recorded_at, ended_at, superseded_at, entity_id from facts
             where org_id = $1 and asserter_id = $2 and external_id = $3 order by id",
        )
        .bind(Uuid::from(self.org))
        .bind(who.uuid())
        .bind(external_id)
        .fetch_all(&mut self.owner().await)
        .await
        .unwrap();
        let secs = |moment: Timestamp| (moment - at(0)).num_seconds();
        let said = |row: &sqlx::postgres::PgRow| Said {
            valid: (secs(row.get(0)), row.get::<Option<_>, _>(1).map(secs)),
            known: (secs(row.get(2)), row.get::<Option<_>, _>(3).map(secs)),
            superseded: row.get::<Option<_>, _>(4).map(secs),
            entity: row.get(5),
        };
        rows.iter().map(said).collect()
    }

    /// How many rows there are, and who wrote them: changes whenever a row is written.
    pub(crate) async fn fingerprint(&self) -> Vec<String> {
        let mut marks = Vec::new();
        for table in ["entities", "facts", "fact_batches"] {
            let statement = format!(
                "select count(*)::text || ' ' ||
                    coalesce(md5(string_agg(t.ctid::text || t.xmin::text || t.xmax::text, ' ' order by t.ctid)), '')
                 from {table} t"
            );
            let mark = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
                .fetch_one(&mut self.owner().await)
                .await
                .unwrap();
            marks.push(mark);
        }
        marks
    }
}

pub(crate) fn source() -> SourceId {
    next_id().into()
}

pub(crate) fn person() -> Asserter {
    Asserter::Person(next_id())
}

pub(crate) fn map(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("an object") };
    map
}

/// A node that only its source speaks of.
pub(crate) fn own(external_id: &str, properties: Value) -> Staged {
    Staged::Node(StagedNode {
        external_id: external_id.to_owned(),
        key: None,
        labels: vec!["Thing".to_owned()],
        properties: map(properties),
        valid_from: None,
    })
}

/// A node that all the world knows by its key, which is also its external id.
pub(crate) fn shared(key: &str, properties: Value) -> Staged {
    keyed(key, key, properties)
}

pub(crate) fn keyed(external_id: &str, key: &str, properties: Value) -> Staged {
    let Staged::Node(node) = own(external_id, properties) else { unreachable!() };
    Staged::Node(StagedNode { key: Some(key.to_owned()), ..node })
}

/// The same since a moment that the source knows.
pub(crate) fn since(secs: i64, staged: Staged) -> Staged {
    let valid_from = Some(at(secs));
    match staged {
        Staged::Node(node) => Staged::Node(StagedNode { valid_from, ..node }),
        Staged::Edge(edge) => Staged::Edge(StagedEdge { valid_from, ..edge }),
        gone @ Staged::Gone { .. } => gone,
    }
}

pub(crate) fn edge(edge_type: &str, from: End, to: End) -> Staged {
    Staged::Edge(StagedEdge {
        external_id: format!("{edge_type} {from:?} {to:?}"),
        edge_type: edge_type.to_owned(),
        from,
        to,
        key: String::new(),
        properties: Map::new(),
        valid_from: None,
    })
}

pub(crate) fn by_own(external_id: &str) -> End {
    End::Own(external_id.to_owned())
}

pub(crate) fn by_key(key: &str) -> End {
    End::Shared(key.to_owned())
}

pub(crate) fn gone(kind: Kind, external_id: &str) -> Staged {
    Staged::Gone { kind, external_id: external_id.to_owned() }
}
