//! What a model has said so far: what both wires make of their events.

use std::{borrow::Cow, collections::VecDeque};

use crate::{Chunk, Kept, Stop, Tokens, fault::Fault};

/// The most calls of one turn.
const CALLS: usize = 64;
/// The longest id that is taken over.
const ID_LIMIT: usize = 128;

/// A turn as it comes in.
#[derive(Debug, Default)]
pub(crate) struct Said {
    ready: VecDeque<Chunk>,
    calls: Vec<Open>,
    tokens: Option<Tokens>,
    told: Option<Tokens>,
    spoke: bool,
}

/// A call whose arguments may still come.
#[derive(Debug, Default)]
struct Open {
    /// The provider's number for it, where it has one.
    number: Option<u64>,
    /// The provider's id, as it was given.
    given: String,
    /// Our id; empty until the name has come.
    id: String,
    /// Arguments that came before the name.
    early: String,
    has_args: bool,
}

/// What a piece of a call says of which call it is.
#[derive(Debug, Default)]
pub(crate) struct Mark<'a> {
    pub(crate) number: Option<u64>,
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
}

impl Said {
    /// The next chunk that is ready.
    pub(crate) fn pop(&mut self) -> Option<Chunk> {
        self.ready.pop_front()
    }

    /// Whether anything was said that a person may have seen.
    pub(crate) const fn spoke(&self) -> bool {
        self.spoke
    }

    /// Whether there are calls.
    pub(crate) const fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    pub(crate) fn text(&mut self, text: Cow<'_, str>) {
        if !text.is_empty() {
            self.spoke = true;
            self.ready.push_back(Chunk::Text(text.into_owned()));
        }
    }

    /// The call that a piece belongs to: an open one, or a new one.
    ///
    /// A number that is known is that call, unless the piece names another one under it, as servers do that number all
    /// calls 0. Without a number, whatever has an id or a name begins a call, and what has neither goes on with the last.
    pub(crate) fn call(&mut self, mark: &Mark<'_>) -> Result<usize, Fault> {
        let at = self.find(mark);
        let at = match at {
            Some(at) => at,
            None if self.calls.len() == CALLS => {
                return Err(Fault::Unreadable("it makes too many calls"));
            }
            None => {
                let given = mark.id.to_owned();
                self.calls.push(Open { number: mark.number, given, ..Open::default() });
                self.calls.len() - 1
            }
        };
        if self.calls[at].given.is_empty() {
            mark.id.clone_into(&mut self.calls[at].given);
        }
        if self.calls[at].id.is_empty() && !mark.name.is_empty() {
            self.begin(at, mark.name);
        }
        Ok(at)
    }

    fn find(&self, mark: &Mark<'_>) -> Option<usize> {
        let last = self.calls.len().checked_sub(1)?;
        let at = match mark.number {
            Some(_) => self.calls.iter().rposition(|open| open.number == mark.number)?,
            None => last,
        };
        let open = &self.calls[at];
        let other_id = !mark.id.is_empty() && !open.given.is_empty() && mark.id != open.given;
        let is_new = match mark.number {
            Some(_) => other_id && !mark.name.is_empty(),
            None if mark.id.is_empty() => !mark.name.is_empty() && !open.id.is_empty(),
            None => other_id,
        };
        (!is_new).then_some(at)
    }

    fn begin(&mut self, at: usize, name: &str) {
        let id = self.unique(&self.calls[at].given, at);
        id.clone_into(&mut self.calls[at].id);
        self.spoke = true;
        self.ready.push_back(Chunk::CallStart { index: at, id, name: name.to_owned() });
        let early = std::mem::take(&mut self.calls[at].early);
        self.args(at, Cow::Owned(early));
    }

    /// An id that no other call of the turn has, and that any provider takes back.
    fn unique(&self, given: &str, at: usize) -> String {
        let usable =
            (1..=ID_LIMIT).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_graphic());
        let base = if usable { given.to_owned() } else { format!("call_{at}") };
        let taken = |id: &str| self.calls.iter().any(|open| open.id == id);
        if !taken(&base) {
            return base;
        }
        let numbered = (2..=CALLS + 1).map(|n| format!("{base}_{n}")).find(|id| !taken(id));
        numbered.unwrap_or(base)
    }

    /// More arguments of a call.
    pub(crate) fn args(&mut self, at: usize, delta: Cow<'_, str>) {
        let open = &mut self.calls[at];
        if delta.is_empty() {
            return;
        }
        if open.id.is_empty() {
            open.early.push_str(&delta);
            return;
        }
        open.has_args = true;
        self.ready.push_back(Chunk::CallArgs { index: at, delta: delta.into_owned() });
    }

    /// Whether arguments of a call have come.
    pub(crate) fn has_args(&self, at: usize) -> bool {
        self.calls[at].has_args
    }

    /// What was used so far. It is passed on at once where it is news of what was read: a turn may be stopped.
    pub(crate) fn usage(&mut self, tokens: Tokens) {
        self.tokens = Some(tokens);
        if self.told.is_none_or(|told| told.input != tokens.input) {
            self.tell();
        }
    }

    /// What was used so far, for wires that tell it in parts.
    pub(crate) fn tokens(&self) -> Tokens {
        self.tokens.unwrap_or_default()
    }

    /// Passes on what was used, where it is news.
    pub(crate) fn tell(&mut self) {
        if let Some(tokens) = self.tokens.filter(|_| self.tokens != self.told) {
            self.told = self.tokens;
            self.ready.push_back(Chunk::Usage(tokens));
        }
    }

    /// The turn is over.
    pub(crate) fn end(&mut self, stop: Stop, kept: Option<Kept>) -> Result<(), Fault> {
        if self.calls.iter().any(|open| open.id.is_empty()) {
            return Err(Fault::Unreadable("a call of it has no name"));
        }
        // A call without arguments is one with an empty object.
        for at in 0..self.calls.len() {
            if !self.calls[at].has_args {
                self.args(at, Cow::Borrowed("{}"));
            }
        }
        self.tell();
        self.ready.extend(kept.map(Chunk::Kept));
        let stop = match stop {
            Stop::EndTurn if self.has_calls() => Stop::Calls,
            Stop::Calls if !self.has_calls() => Stop::EndTurn,
            stop => stop,
        };
        self.ready.push_back(Chunk::End(stop));
        Ok(())
    }
}
