//! The history is the fold of the log: a reader of the one and a reader of the other see the same.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::talk::Talk;

/// What the events of one run come to.
#[derive(Debug, Default, PartialEq)]
struct Folded {
    text: String,
    calls: Vec<Value>,
    results: HashMap<String, Value>,
    citations: Vec<Value>,
    ends: Vec<Value>,
    last: i64,
}

impl Folded {
    fn take(&mut self, seq: i64, name: &str, data: &Value) {
        assert!(seq > self.last, "{seq} comes after {}", self.last);
        assert!(self.ends.is_empty(), "{name} comes after the end");
        self.last = seq;
        match name {
            "content_delta" => self.text.push_str(data["delta"].as_str().unwrap()),
            "message_reset" => {
                data["content"].as_str().unwrap().clone_into(&mut self.text);
                self.citations.clear();
                let results = &self.results;
                self.calls.retain(|id| results.contains_key(id.as_str().unwrap()));
            }
            "tool_call_start" if !self.calls.contains(&data["tool_call_id"]) => {
                self.calls.push(data["tool_call_id"].clone());
            }
            "tool_result" => {
                let id = data["tool_call_id"].as_str().unwrap().to_owned();
                assert!(self.results.insert(id, data["result"].clone()).is_none());
            }
            "citation" => self.citations.push(json!([data["index"], data["title"]])),
            "message_end" | "error" => self.ends.push(json!(name)),
            _ => {}
        }
    }
}

impl Talk {
    /// Every run of the conversation has ended once, and its stored answer is what its events say.
    pub(crate) async fn check_fold(&self) {
        let database = &self.inner.database;
        let mut runs: HashMap<String, Folded> = HashMap::new();
        let mut last = 0;
        for row in database.rows("select * from conversation_log order by first_seq").await {
            let run = runs.entry(row["run_id"].as_str().unwrap().to_owned()).or_default();
            for line in row["events"].as_str().unwrap().lines() {
                let (seq, rest) = line.split_once(' ').unwrap();
                let (name, data) = rest.split_once(' ').unwrap();
                let seq = seq.parse().unwrap();
                assert!(seq > last, "{seq} follows {last}");
                last = seq;
                run.take(seq, name, &serde_json::from_str(data).unwrap());
            }
        }
        let answers =
            "select m.run_id, m.parts, r.state from messages m join runs r on r.id = m.run_id
                       where m.role = 'assistant' and r.finished_at is not null";
        for row in database.rows(answers).await {
            let folded = runs.remove(row["run_id"].as_str().unwrap()).unwrap();
            assert_eq!(folded.ends.len(), 1, "{folded:?}");
            self.compare(&row, &folded).await;
        }
        let reserved = database.rows("select last_seq, reserved from conversations").await;
        for row in reserved {
            assert!(row["last_seq"].as_i64() <= row["reserved"].as_i64());
        }
    }

    async fn compare(&self, row: &Value, folded: &Folded) {
        let parts = row["parts"].as_array().unwrap();
        let of = |kind: &str| parts.iter().filter(|part| part["type"] == kind).collect::<Vec<_>>();
        let text: String = of("text").iter().map(|part| part["text"].as_str().unwrap()).collect();
        assert_eq!(text, folded.text);
        let calls: Vec<Value> =
            of("tool_call").iter().map(|part| part["tool_call_id"].clone()).collect();
        assert_eq!(calls, folded.calls);
        let cited: Vec<Value> =
            of("citation").iter().map(|part| json!([part["index"], part["title"]])).collect();
        assert_eq!(cited, folded.citations);
        let run = row["run_id"].as_str().unwrap();
        let query = format!("select id, result from tool_calls where run_id = '{run}'");
        let stored = self.inner.database.rows(&query).await;
        assert_eq!(stored.len(), folded.calls.len());
        for call in stored {
            let id = format!("tc_{}", call["id"].as_str().unwrap());
            let said = folded.results.get(&id).cloned().unwrap_or_default();
            assert_eq!(call["result"], said, "the result of {id}");
        }
    }
}
