//! The secret of a webhook: shown once, sealed, and exchanged without a gap.

use agentcy_core::{ErrorCode, task::TriggerKind};
use agentcy_platform::tasks::{self, Defined, TaskUpdate, TriggerSpec};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{Desk, template};
use crate::stage::{code, refusal};

/// The columns of the one trigger that there is.
async fn kept(desk: &Desk) -> Value {
    desk.database.rows("select * from triggers").await.remove(0)
}

fn shown(defined: &Defined) -> &str {
    defined.secret.as_ref().unwrap().expose_secret()
}

#[tokio::test]
async fn a_secret_is_shown_once_and_nothing_else_tells_it() {
    let desk = Desk::new().await;
    let made = desk.define(&desk.member, desk.task("Hook", TriggerKind::Webhook)).await;
    let secret = shown(&made).to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() > 40, "{secret}");
    assert!(!format!("{made:?}").contains(&secret));
    let words = TaskUpdate { input_template: Some(template("Hm.")), ..TaskUpdate::default() };
    let same = tasks::update(&desk.platform, &desk.member, made.task.id, words).await.unwrap();
    assert!(same.secret.is_none());
    let tables = ["triggers", "tasks", "audit", "outbox"];
    for table in tables {
        let rows = desk.database.rows(&format!("select * from {table}")).await;
        assert!(!rows.iter().any(|row| row.to_string().contains(&secret[6..])), "{table}");
    }
    let bare = hex::encode(&secret);
    assert!(!kept(&desk).await.to_string().contains(&bare), "the row holds it sealed");
}

#[tokio::test]
async fn a_new_secret_leaves_the_one_before_good_for_as_long_as_is_said() {
    let desk = Desk::new().await;
    let (platform, member) = (&desk.platform, &desk.member);
    let made = desk.define(member, desk.task("Hook", TriggerKind::Webhook)).await;
    let id = made.task.id;
    let first = kept(&desk).await;
    let draft = tasks::rotate(platform, member, id, 3600).await.unwrap();
    assert_ne!(shown(draft.value()), shown(&made));
    drop(draft);
    assert_eq!(kept(&desk).await, first, "nothing happened until it is committed");

    let second = tasks::rotate(platform, member, id, 3600).await.unwrap().commit().await.unwrap();
    assert_ne!(shown(&second), shown(&made));
    let now = kept(&desk).await;
    assert_ne!(now["secret"], first["secret"]);
    assert_eq!(now["previous_secret"], first["secret"]);
    assert!(!now.to_string().contains(&hex::encode(shown(&second))), "the row holds it sealed");
    let until = desk.now() + TimeDelta::hours(1);
    assert_eq!(desk.read(id).await.trigger.previous_until, Some(until));
    assert_eq!(second.task, desk.read(id).await);

    tasks::rotate(platform, member, id, 0).await.unwrap().commit().await.unwrap();
    let now = kept(&desk).await;
    assert_eq!((&now["previous_secret"], &now["previous_until"]), (&Value::Null, &Value::Null));
    assert_eq!(desk.audit("trigger.rotate").await.len(), 2);
    for secs in [-1, tasks::MAX_GRACE_SECS + 1] {
        let refused = refusal(tasks::rotate(platform, member, id, secs).await);
        assert_eq!(refused, (ErrorCode::Invalid, vec!["grace_secs".to_owned()]));
    }
}

#[tokio::test]
async fn a_trigger_that_becomes_a_webhook_gets_a_secret_and_one_that_ceases_forgets_it() {
    let desk = Desk::new().await;
    let (platform, member) = (&desk.platform, &desk.member);
    let to = |kind| TaskUpdate { trigger: Some(TriggerSpec::new(kind)), ..TaskUpdate::default() };
    let id = desk.define(member, desk.task("Hook", TriggerKind::Manual)).await.task.id;
    assert_eq!(code(tasks::rotate(platform, member, id, 0).await), ErrorCode::Invalid);
    let hook = tasks::update(platform, member, id, to(TriggerKind::Webhook)).await.unwrap();
    assert!(shown(&hook).starts_with("whsec_"));
    tasks::rotate(platform, member, id, 60).await.unwrap().commit().await.unwrap();
    let spec = TriggerSpec { dedupe_secs: Some(0), ..TriggerSpec::new(TriggerKind::Webhook) };
    let still = TaskUpdate { trigger: Some(spec), ..TaskUpdate::default() };
    let before = kept(&desk).await;
    let still = tasks::update(platform, member, id, still).await.unwrap();
    assert!(still.secret.is_none() && still.task.trigger.id == hook.task.trigger.id);
    let after = kept(&desk).await;
    for column in ["secret", "previous_secret", "previous_until"] {
        assert_eq!(after[column], before[column], "{column}");
    }
    let manual = tasks::update(platform, member, id, to(TriggerKind::Manual)).await.unwrap();
    let row = kept(&desk).await;
    assert!(row["secret"].is_null() && row["previous_secret"].is_null());
    assert_eq!(manual.task, desk.read(id).await);
}
