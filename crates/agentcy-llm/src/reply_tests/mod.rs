//! What servers write, and what is understood of it.

mod anthropic;
mod openai;

use std::fmt::Write;

use super::*;
use crate::Tokens;

/// What a turn came to: chunks, and why there are no more.
fn told(wire: Decoder, pieces: &[&[u8]]) -> (Vec<Chunk>, std::result::Result<(), Fault>) {
    let mut decoded = Decoded { decoder: wire, said: Said::default(), of: String::new() };
    let mut events = Events::default();
    let mut read = || {
        for piece in pieces {
            events.feed(piece, &mut |data| decoded.event(data))?;
            if decoded.is_done() {
                break;
            }
        }
        if !decoded.is_done() {
            events.finish(&mut |data| decoded.event(data))?;
        }
        let stop = decoded.stop().ok_or(Fault::Incomplete)?;
        decoded.end(stop)
    };
    let over = read();
    (std::iter::from_fn(|| decoded.said.pop()).collect(), over)
}

/// Chunks in short: `text`, `+0 id name`, `0: args`, `#read/cached/written>output`, `.stop`.
fn short(chunks: &[Chunk]) -> String {
    let mut lines = String::new();
    for chunk in chunks {
        let line = match chunk {
            Chunk::Model(model) => format!("@{model}"),
            Chunk::Text(text) => text.clone(),
            Chunk::CallStart { index, id, name } => format!("+{index} {id} {name}"),
            Chunk::CallArgs { index, delta } => format!("{index}: {delta}"),
            Chunk::Usage(Tokens { input, cached, cache_written, output }) => {
                format!("#{input}/{cached}/{cache_written}>{output}")
            }
            Chunk::Kept(kept) => format!("~{}", kept.value),
            Chunk::End(stop) => format!(".{stop:?}"),
        };
        let sep = if lines.is_empty() { "" } else { "|" };
        write!(lines, "{sep}{line}").unwrap();
    }
    lines
}

/// The same bytes cut in two at every index, and into single bytes, give the same chunks.
fn assert_cuts_do_not_matter(wire: impl Fn() -> Decoder, stream: &str, expected: &str) {
    let bytes = stream.as_bytes();
    let mut ways: Vec<Vec<&[u8]>> = (0..=bytes.len())
        .map(|at| {
            let (head, tail) = bytes.split_at(at);
            vec![head, tail]
        })
        .collect();
    ways.push(bytes.chunks(1).collect());
    for pieces in ways {
        let (chunks, over) = told(wire(), &pieces);
        assert_eq!(
            (short(&chunks).as_str(), over),
            (expected, Ok(())),
            "cut at {}",
            pieces[0].len()
        );
    }
}
