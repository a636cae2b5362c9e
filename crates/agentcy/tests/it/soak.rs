//! Servers that are killed again and again, and what of their promises holds. `cargo xtask soak` does more rounds.

mod hooks;
mod jobs;

/// How many rounds there are: those that were asked for, or as many as a test has time for.
pub(crate) fn rounds(few: u32) -> u32 {
    std::env::var("AGENTCY_SOAK_ROUNDS").map_or(few, |rounds| rounds.parse().unwrap())
}
