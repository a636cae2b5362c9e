//! One interface over model providers.
//!
//! A provider is a kind (the wire it speaks), a place, a key and a model, taken whole from an org
//! or from the environment. Each wire has a module of its own that knows its bodies and nothing of
//! sockets; [`probe`](probe()) and what follows it share the exchange around them.

mod anthropic;
mod ask;
mod chat;
mod error;
mod exchange;
mod openai;
mod price;
mod probe;
mod settings;
mod words;

pub use ask::{Asker, Patience};
pub use chat::{Call, CallResult, Chunk, Message, Request, Stop, Tokens, ToolSpec, Turn};
pub use error::{Error, Result, Unusable};
pub use price::{Price, price, window};
pub use probe::{Probe, probe};
pub use settings::{InvalidProvider, ProviderKind, Settings};
