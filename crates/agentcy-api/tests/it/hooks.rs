//! Webhooks over a real socket: what is taken in, what is refused, and what a refusal tells.

mod bounds;
mod refusals;
mod repeats;

use agentcy_core::{Caller, Role};
use agentcy_platform::tasks::{self, TaskUpdate};
use agentcy_testkit::{app::TestApp, reply::Reply, webhook::Webhook};
use chrono::TimeDelta;
use serde_json::{Value, json};

const BODY: &[u8] = br#"{"action":"opened","number":7}"#;

/// A webhook behind a served platform, and its owner.
struct Stage {
    app: TestApp,
    owner: Caller,
    webhook: Webhook,
}

impl Stage {
    async fn new() -> Self {
        Self::over(TestApp::new().await).await
    }

    async fn over(app: TestApp) -> Self {
        let org = app.stage.org().await;
        let owner = app.stage.caller(org, Role::Owner).await;
        let webhook = Webhook::new(&app.stage.platform, &owner, "triage").await;
        Self { app, owner, webhook }
    }

    /// Sends a body with these headers.
    async fn send(&self, path: &str, headers: &[(&str, String)], body: &[u8]) -> Reply {
        send(&self.app, path, headers, body).await
    }

    /// Sends a body signed as it is, with more headers.
    async fn deliver(&self, webhook: &Webhook, more: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut headers = vec![("x-agentcy-signature", webhook.signature(body))];
        headers.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.send(&webhook.path(), &headers, body).await
    }

    /// Sends a body signed with an id and a time.
    async fn stamped(&self, webhook: &Webhook, id: &str, body: &[u8]) -> Reply {
        let now = self.app.stage.platform.now().timestamp();
        self.send(&webhook.path(), &webhook.stamped(id, now, body), body).await
    }

    async fn switch(&self, enabled: bool) {
        let change = TaskUpdate { enabled: Some(enabled), ..TaskUpdate::default() };
        tasks::update(&self.app.stage.platform, &self.owner, self.webhook.task, change)
            .await
            .unwrap();
    }

    /// How many deliveries, runs and jobs there are.
    async fn kept(&self) -> [i64; 3] {
        let counts = "select (select count(*) from deliveries) deliveries, (select count(*) from task_runs) runs,
                             (select count(*) from jobs where kind = 'task.start') jobs";
        let row = self.app.stage.database.rows(counts).await.remove(0);
        ["deliveries", "runs", "jobs"].map(|name| row[name].as_i64().unwrap())
    }
}

async fn send(app: &TestApp, path: &str, headers: &[(&str, String)], body: &[u8]) -> Reply {
    let mut request = app.anonymous().request("POST", path).body(body.to_vec());
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    Reply::of(request).await
}

#[tokio::test]
async fn a_signed_delivery_sets_its_task_off_and_is_kept_without_its_proof() {
    let stage = Stage::new().await;
    let more = [
        ("content-type", "application/json"),
        ("x-github-event", "issues"),
        ("authorization", "Bearer nobody keeps this"),
    ];
    let reply = stage.deliver(&stage.webhook, &more, BODY).await.expecting(202);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let keys: Vec<_> = reply.body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["delivery_id", "run_id"]);

    let database = &stage.app.stage.database;
    let rows = database.rows(
        "select 'dlv_' || d.id as delivery, 'trun_' || r.id as run, r.state, r.cause, d.headers,
                convert_from(d.body, 'utf8') as body, d.content_type, j.payload, j.made_by, j.state as job
         from deliveries d join task_runs r on r.id = d.task_run_id and r.delivery_id = d.id
         cross join jobs j where j.kind = 'task.start'",
    );
    let [row]: [Value; 1] = rows.await.try_into().unwrap();
    assert_eq!(row["delivery"], reply.body["delivery_id"]);
    assert_eq!(row["run"], reply.body["run_id"]);
    assert_eq!(row["payload"], json!({ "run": reply.body["run_id"] }));
    let cause = json!({ "kind": "webhook", "delivery_id": reply.body["delivery_id"] });
    assert_eq!(row["cause"], cause);
    assert_eq!((&row["state"], &row["job"]), (&json!("pending"), &json!("queued")));
    assert_eq!(row["made_by"], stage.owner.principal.to_string());
    assert_eq!(row["body"].as_str().unwrap().as_bytes(), BODY);
    assert_eq!(row["content_type"], "application/json");
    assert_eq!(row["headers"]["x-github-event"], "issues");
    let kept = row["headers"].to_string();
    assert!(!kept.contains("nobody keeps this") && !kept.contains("sha256="), "{kept}");
}

#[tokio::test]
async fn both_ways_to_sign_are_taken_and_any_body_is() {
    let stage = Stage::new().await;
    stage.stamped(&stage.webhook, "msg_1", BODY).await.expecting(202);
    for (media, body) in [
        ("", b"".as_slice()),
        ("text/plain", b"hello"),
        ("application/json", b"{"),
        ("application/octet-stream", b"\x00\xff\xfe"),
        ("application/x-www-form-urlencoded", b"a=1&a=2"),
    ] {
        let more = [("content-type", media)];
        let more = if media.is_empty() { &more[..0] } else { &more[..] };
        stage.deliver(&stage.webhook, more, body).await.expecting(202);
    }
    assert_eq!(stage.kept().await, [6, 6, 6]);
}

#[tokio::test]
async fn after_a_rotation_both_secrets_are_good_for_a_while_and_then_the_new_one() {
    let stage = Stage::new().await;
    let (platform, clock) = (&stage.app.stage.platform, &stage.app.stage.clock);
    stage.deliver(&stage.webhook, &[], b"0").await.expecting(202);
    let rotated = tasks::rotate(platform, &stage.owner, stage.webhook.task, 3600).await.unwrap();
    let secret = rotated.commit().await.unwrap().secret.unwrap();
    let new = stage.webhook.with_secret(&secret);
    // At once, although the one before was looked up just now.
    stage.deliver(&new, &[], b"1").await.expecting(202);
    stage.deliver(&stage.webhook, &[], b"2").await.expecting(202);
    stage.stamped(&new, "msg_1", b"3").await.expecting(202);
    stage.stamped(&stage.webhook, "msg_2", b"4").await.expecting(202);
    clock.advance(TimeDelta::seconds(3601));
    stage.deliver(&stage.webhook, &[], b"5").await.expecting_error(401, "invalid_signature");
    stage.stamped(&stage.webhook, "msg_3", b"6").await.expecting_error(401, "invalid_signature");
    stage.deliver(&new, &[], b"7").await.expecting(202);

    let rotated = tasks::rotate(platform, &stage.owner, stage.webhook.task, 0).await.unwrap();
    let secret = rotated.commit().await.unwrap().secret.unwrap();
    clock.advance_past_caches();
    stage.deliver(&new, &[], b"8").await.expecting_error(401, "invalid_signature");
    stage.deliver(&stage.webhook.with_secret(&secret), &[], b"9").await.expecting(202);
}

#[tokio::test]
async fn what_is_switched_off_is_off_at_once_in_every_process_and_on_again_likewise() {
    let stage = Stage::new().await;
    let other = stage.app.replica().await;
    let replicas = [&stage.app, &other];
    let deliver = async |app: &TestApp, body: &[u8]| {
        let headers = [("x-agentcy-signature", stage.webhook.signature(body))];
        send(app, &stage.webhook.path(), &headers, body).await
    };
    for app in replicas {
        deliver(app, app.url.as_str().as_bytes()).await.expecting(202);
    }
    stage.switch(false).await;
    for app in replicas {
        deliver(app, b"off").await.expecting_error(401, "invalid_signature");
    }
    stage.switch(true).await;
    for app in replicas {
        deliver(app, format!("on {}", app.url).as_bytes()).await.expecting(202);
    }
    tasks::remove(&stage.app.stage.platform, &stage.owner, stage.webhook.task).await.unwrap();
    for app in replicas {
        deliver(app, b"gone").await.expecting_error(401, "invalid_signature");
    }
}
