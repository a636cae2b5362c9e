//! Whatever is wrong, the answer is one, and so is the work.

use std::sync::{Arc, Mutex};

use agentcy_core::{Role, id::TriggerId, task::TriggerKind};
use agentcy_platform::tasks::{self, TaskUpdate, TriggerSpec};
use agentcy_testkit::{reply::Reply, webhook::Webhook};
use tracing::{Subscriber, span};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};
use uuid::Uuid;

use super::{BODY, Stage, send};

/// Everything that may not tell one refusal from another: all of it but the time and what is left of the rate.
fn told(reply: &Reply) -> String {
    let mut headers: Vec<_> = reply
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "ratelimit"))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    format!("{} {headers:?} {}", reply.status, reply.text)
}

type Headers = Vec<(&'static str, String)>;

#[tokio::test]
async fn every_refusal_is_the_same_to_the_byte_and_leaves_nothing_behind() {
    let stage = Stage::new().await;
    let (platform, owner) = (&stage.app.stage.platform, &stage.owner);
    let good = &stage.webhook;
    let strict = |spec: &mut TriggerSpec| spec.require_timestamp = Some(true);
    let strict = Webhook::with(platform, owner, "strict", strict).await;
    let off = Webhook::new(platform, owner, "off").await;
    let change = TaskUpdate { enabled: Some(false), ..TaskUpdate::default() };
    tasks::update(platform, owner, off.task, change).await.unwrap();
    let manual = Webhook::new(platform, owner, "manual").await;
    let change = TaskUpdate {
        trigger: Some(TriggerSpec::new(TriggerKind::Manual)),
        ..TaskUpdate::default()
    };
    tasks::update(platform, owner, manual.task, change).await.unwrap();
    let unknown = Webhook { trigger: Uuid::from_u128(7).into(), ..good.clone() };
    let theirs = stage.app.stage.caller(stage.app.stage.org().await, Role::Owner).await;
    let theirs = Webhook::new(platform, &theirs, "theirs").await;

    let now = platform.now().timestamp();
    let signature = |webhook: &Webhook| ("x-agentcy-signature", webhook.signature(BODY));
    let stamped = |webhook: &Webhook, at: i64| Vec::from(webhook.stamped("msg_1", at, BODY));
    let path = good.path();
    let mut cases: Vec<(String, Headers)> = vec![
        (path.clone(), vec![]),
        (path.clone(), vec![("x-agentcy-signature", "nonsense".to_owned())]),
        (path.clone(), vec![("x-agentcy-signature", format!("sha256={}", "0".repeat(64)))]),
        (path.clone(), vec![signature(good), signature(good)]),
        (path.clone(), vec![signature(&theirs)]),
        (path.clone(), vec![("x-agentcy-signature", good.signature(b"another body"))]),
        (path.clone(), stamped(good, now - 301)),
        (path.clone(), stamped(good, now + 301)),
        (path.clone(), stamped(&theirs, now)),
        (path.clone(), [stamped(good, now), vec![signature(&theirs)]].concat()),
        (path.clone(), [stamped(good, now), stamped(good, now)].concat()),
        (path.clone(), stamped(good, now)[..2].to_vec()),
        (path.clone(), vec![("authorization", "Bearer nonsense".to_owned())]),
        (strict.path(), vec![signature(&strict)]),
        (off.path(), vec![signature(&off)]),
        (off.path(), stamped(&off, now)),
        (manual.path(), vec![signature(&manual)]),
        (unknown.path(), vec![signature(&unknown)]),
        (unknown.path(), stamped(&unknown, now)),
    ];
    for id in ["nonsense", "%00", "task_01976b4e-7c00-7000-8000-000000000000", "%F0%9F%92%A9"] {
        cases.push((format!("/api/v1/hooks/{id}"), vec![signature(good)]));
    }
    let mut first = None;
    for (path, mut headers) in cases {
        headers.push(("x-request-id", "the-same".to_owned()));
        let reply = stage.send(&path, &headers, BODY).await;
        let told = told(&reply);
        reply.expecting_error(401, "invalid_signature");
        assert_eq!(first.get_or_insert_with(|| told.clone()), &told, "{path} {headers:?}");
    }
    assert_eq!(stage.kept().await, [0, 0, 0]);
    // Each of them is good where it belongs.
    stage.deliver(good, &[], BODY).await.expecting(202);
    stage.stamped(&strict, "msg_1", BODY).await.expecting(202);
}

/// Notes the queries by the names of their spans, but for those of whoever looks for runs that are due.
#[derive(Clone, Default)]
struct Queries(Arc<Mutex<Vec<&'static str>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Queries {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        let name = attributes.metadata().name();
        if name.starts_with("db.") && !name.starts_with("db.runs.") {
            self.0.lock().unwrap().push(name);
        }
    }
}

#[tokio::test]
async fn a_refusal_asks_the_database_the_same_whether_there_is_such_a_webhook_or_not() {
    let stage = Stage::new().await;
    let good = &stage.webhook;
    let off = Webhook::new(&stage.app.stage.platform, &stage.owner, "off").await;
    let change = TaskUpdate { enabled: Some(false), ..TaskUpdate::default() };
    tasks::update(&stage.app.stage.platform, &stage.owner, off.task, change).await.unwrap();
    let queries = Queries::default();
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::registry().with(queries.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let wrong = vec![("x-agentcy-signature", format!("sha256={}", "0".repeat(64)))];
    let right = vec![("x-agentcy-signature", good.signature(BODY))];
    let asked = async |path: String, headers: &Headers, status: u16| {
        queries.0.lock().unwrap().clear();
        send(&stage.app, &path, headers, BODY).await.expecting(status);
        queries.0.lock().unwrap().clone()
    };
    let nobody: TriggerId = Uuid::from_u128(7).into();
    let nobody = format!("/api/v1/hooks/{nobody}");
    let look = ["db.triggers.find_hooks"];
    assert_eq!(asked(nobody.clone(), &wrong, 401).await, look);
    assert_eq!(asked(good.path(), &wrong, 401).await, look);
    assert_eq!(asked(off.path(), &wrong, 401).await, look);
    let signed = vec![("x-agentcy-signature", off.signature(BODY))];
    assert_eq!(asked(off.path(), &signed, 401).await, look);
    assert_eq!(asked("/api/v1/hooks/nonsense".to_owned(), &wrong, 401).await, look);
    // Known by now, which only those see who have the secret.
    assert_eq!(asked(good.path(), &right, 202).await, [look[0], "db.deliveries.take_in"]);
    assert_eq!(asked(good.path(), &right, 202).await, ["db.deliveries.take_in"]);
    assert_eq!(asked(good.path(), &wrong, 401).await, look);
    let unsigned = Headers::new();
    let nothing: [&str; 0] = [];
    assert_eq!(asked(good.path(), &unsigned, 401).await, nothing);
    assert_eq!(asked(nobody, &unsigned, 401).await, nothing);
}
