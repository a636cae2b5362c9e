//! A platform with one org, one source that follows a script, and runners that turn by hand.

use std::{ops::Deref, sync::Arc};

use agentcy_core::{
    Action, By, Caller, Realm, Role,
    id::{OrgId, SourceId},
};
use agentcy_platform::{
    Platform,
    jobs::Runner,
    lifecycle::Lifecycle,
    sync::{self, Sync},
};
use agentcy_sources::{Catalog, Connector};
use agentcy_store::sources::{self, Source};
use agentcy_testkit::{platform::TestPlatform, postgres::TestDb};
use serde_json::{Value, json};

use super::script::{Script, Step, ToolsOnly};

pub(crate) struct Theatre {
    stage: TestPlatform,
    pub(crate) script: Script,
    pub(crate) org: OrgId,
    pub(crate) caller: Caller,
    pub(crate) source: SourceId,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) runner: Runner,
}

impl Deref for Theatre {
    type Target = TestPlatform;
    fn deref(&self) -> &TestPlatform {
        &self.stage
    }
}

impl Theatre {
    /// A source that will say this at its first sync, and later ones unless told otherwise.
    pub(crate) async fn playing(act: impl IntoIterator<Item = Step>) -> Self {
        let script = Script::default();
        script.then(act);
        let connectors: [Arc<dyn Connector>; 2] = [Arc::new(script.clone()), Arc::new(ToolsOnly)];
        let catalog = Catalog::new(connectors).unwrap();
        let exchange = |_: &TestDb, engines: &mut agentcy_platform::Engines| {
            engines.connectors = catalog;
        };
        let stage = TestPlatform::over(TestDb::new().await, |_| {}, exchange);
        let org = stage.org().await;
        let caller = stage.caller(org, Role::Member).await;
        let lifecycle = Lifecycle::default();
        let runner = Runner::new(&stage.platform, &lifecycle, sync::kinds());
        let source = stage.ids.next();
        let theatre = Self { stage, script, org, caller, source, lifecycle, runner };
        theatre.connect(source, "script").await;
        theatre
    }

    pub(crate) fn by(&self, action: Action) -> By {
        By::granted(&self.system, &self.caller, action)
    }

    pub(crate) fn realm() -> Realm {
        "data".parse().unwrap()
    }

    pub(crate) async fn connect(&self, id: SourceId, source_type: &str) {
        let now = self.platform.now();
        let source = Source {
            id,
            name: format!("{source_type} {id}"),
            source_type: source_type.to_owned(),
            realm: Self::realm(),
            config: json!({}),
            credentials: None,
            cursor: None,
            content: None,
            created_by: "somebody".to_owned(),
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db.begin(&self.by(Action::SourceCreate)).await.unwrap();
        sources::insert(&mut tx, &source).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Another process' runner.
    pub(crate) fn another_runner(&self) -> Runner {
        Runner::new(&self.stage.replica(), &self.lifecycle, sync::kinds())
    }

    /// Asks for a sync.
    pub(crate) async fn start(&self) -> Sync {
        let draft = sync::start(&self.platform, &self.caller, self.source).await.unwrap();
        draft.commit().await.unwrap()
    }

    /// Runs whatever is due until nothing is.
    pub(crate) async fn run(&self) {
        run(&self.runner).await;
    }

    /// A sync from beginning to end.
    pub(crate) async fn sync(&self) -> Sync {
        let sync = self.start().await;
        self.run().await;
        self.read(&sync).await
    }

    /// How it stands now.
    pub(crate) async fn read(&self, sync: &Sync) -> Sync {
        sync::read(&self.platform, &self.caller, self.source, sync.id).await.unwrap()
    }

    /// What the source says at present, by its own ids.
    pub(crate) async fn said(&self) -> Vec<String> {
        let open = "select external_id from facts
             where valid_to is null and superseded_at is null order by external_id";
        let rows = self.database.rows(open).await;
        rows.iter().map(|row| row["external_id"].as_str().unwrap().to_owned()).collect()
    }

    /// A value of the job.
    pub(crate) async fn job(&self, sync: &Sync, column: &str) -> Value {
        let id = uuid::Uuid::from(sync.id);
        let query = format!("select {column} as it from jobs where id = '{id}'");
        self.database.rows(&query).await[0]["it"].clone()
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let query = format!("select count(*) as it from {table}");
        self.database.rows(&query).await[0]["it"].as_i64().unwrap()
    }

    /// What listeners of a topic were told, the first first.
    pub(crate) async fn told(&self, topic: &str) -> Vec<Value> {
        let query = format!("select data from outbox where topic = '{topic}' order by written");
        let rows = self.database.rows(&query).await;
        rows.into_iter().map(|mut row| row["data"].take()).collect()
    }
}

pub(crate) async fn run(runner: &Runner) {
    while runner.claim().await.unwrap() > 0 {
        runner.idle().await;
    }
}

/// A platform of another process.
pub(crate) fn platform(theatre: &Theatre) -> Platform {
    theatre.stage.replica()
}
