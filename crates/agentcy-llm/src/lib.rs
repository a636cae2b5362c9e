//! One interface over model providers.
//!
//! A provider is a kind (the wire it speaks), a place, a key and a model, taken whole from an org
//! or from the environment. Each wire has a module of its own that knows its bodies and nothing of
//! sockets; [`probe`](probe()) and [`Asker`] share the exchange around them. A turn streams: bytes become events
//! (`sse`), events become what is said (`said`), and until the model begins to speak it may be asked again (`ask`).

mod anthropic;
mod ask;
mod builtin;
mod chat;
mod error;
mod exchange;
mod fault;
mod learned;
mod lenient;
mod openai;
mod price;
mod probe;
mod reply;
mod said;
mod settings;
mod sse;
mod words;

pub use ask::{Asker, Patience};
pub use chat::{Call, CallResult, Chunk, Kept, Message, Request, Stop, Tokens, ToolSpec, Turn};
pub use error::{Error, Result, Unusable};
pub use price::{Long, Price, price, window};
pub use probe::{Probe, probe};
pub use settings::{InvalidProvider, ProviderKind, Settings};
