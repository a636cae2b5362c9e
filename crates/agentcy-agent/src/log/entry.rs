//! One event as it is kept and shown: a line `<number> <name> <data>`, encoded once.

use std::{fmt, io, str};

use agentcy_core::{
    chat::{self, LogEvent},
    id::RunId,
};
use bytes::{BufMut, Bytes, BytesMut};

/// How much is allocated at once for the lines of a run; a line that is longer gets its own.
const SLAB: usize = 8 << 10;

/// The event that says what was asked.
const ASKED: &str = "user_message";

/// An event of a conversation's log. Cheap to clone; its bytes are shared with everybody who is shown them.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    seq: i64,
    run: RunId,
    line: Bytes,
    name_at: usize,
    data_at: usize,
}

impl Entry {
    /// Its number.
    pub const fn seq(&self) -> i64 {
        self.seq
    }

    /// The run that it belongs to.
    pub const fn run(&self) -> RunId {
        self.run
    }

    /// What happened, as clients match on it.
    pub fn name(&self) -> &str {
        let name = self.line.get(self.name_at..self.data_at.saturating_sub(1));
        name.and_then(|name| str::from_utf8(name).ok()).unwrap_or_default()
    }

    /// What there is to know of it: JSON without a line break.
    pub fn data(&self) -> &[u8] {
        self.line.get(self.data_at..).unwrap_or_default()
    }

    /// Whether it is what was asked.
    pub(crate) fn is_question(&self) -> bool {
        self.name() == ASKED
    }

    /// Whether its run is over with it.
    pub fn is_terminal(&self) -> bool {
        chat::is_terminal(self.name())
    }

    /// The whole line, without its end.
    pub(crate) const fn line(&self) -> &Bytes {
        &self.line
    }

    fn read(run: RunId, line: Bytes) -> Option<Self> {
        let name_at = line.iter().position(|&byte| byte == b' ')? + 1;
        let data_at = name_at + line.get(name_at..)?.iter().position(|&byte| byte == b' ')? + 1;
        let seq = str::from_utf8(line.get(..name_at - 1)?).ok()?.parse().ok()?;
        str::from_utf8(line.get(name_at..data_at)?).ok()?;
        Some(Self { seq, run, line, name_at, data_at })
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({} {})", self.seq, self.name())
    }
}

/// A text that is no list of lines whose numbers rise.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The entries of whole lines, each with its end. They share the bytes.
pub(crate) fn read(run: RunId, lines: &Bytes) -> Result<Vec<Entry>, Malformed> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut from = 0;
    while let Some(length) =
        lines.get(from..).and_then(|rest| rest.iter().position(|&byte| byte == b'\n'))
    {
        let entry = Entry::read(run, lines.slice(from..from + length)).ok_or(Malformed)?;
        if entries.last().is_some_and(|last| last.seq >= entry.seq) {
            return Err(Malformed);
        }
        entries.push(entry);
        from += length + 1;
    }
    if from == lines.len() { Ok(entries) } else { Err(Malformed) }
}

/// Writes the entries of a run, many into one allocation.
#[derive(Debug)]
pub(crate) struct Encoder {
    run: RunId,
    slab: BytesMut,
}

impl Encoder {
    pub(crate) fn new(run: RunId) -> Self {
        Self { run, slab: BytesMut::with_capacity(SLAB) }
    }

    /// Writes an event once; what the tag of the enum puts around its data is left out on the way.
    pub(crate) fn encode(&mut self, seq: i64, event: &LogEvent) -> io::Result<Entry> {
        let (name, slab) = (event.name(), &mut self.slab);
        slab.clear();
        put_number(slab, seq);
        let name_at = slab.len() + 1;
        let data_at = name_at + name.len() + 1;
        slab.put_u8(b' ');
        slab.put_slice(name.as_bytes());
        slab.put_u8(b' ');
        let around = br#"{"event":"","data":"#.len() + name.len();
        serde_json::to_writer(Beyond { skip: around, into: slab }, event)?;
        // The end of what stood around it.
        slab.truncate(slab.len() - 1);
        let line = slab.split().freeze();
        Ok(Entry { seq, run: self.run, line, name_at, data_at })
    }
}

fn put_number(into: &mut BytesMut, number: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        into.put_u8(b'-');
    }
    into.put_slice(&digits[at..]);
}

/// Drops the first bytes that are written.
struct Beyond<'a> {
    skip: usize,
    into: &'a mut BytesMut,
}

impl io::Write for Beyond<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        self.into.put_slice(&bytes[skipped..]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use agentcy_core::chat::{ApprovalState, FinishReason, RunErrorCode, Usage};
    use agentcy_core::tool::Effect;
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    /// One of each kind.
    fn every_kind(text: &str) -> Vec<LogEvent> {
        let id = Uuid::from_u128(7);
        let (content, title) = (text.to_owned(), text.to_owned());
        let value = json!({ text: [text, 1.5, null] });
        let usage = Usage { in_tokens: 1, out_tokens: 2, cost_usd: 0.1 };
        let expires_at = agentcy_core::Timestamp::default();
        vec![
            LogEvent::UserMessage { message_id: id.into(), content: content.clone() },
            LogEvent::MessageStart { message_id: id.into(), run_id: id.into() },
            LogEvent::ContentDelta { delta: text.to_owned() },
            LogEvent::ToolCallStart {
                tool_call_id: id.into(),
                name: text.to_owned(),
                connector: Some(text.to_owned()),
                args: Some(value.clone()),
            },
            LogEvent::ToolCallDelta { tool_call_id: id.into(), args_delta: text.to_owned() },
            LogEvent::ApprovalRequired {
                approval_id: id.into(),
                tool_call_id: id.into(),
                tool: text.to_owned(),
                args: value.clone(),
                effect: Effect::Write,
                reason: text.to_owned(),
                expires_at,
            },
            LogEvent::ApprovalResolved {
                approval_id: id.into(),
                state: ApprovalState::Denied,
                decided_by: None,
                note: Some(text.to_owned()),
            },
            LogEvent::ToolResult { tool_call_id: id.into(), result: value, is_error: true },
            LogEvent::Citation { index: 1, node_id: None, document_id: None, url: None, title },
            LogEvent::MessageReset { message_id: id.into(), content: content.clone() },
            LogEvent::Summary { message_id: id.into(), through: 9, content },
            LogEvent::MessageEnd {
                message_id: id.into(),
                finish_reason: FinishReason::MaxCost,
                usage,
            },
            LogEvent::Error {
                code: RunErrorCode::Internal,
                message: text.to_owned(),
                retryable: false,
            },
        ]
    }

    proptest! {
        #[test]
        fn an_entry_is_the_number_the_name_and_the_data_of_its_event(text: String, from: i64) {
            let run = RunId::from(Uuid::from_u128(1));
            let mut encoder = Encoder::new(run);
            let (mut lines, mut written) = (Vec::new(), Vec::new());
            let from = from / 2;
            for (seq, event) in (from..).zip(every_kind(&text)) {
                let entry = encoder.encode(seq, &event).unwrap();
                let whole = serde_json::to_value(&event).unwrap();
                prop_assert_eq!(whole["event"].as_str(), Some(entry.name()));
                let data: serde_json::Value = serde_json::from_slice(entry.data()).unwrap();
                prop_assert_eq!(&data, &whole["data"]);
                prop_assert_eq!(entry.is_terminal(), event.is_terminal());
                lines.extend_from_slice(entry.line());
                lines.push(b'\n');
                written.push(entry);
            }
            let lines = Bytes::from(lines);
            prop_assert_eq!(read(run, &lines).unwrap(), written);
        }
    }

    #[test]
    fn what_is_no_list_of_rising_lines_is_refused() {
        let read = |text: &'static str| read(RunId::from(Uuid::nil()), &text.into());
        assert_eq!(read("").unwrap().len(), 0);
        assert_eq!(read("1 a {}\n3 b {}\n").unwrap().len(), 2);
        for text in ["1 a {}", "\n", "1 a\n", "x a {}\n", "1 a {}\n1 a {}\n", "2 a {}\n1 a {}\n"] {
            assert_eq!(read(text), Err(Malformed), "{text:?}");
        }
    }
}
