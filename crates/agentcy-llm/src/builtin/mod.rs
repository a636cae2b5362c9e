//! A model without a model: it plans over the graph by rules, and needs neither key nor network.
//!
//! It reads a question as one of some forms, calls the tools that any model is given, and says what they gave. What it
//! cannot read it refuses. The same conversation gives the same turn, always. The forms are in `docs/builtin.md`.

mod answer;
mod find;
mod node;
mod noun;
mod plan;
mod question;
mod speak;
mod text;
mod when;
mod words;

use futures_util::{StreamExt, stream};

use self::plan::{Next, Plan};
use crate::{Request, Turn};

/// The next turn of a conversation.
pub(crate) fn turn(request: &Request) -> Turn {
    let chunks = speak::chunks(request, next(request));
    stream::iter(chunks.into_iter().map(Ok)).boxed()
}

fn next(request: &Request) -> Next {
    let (said, mut plan) = Plan::of(request);
    answer::answer(&mut plan, question::read(said)).map_or_else(|next| next, Next::Say)
}
