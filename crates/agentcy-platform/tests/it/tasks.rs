//! Tasks: who defines them, what sets them off, and when.

mod clock;
mod define;
mod lifecycle;
mod rights;
mod runs;
mod webhook;

use std::ops::Deref;

use agentcy_core::{
    Caller, ErrorCode, Role, Timestamp,
    id::{AgentId, OrgId, TaskId},
    task::{TaskLimits, TriggerKind},
};
use agentcy_platform::{
    Error,
    agents::{self, NewAgent},
    tasks::{self, Defined, NewTask, Task, TaskUpdate, TriggerSpec},
};
use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use crate::stage::{Stage, refusal};

/// An org with an agent, and a member who defines tasks.
pub(crate) struct Desk {
    stage: Stage,
    pub(crate) org: OrgId,
    pub(crate) member: Caller,
    pub(crate) admin: Caller,
    agent: AgentId,
}

impl Deref for Desk {
    type Target = Stage;
    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl Desk {
    pub(crate) async fn new() -> Self {
        let stage = Stage::new().await;
        let org = stage.org().await;
        let member = stage.member(org, Role::Member).await;
        let admin = stage.member(org, Role::Admin).await;
        let new = NewAgent { name: "Scout".into(), ..NewAgent::default() };
        let agent = agents::create(&stage.platform, &member, new).await.unwrap();
        let agent = agent.commit().await.unwrap().id;
        Self { stage, org, member, admin, agent }
    }

    /// A task of this kind of which nothing else is said.
    pub(crate) fn task(&self, name: &str, kind: TriggerKind) -> NewTask {
        NewTask {
            name: name.to_owned(),
            agent_id: self.agent,
            realm: None,
            run_as: None,
            input_template: template("Look around."),
            limits: TaskLimits::default(),
            approval_defaults: None,
            approval_timeout_secs: None,
            standing_approvals: Vec::new(),
            enabled: true,
            trigger: TriggerSpec::new(kind),
        }
    }

    /// A task that ticks.
    fn ticking(&self, cron: &str, zone: &str) -> NewTask {
        let mut new = self.task("Ticker", TriggerKind::Schedule);
        new.trigger.cron = Some(cron.to_owned());
        new.trigger.timezone = Some(zone.to_owned());
        new
    }

    pub(crate) async fn define(&self, caller: &Caller, new: NewTask) -> Defined {
        let draft = tasks::create(&self.platform, caller, new).await.unwrap();
        draft.commit().await.unwrap()
    }

    async fn refused(&self, caller: &Caller, new: NewTask) -> (ErrorCode, Vec<String>) {
        refusal(tasks::create(&self.platform, caller, new).await)
    }

    async fn change(&self, caller: &Caller, id: TaskId, change: TaskUpdate) -> Result<Task, Error> {
        tasks::update(&self.platform, caller, id, change).await.map(|defined| defined.task)
    }

    async fn read(&self, id: TaskId) -> Task {
        tasks::read(&self.platform, &self.admin, id).await.unwrap()
    }

    /// What waits to begin, the first first: each with its job, in the same org.
    async fn waiting(&self) -> Vec<Value> {
        let query = "select t.* from task_runs t where t.state = 'pending' and exists (
                         select from jobs j where j.org_id = t.org_id and j.kind = 'task.start'
                             and j.state = 'queued' and right(j.payload->>'run', 36) = t.id::text)
                     order by t.created_at, t.id";
        self.database.rows(query).await
    }

    /// What was told on the topic of tasks, the first first.
    async fn told(&self, event: &str) -> Vec<Value> {
        let query = format!(
            "select * from outbox where topic = 'tasks' and event = '{event}' order by ctid"
        );
        self.database.rows(&query).await
    }

    fn now(&self) -> Timestamp {
        self.platform.now()
    }

    /// Moves the clock to a moment, be it before now.
    fn set(&self, moment: &str) {
        self.clock.advance(at(moment) - self.now());
    }

    fn pass(&self, secs: i64) {
        self.clock.advance(TimeDelta::seconds(secs));
    }
}

fn template(prompt: &str) -> Map<String, Value> {
    [("prompt".to_owned(), json!(prompt))].into_iter().collect()
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}
