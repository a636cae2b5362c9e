//! A chat that comes to a conversation in which an answer is being given.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use super::*;

/// A server with one conversation. It keeps what it was asked.
struct Server {
    url: url::Url,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// One whose newest message is in this state, whose approval in that, and whose log goes on with these events.
    fn start(message: &str, approval: &str, log: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&asked);
        let conversation =
            json!({ "id": "conv_1", "active_run_id": "run_1", "last_event_id": 41 }).to_string();
        let page = |item: Value| json!({ "items": [item] }).to_string();
        let message =
            json!({ "id": "msg_1", "role": "assistant", "state": message, "event_id": 7 });
        let approval = json!({
            "id": "apr_1", "conversation_id": "conv_1", "run_id": "run_1", "tool": "upsert_node",
            "effect": "write", "state": approval,
        });
        let (messages, approvals) = (page(message), page(approval));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let head: Vec<String> = BufReader::new(&stream)
                    .lines()
                    .map(|line| line.unwrap().to_lowercase())
                    .take_while(|line| !line.is_empty())
                    .collect();
                let path = head[0].split(' ').nth(1).unwrap().split('?').next().unwrap().to_owned();
                seen.lock().unwrap().push(head.join("\n"));
                let (kind, body) = match path.rsplit('/').next().unwrap() {
                    "messages" => ("application/json", messages.as_str()),
                    "approvals" => ("application/json", approvals.as_str()),
                    "stream" => ("text/event-stream", log),
                    _ => ("application/json", conversation.as_str()),
                };
                let status = if body.is_empty() { "204 No Content" } else { "200 OK" };
                let length = body.len();
                let reply = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
                     connection: close\r\n\r\n{body}"
                );
                stream.write_all(reply.as_bytes()).unwrap();
            }
        });
        Self { url, asked }
    }

    fn talk(&self) -> Talk {
        Talk::new(Client::new(self.url.clone()).unwrap(), true).unwrap()
    }

    /// What was asked of this path.
    fn asked(&self, path: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|head| head.contains(&format!("/{path}"))).cloned().collect()
    }
}

const DECIDED: &str = "id: 8\nevent: approval_required\ndata: {\"approval_id\":\"apr_1\",\"tool_call_id\":\"tc_1\",\
     \"tool\":\"upsert_node\",\"args\":{},\"effect\":\"write\",\"reason\":\"it writes\",\
     \"expires_at\":\"2026-01-01T00:00:00Z\"}\n\n\
     id: 9\nevent: message_end\ndata: {\"message_id\":\"msg_1\",\"finish_reason\":\"end_turn\",\"usage\":\
     {\"in_tokens\":1,\"out_tokens\":1,\"cost_usd\":0}}\n\n";

#[tokio::test]
async fn what_was_decided_meanwhile_is_not_asked_about() {
    let server = Server::start("streaming", "approved", DECIDED);
    server.talk().attend("conv_1").await.unwrap();
    assert_eq!(server.asked("approvals").len(), 1);
    // From the beginning of the answer on.
    let asked = server.asked("stream");
    assert!(asked[0].contains("last-event-id: 6"), "{asked:?}");
}

#[tokio::test]
async fn where_the_answer_has_not_begun_nothing_is_told_again() {
    let server = Server::start("complete", "approved", "");
    server.talk().attend("conv_1").await.unwrap();
    let asked = server.asked("stream");
    assert!(asked[0].contains("last-event-id: 41"), "{asked:?}");
}
