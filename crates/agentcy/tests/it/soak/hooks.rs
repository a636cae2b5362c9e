//! Webhooks come in while the server is killed, and its PostgreSQL with it. Senders do as senders do: what was not
//! acknowledged is sent again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use agentcy_testkit::{app::http, webhook::Webhook};
use reqwest::Client;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};
use url::Url;

use super::rounds;
use crate::process::Machine;

/// How many send at once.
const SENDERS: u32 = 8;
/// How many deliveries are acknowledged before each kill, at least.
const EACH: u64 = 20;

/// What senders know.
#[derive(Default)]
struct Ledger {
    next: AtomicU64,
    stop: AtomicBool,
    /// What each delivery was told, by its number.
    acknowledged: Mutex<BTreeMap<u64, Value>>,
    /// Answers that should not be.
    wrong: Mutex<Vec<String>>,
}

impl Ledger {
    fn count(&self) -> u64 {
        u64::try_from(self.acknowledged.lock().unwrap().len()).unwrap()
    }
}

#[tokio::test]
async fn no_webhook_that_was_acknowledged_is_lost_and_none_sets_its_task_off_twice() {
    let machine = Machine::new();
    let server = machine.start().await;
    let session = machine.session().await;
    let token = session.token.expose_secret().to_owned();
    let api = Api { client: http(), url: machine.url(), token };
    let webhook = api.webhook().await;

    let ledger = Arc::new(Ledger::default());
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        senders.spawn(send(http(), machine.url(), webhook.clone(), Arc::clone(&ledger)));
    }
    let mut server = Some(server);
    for round in 0..rounds(3) {
        let before = ledger.count();
        while ledger.count() < before + EACH {
            sleep(Duration::from_millis(1)).await;
        }
        // At another moment of what goes on each time.
        sleep(Duration::from_micros(u64::from(round) * 377 % 5000)).await;
        server.take().unwrap().kill();
        server = Some(machine.start().await);
    }
    ledger.stop.store(true, Ordering::Relaxed);
    while let Some(ended) = senders.join_next().await {
        ended.unwrap();
    }

    assert_eq!(*ledger.wrong.lock().unwrap(), Vec::<String>::new());
    let acknowledged = ledger.acknowledged.lock().unwrap().clone();
    let sent = ledger.next.load(Ordering::Relaxed);
    assert_eq!(
        u64::try_from(acknowledged.len()).unwrap(),
        sent,
        "each was sent until it was acknowledged"
    );
    let told: BTreeSet<String> = acknowledged.values().map(|it| text(&it["run_id"])).collect();
    assert_eq!(u64::try_from(told.len()).unwrap(), sent, "two deliveries were told one run");
    let runs = api.settled(&webhook).await;
    let kept: BTreeSet<String> = runs.iter().map(|run| text(&run["id"])).collect();
    assert_eq!(runs.len(), kept.len());
    let lost: Vec<_> = told.difference(&kept).collect();
    let phantom: Vec<_> = kept.difference(&told).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(phantom.is_empty(), "nobody was told of these, or a repeat made them: {phantom:?}");
    println!("{sent} deliveries, none lost, none twice");
    server.take().unwrap().stop().await;
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Sends one delivery after the other, each until it is acknowledged, and some once more.
async fn send(client: Client, url: Url, webhook: Webhook, ledger: Arc<Ledger>) {
    let url = url.join(&webhook.path()).unwrap();
    while !ledger.stop.load(Ordering::Relaxed) {
        let number = ledger.next.fetch_add(1, Ordering::Relaxed);
        let first = until_taken(&client, &url, &webhook, number, &ledger).await;
        if number.is_multiple_of(7) {
            let again = until_taken(&client, &url, &webhook, number, &ledger).await;
            if again["run_id"] != first["run_id"] || again["duplicate"] != true {
                ledger.wrong.lock().unwrap().push(format!("{first} and then {again}"));
            }
        }
        ledger.acknowledged.lock().unwrap().insert(number, first);
    }
}

async fn until_taken(
    client: &Client,
    url: &Url,
    webhook: &Webhook,
    number: u64,
    ledger: &Ledger,
) -> Value {
    let body = json!({ "number": number }).to_string();
    loop {
        let request = client
            .post(url.clone())
            .header("content-type", "application/json")
            .header("x-agentcy-signature", webhook.signature(body.as_bytes()))
            .header("x-agentcy-delivery", number.to_string())
            .body(body.clone());
        // Nobody there, or gone in the middle of it: what became of it is not known.
        if let Ok(response) = request.send().await {
            match (response.status().as_u16(), response.text().await) {
                (202, Ok(text)) => return serde_json::from_str(&text).unwrap(),
                (503, _) | (202, Err(_)) => {}
                (status, text) => {
                    ledger.wrong.lock().unwrap().push(format!("{status}: {text:?}"));
                }
            }
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// The server, as its administrator uses it.
struct Api {
    client: Client,
    url: Url,
    token: String,
}

impl Api {
    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.client.post(self.url.join(path).unwrap()).bearer_auth(&self.token);
        let response = request.json(&body).send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(status.as_u16(), 201, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.client.get(self.url.join(path).unwrap()).bearer_auth(&self.token);
        let text = request.send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// A task that begins seldom, so that what is watched is what comes in.
    async fn webhook(&self) -> Webhook {
        let agent = json!({ "name": "clerk", "instructions": "You answer in one word." });
        let agent = self.post("/api/v1/agents", agent).await;
        let task = json!({
            "name": "intake",
            "agent_id": agent["id"],
            "trigger": { "kind": "webhook", "dedupe_secs": 0 },
            "input_template": { "prompt": "delivery {{ trigger.body.number }}" },
            "limits": { "runs_per_hour": 2 },
        });
        let task = self.post("/api/v1/tasks", task).await;
        Webhook {
            task: text(&task["id"]).parse().unwrap(),
            trigger: text(&task["trigger"]["id"]).parse().unwrap(),
            secret: text(&task["trigger"]["secret"]).into(),
        }
    }

    /// Every run of the task, once each has begun or been turned away.
    async fn settled(&self, webhook: &Webhook) -> Vec<Value> {
        loop {
            let runs = self.runs(webhook).await;
            if runs.iter().all(|run| run["state"] != "pending" && run["state"] != "running") {
                return runs;
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn runs(&self, webhook: &Webhook) -> Vec<Value> {
        let first = format!("/api/v1/tasks/{}/runs?limit=200", webhook.task);
        let (mut runs, mut path) = (Vec::new(), first.clone());
        loop {
            let mut page = self.get(&path).await;
            runs.append(page["items"].as_array_mut().unwrap());
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("{first}&cursor={cursor}"),
                None => return runs,
            }
        }
    }
}
