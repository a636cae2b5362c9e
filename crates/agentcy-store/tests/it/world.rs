//! A database with a few orgs in it, and callers who were permitted something.

use std::sync::atomic::{AtomicU64, Ordering};

use agentcy_core::{
    Action, By, Caller, Credential, DomainEvent, Principal, Realms, Role, System, Timestamp,
    audit::{AuditEntry, Decision},
    id::OrgId,
};
use agentcy_store::{Db, PgConnectOptions};
use agentcy_testkit::postgres::TestDb;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use uuid::Uuid;

pub(crate) const SYSTEM: System = System::establish();

pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) db: Db,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_pool(8).await
    }

    pub(crate) async fn with_pool(size: usize) -> Self {
        let test = TestDb::new().await;
        let db = test.db(size);
        Self { test, db }
    }

    /// A connection past row-level security.
    pub(crate) async fn owner(&self) -> PgConnection {
        connect(&self.test.owner).await
    }

    pub(crate) async fn org(&self) -> OrgId {
        let id = next_id();
        sqlx::query("insert into orgs (id, name, created_at, updated_at) values ($1, $2, $3, $3)")
            .bind(id)
            .bind(format!("org {id}"))
            .bind(at(0))
            .execute(&mut self.owner().await)
            .await
            .unwrap();
        id.into()
    }
}

pub(crate) async fn connect(options: &PgConnectOptions) -> PgConnection {
    options.connect().await.unwrap()
}

pub(crate) async fn run(conn: &mut PgConnection, statement: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(statement.into())).execute(conn).await.unwrap();
}

pub(crate) fn next_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(NEXT.fetch_add(1, Ordering::Relaxed).into())
}

/// A moment, in seconds after some other.
pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + secs, 0).unwrap()
}

pub(crate) fn by(org: OrgId) -> By {
    let caller = Caller {
        org_id: org,
        principal: Principal::User(next_id().into()),
        role: Role::Owner,
        realms: Realms::All,
        credential: Credential::ApiKey,
        expires_at: None,
        can_approve: false,
        platform_admin: false,
        request_id: "req".into(),
        ip: None,
        causes: Vec::new(),
    };
    By::granted(&SYSTEM, &caller, Action::SessionRead)
}

pub(crate) fn event(org: OrgId, topic: &str, n: i64) -> DomainEvent {
    DomainEvent {
        id: next_id().into(),
        org_id: org,
        topic: topic.into(),
        event: "happened".into(),
        at: at(0),
        data: n.into(),
        realm: None,
        owner: None,
        causes: Vec::new(),
    }
}

pub(crate) fn entry(org: Option<OrgId>, target: &str) -> AuditEntry {
    AuditEntry {
        id: next_id().into(),
        org_id: org,
        at: at(0),
        actor: "somebody".into(),
        action: "thing.do".into(),
        decision: Decision::Allowed,
        target: target.into(),
        details: serde_json::json!({ "why": "a test" }),
        request_id: "req".into(),
        ip: Some("2001:db8::7".parse().unwrap()),
    }
}
