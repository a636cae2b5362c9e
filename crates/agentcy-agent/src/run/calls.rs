//! The calls of a turn: what the model asked for, and what became of it.

use agentcy_core::{
    ErrorCode, Timestamp,
    chat::{CallState, LogEvent},
    id::ToolCallId,
    tool::Effect,
};
use agentcy_store::tool_calls::{PassedBy, ToolCall};
use serde_json::{Value, json};

use super::{plain, session::Session, stop::Stop};
use crate::tools::{self, Judged, Verdict};

/// The most calls of one turn; more are refused.
pub(super) const MOST: usize = 64;
/// The longest arguments of a call, in bytes.
const MAX_ARGS: usize = 1 << 20;
/// How much is kept of arguments that cannot be read.
const MAX_BROKEN: usize = 4 << 10;
/// The tool whose first event waits for its arguments, which name the source.
const OUTER: &str = "execute_connector_tool";

type ById<T> = Vec<(ToolCallId, T)>;

/// The calls of a turn.
#[derive(Default)]
pub(super) struct Calls {
    items: Vec<Item>,
    /// Whether the rows are there.
    pub(super) is_stored: bool,
}

struct Item {
    row: ToolCall,
    /// The arguments as they come in.
    raw: String,
    /// Whether its first event was written.
    is_shown: bool,
    /// Whether the row says something else by now.
    is_changed: bool,
}

impl Calls {
    /// Calls that are stored.
    pub(super) fn stored(rows: Vec<ToolCall>) -> Self {
        let item = |row| Item { row, raw: String::new(), is_shown: true, is_changed: false };
        Self { items: rows.into_iter().map(item).collect(), is_stored: true }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether each is over, and the rows say so.
    pub(super) fn is_settled(&self) -> bool {
        let is_over = |item: &Item| item.row.state.is_over() && !item.is_changed;
        self.items.is_empty() || self.is_stored && self.items.iter().all(is_over)
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn rows(&self) -> Vec<ToolCall> {
        self.items.iter().map(|item| item.row.clone()).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &ToolCall> {
        self.items.iter().map(|item| &item.row)
    }

    pub(super) fn get(&self, id: ToolCallId) -> Option<&ToolCall> {
        self.iter().find(|call| call.id == id)
    }

    /// The calls that are in this state, in order.
    pub(super) fn in_state(&self, state: CallState) -> Vec<ToolCallId> {
        self.iter().filter(|call| call.state == state).map(|call| call.id).collect()
    }

    pub(super) fn changed(&self) -> Vec<ToolCall> {
        let changed = self.items.iter().filter(|item| item.is_changed);
        changed.map(|item| item.row.clone()).collect()
    }

    pub(super) fn unchanged(&mut self) {
        self.items.iter_mut().for_each(|item| item.is_changed = false);
    }

    /// Changes a call.
    pub(super) fn change(&mut self, id: ToolCallId, change: impl FnOnce(&mut ToolCall)) {
        if let Some(item) = self.items.iter_mut().find(|item| item.row.id == id) {
            change(&mut item.row);
            item.is_changed = true;
        }
    }

    /// The first events of those that are not over, whole.
    pub(super) fn starts(&self) -> Vec<LogEvent> {
        self.iter().filter(|call| !call.state.is_over()).map(start_of).collect()
    }

    /// A call begins. Its first event, unless that waits.
    pub(super) fn begin(&mut self, row: ToolCall) -> Option<LogEvent> {
        let is_shown = row.name != OUTER;
        let event = is_shown.then(|| LogEvent::ToolCallStart {
            tool_call_id: row.id,
            name: row.name.clone(),
            connector: None,
            args: None,
        });
        self.items.push(Item { row, raw: String::new(), is_shown, is_changed: false });
        event
    }

    /// More of the arguments of a call. The event, unless it waits.
    pub(super) fn add(&mut self, index: usize, delta: String) -> Option<LogEvent> {
        let item = self.items.get_mut(index)?;
        if item.raw.len() + delta.len() > MAX_ARGS {
            return None;
        }
        item.raw.push_str(&delta);
        let tool_call_id = item.row.id;
        item.is_shown.then_some(LogEvent::ToolCallDelta { tool_call_id, args_delta: delta })
    }

    /// The turn is over: reads the arguments. Gives the events that waited for them, and what cannot be read.
    pub(super) fn complete(&mut self) -> (ById<LogEvent>, ById<String>) {
        let (mut events, mut broken) = (Vec::new(), Vec::new());
        for (index, item) in self.items.iter_mut().enumerate() {
            let raw = std::mem::take(&mut item.raw);
            match read(&raw) {
                Ok(args) => item.row.args = args,
                Err(fault) => {
                    item.row.args = Value::String(plain::head(&plain::text(raw), MAX_BROKEN));
                    broken.push((item.row.id, fault));
                }
            }
            if index >= MOST {
                broken.push((item.row.id, format!("a turn makes at most {MOST} calls")));
            }
            if !item.is_shown {
                item.is_shown = true;
                events.push((item.row.id, start_of(&item.row)));
            }
        }
        (events, broken)
    }

    /// What was begun and will not go on: those nobody saw are forgotten, the rest did not run.
    pub(super) fn cancel_rest(&mut self, now: Timestamp) {
        self.items.retain(|item| item.is_shown);
        for item in &mut self.items {
            if item.row.state.is_over() {
                continue;
            }
            if !item.raw.is_empty() {
                let raw = std::mem::take(&mut item.raw);
                let text = plain::head(&plain::text(raw), MAX_BROKEN);
                item.row.args = Value::String(text);
            }
            item.row.state = CallState::Cancelled;
            item.row.finished_at = Some(now);
            item.is_changed = true;
        }
    }
}

fn read(raw: &str) -> Result<Value, String> {
    if raw.trim().is_empty() {
        return Ok(json!({}));
    }
    match serde_json::from_str::<Value>(raw) {
        Ok(args @ Value::Object(_)) => Ok(plain::value(args)),
        Ok(_) => Err("the arguments are no JSON object".to_owned()),
        Err(error) => Err(format!("the arguments are not JSON: {error}")),
    }
}

fn start_of(call: &ToolCall) -> LogEvent {
    let connector = call.args.get("connector").and_then(Value::as_str).map(str::to_owned);
    LogEvent::ToolCallStart {
        tool_call_id: call.id,
        name: call.name.clone(),
        connector: connector.filter(|_| call.name == OUTER),
        args: Some(call.args.clone()),
    }
}

impl Session {
    /// Runs what the last turn asked for, as far as it may. Afterwards every call is over, and that is stored.
    pub(super) async fn settle(&mut self) -> Result<(), Stop> {
        if self.calls.is_empty() {
            return Ok(());
        }
        self.renew_hands().await?;
        self.hear_decisions().await?;
        let judged = self.judge().await?;
        // What a person agreed to runs once for that, so what only reads is then claimed as well.
        let is_free = |judged: &Judged| {
            judged.effect == Effect::Read && judged.verdict != Verdict::Run(PassedBy::Approval)
        };
        let (reads, writes): (Vec<_>, Vec<_>) =
            judged.into_iter().partition(|(_, judged)| is_free(judged));
        let mut asked = self.run_reads(reads).await?;
        asked.extend(self.run_writes(writes).await?);
        if !asked.is_empty() {
            return self.park(asked).await;
        }
        self.store_step().await?;
        self.past_calls();
        Ok(())
    }

    /// Judges what is asked for, and refuses what may not run.
    async fn judge(&mut self) -> Result<Vec<(ToolCallId, Judged)>, Stop> {
        let mut judged = Vec::new();
        for id in self.calls.in_state(CallState::Requested) {
            let one = self.judge_one(id).await?;
            self.calls.change(id, |call| {
                call.effect = Some(one.effect);
                call.connector.clone_from(&one.connector);
                call.tool.clone_from(&one.tool);
            });
            judged.push((id, one));
        }
        Ok(judged)
    }

    /// Ends a call with a result, and says so.
    pub(super) fn end_call(
        &mut self,
        id: ToolCallId,
        state: CallState,
        result: Value,
    ) -> Result<(), Stop> {
        let result = plain::value(result);
        let now = self.runs.platform.now();
        self.calls.change(id, |call| {
            call.state = state;
            call.result = Some(result.clone());
            call.finished_at = Some(now);
        });
        let is_error = state != CallState::Done;
        self.append(&LogEvent::ToolResult { tool_call_id: id, result, is_error })?;
        Ok(())
    }

    /// Tells the model that a call does not run, and why.
    pub(super) fn refuse(
        &mut self,
        id: ToolCallId,
        code: ErrorCode,
        message: &str,
    ) -> Result<(), Stop> {
        self.end_call(id, CallState::Refused, tools::refusal(code.name(), message))
    }

    pub(super) async fn store_step(&mut self) -> Result<(), Stop> {
        let mut saving = self.open().await?;
        self.write_step(&mut saving).await?;
        self.seal(saving).await?;
        self.step_is_stored();
        Ok(())
    }

    /// The next turn begins with no calls.
    fn past_calls(&mut self) {
        self.told_calls
            .extend(std::mem::take(&mut self.calls).items.into_iter().map(|item| item.row));
        self.approvals.clear();
        self.step = self.turns;
    }
}
