//! What the provider does with one call, told in as few words as a test can.

use std::time::Duration;

use agentcy_llm::Tokens;
use serde_json::Value;

/// What the provider does with one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Answers with this text, streamed when asked to.
    Says(String),
    /// Answers piece by piece; made by [`Turn::streams`] and [`Turn::calls`].
    Streams(Streamed),
    /// Refuses in the form of its wire.
    Refuses {
        /// The status.
        status: u16,
        /// The message.
        message: String,
        /// The seconds of `Retry-After`.
        retry_after: Option<u32>,
    },
    /// Refuses with the key it was shown in its message.
    EchoesTheKey,
    /// Answers as above, but refuses `max_tokens` as OpenAI's reasoning models do.
    WantsCompletionTokens,
    /// Answers this body with this status, as some gateway in between would.
    Raw(u16, String),
    /// Answers these pieces of bytes as an event stream, and ends it so: whole, cut or not at all.
    Bytes(Vec<Vec<u8>>, End),
    /// Begins to answer with this status, and closes before the body is whole.
    Cuts(u16),
    /// Takes the call and never answers.
    Stalls,
}

/// An answer piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streamed {
    pub(super) pieces: Vec<Piece>,
    pub(super) after: Duration,
    pub(super) pace: Duration,
    pub(super) end: End,
    pub(super) usage: UsageForm,
    pub(super) tokens: Option<Tokens>,
    pub(super) args_of: usize,
    pub(super) interleaved: bool,
    pub(super) crlf: bool,
    pub(super) chop: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Call(ScriptedCall),
}

/// A call of a tool; the arguments are text, so that they may be anything but JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScriptedCall {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) args: String,
}

/// How a streamed answer ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum End {
    /// As it should.
    #[default]
    Whole,
    /// With this reason in the words of the wire.
    Reason(String),
    /// Without a reason, but with the mark of its end.
    WithoutReason,
    /// With a reason, but without the mark of its end.
    WithoutMark,
    /// Without either, as if it were whole.
    BreaksOff,
    /// The connection breaks within the last piece.
    Cuts,
    /// The connection breaks within a character of the last piece.
    CutsInACharacter,
    /// Nothing more comes, and the connection stays.
    Stalls,
    /// An error within the stream. `{key}` in its message is the key that was shown.
    Errors {
        /// The status that the provider would have answered with.
        status: u16,
        /// The message.
        message: String,
    },
}

/// Where a streamed answer tells what it used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsageForm {
    /// At its end, where the wire has it.
    #[default]
    Last,
    /// Nowhere.
    Missing,
    /// In every piece, rising.
    Each,
    /// With the reason why it ended.
    WithReason,
    /// At its end, with nothing in it.
    Empty,
}

impl Turn {
    /// A refusal without `Retry-After`.
    pub fn refuses(status: u16, message: &str) -> Self {
        Self::Refuses { status, message: message.to_owned(), retry_after: None }
    }

    /// A refusal with status 429 that asks to come back after so many seconds.
    pub fn busy(retry_after: u32) -> Self {
        let message = "Rate limit reached".to_owned();
        Self::Refuses { status: 429, message, retry_after: Some(retry_after) }
    }

    /// Text in these pieces.
    pub fn streams<T: Into<String>>(pieces: impl IntoIterator<Item = T>) -> Self {
        Self::Streams(Streamed::new(pieces.into_iter().map(|text| Piece::Text(text.into()))))
    }

    /// Calls of tools with these arguments; the provider names them.
    pub fn calls<N: Into<String>>(calls: impl IntoIterator<Item = (N, Value)>) -> Self {
        Self::streams::<String>([]).and_calls(calls)
    }

    /// Calls with ids and arguments as they are written here, whatever they are.
    pub fn raw_calls<'a>(calls: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        Self::Streams(Streamed::new(calls.into_iter().map(|(id, name, args)| {
            let id = Some(id.to_owned());
            Piece::Call(ScriptedCall { id, name: name.to_owned(), args: args.to_owned() })
        })))
    }

    /// Adds calls to a streamed answer.
    pub fn and_calls<N: Into<String>>(self, calls: impl IntoIterator<Item = (N, Value)>) -> Self {
        self.with(|streamed| {
            streamed.pieces.extend(calls.into_iter().map(|(name, args)| {
                let args = args.to_string();
                Piece::Call(ScriptedCall { id: None, name: name.into(), args })
            }));
        })
    }

    /// Begins this long after the call.
    pub fn after(self, delay: Duration) -> Self {
        self.with(|streamed| streamed.after = delay)
    }

    /// Waits this long between two pieces.
    pub fn paced(self, pace: Duration) -> Self {
        self.with(|streamed| streamed.pace = pace)
    }

    /// Ends otherwise.
    pub fn ends(self, end: End) -> Self {
        self.with(|streamed| streamed.end = end)
    }

    /// Tells elsewhere what it used.
    pub fn usage(self, form: UsageForm) -> Self {
        self.with(|streamed| streamed.usage = form)
    }

    /// Uses so many tokens. Unsaid it reads 7, and writes one a piece.
    pub fn using(self, tokens: Tokens) -> Self {
        self.with(|streamed| streamed.tokens = Some(tokens))
    }

    /// Splits arguments into pieces of so many characters, 12 unless said.
    pub fn args_of(self, characters: usize) -> Self {
        self.with(|streamed| streamed.args_of = characters.max(1))
    }

    /// The arguments of all calls come in turns, where the wire allows it.
    pub fn interleaved(self) -> Self {
        self.with(|streamed| streamed.interleaved = true)
    }

    /// Ends lines with CR and LF.
    pub fn crlf(self) -> Self {
        self.with(|streamed| streamed.crlf = true)
    }

    /// Sends so many bytes at a time, wherever that cuts.
    pub fn chopped(self, bytes: usize) -> Self {
        self.with(|streamed| streamed.chop = Some(bytes.max(1)))
    }

    /// Changes how an answer is streamed; a refusal has nothing to change.
    fn with(mut self, change: impl FnOnce(&mut Streamed)) -> Self {
        if let Self::Says(text) = self {
            self = Self::streams([text]);
        }
        if let Self::Streams(streamed) = &mut self {
            change(streamed);
        }
        self
    }
}

impl Streamed {
    fn new(pieces: impl Iterator<Item = Piece>) -> Self {
        Self {
            pieces: pieces.collect(),
            after: Duration::ZERO,
            pace: Duration::ZERO,
            end: End::default(),
            usage: UsageForm::default(),
            tokens: None,
            args_of: 12,
            interleaved: false,
            crlf: false,
            chop: None,
        }
    }

    /// All the text, for a caller that wants no stream.
    pub(super) fn text(&self) -> String {
        let texts = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Call(_) => None,
        });
        texts.collect()
    }

    pub(super) fn tokens(&self) -> Tokens {
        let output = u64::try_from(self.pieces.len()).unwrap_or_default();
        self.tokens.unwrap_or(Tokens { input: 7, output, ..Tokens::default() })
    }

    pub(super) fn has_calls(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Call(_)))
    }

    /// The text of arguments as it is sent: the call's number and the piece, in order.
    pub(super) fn arg_deltas(&self, calls: &[&ScriptedCall]) -> Vec<(usize, String)> {
        let pieces = calls.iter().map(|call| {
            let characters: Vec<char> = call.args.chars().collect();
            characters.chunks(self.args_of).map(String::from_iter).collect::<Vec<_>>()
        });
        let pieces: Vec<Vec<String>> = pieces.collect();
        let numbered = pieces.into_iter().enumerate();
        let mut deltas: Vec<(usize, usize, String)> = numbered
            .flat_map(|(call, pieces)| {
                pieces.into_iter().enumerate().map(move |(at, piece)| (at, call, piece))
            })
            .collect();
        if self.interleaved {
            deltas.sort_by_key(|(at, call, _)| (*at, *call));
        }
        deltas.into_iter().map(|(_, call, piece)| (call, piece)).collect()
    }
}
