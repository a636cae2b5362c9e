//! An answer as it comes: its text on stdout, what happens around it on stderr.

use std::cell::Cell;

use agentcy_sdk::{ChatEvent, Error};
use serde::Serialize;
use serde_json::Value;

use super::links::Links;
use crate::output;

/// How much of a call's arguments stands on its line.
const MAX_ARGS: usize = 80;

const DIM: &str = "2";
const RED: &str = "31";
const YELLOW: &str = "33";

/// A tool call of the answer.
#[derive(Debug, Serialize)]
pub(super) struct Call {
    id: String,
    name: String,
    connector: Option<String>,
    #[serde(skip)]
    args: String,
    result: Option<Value>,
    is_error: bool,
}

/// How the text of an answer is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    /// As it comes.
    Live,
    /// At once, for a script.
    Whole,
    /// Not at all: something else is written in its place.
    None,
}

/// Where an answer is shown.
pub(super) struct Screen {
    words: Words,
    has_colours: bool,
    has_status: bool,
    is_mid_line: Cell<bool>,
    is_status_shown: Cell<bool>,
    text: String,
    links: Links,
    calls: Vec<Call>,
    citations: Vec<ChatEvent>,
}

impl Screen {
    pub(super) fn new(json: bool) -> Self {
        let words = match (json, output::is_read_by_person()) {
            (true, _) => Words::None,
            (false, true) => Words::Live,
            (false, false) => Words::Whole,
        };
        Self {
            words,
            has_colours: output::has_colours(),
            has_status: output::is_terminal() && output::has_colours() && !json,
            is_mid_line: Cell::new(false),
            is_status_shown: Cell::new(false),
            text: String::new(),
            links: Links::default(),
            calls: Vec::new(),
            citations: Vec::new(),
        }
    }

    /// The text so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn calls(&self) -> &[Call] {
        &self.calls
    }

    pub(super) fn citations(&self) -> &[ChatEvent] {
        &self.citations
    }

    /// Makes ready for an answer.
    pub(super) fn begin(&mut self) {
        self.text.clear();
        self.links = Links::default();
        self.calls.clear();
        self.citations.clear();
        self.status("thinking");
    }

    /// Ends the answer: what was held back is printed, and where it comes from.
    pub(super) fn end(&mut self) -> anyhow::Result<()> {
        let rest = self.links.rest();
        self.put(&rest);
        self.clear();
        self.end_line();
        if self.words == Words::Whole && !self.text.is_empty() {
            let mut links = Links::default();
            output::print(&(links.push(&self.text) + &links.rest()))?;
        }
        for citation in &self.citations {
            let ChatEvent::Citation { index, node_id, document_id, url, title } = citation else {
                continue;
            };
            let place = url.as_ref().or(node_id.as_ref()).or(document_id.as_ref());
            let place = place.map(|place| format!("  {place}")).unwrap_or_default();
            self.dim(&format!("[{index}] {title}{place}"));
        }
        Ok(())
    }

    /// Shows what happened.
    pub(super) fn show(&mut self, event: &ChatEvent) {
        match event {
            ChatEvent::ContentDelta { delta } => {
                self.text.push_str(delta);
                self.stream(delta);
            }
            ChatEvent::MessageReset { content, .. } => {
                // What was shown stays on the screen; what is new is shown below.
                if let Some(more) = content.strip_prefix(self.text.as_str()) {
                    self.stream(more);
                } else {
                    self.dim("The answer was taken up again; this is how it begins now:");
                    self.stream(content);
                }
                content.clone_into(&mut self.text);
                // What still stands of the rest is told again.
                self.citations.clear();
                self.calls.retain(|call| call.result.is_some());
            }
            ChatEvent::ToolCallStart { tool_call_id, name, connector, args } => {
                self.status(&format!("running {name}"));
                let args = args.as_ref().map(Value::to_string).unwrap_or_default();
                let call = Call {
                    id: tool_call_id.clone(),
                    name: name.clone(),
                    connector: connector.clone(),
                    args,
                    result: None,
                    is_error: false,
                };
                match self.calls.iter_mut().find(|known| known.id == call.id) {
                    Some(known) => *known = call,
                    None => self.calls.push(call),
                }
            }
            ChatEvent::ToolCallDelta { tool_call_id, args_delta } => {
                if let Some(call) = self.calls.iter_mut().find(|call| call.id == *tool_call_id) {
                    call.args.push_str(args_delta);
                }
            }
            ChatEvent::ToolResult { tool_call_id, result, is_error } => {
                self.ended(tool_call_id, result, *is_error);
                self.status("thinking");
            }
            ChatEvent::ApprovalResolved { state, decided_by, note, .. } => {
                let by = decided_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
                let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                self.dim(&format!("{}{by}{note}", state.name()));
            }
            ChatEvent::Citation { .. } => self.citations.push(event.clone()),
            ChatEvent::Summary { .. } => {
                self.dim("What was said before is summed up for the model.");
            }
            _ => {}
        }
    }

    /// One line for a call that has ended.
    fn ended(&mut self, id: &str, result: &Value, is_error: bool) {
        let Some(call) = self.calls.iter_mut().find(|call| call.id == id) else { return };
        (call.result, call.is_error) = (Some(result.clone()), is_error);
        let mut args: String = call.args.chars().take(MAX_ARGS).collect();
        if args.len() < call.args.len() {
            args.push('…');
        }
        let on = call.connector.as_ref().map(|on| format!(" on {on}")).unwrap_or_default();
        let line = format!("{}{on} {args}", call.name);
        if is_error {
            let message = result.pointer("/error/message").and_then(Value::as_str);
            self.bad(&format!("✗ {line} → {}", message.unwrap_or("failed")));
        } else {
            self.dim(&format!("✓ {line} → {}", size(result)));
        }
    }

    fn stream(&mut self, text: &str) {
        let text = self.links.push(text);
        self.put(&text);
    }

    fn put(&self, text: &str) {
        if self.words != Words::Live || text.is_empty() {
            return;
        }
        self.clear();
        output::print_part(&output::harmless(text));
        self.is_mid_line.set(!text.ends_with('\n'));
    }

    /// A line that is there until something else is.
    fn status(&self, text: &str) {
        if !self.has_status || self.is_mid_line.get() {
            return;
        }
        self.clear();
        output::say_part(&format!("\u{1b}[2m… {}\u{1b}[0m", output::harmless(text)));
        self.is_status_shown.set(true);
    }

    fn clear(&self) {
        if self.is_status_shown.replace(false) {
            output::say_part("\r\u{1b}[K");
        }
    }

    fn end_line(&self) {
        if self.is_mid_line.replace(false) {
            output::print_part("\n");
        }
    }

    /// Something beside the answer.
    pub(super) fn dim(&self, text: &str) {
        self.line(DIM, text);
    }

    /// Something that went wrong.
    pub(super) fn bad(&self, text: &str) {
        self.line(RED, text);
    }

    /// A call that brought nothing, and why.
    pub(super) fn failed(&self, error: &Error) {
        self.bad(&error.to_string());
        for reason in error.reasons() {
            self.bad(&format!("  {reason}"));
        }
    }

    /// Something to look at.
    pub(super) fn warn(&self, text: &str) {
        self.line(YELLOW, text);
    }

    /// Something in the colour of the terminal.
    pub(super) fn plain(&self, text: &str) {
        self.line("", text);
    }

    fn line(&self, colour: &str, text: &str) {
        self.clear();
        self.end_line();
        if self.has_colours && !colour.is_empty() {
            output::say_part(&format!("\u{1b}[{colour}m{}\u{1b}[0m\n", output::harmless(text)));
        } else {
            output::say(text);
        }
    }
}

/// How much a result is.
fn size(result: &Value) -> String {
    let bytes = result.to_string().len();
    let count = ["nodes", "rows", "edges", "tools", "connectors"].into_iter().find_map(|name| {
        let items = result.get(name)?.as_array()?;
        let name = if items.len() == 1 { name.strip_suffix('s').unwrap_or(name) } else { name };
        Some(format!("{} {name}, ", items.len()))
    });
    let count = count.unwrap_or_default();
    match bytes {
        0..1000 => format!("{count}{bytes} bytes"),
        _ => format!("{count}{}.{} kB", bytes / 1000, bytes % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_size_of_a_result_is_said_with_what_it_counts() {
        assert_eq!(size(&json!({ "nodes": [1, 2], "total": 2 })), "2 nodes, 25 bytes");
        assert_eq!(size(&json!({ "rows": [1] })), "1 row, 12 bytes");
        assert_eq!(size(&json!("x".repeat(1498))), "1.5 kB");
    }

    #[test]
    fn a_reset_replaces_the_text() {
        let mut screen = Screen::new(true);
        screen.begin();
        screen.show(&ChatEvent::ContentDelta { delta: "Three".to_owned() });
        let message_id = "msg_1".to_owned();
        screen.show(&ChatEvent::MessageReset { message_id, content: "Four".to_owned() });
        screen.show(&ChatEvent::ContentDelta { delta: " services".to_owned() });
        assert_eq!(screen.text(), "Four services");
    }

    #[test]
    fn a_reset_leaves_nothing_twice() {
        let mut screen = Screen::new(true);
        let start = |id: &str| ChatEvent::ToolCallStart {
            tool_call_id: id.to_owned(),
            name: "upsert_node".to_owned(),
            connector: None,
            args: Some(json!({ "key": id })),
        };
        let cites = |index| ChatEvent::Citation {
            index,
            node_id: Some(format!("n_{index}")),
            document_id: None,
            url: None,
            title: "payments".to_owned(),
        };
        let result = |id: &str| ChatEvent::ToolResult {
            tool_call_id: id.to_owned(),
            result: json!({ "id": id }),
            is_error: false,
        };
        let message_id = "msg_1".to_owned();
        screen.begin();
        for event in [
            start("tc_done"),
            result("tc_done"),
            cites(1),
            cites(2),
            start("tc_waits"),
            start("tc_lost"),
            start("tc_said"),
            result("tc_said"),
            ChatEvent::MessageReset { message_id, content: String::new() },
            cites(1),
            start("tc_waits"),
            start("tc_said"),
            result("tc_waits"),
        ] {
            screen.show(&event);
        }
        assert_eq!(screen.citations(), [cites(1)]);
        let calls: Vec<_> =
            screen.calls().iter().map(|call| (call.id.as_str(), call.result.is_some())).collect();
        assert_eq!(calls, [("tc_done", true), ("tc_said", false), ("tc_waits", true)]);
    }
}
