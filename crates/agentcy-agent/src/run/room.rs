//! How much a run tells its model at once, and lets it write.

use agentcy_core::{agent::Limits, chat::Usage};
use agentcy_llm::Request;

/// How many bytes a token has at least, about: ids and numbers have fewer than words.
const BYTES_A_TOKEN: usize = 3;
/// The most tokens of one turn. Thoughts count among them.
const MOST_WRITTEN: u32 = 32_768;
/// What part of a window one turn may write.
const WRITTEN: usize = 8;
/// What part of the tokens of a run one turn reads of what was said before it: a run is several turns.
const TURNS: i64 = 8;
/// The least that is told of what was said before.
const LEAST: usize = 1_000;

/// About how many tokens so many bytes are.
pub(super) const fn tokens(bytes: usize) -> usize {
    bytes.div_ceil(BYTES_A_TOKEN)
}

/// At most how many bytes so many tokens are, as far as that is known.
pub(super) const fn bytes(tokens: usize) -> usize {
    tokens.saturating_mul(BYTES_A_TOKEN)
}

/// About how many tokens a request is.
pub(super) fn weight(request: &Request) -> usize {
    let said: usize = request.messages.iter().map(super::context::tokens).sum();
    fixed(request) + said
}

/// About how many tokens stand around what is said.
pub(super) fn fixed(request: &Request) -> usize {
    let tools = request
        .tools
        .iter()
        .map(|tool| tool.name.len() + tool.description.len() + tool.input_schema.to_string().len());
    tokens(request.system.len() + tools.sum::<usize>())
}

/// How much fits, in tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Into a request.
    pub(super) most: usize,
    /// Of what was said before, until its older part is told in short.
    pub(super) full: usize,
    /// Of what was said before, beside its short form.
    pub(super) kept: usize,
    /// Into a text to be summed up.
    pub(super) script: usize,
    /// Into a turn, by what the model can.
    pub(super) answer: u32,
    /// Into a turn, by what the run has left as well.
    pub(super) may_write: u32,
}

impl Room {
    /// In a window of so many tokens, for a run that has used this much.
    pub(super) fn of(window: u32, limits: &Limits, used: &Usage) -> Self {
        let window = usize::try_from(window).unwrap_or(usize::MAX);
        let answer = u32::try_from(window / WRITTEN).unwrap_or(u32::MAX).clamp(1, MOST_WRITTEN);
        let left = limits.tokens - used.in_tokens - used.out_tokens;
        let may_write = u32::try_from(left.max(0)).unwrap_or(u32::MAX).clamp(1, answer);
        let most = (window / 10 * 9).saturating_sub(usize::try_from(answer).unwrap_or_default());
        let share = usize::try_from(limits.tokens.max(0) / TURNS).unwrap_or(usize::MAX);
        let full = (window / 10 * 6).min(share).max(LEAST);
        Self {
            most,
            full,
            kept: full / 3,
            script: (most / 10 * 8).min(share * 2),
            answer,
            may_write,
        }
    }
}

#[cfg(test)]
mod tests {
    use agentcy_core::agent::RunLimits;

    use super::*;

    #[test]
    fn the_answer_has_its_room_and_a_run_its_turns() {
        let limits = RunLimits::default().or_default();
        let used = Usage::default();
        let wide = Room::of(1_000_000, &limits, &used);
        assert_eq!((wide.full, wide.may_write), (62_500, 32_768));
        let small = Room::of(32_768, &limits, &used);
        assert_eq!((small.full, small.may_write), (19_656, 4_096));
        assert!(small.most + 4_096 < 32_768);
        let frugal = RunLimits { tokens: Some(20_000), ..RunLimits::default() }.or_default();
        assert_eq!(Room::of(128_000, &frugal, &used).full, 2_500);
        let nearly = Usage { in_tokens: 19_990, ..used };
        assert_eq!(Room::of(128_000, &frugal, &nearly).may_write, 10);
    }
}
