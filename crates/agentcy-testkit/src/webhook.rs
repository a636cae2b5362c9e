//! A task that webhooks set off, and who sends them.

#![expect(clippy::expect_used, reason = "a test whose stage cannot be set has failed")]

use agentcy_core::{
    Caller,
    agent::RunLimits,
    id::{TaskId, TriggerId},
    task::{TaskLimits, TriggerKind},
};
use agentcy_platform::{
    Platform,
    agents::{self, NewAgent},
    tasks::{self, NewTask, TriggerSpec},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::Sha256;

/// A webhook with its secret.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The task that it sets off.
    pub task: TaskId,
    /// What is named in its path.
    pub trigger: TriggerId,
    /// What deliveries are signed with.
    pub secret: SecretString,
}

impl Webhook {
    /// A task of a new agent with a webhook of the caller's.
    pub async fn new(platform: &Platform, caller: &Caller, name: &str) -> Self {
        Self::with(platform, caller, name, |_| {}).await
    }

    /// The same, with a trigger that is changed first.
    pub async fn with(
        platform: &Platform,
        caller: &Caller,
        name: &str,
        change: impl FnOnce(&mut TriggerSpec),
    ) -> Self {
        let agent = NewAgent {
            name: format!("agent of {name}"),
            instructions: "Read what came in.".to_owned(),
            model: None,
            tools: Vec::new(),
            realm: None,
            limits: RunLimits::default(),
            approval_defaults: None,
            standing_approvals: Vec::new(),
        };
        let agent = agents::create(platform, caller, agent).await.expect("an agent");
        let agent = agent.commit().await.expect("an agent");
        let mut trigger = TriggerSpec::new(TriggerKind::Webhook);
        change(&mut trigger);
        let template = json!({ "prompt": "Something came in: {{ trigger.body }}" });
        let task = NewTask {
            name: name.to_owned(),
            agent_id: agent.id,
            realm: None,
            run_as: None,
            input_template: template.as_object().cloned().unwrap_or_default(),
            limits: TaskLimits::default(),
            approval_defaults: None,
            approval_timeout_secs: None,
            standing_approvals: Vec::new(),
            enabled: true,
            trigger,
        };
        let made = tasks::create(platform, caller, task).await.expect("a task");
        let made = made.commit().await.expect("a task");
        let secret = made.secret.expect("a secret");
        Self { task: made.task.id, trigger: made.task.trigger.id, secret }
    }

    /// The same webhook for one who has another secret.
    pub fn with_secret(&self, secret: &SecretString) -> Self {
        Self { secret: secret.clone(), ..self.clone() }
    }

    /// Where deliveries go.
    pub fn path(&self) -> String {
        format!("/api/v1/hooks/{}", self.trigger)
    }

    /// What `X-Agentcy-Signature` says of a body.
    pub fn signature(&self, body: &[u8]) -> String {
        let code = code(self.secret.expose_secret().as_bytes(), &[body]);
        format!("sha256={}", hex::encode(code))
    }

    /// The three headers of Standard Webhooks for a body.
    pub fn stamped(&self, id: &str, timestamp: i64, body: &[u8]) -> [(&'static str, String); 3] {
        let secret = self.secret.expose_secret();
        let key = STANDARD.decode(secret.trim_start_matches("whsec_")).expect("base64");
        let timestamp = timestamp.to_string();
        let code = code(&key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
        [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", format!("v1,{}", STANDARD.encode(code))),
        ]
    }
}

fn code(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    for part in parts {
        code.update(part);
    }
    code.finalize().into_bytes().into()
}
