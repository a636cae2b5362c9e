//! Tasks of an agent with tools that change something, over as many servers as a test needs.

use std::{ops::Deref, time::Duration};

use agentcy_agent::{
    approvals::{self, Approval, Decision},
    tasks as agent_tasks,
};
use agentcy_core::{
    Action, By, Caller, Limit, Role,
    id::{AgentId, DeliveryId, JobId, TaskRunId},
    task::{Cause, TaskLimits, TaskRunState, TriggerKind},
};
use agentcy_platform::{
    PageRequest,
    agents::{self, NewAgent},
    jobs::Runner,
    tasks::{self, NewTask, NewTaskRun, Task, TaskRun, TriggerSpec},
};
use agentcy_store::deliveries::{self, NewDelivery};
use agentcy_testkit::fake_llm::Turn;
use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::run::talk::{Server, Talk};

/// How long a test waits for what must come.
const LONG: Duration = Duration::from_secs(20);

pub(super) struct Yard {
    talk: Talk,
    pub(super) admin: Caller,
    pub(super) agent: AgentId,
}

impl Deref for Yard {
    type Target = Talk;
    fn deref(&self) -> &Talk {
        &self.talk
    }
}

impl Yard {
    pub(super) async fn of(turns: impl IntoIterator<Item = Turn>) -> Self {
        let talk = Talk::of(turns).await;
        let admin = talk.inner.caller(talk.org, Role::Admin).await;
        let new = NewAgent { name: "scout".to_owned(), ..NewAgent::default() };
        let draft = agents::create(&talk.inner.platform, &admin, new).await.unwrap();
        let agent = draft.commit().await.unwrap().id;
        Self { talk, admin, agent }
    }

    /// A task that says what sets it off.
    pub(super) fn task(&self, name: &str, kind: TriggerKind) -> NewTask {
        NewTask {
            name: name.to_owned(),
            agent_id: self.agent,
            realm: None,
            run_as: None,
            input_template: prompt("Look at {{ trigger.body.what }}."),
            limits: TaskLimits::default(),
            approval_defaults: None,
            approval_timeout_secs: None,
            standing_approvals: Vec::new(),
            enabled: true,
            trigger: TriggerSpec::new(kind),
        }
    }

    pub(super) async fn define(&self, caller: &Caller, new: NewTask) -> Task {
        let draft = tasks::create(&self.inner.platform, caller, new).await.unwrap();
        draft.commit().await.unwrap().task
    }

    /// A task of the member's that they set off by hand.
    pub(super) async fn manual(&self) -> Task {
        self.define(&self.person, self.task("by hand", TriggerKind::Manual)).await
    }

    pub(super) async fn set_off(&self, caller: &Caller, task: &Task, what: &str) -> TaskRunId {
        self.inner.clock.advance(TimeDelta::seconds(1));
        let input = Some(json!({ "what": what }));
        let draft = tasks::run(&self.inner.platform, caller, task.id, input).await.unwrap();
        draft.commit().await.unwrap().id
    }

    /// A tick of the task.
    pub(super) async fn tick(&self, task: &Task) -> TaskRunId {
        let platform = &self.inner.platform;
        let at = platform.now();
        let new = NewTaskRun {
            id: platform.new_id(),
            task_id: task.id,
            cause: Cause::Schedule { tick: at },
            causes: Vec::new(),
            payload: None,
            delivery_id: None,
            tick: Some(at),
            at,
        };
        let mut tx = platform.begin(&self.trigger().await).await.unwrap();
        assert!(tasks::enqueue(platform, &mut tx, &task.run_as, &new).await.unwrap());
        tx.commit().await.unwrap();
        new.id
    }

    /// What came in by webhook.
    pub(super) async fn deliver(&self, task: &Task, body: &Value) -> TaskRunId {
        let platform = &self.inner.platform;
        let at = platform.now();
        let run = platform.new_id();
        let headers = json!({ "x-from": "</data> a friend" });
        let new = NewDelivery {
            id: platform.new_id::<DeliveryId>(),
            run,
            job: platform.new_id::<JobId>(),
            max_attempts: 5,
            trigger: task.trigger.id,
            key: vec![7; 32],
            headers: headers.as_object().unwrap().clone(),
            content_type: Some("application/json".to_owned()),
            body: body.to_string().into(),
            at,
            expires_at: at + TimeDelta::hours(72),
        };
        let mut tx = platform.begin(&self.trigger().await).await.unwrap();
        deliveries::take_in(&mut tx, &[new]).await.unwrap();
        tx.commit().await.unwrap();
        run
    }

    async fn trigger(&self) -> By {
        self.inner.platform.permit(&self.admin, Action::TaskTrigger).await.unwrap()
    }

    /// Begins what is set off, as many as it were.
    pub(super) async fn start(&self) -> usize {
        start(&self.server).await
    }

    /// Begins what is set off and goes on with it, until nothing is left to do.
    pub(super) async fn work(&self) {
        work(&self.server).await;
    }

    pub(super) async fn run_of(&self, task: &Task, id: TaskRunId) -> TaskRun {
        tasks::run_of(&self.inner.platform, &self.admin, task.id, id).await.unwrap()
    }

    /// Where a run stands, and why.
    pub(super) async fn stands(&self, task: &Task, id: TaskRunId) -> (TaskRunState, String) {
        let run = self.run_of(task, id).await;
        (run.state, run.error.map(|error| error.code).unwrap_or_default())
    }

    /// What was told of a run, in order.
    pub(super) async fn told(&self, id: TaskRunId) -> Vec<String> {
        let query = format!(
            "select data ->> 'state' as state from outbox
             where event = 'task.run.updated' and data ->> 'id' = '{id}' order by ctid"
        );
        let rows = self.inner.database.rows(&query).await;
        rows.iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect()
    }

    /// What waits for a person.
    pub(super) async fn inbox(&self) -> Vec<Approval> {
        let page = PageRequest { limit: Limit::default(), cursor: None };
        approvals::inbox(&self.inner.platform, &self.admin, approvals::Which::Waiting, page)
            .await
            .unwrap()
            .items
    }

    pub(super) async fn decide_first(&self, decision: Decision) {
        let inbox = self.inbox().await;
        let first = inbox.first().unwrap();
        let platform = &self.inner.platform;
        approvals::decide(platform, &self.admin, first.conversation_id, first.id, decision)
            .await
            .unwrap();
    }

    pub(super) async fn count(&self, what: &str) -> usize {
        self.inner.database.rows(&format!("select 1 from {what}")).await.len()
    }
}

pub(super) async fn start(server: &Server) -> usize {
    let kinds = agent_tasks::kinds(&server.runs);
    let runner = Runner::new(&server.platform, &server.lifecycle, kinds);
    let mut all = 0;
    loop {
        let count = runner.claim().await.unwrap();
        timeout(LONG, runner.idle()).await.unwrap();
        if count == 0 {
            return all;
        }
        all += count;
    }
}

pub(super) async fn work(server: &Server) {
    server.work().await;
    while start(server).await > 0 {
        server.work().await;
    }
}

pub(super) fn prompt(text: &str) -> Map<String, Value> {
    json!({ "prompt": text }).as_object().unwrap().clone()
}

pub(super) const NO: Decision =
    Decision { approved: false, note: None, args: None, remember_secs: None };
