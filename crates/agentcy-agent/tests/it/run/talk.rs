//! A conversation between a person and a scripted model, over as many servers as a test needs.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use agentcy_agent::{
    Runs,
    approvals::{self, Decision},
    runs::{self, NewMessage, Started},
};
use agentcy_core::{
    Caller, Limit, Role,
    chat::OnBusy,
    id::{ConversationId, OrgId, RunId},
    tool::Effect,
};
use agentcy_llm::{Patience, ProviderKind, Settings};
use agentcy_platform::{
    Platform, Result,
    conversations::{self, NewConversation},
    lifecycle::Lifecycle,
    sources::{self, NewSource},
};
use agentcy_sources::{
    Catalog, Connector, Job, Output, Record, Result as Sourced, Tool as SourceTool,
};
use agentcy_testkit::{
    fake_llm::{FakeLlm, Turn},
    platform::TestPlatform,
    postgres::TestDb,
};
use chrono::TimeDelta;
use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use schemars::{Schema, json_schema};
use serde_json::{Value, json};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

/// How long a test waits for what must come.
const LONG: Duration = Duration::from_secs(20);

/// Tools that do something, and count how often where that matters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bench {
    effects: Arc<AtomicUsize>,
    gate: Arc<Notify>,
}

impl Bench {
    pub(crate) fn effects(&self) -> usize {
        self.effects.load(Ordering::SeqCst)
    }

    /// Lets one that waits at the gate go on, or the next that comes there.
    pub(crate) fn open(&self) {
        self.gate.notify_one();
    }
}

impl Connector for Bench {
    fn source_type(&self) -> &'static str {
        "bench"
    }
    fn title(&self) -> &'static str {
        "Bench"
    }
    fn description(&self) -> &'static str {
        "Tools of tests."
    }
    fn config_schema(&self) -> Schema {
        json_schema!({ "type": "object" })
    }
    fn credential_schema(&self) -> Schema {
        json_schema!({ "type": "object" })
    }
    fn is_remote(&self, _config: &Value) -> bool {
        false
    }
    fn syncs(&self) -> bool {
        false
    }
    fn validate<'a>(&'a self, _job: Job<'a>) -> BoxFuture<'a, Sourced<()>> {
        std::future::ready(Ok(())).boxed()
    }
    fn collect<'a>(&'a self, _job: Job<'a>) -> BoxStream<'a, Sourced<Record>> {
        stream::empty().boxed()
    }
    fn tools(&self) -> Vec<SourceTool> {
        let tool = |name, effect| {
            let input_schema = json_schema!({
                "type": "object",
                "properties": { "target": { "type": "string" } },
                "required": ["target"],
            });
            SourceTool { name, description: "Does something.", effect, input_schema }
        };
        vec![
            tool("look", Effect::Read),
            tool("wait", Effect::Read),
            tool("break", Effect::Read),
            tool("ponder", Effect::Read),
            tool("poke", Effect::Write),
            tool("stall", Effect::Write),
            tool("hold", Effect::Write),
        ]
    }
    fn execute<'a>(
        &'a self,
        _job: Job<'a>,
        tool: &'a str,
        args: &'a Value,
    ) -> BoxFuture<'a, Sourced<Output>> {
        async move {
            if matches!(tool, "poke" | "stall" | "hold" | "ponder") {
                self.effects.fetch_add(1, Ordering::SeqCst);
            }
            if tool == "hold" || tool == "ponder" {
                self.gate.notified().await;
            }
            assert_ne!(tool, "break", "a connector with a fault");
            if tool == "wait" || tool == "stall" {
                std::future::pending::<()>().await;
            }
            Ok(Output { content: json!({ "did": tool, "to": args["target"] }), truncated: false })
        }
        .boxed()
    }
}

/// One server.
pub(crate) struct Server {
    pub(crate) platform: Platform,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) runs: Runs,
}

impl Server {
    pub(crate) fn over(platform: Platform) -> Self {
        let lifecycle = Lifecycle::default();
        let patience = Patience { backoff: Duration::from_millis(1), ..Patience::default() };
        let runs = Runs::with_patience(&platform, &lifecycle, patience);
        Self { platform, lifecycle, runs }
    }

    /// As `kill -9` would: nothing is given back.
    pub(crate) fn kill(&self) {
        self.lifecycle.stop_now();
    }

    /// Takes up what is due and waits until nothing is held.
    pub(crate) async fn work(&self) {
        timeout(LONG, async { while self.claim().await > 0 {} }).await.unwrap();
    }

    async fn claim(&self) -> usize {
        let count = self.runs.claim().await.unwrap();
        self.runs.idle().await;
        count
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.lifecycle.stop_now();
    }
}

/// An event as it went over the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) seq: i64,
    pub(crate) name: String,
    pub(crate) data: Value,
}

pub(crate) struct Talk {
    pub(crate) inner: TestPlatform,
    pub(crate) org: OrgId,
    pub(crate) person: Caller,
    pub(crate) bench: Bench,
    pub(crate) llm: FakeLlm,
    pub(crate) server: Server,
    pub(crate) conversation: ConversationId,
}

impl Talk {
    /// A conversation of a member with a model that takes these turns.
    pub(crate) async fn of(turns: impl IntoIterator<Item = Turn>) -> Self {
        // The first client of a process brings what TLS is done with.
        drop(agentcy_testkit::app::http());
        let llm = FakeLlm::start(turns).await.unwrap();
        let bench = Bench::default();
        let connectors: [Arc<dyn Connector>; 1] = [Arc::new(bench.clone())];
        let catalog = Catalog::new(connectors).unwrap();
        let base_url = llm.base_url.parse().unwrap();
        let inner = TestPlatform::over(
            TestDb::new().await,
            |setup| {
                setup.llm = Settings {
                    provider: ProviderKind::Openai,
                    base_url: Some(base_url),
                    api_key: None,
                    model: Some("scripted".to_owned()),
                };
            },
            |_, engines| engines.connectors = catalog,
        );
        let org = inner.org().await;
        let person = inner.caller(org, Role::Member).await;
        let server = Server::over(inner.platform.clone());
        let new = NewConversation { title: None, agent_id: None, realm: None };
        let draft = conversations::create(&inner.platform, &person, new).await.unwrap();
        let conversation = draft.commit().await.unwrap().id;
        let new = NewSource {
            name: "bench".to_owned(),
            source_type: "bench".to_owned(),
            realm: "data".parse().unwrap(),
            config: json!({}),
            credentials: BTreeMap::default(),
        };
        let draft = sources::create(&inner.platform, &person, new).await.unwrap();
        draft.commit().await.unwrap();
        Self { inner, org, person, bench, llm, server, conversation }
    }

    /// What tools may do without asking, by effect.
    pub(crate) async fn let_pass(&self, read: &str, write: &str) {
        let defaults = json!({ "read": read, "write": write, "destructive": "approve" });
        self.inner
            .database
            .execute(&format!("update orgs set approval_defaults = '{defaults}'"))
            .await;
    }

    /// One more server over the same stores.
    pub(crate) fn replica(&self) -> Server {
        Server::over(self.inner.replica())
    }

    pub(crate) async fn say(&self, content: &str) -> Started {
        self.try_say(content, OnBusy::Refuse).await.unwrap()
    }

    pub(crate) async fn try_say(&self, content: &str, on_busy: OnBusy) -> Result<Started> {
        let message = NewMessage { content: content.to_owned(), on_busy };
        runs::send(&self.server.runs, &self.person, self.conversation, message, None).await
    }

    /// The events of a run, to its last.
    pub(crate) async fn hear(&self, started: &Started) -> Vec<Event> {
        self.hear_at(&self.server, started).await
    }

    pub(crate) async fn hear_at(&self, server: &Server, started: &Started) -> Vec<Event> {
        let mut tail = runs::answer(&server.runs, started);
        let mut events = Vec::new();
        let heard = async {
            while let Some(batch) = tail.next().await {
                for entry in batch.unwrap() {
                    let data = serde_json::from_slice(entry.data()).unwrap();
                    let name = entry.name().to_owned();
                    events.push(Event { seq: entry.seq(), name, data });
                }
            }
        };
        timeout(LONG, heard).await.unwrap();
        events
    }

    /// Says something, and gives all that comes.
    pub(crate) async fn ask(&self, content: &str) -> Vec<Event> {
        let started = self.say(content).await;
        self.hear(&started).await
    }

    /// Waits until the only row of a query says so.
    pub(crate) async fn until(&self, query: &str) -> Vec<Value> {
        let found = async {
            loop {
                let rows = self.inner.database.rows(query).await;
                if !rows.is_empty() {
                    return rows;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        let found = timeout(LONG, found).await;
        assert!(found.is_ok(), "never: {query}");
        found.unwrap()
    }

    /// Waits until the model was asked so often: how far its script is does not hang on how fast anything is.
    pub(crate) async fn until_asked(&self, times: usize) {
        let asked = async {
            while self.llm.seen().len() < times {
                sleep(Duration::from_millis(1)).await;
            }
        };
        assert!(timeout(LONG, asked).await.is_ok(), "asked {} times", self.llm.seen().len());
    }

    /// Waits until a run stands there.
    pub(crate) async fn until_state(&self, run: RunId, state: &str) {
        let id = uuid::Uuid::from(run);
        self.until(&format!("select 1 from runs where id = '{id}' and state = '{state}'")).await;
    }

    pub(crate) async fn run(&self, run: RunId) -> Value {
        let id = uuid::Uuid::from(run);
        let mut rows =
            self.inner.database.rows(&format!("select * from runs where id = '{id}'")).await;
        rows.remove(0)
    }

    /// The approvals that wait.
    pub(crate) async fn waiting(&self) -> Vec<approvals::Approval> {
        let page = agentcy_platform::PageRequest { limit: Limit::default(), cursor: None };
        let all = approvals::of_conversation(
            &self.server.platform,
            &self.person,
            self.conversation,
            page,
        );
        let all = all.await.unwrap().items;
        all.into_iter().filter(|one| one.decided_at.is_none()).collect()
    }

    pub(crate) async fn decide(&self, decision: Decision) {
        let waiting = self.waiting().await;
        let first = waiting.first().unwrap();
        let platform = &self.server.platform;
        approvals::decide(platform, &self.person, self.conversation, first.id, decision)
            .await
            .unwrap();
    }

    /// Past every lease. What a server that was killed had begun is let go of first, which takes a moment: in life that is
    /// over long before a lease is.
    pub(crate) async fn leases_run_out(&self) {
        self.until(
            "select 1 where not exists (
                 select from pg_stat_activity
                 where datname = current_database() and pid <> pg_backend_pid()
                     and (state = 'active' or state like 'idle in transaction%'))",
        )
        .await;
        self.inner.clock.advance(TimeDelta::seconds(31));
    }

    /// The bodies of what the model was asked.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.llm.seen().into_iter().map(|seen| seen.body).collect()
    }

    /// How many commits a run's log took.
    pub(crate) async fn commits(&self, run: RunId) -> usize {
        let id = uuid::Uuid::from(run);
        let query =
            format!("select distinct xmin::text from conversation_log where run_id = '{id}'");
        self.inner.database.rows(&query).await.len()
    }
}

pub(crate) const YES: Decision =
    Decision { approved: true, note: None, args: None, remember_secs: None };

/// A call of a tool of the bench.
pub(crate) fn at_bench(tool: &str, target: &str) -> (&'static str, Value) {
    let args = json!({ "connector": "bench", "tool": tool, "args": { "target": target } });
    ("execute_connector_tool", args)
}

pub(crate) fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

pub(crate) fn of<'a>(events: &'a [Event], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event.name == name).map(|event| &event.data).collect()
}

/// The text that a reader of these events ends up with.
pub(crate) fn text(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        match event.name.as_str() {
            "content_delta" => text.push_str(event.data["delta"].as_str().unwrap()),
            "message_reset" => event.data["content"].as_str().unwrap().clone_into(&mut text),
            _ => {}
        }
    }
    text
}
