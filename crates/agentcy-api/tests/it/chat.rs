//! `/chat` and `/agents` over a real socket, with a provider that answers by script.

use agentcy_core::{Role, id::OrgId};
use agentcy_testkit::{
    app::{Client, TestApp},
    fake_llm::{FakeLlm, Turn},
    reply::Reply,
};
use serde_json::{Value, json};

mod agents;
mod approvals;
mod busy;
mod conversations;
mod cut;
mod messages;
mod repeats;
mod rights;
mod wire;

use self::wire::{Block, Stream};

pub(crate) const CONVERSATIONS: &str = "/api/v1/chat/conversations";
pub(crate) const AGENTS: &str = "/api/v1/agents";

/// An org whose model is the scripted one, and somebody in it.
struct Stage {
    app: TestApp,
    llm: FakeLlm,
    org: OrgId,
    /// A member.
    ada: Client,
}

/// An agent whose run waits for a decision.
pub(crate) struct Asked {
    pub(crate) agent: String,
    pub(crate) conversation: String,
    pub(crate) run: String,
    pub(crate) approval: String,
}

/// Lets an agent of this owner's org want to write something.
pub(crate) async fn asking(owner: &Client) -> Asked {
    let node = json!({ "key": "team:a", "labels": ["Team"], "properties": {}, "realm": "data" });
    let llm = FakeLlm::start([Turn::calls([("upsert_node", node)])]).await.unwrap();
    use_model(owner, &llm).await;
    let agent = owner.post(AGENTS, json!({ "name": "scribe", "instructions": "Write." })).await;
    let agent = agent.expecting(201).text_at("/id").to_owned();
    let started = owner.post(&format!("{AGENTS}/{agent}/execute"), json!({ "input": "go" })).await;
    let started = started.expecting(202);
    let conversation = started.text_at("/conversation_id").to_owned();
    let asked = follow(owner, &conversation, 0).await.until("approval_required").await;
    let approval = asked.last().unwrap().json()["approval_id"].as_str().unwrap().to_owned();
    let run = started.text_at("/id").to_owned();
    Asked { agent, conversation, run, approval }
}

async fn use_model(admin: &Client, llm: &FakeLlm) {
    let settings = json!({
        "provider": "openai", "model": "small", "base_url": llm.base_url, "api_key": "sk-0123456789-wxyz",
    });
    admin.put("/api/v1/settings/llm", settings).await.expecting(200);
}

impl Stage {
    async fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        let app = TestApp::new().await;
        let llm = FakeLlm::start(turns).await.unwrap();
        let org = app.stage.org().await;
        let admin = app.member(org, Role::Admin).await;
        use_model(&admin, &llm).await;
        let ada = app.member(org, Role::Member).await;
        Self { app, llm, org, ada }
    }

    /// A conversation of hers.
    async fn begin(&self) -> String {
        begin(&self.ada).await
    }

    /// Somebody else of the org.
    async fn member(&self, role: Role) -> Client {
        self.app.member(self.org, role).await
    }
}

async fn begin(client: &Client) -> String {
    client.post(CONVERSATIONS, json!({})).await.expecting(201).text_at("/id").to_owned()
}

fn place(conversation: &str, rest: &str) -> String {
    format!("{CONVERSATIONS}/{conversation}/{rest}")
}

/// Says something, and gives the answer as it comes.
async fn send(client: &Client, conversation: &str, body: Value) -> Stream {
    Stream::of(client.request("POST", &place(conversation, "messages")).json(&body)).await
}

/// Says something, and reads the whole answer.
async fn ask(client: &Client, conversation: &str, content: &str) -> Vec<Block> {
    send(client, conversation, json!({ "content": content })).await.rest().await
}

/// What a conversation is followed by, from an event on.
async fn follow(client: &Client, conversation: &str, after: i64) -> Stream {
    let request = client.request("GET", &place(conversation, "stream"));
    Stream::of(request.header("last-event-id", after)).await
}

async fn decide(client: &Client, approval: &Value, body: Value) -> Reply {
    let (conversation, id) = (&approval["conversation_id"], &approval["id"]);
    let rest = format!("approvals/{}", id.as_str().unwrap());
    client.post(&place(conversation.as_str().unwrap(), &rest), body).await
}

/// The text of an answer.
fn text(blocks: &[Block]) -> String {
    let deltas = blocks.iter().filter(|block| block.name == "content_delta");
    deltas.map(|block| block.json()["delta"].as_str().unwrap().to_owned()).collect()
}

fn names(blocks: &[Block]) -> Vec<&str> {
    blocks.iter().map(|block| block.name.as_str()).collect()
}
