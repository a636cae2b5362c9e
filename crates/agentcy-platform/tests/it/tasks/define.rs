//! Tasks are defined, changed and removed.

use agentcy_core::{
    ErrorCode, Role,
    task::{EventFilter, LifecycleEvent, Missed, Overlap, TaskLimits, TriggerKind},
};
use agentcy_platform::{
    Change, PageRequest, agents, housekeeping,
    tasks::{self, TaskUpdate, TriggerSpec},
};
use serde_json::json;

use super::{Desk, at, template};
use crate::stage::{code, only, refusal};

#[tokio::test]
async fn a_member_defines_changes_and_removes_a_task_and_each_is_audited() {
    let desk = Desk::new().await;
    let (platform, member) = (&desk.platform, &desk.member);
    let viewer = desk.stage.member(desk.org, Role::Viewer).await;
    let mut new = desk.ticking("0 6 * * *", "Europe/Berlin");
    new.realm = Some("crm".parse().unwrap());
    new.limits = TaskLimits { steps: Some(3), runs_per_hour: Some(4), ..TaskLimits::default() };
    new.approval_timeout_secs = Some(604_800);
    let made = desk.define(member, new).await;
    assert!(made.secret.is_none());
    let made = made.task;
    assert_eq!((&made.run_as, &made.created_by), (&member.principal.to_string(), &made.run_as));
    assert_eq!(made.trigger.next_at, Some(at("2027-01-16T05:00:00Z")));
    assert_eq!((made.trigger.overlap, made.trigger.missed), (Overlap::Skip, Missed::RunOnce));
    assert_eq!(tasks::read(platform, &viewer, made.id).await.unwrap(), made);

    desk.pass(5);
    let change = TaskUpdate {
        name: Some("Dawn".into()),
        realm: Change::Clear,
        input_template: Some(template("Good morning, it is {{ now }}.")),
        approval_timeout_secs: Change::Clear,
        limits: Some(TaskLimits::default()),
        ..TaskUpdate::default()
    };
    let changed = desk.change(member, made.id, change.clone()).await.unwrap();
    assert_eq!((changed.name.as_str(), &changed.realm), ("Dawn", &None));
    assert_eq!((changed.approval_timeout_secs, changed.limits.steps), (None, None));
    assert_eq!((&changed.trigger, changed.agent_id), (&made.trigger, made.agent_id));
    assert!(changed.updated_at > made.updated_at);
    assert_eq!(desk.read(made.id).await, changed);
    desk.pass(5);
    assert_eq!(desk.change(member, made.id, change).await.unwrap(), changed);

    tasks::remove(platform, member, made.id).await.unwrap();
    assert_eq!(code(tasks::read(platform, &viewer, made.id).await), ErrorCode::NotFound);
    assert_eq!(code(tasks::remove(platform, member, made.id).await), ErrorCode::NotFound);
    housekeeping::sweep(platform).await.unwrap();
    assert!(desk.database.rows("select * from triggers").await.is_empty());
    for action in ["task.create", "task.update", "task.delete"] {
        assert_eq!(desk.audit(action).await.len(), 1, "{action}");
    }
    let denied = tasks::create(platform, &viewer, desk.task("Mine", TriggerKind::Manual)).await;
    assert_eq!(code(denied), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn tasks_of_another_org_or_realm_are_unknown() {
    let desk = Desk::new().await;
    let platform = &desk.platform;
    let mut new = desk.task("Seller", TriggerKind::Webhook);
    new.realm = Some("crm".parse().unwrap());
    let seller = desk.define(&desk.member, new).await.task;
    let common = desk.define(&desk.member, desk.task("Common", TriggerKind::Manual)).await.task;
    let other = desk.org().await;
    let stranger = desk.stage.member(other, Role::Owner).await;
    let limited = desk.member_of(desk.org, Role::Admin, only(&["data"])).await;
    let unknown = ErrorCode::NotFound;
    for caller in [&stranger, &limited] {
        let id = seller.id;
        let rename = TaskUpdate { name: Some("Mine".into()), ..TaskUpdate::default() };
        assert_eq!(code(tasks::read(platform, caller, id).await), unknown);
        assert_eq!(code(desk.change(caller, id, rename).await), unknown);
        assert_eq!(code(tasks::remove(platform, caller, id).await), unknown);
        assert_eq!(code(tasks::rotate(platform, caller, id, 0).await), unknown);
        assert_eq!(code(tasks::run(platform, caller, id, None).await), unknown);
        assert_eq!(code(tasks::runs(platform, caller, id, PageRequest::default()).await), unknown);
    }
    let listed = tasks::list(platform, &limited, PageRequest::default()).await.unwrap();
    assert_eq!((listed.total, &listed.items), (1, &vec![common]));
    assert_eq!(tasks::list(platform, &stranger, PageRequest::default()).await.unwrap().total, 0);
    assert_eq!(tasks::list(platform, &desk.member, PageRequest::default()).await.unwrap().total, 2);
}

#[tokio::test]
async fn a_task_lies_in_a_realm_of_its_maker() {
    let desk = Desk::new().await;
    let limited = desk.member_of(desk.org, Role::Member, only(&["data"])).await;
    let denied = ErrorCode::InsufficientRole;
    let mut new = desk.task("Collector", TriggerKind::Manual);
    assert_eq!(desk.refused(&limited, new.clone()).await.0, denied, "every realm");
    new.realm = Some("crm".parse().unwrap());
    assert_eq!(desk.refused(&limited, new.clone()).await.0, denied);
    new.realm = Some("attic".parse().unwrap());
    assert_eq!(desk.refused(&desk.member, new.clone()).await.0, ErrorCode::UnknownRealm);
    new.realm = Some("data".parse().unwrap());
    let made = desk.define(&limited, new).await.task;
    let out = TaskUpdate { realm: Change::Clear, ..TaskUpdate::default() };
    assert_eq!(code(desk.change(&limited, made.id, out).await), denied);
}

#[tokio::test]
async fn every_fault_of_a_task_is_told_with_its_path() {
    let desk = Desk::new().await;
    let mut bad = desk.task(" ", TriggerKind::Manual);
    bad.agent_id = desk.ids.next();
    bad.input_template = json!({ "prompt": "{{ trigger.body", "more": ["{% set x = 1 %}"] })
        .as_object()
        .unwrap()
        .clone();
    bad.approval_timeout_secs = Some(604_801);
    bad.limits = TaskLimits { secs: Some(0), runs_per_hour: Some(0), ..TaskLimits::default() };
    let (code, mut paths) = desk.refused(&desk.member, bad).await;
    paths.sort_unstable();
    let expected = [
        "agent_id",
        "approval_timeout_secs",
        "input_template.more[0]",
        "input_template.prompt",
        "limits.runs_per_hour",
        "limits.secs",
        "name",
    ];
    assert_eq!((code, paths), (ErrorCode::Invalid, expected.map(str::to_owned).to_vec()));
    let mut empty = desk.task("Empty", TriggerKind::Manual);
    empty.input_template.clear();
    assert_eq!(desk.refused(&desk.member, empty).await.1, ["input_template.prompt"]);
    let mut long = desk.task("Long", TriggerKind::Manual);
    long.input_template = template(&"a".repeat(32 << 10));
    assert_eq!(desk.refused(&desk.member, long).await.1, ["input_template"]);
    let mut hostile = desk.task("Nul", TriggerKind::Manual);
    hostile.input_template = template("a\0b");
    assert_eq!(desk.refused(&desk.member, hostile).await.1, ["input_template"]);
}

#[tokio::test]
async fn what_is_said_of_a_trigger_is_of_its_kind() {
    let desk = Desk::new().await;
    let refused = async |spec: TriggerSpec| {
        let mut new = desk.task("Any", TriggerKind::Manual);
        new.trigger = spec;
        let (code, paths) = desk.refused(&desk.member, new).await;
        assert_eq!(code, ErrorCode::Invalid);
        paths
    };
    let all = TriggerSpec {
        cron: Some("* * * * *".into()),
        timezone: Some("UTC".into()),
        overlap: Some(Overlap::Queue),
        missed: Some(Missed::Skip),
        events: vec![LifecycleEvent::SyncFailed],
        filter: EventFilter { realm: Some("crm".parse().unwrap()), ..EventFilter::default() },
        dedupe_secs: Some(1),
        require_timestamp: Some(false),
        header_id: Some("x-id".into()),
        ..TriggerSpec::new(TriggerKind::Manual)
    };
    let schedule = ["trigger.cron", "trigger.timezone", "trigger.missed"];
    let lifecycle = ["trigger.events", "trigger.filter"];
    let webhook = ["trigger.dedupe_secs", "trigger.require_timestamp", "trigger.header_id"];
    assert_eq!(refused(all.clone()).await, [&schedule[..], &lifecycle, &webhook].concat());
    let spec = TriggerSpec { kind: TriggerKind::Schedule, ..all.clone() };
    assert_eq!(refused(spec).await, [&lifecycle[..], &webhook].concat());
    let spec = TriggerSpec { kind: TriggerKind::Lifecycle, ..all.clone() };
    assert_eq!(refused(spec).await, [&schedule[..], &webhook].concat());
    let spec = TriggerSpec { kind: TriggerKind::Webhook, ..all };
    assert_eq!(refused(spec).await, [&schedule[..], &lifecycle].concat());

    let ticking = |cron: &str, zone: &str| TriggerSpec {
        cron: Some(cron.into()),
        timezone: Some(zone.into()),
        ..TriggerSpec::new(TriggerKind::Schedule)
    };
    for cron in ["", "* * * *", "* * * * * *", "0 0 31 2 *", "@reboot"] {
        assert_eq!(refused(ticking(cron, "UTC")).await, ["trigger.cron"], "{cron}");
    }
    assert_eq!(refused(TriggerSpec::new(TriggerKind::Schedule)).await, ["trigger.cron"]);
    assert_eq!(refused(ticking("* * * * *", "Mars/Olympus")).await, ["trigger.timezone"]);

    let listening = |events: &[LifecycleEvent], label: Option<&str>| TriggerSpec {
        events: events.to_vec(),
        filter: EventFilter { label: label.map(str::to_owned), ..EventFilter::default() },
        ..TriggerSpec::new(TriggerKind::Lifecycle)
    };
    let failed = LifecycleEvent::SyncFailed;
    assert_eq!(refused(listening(&[], None)).await, ["trigger.events"]);
    assert_eq!(refused(listening(&[failed, failed], None)).await, ["trigger.events"]);
    assert_eq!(refused(listening(&[failed], Some("File"))).await, ["trigger.filter.label"]);

    let hook = |header: &str, secs| TriggerSpec {
        header_id: Some(header.into()),
        dedupe_secs: Some(secs),
        ..TriggerSpec::new(TriggerKind::Webhook)
    };
    for header in ["", "a b", "Authorization", "x-agentcy-signature", "ä"] {
        assert_eq!(refused(hook(header, 0)).await, ["trigger.header_id"], "{header}");
    }
    assert_eq!(refused(hook("X-Id", -1)).await, ["trigger.dedupe_secs"]);
    assert_eq!(refused(hook("X-Id", 259_201)).await, ["trigger.dedupe_secs"]);
    let mut new = desk.task("Hook", TriggerKind::Webhook);
    new.trigger = hook("X-GitHub-Delivery", 0);
    let made = desk.define(&desk.member, new).await.task;
    assert_eq!(made.trigger.header_id.as_deref(), Some("x-github-delivery"));
}

#[tokio::test]
async fn a_name_is_taken_once_whatever_its_case() {
    let desk = Desk::new().await;
    desk.define(&desk.member, desk.task("Night", TriggerKind::Manual)).await;
    let taken = (ErrorCode::Taken, vec!["name".to_owned()]);
    assert_eq!(desk.refused(&desk.member, desk.task("NIGHT", TriggerKind::Manual)).await, taken);
    let other = desk.define(&desk.member, desk.task("Day", TriggerKind::Manual)).await.task;
    let rename = TaskUpdate { name: Some("night".into()), ..TaskUpdate::default() };
    assert_eq!(refusal(desk.change(&desk.member, other.id, rename).await), taken);
}

#[tokio::test]
async fn an_agent_stays_while_a_task_uses_it() {
    let desk = Desk::new().await;
    let task = desk.define(&desk.member, desk.task("Night", TriggerKind::Manual)).await.task;
    let removed = agents::remove(&desk.platform, &desk.member, desk.agent).await;
    assert_eq!(code(removed), ErrorCode::InUse);
    tasks::remove(&desk.platform, &desk.member, task.id).await.unwrap();
    let again = desk.define(&desk.member, desk.task("Night", TriggerKind::Manual)).await.task;
    tasks::remove(&desk.platform, &desk.member, again.id).await.unwrap();
    agents::remove(&desk.platform, &desk.member, desk.agent).await.unwrap();
    let gone = desk.refused(&desk.member, desk.task("Late", TriggerKind::Manual)).await;
    assert_eq!(gone, (ErrorCode::Invalid, vec!["agent_id".to_owned()]));
}

#[tokio::test]
async fn a_schedule_has_a_next_tick_while_its_task_is_on() {
    let desk = Desk::new().await;
    let member = &desk.member;
    let mut new = desk.ticking("*/10 * * * *", "UTC");
    new.enabled = false;
    let id = desk.define(member, new).await.task.id;
    assert_eq!(desk.read(id).await.trigger.next_at, None);
    let switch = |enabled| TaskUpdate { enabled: Some(enabled), ..TaskUpdate::default() };
    desk.set("2027-01-15T08:03:00Z");
    let on = desk.change(member, id, switch(true)).await.unwrap();
    assert_eq!(on.trigger.next_at, Some(at("2027-01-15T08:10:00Z")));
    assert_eq!(desk.change(member, id, switch(false)).await.unwrap().trigger.next_at, None);
    desk.set("2027-01-15T09:03:00Z");
    let on = desk.change(member, id, switch(true)).await.unwrap();
    assert_eq!(on.trigger.next_at, Some(at("2027-01-15T09:10:00Z")));
    let spec =
        TriggerSpec { cron: Some("30 9 * * *".into()), ..TriggerSpec::new(TriggerKind::Schedule) };
    let other = TaskUpdate { trigger: Some(spec), ..TaskUpdate::default() };
    let other = desk.change(member, id, other).await.unwrap();
    assert_eq!(other.trigger.next_at, Some(at("2027-01-15T09:30:00Z")));
    let manual = TriggerSpec::new(TriggerKind::Manual);
    let manual = TaskUpdate { trigger: Some(manual), ..TaskUpdate::default() };
    let manual = desk.change(member, id, manual).await.unwrap();
    assert_eq!((manual.trigger.next_at, manual.trigger.id), (None, on.trigger.id));
    assert_eq!(desk.read(id).await, manual);
}

#[tokio::test]
async fn of_two_who_change_a_task_at_once_one_reads_it_again() {
    let desk = Desk::new().await;
    let id = desk.define(&desk.member, desk.task("Night", TriggerKind::Manual)).await.task.id;
    let mut outcomes = Vec::new();
    for round in 0..10 {
        let rename =
            |by: &str| TaskUpdate { name: Some(format!("{by} {round}")), ..TaskUpdate::default() };
        desk.pass(1);
        let (a, b) = tokio::join!(
            desk.change(&desk.member, id, rename("a")),
            desk.change(&desk.admin, id, rename("b")),
        );
        for outcome in [a, b] {
            match outcome {
                Ok(task) => outcomes.push(task.name),
                Err(error) => assert_eq!(error.code(), Some(ErrorCode::InUse)),
            }
        }
        assert!(outcomes.contains(&desk.read(id).await.name), "{outcomes:?}");
        outcomes.clear();
    }
}

#[tokio::test]
async fn all_faults_of_a_task_and_of_its_trigger_are_told_at_once() {
    let desk = Desk::new().await;
    let mut new = desk.ticking("61 * * * *", "Mars/Phobos");
    new.name = String::new();
    new.trigger.dedupe_secs = Some(1);
    new.input_template = template("{{ unclosed");
    let (code, paths) = desk.refused(&desk.member, new).await;
    assert_eq!(code, ErrorCode::Invalid);
    let expected = ["trigger.dedupe_secs", "trigger.timezone", "name", "input_template.prompt"];
    assert_eq!(paths, expected);

    let task = desk.define(&desk.member, desk.task("Fine", TriggerKind::Webhook)).await.task;
    let spec =
        TriggerSpec { timezone: Some("UTC".to_owned()), ..TriggerSpec::new(TriggerKind::Webhook) };
    let change = TaskUpdate {
        trigger: Some(spec),
        input_template: Some(template("{{ unclosed")),
        ..TaskUpdate::default()
    };
    let refused = desk.change(&desk.member, task.id, change).await;
    assert_eq!(refusal(refused).1, ["trigger.timezone", "input_template.prompt"]);
}
