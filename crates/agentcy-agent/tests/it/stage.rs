//! A platform with an org, a small graph, sources to call, and runs that ask.

use std::{ops::Deref, sync::Arc, time::Duration};

use agentcy_agent::tools::{Call, Grants, Judged, Outcome, Toolbox, Verdict};
use agentcy_core::{
    Action, Caller, Principal, Realm, Realms, Role,
    agent::RunLimits,
    chat::{ApprovalState, CallState},
    id::{ApprovalId, ConversationId, MessageId, NodeId, OrgId, RunId, SourceId, ToolCallId},
    tool::{ApprovalDefault, ApprovalDefaults},
};
use agentcy_platform::{
    conversations::{self, NewConversation},
    graph::{self, EdgeAssertion, NodeAssertion},
    sources::{self, NewSource},
};
use agentcy_sources::{Catalog, Connector, Csv, Git, Http, Json};
use agentcy_store::{
    approvals::{self, Approval},
    runs::{self, NewRun, Start},
    tool_calls::{self, ToolCall},
};
use agentcy_testkit::{platform::TestPlatform, postgres::TestDb};
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::lab::Lab;

pub(crate) const ALLOW: ApprovalDefaults = ApprovalDefaults {
    read: ApprovalDefault::Allow,
    write: ApprovalDefault::Allow,
    destructive: ApprovalDefault::Allow,
};

pub(crate) struct Stage {
    inner: TestPlatform,
    pub(crate) org: OrgId,
    pub(crate) owner: Caller,
    pub(crate) lab: Lab,
    pub(crate) folder: TempDir,
}

impl Deref for Stage {
    type Target = TestPlatform;
    fn deref(&self) -> &TestPlatform {
        &self.inner
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let lab = Lab::default();
        let folder = TempDir::new().unwrap();
        let connectors: [Arc<dyn Connector>; 5] = [
            Arc::new(lab.clone()),
            Arc::new(Csv),
            Arc::new(Json),
            Arc::new(Git::default()),
            Arc::new(Http),
        ];
        let catalog = Catalog::new(connectors).unwrap();
        let platform = TestPlatform::over(
            TestDb::new().await,
            |setup| setup.sources.files_allow = vec![(None, folder.path().to_owned())],
            |_, engines| engines.connectors = catalog,
        );
        let org = platform.org().await;
        let owner = platform.caller(org, Role::Owner).await;
        Self { inner: platform, org, owner, lab, folder }
    }

    /// A member of the org with these realms.
    pub(crate) async fn limited(&self, role: Role, slugs: &[&str]) -> Caller {
        let user = self.user(self.org, role).await;
        let list = format!("{{{}}}", slugs.join(","));
        let id = uuid::Uuid::from(user.id);
        let limit = format!("update memberships set realms = '{list}' where user_id = '{id}'");
        self.database.execute(&limit).await;
        let realms = Realms::Only(slugs.iter().map(|slug| realm(slug)).collect());
        Caller { realms, ..self.calling(&user) }
    }

    pub(crate) async fn member(&self, role: Role) -> Caller {
        self.caller(self.org, role).await
    }

    /// A node that its owner made, seen by graph queries.
    pub(crate) async fn node(&self, slug: &str, key: &str, properties: Value) -> NodeId {
        let said = NodeAssertion {
            realm: realm(slug),
            key: key.to_owned(),
            labels: Some(vec!["Service".to_owned()]),
            properties: serde_json::from_value(properties).unwrap(),
            expected: None,
            run: None,
        };
        let writing = graph::upsert_node(&self.inner.platform, &self.owner, said);
        self.seen(Box::pin(writing)).await.unwrap().id
    }

    /// What waits for graph queries to see it, while somebody sees to that.
    async fn seen<T>(&self, mut writing: impl Future<Output = T> + Unpin) -> T {
        loop {
            tokio::select! {
                done = &mut writing => return done,
                () = tokio::time::sleep(Duration::from_millis(20)) => Box::pin(self.settle()).await,
            }
        }
    }

    pub(crate) async fn edge(&self, from: NodeId, to: NodeId) {
        let edge_type = "DEPENDS_ON".to_owned();
        let said =
            EdgeAssertion { from, to, edge_type, properties: serde_json::Map::new(), run: None };
        let writing = graph::link_nodes(&self.inner.platform, &self.owner, said);
        self.seen(Box::pin(writing)).await.unwrap();
    }

    /// A source that its owner connected.
    pub(crate) async fn source(
        &self,
        name: &str,
        kind: &str,
        slug: &str,
        config: Value,
    ) -> SourceId {
        self.source_with(name, kind, slug, config, &[]).await
    }

    pub(crate) async fn source_with(
        &self,
        name: &str,
        kind: &str,
        slug: &str,
        config: Value,
        secrets: &[(&str, &str)],
    ) -> SourceId {
        let secret = |(name, text): &(&str, &str)| ((*name).to_owned(), Some((*text).into()));
        let new = NewSource {
            name: name.to_owned(),
            source_type: kind.to_owned(),
            realm: realm(slug),
            config,
            credentials: secrets.iter().map(secret).collect(),
        };
        let draft = sources::create(&self.inner.platform, &self.owner, new).await.unwrap();
        draft.commit().await.unwrap().id
    }

    /// A source of this uploaded text, synced.
    pub(crate) async fn synced(
        &self,
        name: &str,
        kind: &str,
        config: Value,
        text: &str,
    ) -> SourceId {
        let id = self.source(name, kind, "data", config).await;
        let pieces = stream::iter([Ok(Bytes::from(text.to_owned()))]).boxed();
        sources::upload(&self.inner.platform, &self.owner, id, pieces).await.unwrap();
        self.sync(id).await;
        id
    }

    pub(crate) async fn sync(&self, id: SourceId) {
        let platform = &self.inner.platform;
        let draft = agentcy_platform::sync::start(platform, &self.owner, id).await.unwrap();
        draft.commit().await.unwrap();
        self.settle().await;
    }

    pub(crate) async fn conversation(&self, caller: &Caller) -> ConversationId {
        let new = NewConversation { title: None, agent_id: None, realm: None };
        let draft = conversations::create(&self.inner.platform, caller, new).await.unwrap();
        draft.commit().await.unwrap().id
    }

    /// The tools of a run that this caller starts, as it stands now.
    pub(crate) async fn tools(&self, caller: &Caller) -> Toolbox {
        let conversation = self.conversation(caller).await;
        self.tools_with(caller, grants(conversation)).await
    }

    pub(crate) async fn tools_with(&self, caller: &Caller, grants: Grants) -> Toolbox {
        let platform = &self.inner.platform;
        let (run, starter): (RunId, _) = (self.ids.next(), caller.principal.to_string());
        let stand_in = platform.stand_in(caller.org_id, &starter, "run_test").await.unwrap();
        Toolbox::new(platform, run, stand_in.unwrap(), grants)
    }

    /// A run that has asked for this call and is parked, as the run loop leaves it.
    pub(crate) async fn parked(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        judged: &Judged,
    ) -> Parked {
        let platform = &self.inner.platform;
        let (run, call, id): (RunId, ToolCallId, ApprovalId) =
            (self.ids.next(), self.ids.next(), self.ids.next());
        let message: MessageId = self.ids.next();
        let starter = caller.principal.to_string();
        let now = platform.now();
        let by = platform.run_by(caller.org_id, &starter, run).unwrap();
        let mut tx = platform.begin(&by).await.unwrap();
        let new = NewRun {
            id: run,
            conversation_id: conversation,
            agent_id: None,
            message_id: message,
            starter: starter.clone(),
            limits: RunLimits::default(),
            system: None,
            task: None,
            at: now,
            start: Start::Held {
                holder: "test".to_owned(),
                lease_until: now + TimeDelta::seconds(30),
            },
        };
        let hold = runs::insert(&mut tx, &new).await.unwrap();
        let asked = ToolCall {
            id: call,
            conversation_id: conversation,
            run_id: run,
            message_id: message,
            step: 0,
            ordinal: 0,
            provider_id: "call_1".to_owned(),
            name: judged.call.name.clone(),
            connector: judged.connector.clone(),
            tool: judged.tool.clone(),
            args: judged.call.args.clone(),
            effect: Some(judged.effect),
            state: CallState::Waiting,
            passed_by: None,
            result: None,
            created_at: now,
            started_at: None,
            finished_at: None,
        };
        tool_calls::insert(&mut tx, &[asked]).await.unwrap();
        let expires_at = now + TimeDelta::seconds(300);
        let approval = Approval {
            id,
            conversation_id: conversation,
            run_id: run,
            tool_call_id: call,
            tool: judged.label.clone(),
            connector: judged.connector.clone(),
            args: judged.args.clone(),
            args_schema: judged.args_schema.clone(),
            digest: judged.digest.to_vec(),
            effect: judged.effect,
            reason: "a test asks".to_owned(),
            requested_by: starter,
            state: ApprovalState::Pending,
            call_state: CallState::Waiting,
            decided_by: None,
            note: None,
            remember_until: None,
            expires_at,
            created_at: now,
            decided_at: None,
        };
        approvals::insert(&mut tx, &approval).await.unwrap();
        runs::park(&mut tx, hold, expires_at, now).await.unwrap();
        tx.commit().await.unwrap();
        Parked { run, id, call: judged.call.clone() }
    }

    pub(crate) async fn approval(&self, id: ApprovalId) -> Approval {
        let by = self.inner.platform.permit(&self.owner, Action::ApprovalRead).await.unwrap();
        let mut reader = self.inner.platform.read(&by).await.unwrap();
        approvals::find(&mut reader, id).await.unwrap().unwrap()
    }

    /// The audit rows of an action.
    pub(crate) async fn audit(&self, action: &str) -> Vec<Value> {
        let query = format!("select * from audit where action = '{action}' order by ctid");
        self.database.rows(&query).await
    }
}

pub(crate) struct Parked {
    pub(crate) run: RunId,
    pub(crate) id: ApprovalId,
    pub(crate) call: Call,
}

pub(crate) fn realm(slug: &str) -> Realm {
    slug.parse().unwrap()
}

/// What a conversation without an agent is granted, in an org that lets everything pass.
pub(crate) fn grants(conversation: ConversationId) -> Grants {
    Grants {
        conversation,
        allowed: Vec::new(),
        defaults: ALLOW,
        own_defaults: None,
        standing: Vec::new(),
        realms: Vec::new(),
    }
}

pub(crate) fn call(name: &str, args: Value) -> Call {
    Call { name: name.to_owned(), args }
}

pub(crate) fn at_source(connector: &str, tool: &str, args: Value) -> Call {
    let mut asked = json!({ "connector": connector, "tool": tool });
    asked["args"] = args;
    call("execute_connector_tool", asked)
}

/// Judges and runs a call of a run that has read nothing yet.
pub(crate) async fn run(tools: &Toolbox, call: Call) -> Outcome {
    let judged = tools.judge(call, false).await.unwrap();
    match &judged.verdict {
        Verdict::Refuse { code, message } => Outcome {
            result: agentcy_agent::tools::refusal(code.name(), message),
            is_error: true,
            taints: false,
            unknown: false,
            citations: Vec::new(),
        },
        _ => tools.run(&judged, &CancellationToken::new()).await,
    }
}

/// The result of a call that must come through.
pub(crate) async fn result(tools: &Toolbox, call: Call) -> Value {
    let outcome = run(tools, call).await;
    assert!(!outcome.is_error, "{}", outcome.result);
    outcome.result
}

/// Code and words of a call that must not come through.
pub(crate) async fn failure(tools: &Toolbox, call: Call) -> (String, String) {
    let outcome = run(tools, call).await;
    assert!(outcome.is_error, "{}", outcome.result);
    let text = |name: &str| outcome.result["error"][name].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

pub(crate) fn user_of(caller: &Caller) -> uuid::Uuid {
    match caller.principal {
        Principal::User(id) => id.into(),
        Principal::Key(id) => id.into(),
    }
}
