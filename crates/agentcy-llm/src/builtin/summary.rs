//! A conversation in short, made by rule: what was asked, and which nodes were spoken of.

use super::text::plain;
use crate::{Message, Request};

/// How a request for a summary begins, and how a summary among the messages does.
const WANTED: &str = "Summarise";
const EARLIER: &str = "Summary of what was said before:";
/// How long it is at most, in bytes.
const MOST: usize = 2000;
const QUESTION: usize = 160;
/// How many nodes are named.
const NODES: usize = 12;

/// Whether a request asks for a summary.
pub(super) fn is_wanted(request: &Request) -> bool {
    request.system.starts_with(WANTED)
}

/// The summary, with what is newest kept where not all has room.
pub(super) fn summary(request: &Request) -> String {
    let (mut asked, mut nodes, mut earlier) = (Vec::new(), Vec::new(), None);
    for message in &request.messages {
        match message {
            Message::User(text) if text.starts_with(WANTED) => {}
            Message::User(text) => match text.strip_prefix(EARLIER) {
                Some(summary) => earlier = Some(summary.trim()),
                None => asked.push(plain(text, QUESTION)),
            },
            Message::Assistant { text, .. } => nodes.extend(links(text)),
            Message::Results(_) => {}
        }
    }
    let mut named: Vec<&str> = Vec::new();
    for node in nodes.into_iter().rev() {
        if !named.contains(&node) && named.len() < NODES {
            named.push(node);
        }
    }
    let mut text = String::from("Asked, the newest first:\n");
    let mut room = MOST;
    for line in asked.iter().rev() {
        if line.len() + 3 + text.len() > room / 2 {
            text.push_str("- and more before\n");
            break;
        }
        text.extend(["- ", line, "\n"]);
    }
    if !named.is_empty() {
        text.push_str("Spoken of, the newest first:\n");
        for node in named {
            if text.len() + node.len() + 3 <= room {
                text.extend(["- ", node, "\n"]);
            }
        }
    }
    if let Some(earlier) = earlier {
        let head = "Before that:\n";
        room = room.saturating_sub(text.len() + head.len());
        let kept = &earlier[..earlier.floor_char_boundary(room)];
        if !kept.is_empty() {
            text.extend([head, kept]);
        }
    }
    text
}

/// The links to nodes in an answer.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("](node:").map(|at| from + at) {
        let begin = text[..at].rfind('[');
        let end = text[at..].find(')').map(|end| at + end + 1);
        if let (Some(begin), Some(end)) = (begin, end) {
            found.push(&text[begin..end]);
        }
        from = at + 1;
    }
    found
}
