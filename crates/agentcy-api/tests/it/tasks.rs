//! `/tasks` over a real socket: defined, set off, read with all that happened, stopped.

use std::time::{Duration, Instant};

use agentcy_core::{Role, id::OrgId};
use agentcy_platform::jobs::Runner;
use agentcy_testkit::{
    app::{Client, TestApp},
    fake_llm::{FakeLlm, Turn},
    reply::Reply,
};
use serde_json::{Value, json};

pub(crate) const TASKS: &str = "/api/v1/tasks";

/// Far more than anything takes here; only what would never come runs into it.
const BOUND: Duration = Duration::from_mins(1);

/// A task of this owner's org and a run of it that waits to begin.
pub(crate) async fn pending(owner: &Client, agent: &str) -> (String, String) {
    let task = owner.post(TASKS, told(agent, "foreign")).await.expecting(201);
    let task = task.text_at("/id").to_owned();
    let run = owner.post(&format!("{TASKS}/{task}/run"), json!({})).await.expecting(202);
    (task, run.text_at("/id").to_owned())
}

/// A task that says what it was given.
fn told(agent: &str, name: &str) -> Value {
    json!({
        "name": name, "agent_id": agent,
        "input_template": { "prompt": "Look at {{ trigger.body.what }}." },
    })
}

/// An org whose model is scripted, an agent in it, and a member.
struct Scene {
    app: TestApp,
    _llm: FakeLlm,
    org: OrgId,
    admin: Client,
    ada: Client,
    agent: String,
}

impl Scene {
    async fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        let app = TestApp::new().await;
        let llm = FakeLlm::start(turns).await.unwrap();
        let org = app.stage.org().await;
        let admin = app.member(org, Role::Admin).await;
        let settings = json!({
            "provider": "openai", "model": "small", "base_url": llm.base_url, "api_key": "sk-0123456789-wxyz",
        });
        admin.put("/api/v1/settings/llm", settings).await.expecting(200);
        let ada = app.member(org, Role::Member).await;
        let agent = ada.post("/api/v1/agents", json!({ "name": "scout" })).await.expecting(201);
        let agent = agent.text_at("/id").to_owned();
        Self { app, _llm: llm, org, admin, ada, agent }
    }

    /// A task that is set off like this, by its path.
    async fn task(&self, name: &str, trigger: Value) -> (String, Reply) {
        let mut body = told(&self.agent, name);
        body["trigger"] = trigger;
        let made = self.ada.post(TASKS, body).await.expecting(201);
        (made.header("location").unwrap().to_owned(), made)
    }

    /// Begins what was set off.
    async fn begin(&self) {
        let kinds = agentcy_agent::tasks::kinds(&self.app.runs);
        let runner = Runner::new(&self.app.stage.platform, &self.app.lifecycle, kinds);
        while runner.claim().await.unwrap() > 0 {
            runner.idle().await;
        }
    }

    /// The run at this path, once it is over.
    async fn over(&self, run: &str) -> Value {
        let began = Instant::now();
        loop {
            let now = self.ada.get(run).await.expecting(200).body;
            if matches!(now["state"].as_str(), Some("succeeded" | "failed" | "cancelled")) {
                return now;
            }
            assert!(began.elapsed() < BOUND, "{now}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_task_is_defined_found_changed_and_removed_and_its_secret_shown_once() {
    let scene = Scene::new([]).await;
    let (item, made) = scene.task("Triage", json!({ "kind": "webhook" })).await;
    let trigger = &made.body["trigger"];
    let secret = trigger["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"), "{trigger}");
    let place = format!("{}api/v1/hooks/{}", scene.app.url, trigger["id"].as_str().unwrap());
    assert_eq!(trigger["url"], place);
    assert_eq!((&trigger["overlap"], &trigger["dedupe_secs"]), (&json!("skip"), &json!(300)));
    assert!(trigger.get("cron").is_none() && trigger.get("events").is_none(), "{trigger}");

    let read = scene.ada.get(&item).await.expecting(200);
    assert!(!read.text.contains(&secret) && read.body["trigger"].get("secret").is_none());
    let me = scene.ada.user.as_ref().unwrap().id.to_string();
    assert_eq!((&read.body["run_as"], &read.body["enabled"]), (&json!(me), &json!(true)));
    let taken = scene.ada.post(TASKS, told(&scene.agent, "triage")).await;
    assert_eq!(taken.expecting_error(409, "taken").fields(), ["name"]);

    let trigger = json!({ "kind": "schedule", "cron": "0 7 * * *", "timezone": "Europe/Berlin", "overlap": "queue" });
    let change = json!({ "trigger": trigger, "realm": "data", "approval_timeout_secs": 60 });
    let changed = scene.ada.patch(&item, change).await.expecting(200).body;
    assert_eq!(
        (&changed["realm"], &changed["approval_timeout_secs"]),
        (&json!("data"), &json!(60))
    );
    assert!(changed["next_run_at"].is_string() && changed["trigger"].get("url").is_none());
    assert_eq!(changed["trigger"]["timezone"], "Europe/Berlin");
    let change = json!({ "realm": null, "enabled": false, "approval_timeout_secs": null });
    let off = scene.ada.patch(&item, change).await.expecting(200).body;
    assert_eq!((&off["realm"], &off["next_run_at"]), (&json!(null), &json!(null)));
    assert_eq!(off["trigger"]["overlap"], "queue");
    assert_eq!(scene.ada.get(TASKS).await.expecting(200).body["items"], json!([off]));

    scene.ada.delete(&item).await.expecting(204);
    scene.ada.get(&item).await.expecting_error(404, "not_found");
}

#[tokio::test]
async fn faults_of_a_task_are_named_and_what_only_admins_give_is_not_given_by_others() {
    let scene = Scene::new([]).await;
    let with = |path: &str, value: Value| {
        let mut body = told(&scene.agent, "a");
        *body.pointer_mut(path).unwrap_or(&mut Value::Null) = value.clone();
        if body.pointer(path).is_none() {
            body[path.trim_start_matches('/')] = value;
        }
        body
    };
    for (body, field) in [
        (with("/name", json!("")), "name"),
        (with("/input_template", json!({})), "input_template.prompt"),
        (with("/input_template/prompt", json!("{{ trigger.")), "input_template.prompt"),
        (with("/trigger", json!({ "kind": "schedule", "cron": "whenever" })), "trigger.cron"),
        (with("/trigger", json!({ "kind": "manual", "cron": "@daily" })), "trigger.cron"),
        (with("/trigger", json!({ "kind": "lifecycle" })), "trigger.events"),
        (with("/trigger", json!({ "kind": "manual", "every": 5 })), "trigger.every"),
        (with("/limits", json!({ "runs_per_hour": 0 })), "limits.runs_per_hour"),
    ] {
        let refused = scene.ada.post(TASKS, body.clone()).await.expecting_error(400, "invalid");
        assert_eq!(refused.fields(), [field], "{body}");
    }
    let me = scene.admin.user.as_ref().unwrap().id.to_string();
    let refused = scene.ada.post(TASKS, with("/run_as", json!(me))).await;
    refused.expecting_error(403, "insufficient_role");
    let viewer = scene.app.member(scene.org, Role::Viewer).await;
    let refused = viewer.post(TASKS, told(&scene.agent, "v")).await;
    refused.expecting_error(403, "insufficient_role");
    assert_eq!(viewer.get(TASKS).await.expecting(200).body["total"], 0);
}

#[tokio::test]
async fn a_run_is_read_with_what_was_filled_in_and_said_and_who_permitted_it() {
    let scene = Scene::new([Turn::Says("seen".into())]).await;
    let (item, _) = scene.task("look", json!({ "kind": "manual" })).await;
    let input = json!({ "input": { "what": "payments" } });
    let started = scene.ada.post(&format!("{item}/run"), input).await.expecting(202);
    assert_eq!((started.text_at("/state"), &started.body["attempt"]), ("pending", &json!(0)));
    let run = started.header("location").unwrap().to_owned();
    assert_eq!(scene.ada.get(&run).await.expecting(200).body["transcript"], json!(null));
    scene.begin().await;

    let done = scene.over(&run).await;
    assert_eq!((&done["state"], &done["output"]), (&json!("succeeded"), &json!("seen")), "{done}");
    assert_eq!(done["input"]["prompt"], "Look at payments.");
    assert_eq!((&done["attempt"], &done["cause"]["kind"]), (&json!(1), &json!("manual")));
    let said: Vec<_> =
        done["transcript"].as_array().unwrap().iter().map(|it| &it["content"]).collect();
    assert_eq!(said, ["Look at payments.", "seen"], "{done}");
    let ada = scene.ada.user.as_ref().unwrap().id.to_string();
    let audit = done["audit"].as_array().unwrap();
    let actions: Vec<_> = audit.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["task.run", "task.trigger"], "{done}");
    assert!(audit.iter().all(|entry| entry["actor"] == ada.as_str()), "{done}");

    let list = scene.ada.get(&format!("{item}/runs")).await.expecting(200).body;
    assert_eq!((&list["total"], &list["items"][0]["id"]), (&json!(1), &done["id"]));
    assert!(list["items"][0].get("transcript").is_none());
    let (other, _) = scene.task("other", json!({ "kind": "manual" })).await;
    let elsewhere = format!("{other}/runs/{}", done["id"].as_str().unwrap());
    scene.ada.get(&elsewhere).await.expecting_error(404, "not_found");
}

#[tokio::test]
async fn a_repeated_request_sets_a_task_off_once_and_a_run_that_waits_is_stopped() {
    let scene = Scene::new([]).await;
    let (item, _) = scene.task("once", json!({ "kind": "manual" })).await;
    let ask = async || {
        let request = scene.ada.request("POST", &format!("{item}/run"));
        Reply::of(request.header("idempotency-key", "k1")).await.expecting(202)
    };
    let (first, again) = (ask().await, ask().await);
    assert_eq!(
        (first.body.clone(), again.header("idempotency-replayed")),
        (again.body.clone(), Some("true"))
    );
    assert_eq!(scene.ada.get(&format!("{item}/runs")).await.expecting(200).body["total"], 1);

    let run = first.header("location").unwrap();
    let viewer = scene.app.member(scene.org, Role::Viewer).await;
    let refused = viewer.post(&format!("{run}/cancel"), json!({})).await;
    refused.expecting_error(403, "insufficient_role");
    let stopped = scene.ada.post(&format!("{run}/cancel"), json!({})).await.expecting(200).body;
    assert_eq!(
        (&stopped["state"], &stopped["error"]["code"]),
        (&json!("cancelled"), &json!("cancelled"))
    );
    scene.begin().await;
    assert_eq!(scene.ada.get(run).await.expecting(200).body["run_id"], json!(null));

    scene.ada.patch(&item, json!({ "enabled": false })).await.expecting(200);
    scene.ada.post(&format!("{item}/run"), json!({})).await.expecting_error(409, "in_use");
}

#[tokio::test]
async fn a_rotated_secret_is_new_and_the_old_one_stays_for_a_while() {
    let scene = Scene::new([]).await;
    let (item, made) = scene.task("hook", json!({ "kind": "webhook" })).await;
    let rotate = format!("{item}/trigger/rotate");
    let rotated = scene.ada.post(&rotate, json!({ "grace_secs": 60 })).await.expecting(200);
    assert_ne!(rotated.text_at("/trigger/secret"), made.text_at("/trigger/secret"));
    assert!(rotated.body["trigger"]["previous_until"].is_string(), "{}", rotated.text);
    assert_eq!(rotated.body["trigger"]["url"], made.body["trigger"]["url"]);
    let refused = scene.ada.post(&rotate, json!({ "grace_secs": 604_801 })).await;
    assert_eq!(refused.expecting_error(400, "invalid").fields(), ["grace_secs"]);
    let (manual, _) = scene.task("by hand", json!({ "kind": "manual" })).await;
    let refused = scene.ada.post(&format!("{manual}/trigger/rotate"), json!({})).await;
    refused.expecting_error(400, "invalid");
}
