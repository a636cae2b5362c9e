//! Tasks that something in the org sets off, and chains of them that end.

use std::time::Duration;

use agentcy_core::{
    Action, Caller, Role,
    id::{SourceId, TaskId},
    task::{EventFilter, LifecycleEvent, TriggerKind},
};
use agentcy_platform::{
    events::{self, Telling},
    graph::{self, NodeAssertion},
    tasks::{self, NewTask, Task},
    wake::Bell,
};
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use super::Desk;
use crate::stage::only;

impl Desk {
    fn listening(&self, name: &str, events: &[LifecycleEvent], filter: EventFilter) -> NewTask {
        let mut new = self.task(name, TriggerKind::Lifecycle);
        new.trigger.events = events.to_vec();
        new.trigger.filter = filter;
        new
    }

    async fn listen(&self, name: &str, event: LifecycleEvent, filter: EventFilter) -> Task {
        self.define(&self.member, self.listening(name, &[event], filter)).await.task
    }

    /// Has something happen by this caller.
    async fn happen(&self, by: &Caller, telling: Telling) {
        let by = self.platform.permit(by, Action::TaskRun).await.unwrap();
        let mut tx = self.platform.begin(&by).await.unwrap();
        events::append(&self.platform, &mut tx, telling).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The names of the tasks that were set off, in the order of names; they are not any more afterwards.
    async fn set_off(&self) -> Vec<String> {
        let waiting = self.waiting().await;
        let names =
            "select t.name from task_runs r join tasks t on t.id = r.task_id order by t.name";
        let names = self.database.rows(names).await;
        assert_eq!(waiting.len(), names.len(), "each waits with its job");
        self.database.execute("delete from task_runs").await;
        names.into_iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    }
}

fn synced(state: &str, source: SourceId, realm: &str) -> Telling {
    let data = json!({ "source_id": source, "state": state });
    let realm = Some(realm.parse().unwrap());
    Telling { topic: "sources", event: "sync.updated", data, realm, owner: None }
}

fn asked(owner: Option<&Caller>) -> Telling {
    let owner = owner.map(|caller| caller.principal.to_string());
    Telling { topic: "approvals", event: "approval.requested", data: json!({}), realm: None, owner }
}

fn node(key: &str, label: &str) -> NodeAssertion {
    NodeAssertion {
        realm: "data".parse().unwrap(),
        key: key.to_owned(),
        labels: Some(vec![label.to_owned()]),
        properties: Map::new(),
        expected: None,
        run: None,
    }
}

#[tokio::test]
async fn a_task_is_set_off_by_the_events_that_it_names_and_told_which() {
    let desk = Desk::new().await;
    let events = [LifecycleEvent::SyncSucceeded, LifecycleEvent::SyncFailed];
    let new = desk.listening("Both", &events, EventFilter::default());
    desk.define(&desk.member, new).await;
    desk.listen("Failed", LifecycleEvent::SyncFailed, EventFilter::default()).await;
    desk.listen("Graph", LifecycleEvent::GraphChanged, EventFilter::default()).await;
    let mut off = desk.listening("Off", &events, EventFilter::default());
    off.enabled = false;
    desk.define(&desk.member, off).await;
    let source = desk.ids.next();
    for (state, names) in [
        ("queued", &[][..]),
        ("running", &[]),
        ("succeeded", &["Both"]),
        ("failed", &["Both", "Failed"]),
        ("cancelled", &[]),
    ] {
        desk.happen(&desk.member, synced(state, source, "data")).await;
        let waiting = desk.waiting().await;
        for run in &waiting {
            let event = &run["payload"]["event"];
            assert_eq!(event["name"], format!("sync.{state}"));
            assert_eq!(
                (&event["data"]["source_id"], &event["realm"]),
                (&json!(source), &json!("data"))
            );
            assert_eq!(run["cause"]["event_id"], event["id"]);
        }
        assert_eq!(desk.set_off().await, names, "{state}");
    }
    // In another org nobody listens.
    let stranger = desk.stage.member(desk.org().await, Role::Member).await;
    desk.happen(&stranger, synced("failed", source, "data")).await;
    assert!(desk.set_off().await.is_empty());
}

#[tokio::test]
async fn a_filter_names_source_realm_and_label() {
    let desk = Desk::new().await;
    let (one, other): (SourceId, SourceId) = (desk.ids.next(), desk.ids.next());
    let event = LifecycleEvent::SyncSucceeded;
    let of = |source_id| EventFilter { source_id: Some(source_id), ..EventFilter::default() };
    desk.listen("Source", event, of(one)).await;
    let realm = EventFilter { realm: Some("crm".parse().unwrap()), ..EventFilter::default() };
    desk.listen("Realm", event, realm.clone()).await;
    desk.listen("Both", event, EventFilter { source_id: Some(one), ..realm }).await;
    desk.happen(&desk.member, synced("succeeded", one, "crm")).await;
    assert_eq!(desk.set_off().await, ["Both", "Realm", "Source"]);
    desk.happen(&desk.member, synced("succeeded", other, "crm")).await;
    assert_eq!(desk.set_off().await, ["Realm"]);
    desk.happen(&desk.member, synced("succeeded", one, "data")).await;
    assert_eq!(desk.set_off().await, ["Source"]);

    let label = |name: &str| EventFilter { label: Some(name.into()), ..EventFilter::default() };
    let changed = LifecycleEvent::GraphChanged;
    desk.listen("Hosts", changed, label("Host")).await;
    desk.listen("Files", changed, label("File")).await;
    graph::upsert_node(&desk.platform, &desk.member, node("db-1", "Host")).await.unwrap();
    assert_eq!(desk.set_off().await, ["Hosts"]);
    let told = desk.database.rows("select data from outbox where topic = 'graph'").await;
    assert_eq!(told[0]["data"]["labels"], json!(["Host"]));
}

#[tokio::test]
async fn what_a_task_does_not_see_does_not_set_it_off() {
    let desk = Desk::new().await;
    let event = LifecycleEvent::SyncFailed;
    let mut in_crm = desk.listening("Crm", &[event], EventFilter::default());
    in_crm.realm = Some("crm".parse().unwrap());
    desk.define(&desk.member, in_crm).await;
    let limited = desk.member_of(desk.org, Role::Member, only(&["crm"])).await;
    let mut as_limited = desk.listening("Limited", &[event], EventFilter::default());
    as_limited.run_as = Some(limited.principal.to_string());
    desk.define(&desk.admin, as_limited).await;
    let source = desk.ids.next();
    desk.happen(&desk.member, synced("failed", source, "data")).await;
    assert!(desk.set_off().await.is_empty());
    desk.happen(&desk.member, synced("failed", source, "crm")).await;
    assert_eq!(desk.set_off().await, ["Crm", "Limited"]);
    // Whoever is gone hears nothing, and the run says that.
    desk.database.execute("update memberships set disabled_at = now()").await;
    desk.happen(&desk.member, synced("failed", source, "data")).await;
    assert_eq!(desk.set_off().await, ["Limited"]);
}

#[tokio::test]
async fn somebodys_own_affairs_are_heard_by_their_tasks_and_by_those_of_admins() {
    let desk = Desk::new().await;
    let event = LifecycleEvent::ApprovalRequested;
    let other = desk.stage.member(desk.org, Role::Member).await;
    desk.listen("Mine", event, EventFilter::default()).await;
    let new = |name: &str| desk.listening(name, &[event], EventFilter::default());
    desk.define(&desk.admin, new("An admin's")).await;
    desk.define(&other, new("Another's")).await;
    desk.happen(&desk.member, asked(Some(&desk.member))).await;
    assert_eq!(desk.set_off().await, ["An admin's", "Mine"]);
    desk.happen(&desk.member, asked(None)).await;
    assert_eq!(desk.set_off().await, ["An admin's", "Another's", "Mine"]);
}

#[tokio::test]
async fn what_did_not_happen_sets_nothing_off() {
    let desk = Desk::new().await;
    desk.listen("Failed", LifecycleEvent::SyncFailed, EventFilter::default()).await;
    let by = desk.platform.permit(&desk.member, Action::TaskRun).await.unwrap();
    let mut tx = desk.platform.begin(&by).await.unwrap();
    let telling = synced("failed", desk.ids.next(), "data");
    events::append(&desk.platform, &mut tx, telling).await.unwrap();
    drop(tx);
    assert!(desk.waiting().await.is_empty());
}

#[tokio::test]
async fn a_chain_of_tasks_ends_at_the_third_and_no_task_follows_itself() {
    let desk = Desk::new().await;
    let task = desk.listen("Failed", LifecycleEvent::SyncFailed, EventFilter::default()).await;
    let others: Vec<TaskId> = (0..3).map(|_| desk.ids.next()).collect();
    let source = desk.ids.next();
    let after = async |causes: &[TaskId]| {
        let caller = Caller { causes: causes.to_vec(), ..desk.member.clone() };
        desk.happen(&caller, synced("failed", source, "data")).await;
    };
    after(&others[..2]).await;
    let run = desk.waiting().await.remove(0);
    let expected: Vec<Uuid> = others[..2].iter().map(|id| Uuid::from(*id)).collect();
    assert_eq!(run["causes"], json!(expected));
    assert_eq!(desk.set_off().await, ["Failed"]);
    assert_eq!(desk.read(task.id).await.trigger.skipped, None);

    desk.pass(60);
    after(&others).await;
    assert!(desk.set_off().await.is_empty());
    let skipped = desk.read(task.id).await.trigger.skipped.unwrap();
    assert_eq!(skipped.at, desk.now());
    assert!(skipped.why.contains("three tasks"), "{}", skipped.why);

    desk.pass(60);
    after(&[task.id]).await;
    assert!(desk.set_off().await.is_empty());
    let skipped = desk.read(task.id).await.trigger.skipped.unwrap();
    assert!(skipped.why.contains("itself"), "{}", skipped.why);
    let told = desk.told("task.skipped").await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1]["data"]["id"], json!(task.id));
    assert_eq!(told[1]["data"]["event"], "sync.failed");
}

#[tokio::test]
async fn a_task_that_listens_for_runs_that_were_stopped_is_not_set_off_by_its_own() {
    let desk = Desk::new().await;
    let event = LifecycleEvent::TaskRunCancelled;
    let own = desk.listen("Undertaker", event, EventFilter::default()).await;
    let other = desk.listen("Second", event, EventFilter::default()).await;
    let night = desk.define(&desk.member, desk.task("Night", TriggerKind::Manual)).await.task;
    let platform = &desk.platform;
    let draft = tasks::run(platform, &desk.member, night.id, None).await.unwrap();
    let mut stopped = vec![(night.id, draft.commit().await.unwrap().id)];
    let mut followed = Vec::new();
    // Whoever is set off is stopped too, until nobody is.
    while let Some((task, run)) = stopped.pop() {
        tasks::cancel_pending(platform, &desk.member, task, run).await.unwrap().unwrap();
        for row in desk.waiting().await {
            let id: Uuid = serde_json::from_value(row["id"].clone()).unwrap();
            let of: Uuid = serde_json::from_value(row["task_id"].clone()).unwrap();
            let next = (TaskId::from(of), id.into());
            if !stopped.contains(&next) {
                followed.push(next.0);
                stopped.push(next);
            }
        }
        assert!(followed.len() < 10, "it has no end: {followed:?}");
    }
    // Each follows the first, and then the other once: a third in the chain would be the first again.
    let count = |id| followed.iter().filter(|one| **one == id).count();
    assert_eq!((count(own.id), count(other.id), count(night.id)), (2, 2, 0));
    let depths: Vec<Value> = desk.told("task.skipped").await;
    assert!(!depths.is_empty());
}

#[tokio::test]
async fn runners_are_woken_by_the_commit_of_what_sets_a_task_off() {
    let desk = Desk::new().await;
    desk.listen("Synced", LifecycleEvent::SyncSucceeded, EventFilter::default()).await;
    let mut due = desk.platform.listen(Bell::Due);
    // From then on it is heard.
    due.wait(Duration::ZERO).await;
    let far = Duration::from_hours(1);
    let happens = desk.happen(&desk.member, synced("succeeded", desk.ids.next(), "data"));
    let heard = timeout(Duration::from_mins(1), async { tokio::join!(due.wait(far), happens) });
    assert!(heard.await.is_ok(), "nobody was woken");
}
