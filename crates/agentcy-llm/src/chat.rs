//! One turn of a model: what it is told, and what it says, piece by piece.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Result;

/// What a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Who it is and what it may do.
    pub system: String,
    /// What was said, in order; the last is not an answer.
    pub messages: Vec<Message>,
    /// What it may call. Shared: they are the same from turn to turn.
    pub tools: Vec<Arc<ToolSpec>>,
    /// The most tokens it may write.
    pub max_tokens: u32,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// What holds at the moment, before what is asked then: the time, and what there is.
    Aside(String),
    /// By whoever asks.
    User(String),
    /// By the model: text, calls, or both.
    Assistant {
        /// The text; may be empty.
        text: String,
        /// The calls.
        calls: Vec<Call>,
        /// What its provider wants back with them.
        kept: Option<Kept>,
    },
    /// What came of the calls of the message before, each once.
    Results(Vec<CallResult>),
}

/// What a provider wants back with what its model said, such as its thoughts. It is nobody else's: it goes back to the same
/// place and model only, and is not shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The place and the model that it is of.
    pub of: String,
    /// As the wire of that place reads it.
    pub value: Value,
}

/// A call that a model asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The provider's name for it; unique in its message.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments: an object, unless the model wrote something else.
    pub args: Value,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallResult {
    /// The provider's name for the call.
    pub id: String,
    /// The tool.
    pub name: String,
    /// What the model is told.
    pub content: String,
    /// Whether it failed.
    pub is_error: bool,
}

/// A tool as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Its name: letters, digits and underscores.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// The JSON Schema of its arguments.
    pub input_schema: Value,
}

/// A piece of what a model says.
#[derive(Debug, Clone, PartialEq)]
pub enum Chunk {
    /// The model that answers: the first chunk.
    Model(String),
    /// More text; never empty.
    Text(String),
    /// A call begins. Those of one turn are numbered from 0 on in the order in which they begin.
    CallStart {
        /// Its number.
        index: usize,
        /// The provider's name for it; made unique where the provider does not.
        id: String,
        /// The tool.
        name: String,
    },
    /// More of the arguments of a call, as JSON text; calls may interleave.
    CallArgs {
        /// Its number.
        index: usize,
        /// The text; never empty.
        delta: String,
    },
    /// What its provider wants back with this turn: right before the end.
    Kept(Kept),
    /// What the turn used, the whole of it; the last that comes counts.
    Usage(Tokens),
    /// The turn is over: the last chunk. A stream that ends without it broke off.
    End(Stop),
}

/// Tokens of one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Read, all of them.
    pub input: u64,
    /// Of those, read from the provider's cache, for less money.
    pub cached: u64,
    /// Of those, written to the provider's cache, for more money.
    pub cache_written: u64,
    /// Written, thoughts included.
    pub output: u64,
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It had said all.
    EndTurn,
    /// It waits for its calls.
    Calls,
    /// It had written all it may.
    MaxTokens,
    /// Its provider kept it from going on.
    Filtered,
}

/// The pieces of a turn, in order. Dropping it ends the call.
pub type Turn = BoxStream<'static, Result<Chunk>>;
