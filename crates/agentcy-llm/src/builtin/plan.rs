//! What was done so far for a question, and what comes next.
//!
//! A plan is ordinary code that asks tools and goes on with what they say. It is run from its beginning at every turn: calls
//! that were made are answered from the conversation, the first that was not ends the turn.

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use super::{text::plain, when};
use crate::{Call, CallResult, Message, Request};

/// What comes next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Calls to make at once.
    Call(Vec<(&'static str, Value)>),
    /// The answer.
    Say(String),
}

/// What a tool gave, or why it did not.
pub(super) type Outcome = Result<Value, Failure>;

/// Why a tool gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) message: String,
}

/// A question and what was done for it.
pub(super) struct Plan<'a> {
    request: &'a Request,
    done: Vec<(&'a Call, &'a CallResult)>,
}

impl<'a> Plan<'a> {
    /// The last question, empty where there is none, with the plan for it.
    pub(super) fn of(request: &'a Request) -> (&'a str, Self) {
        let asked = |(at, message): (usize, &'a Message)| match message {
            Message::User(text) => Some((at, text.as_str())),
            Message::Aside(_) | Message::Assistant { .. } | Message::Results(_) => None,
        };
        let last = request.messages.iter().enumerate().filter_map(asked).next_back();
        let (at, question) = last.unwrap_or_default();
        let mut done = Vec::new();
        let mut open: &[Call] = &[];
        for message in &request.messages[at..] {
            match message {
                Message::Aside(_) | Message::User(_) => {}
                Message::Assistant { calls, .. } => open = calls,
                Message::Results(results) => done.extend(results.iter().filter_map(|result| {
                    Some((open.iter().find(|call| call.id == result.id)?, result))
                })),
            }
        }
        (question, Self { request, done })
    }

    /// Present time, as the request tells it.
    pub(super) fn now(&self) -> Option<DateTime<FixedOffset>> {
        let told = self.request.messages.iter().rev().filter_map(|message| match message {
            Message::Aside(text) => Some(text.as_str()),
            _ => None,
        });
        told.chain([self.request.system.as_str()]).find_map(when::now)
    }

    /// Whether a tool may be called.
    pub(super) fn offers(&self, tool: &str) -> bool {
        self.request.tools.iter().any(|spec| spec.name == tool)
    }

    /// Asks some tools at once.
    pub(super) fn ask<const N: usize>(
        &mut self,
        wanted: [(&'static str, Value); N],
    ) -> Result<[Outcome; N], Next> {
        let mut missing = Vec::new();
        let outcomes = wanted.map(|(tool, args)| {
            if !self.offers(tool) {
                let message = format!("the tool `{tool}` is not among those that I may use here");
                return Err(Failure { code: "not_offered".to_owned(), message });
            }
            // Of a write a person may have changed the arguments; it is the one that was asked for all the same.
            let is = |call: &Call| call.name == tool && (!is_read(tool) || call.args == args);
            let Some(at) = self.done.iter().position(|(call, _)| is(call)) else {
                missing.push((tool, args));
                return Ok(Value::Null);
            };
            read(self.done.remove(at).1)
        });
        if missing.is_empty() { Ok(outcomes) } else { Err(Next::Call(missing)) }
    }

    /// Asks one tool; a plan that cannot do without it ends with its failure.
    pub(super) fn need(&mut self, tool: &'static str, args: Value) -> Result<Value, Next> {
        let [outcome] = self.ask([(tool, args)])?;
        outcome.map_err(|failure| Next::Say(failure.said(tool)))
    }
}

impl Failure {
    /// In a sentence.
    pub(super) fn said(&self, tool: &str) -> String {
        let message = plain(&self.message, 400);
        match self.code.as_str() {
            "not_offered" => format!("I cannot do that: {message}."),
            "policy_denied" => format!("It was not done, since it was denied: {message}"),
            "outcome_unknown" => format!(
                "I cannot say whether it was done: the end of `{tool}` was not seen. Look before you ask again."
            ),
            code => format!("`{tool}` did not work: {message} (`{}`)", plain(code, 80)),
        }
    }
}

fn is_read(tool: &str) -> bool {
    !matches!(tool, "upsert_node" | "link_nodes" | "execute_connector_tool")
}

/// The object in what the model is told; around it may stand what marks it as untrusted.
fn read(result: &CallResult) -> Outcome {
    let text = &result.content;
    let inside = text.find('{').zip(text.rfind('}')).and_then(|(from, to)| text.get(from..=to));
    let value: Option<Value> = inside.and_then(|inside| serde_json::from_str(inside).ok());
    let error = value.as_ref().and_then(|value| value.get("error"));
    let part = |name: &str| error?.get(name)?.as_str().map(str::to_owned);
    match value {
        Some(value) if !result.is_error => Ok(value),
        _ => Err(Failure {
            code: part("code").unwrap_or_else(|| "unreadable".to_owned()),
            message: part("message").unwrap_or_else(|| text.clone()),
        }),
    }
}
