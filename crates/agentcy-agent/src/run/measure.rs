//! What a turn used: as its provider says, else about as much as was read and said.

use agentcy_llm::{Chunk, Tokens};

use super::{plain, room};

/// What is known of the use of a turn.
#[derive(Debug, Default)]
pub(super) struct Measure {
    /// About how many tokens were asked.
    pub(super) asked: usize,
    /// Who answers, once somebody does.
    model: Option<String>,
    /// How many bytes were said.
    said: usize,
    told: Option<Tokens>,
    is_whole: bool,
}

impl Measure {
    /// Of a request of about so many tokens.
    pub(super) fn of(asked: usize) -> Self {
        Self { asked, ..Self::default() }
    }

    pub(super) fn hear(&mut self, chunk: &Chunk) {
        match chunk {
            Chunk::Model(model) => {
                self.model = Some(plain::head(&plain::text(model.clone()), 200));
            }
            Chunk::Text(text) | Chunk::CallArgs { delta: text, .. } => self.said += text.len(),
            Chunk::Usage(tokens) => self.told = Some(*tokens),
            Chunk::End(_) => self.is_whole = true,
            Chunk::CallStart { .. } | Chunk::Kept(_) => {}
        }
    }

    /// Which model used what; nobody where none has begun to answer.
    pub(super) fn used(self) -> Option<(String, Tokens)> {
        let count = |tokens: usize| u64::try_from(tokens).unwrap_or(u64::MAX);
        let told = self.told.unwrap_or_default();
        let input = if told.input == 0 { count(self.asked) } else { told.input };
        // What was said by then is known at the end, on most wires.
        let output = match self.told {
            Some(told) if self.is_whole => told.output,
            _ => told.output.max(count(room::tokens(self.said))),
        };
        self.model.map(|model| (model, Tokens { input, output, ..told }))
    }
}

#[cfg(test)]
mod tests {
    use agentcy_llm::Stop;

    use super::*;

    fn used(chunks: &[Chunk]) -> Option<(u64, u64)> {
        let mut measure = Measure::of(100);
        for chunk in chunks {
            measure.hear(chunk);
        }
        measure.used().map(|(_, tokens)| (tokens.input, tokens.output))
    }

    #[test]
    fn what_the_provider_does_not_say_is_estimated() {
        let model = || Chunk::Model("m".to_owned());
        let text = || Chunk::Text("x".repeat(30));
        let usage = |input, output| Chunk::Usage(Tokens { input, output, ..Tokens::default() });
        let end = || Chunk::End(Stop::EndTurn);
        assert_eq!(used(&[]), None);
        assert_eq!(used(&[model(), text()]), Some((100, 10)));
        assert_eq!(used(&[model(), usage(7, 1), text()]), Some((7, 10)));
        assert_eq!(used(&[model(), text(), end()]), Some((100, 10)));
        assert_eq!(used(&[model(), text(), usage(7, 2), end()]), Some((7, 2)));
    }
}
