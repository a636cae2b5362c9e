//! What comes next as the pieces in which a model says it.

use crate::{Chunk, Message, Request, Stop, Tokens, builtin::plan::Next};

/// The model.
const NAME: &str = "builtin";
/// How many bytes are taken for a token.
const TOKEN: usize = 4;
/// How many bytes of arguments go into a piece.
const PIECE: usize = 24;

/// The turn.
pub(super) fn chunks(request: &Request, next: Next) -> Vec<Chunk> {
    let mut chunks = vec![Chunk::Model(NAME.to_owned())];
    let mut written = 0;
    let stop = match next {
        Next::Say(text) => {
            let room =
                usize::try_from(request.max_tokens).unwrap_or(usize::MAX).saturating_mul(TOKEN);
            let text = text.trim_end();
            let said = &text[..text.floor_char_boundary(room)];
            written += said.len();
            chunks.extend(said.split_inclusive(' ').map(|word| Chunk::Text(word.to_owned())));
            if said.len() < text.len() { Stop::MaxTokens } else { Stop::EndTurn }
        }
        Next::Call(calls) => {
            let before: usize = request.messages.iter().map(calls_in).sum();
            for (index, (tool, args)) in calls.into_iter().enumerate() {
                let id = format!("call_{}", before + index + 1);
                chunks.push(Chunk::CallStart { index, id, name: tool.to_owned() });
                let args = args.to_string();
                written += tool.len() + args.len();
                let mut rest = args.as_str();
                while !rest.is_empty() {
                    let (delta, left) = rest.split_at(rest.ceil_char_boundary(PIECE));
                    chunks.push(Chunk::CallArgs { index, delta: delta.to_owned() });
                    rest = left;
                }
            }
            Stop::Calls
        }
    };
    let tokens = |bytes: usize| u64::try_from(bytes.div_ceil(TOKEN)).unwrap_or(u64::MAX);
    let (input, output) = (tokens(read(request)), tokens(written));
    chunks.push(Chunk::Usage(Tokens { input, output, ..Tokens::default() }));
    chunks.push(Chunk::End(stop));
    chunks
}

fn calls_in(message: &Message) -> usize {
    match message {
        Message::Assistant { calls, .. } => calls.len(),
        Message::Aside(_) | Message::User(_) | Message::Results(_) => 0,
    }
}

/// How many bytes a model would have to read.
fn read(request: &Request) -> usize {
    let said = request.messages.iter().map(|message| match message {
        Message::Aside(text) | Message::User(text) => text.len(),
        Message::Assistant { text, calls, .. } => {
            text.len()
                + calls
                    .iter()
                    .map(|call| call.name.len() + call.args.to_string().len())
                    .sum::<usize>()
        }
        Message::Results(results) => results.iter().map(|result| result.content.len()).sum(),
    });
    let tools = request
        .tools
        .iter()
        .map(|tool| tool.name.len() + tool.description.len() + tool.input_schema.to_string().len());
    request.system.len() + said.sum::<usize>() + tools.sum::<usize>()
}
