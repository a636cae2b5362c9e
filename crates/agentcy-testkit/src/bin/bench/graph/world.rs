//! 100,000 services that call each other.

use std::io::Write;

use serde_json::{Value, json};

pub(crate) const NODES: usize = 100_000;
const CALLS: usize = 5;
pub(crate) const EDGES: usize = NODES * CALLS;

const WORDS: [&str; 16] = [
    "payment", "order", "customer", "invoice", "shipping", "search", "catalog", "identity",
    "ledger", "report", "gateway", "session", "pricing", "stock", "notice", "archive",
];
const PARTS: [&str; 8] =
    ["service", "worker", "database", "queue", "frontend", "cache", "proxy", "job"];

/// A kind of question, and the query string of its n-th turn.
pub(crate) type Question = (&'static str, fn(usize) -> String);

pub(crate) const QUESTIONS: [Question; 6] = [
    ("rare word", |turn| format!("q=s{}", turn * 7919 % NODES)),
    ("common word", |turn| format!("q={}", WORDS[turn % WORDS.len()])),
    ("two words", |turn| {
        format!("q={}+{}", WORDS[turn % WORDS.len()], PARTS[turn / 3 % PARTS.len()])
    }),
    ("typo", |turn| {
        let word = WORDS[turn % WORDS.len()];
        format!("q={}{}", &word[..2], &word[3..])
    }),
    ("filter", |turn| format!("q={}&property=tier:{}", WORDS[turn % WORDS.len()], turn % 4)),
    ("no words", |turn| format!("label=Service&property=tier:{}", turn % 4)),
];

/// The source that reads it.
pub(crate) fn source() -> Value {
    json!({
        "name": "world", "source_type": "json", "realm": "infrastructure",
        "config": {
            "key": "id", "label": "Service", "name": "name",
            "relations": [{ "field": "calls", "type": "CALLS" }],
        },
    })
}

/// One service a line. No randomness: the same in every run.
pub(crate) fn content() -> Vec<u8> {
    let mut lines = Vec::with_capacity(NODES * 160);
    for id in 0..NODES {
        let calls: Vec<String> =
            (1..=CALLS).map(|nth| format!("s{}", (id * 31 + nth * nth * 1013) % NODES)).collect();
        let record = json!({
            "id": format!("s{id}"),
            "name": format!("{}-{} s{id}", WORDS[id % WORDS.len()], PARTS[id / 7 % PARTS.len()]),
            "tier": (id % 4).to_string(),
            "description": format!("Runs {} for team {}", WORDS[id / 3 % WORDS.len()], id % 200),
            "calls": calls,
        });
        let _ = writeln!(lines, "{record}");
    }
    lines
}
