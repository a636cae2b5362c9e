//! What well-known models cost, and how much they read at once.
//!
//! List prices in US dollars, gathered on 27 October 2026 from pages that quote the providers, not from the providers'
//! own, and for some older models not looked up anew: estimates for limits and overviews, not for a bill. The
//! providers' own lists are <https://developers.openai.com/api/docs/pricing> and
//! <https://platform.claude.com/docs/en/about-claude/pricing>. Caches are priced for the shortest time that is offered.

use crate::{ProviderKind, Tokens};

/// US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Read.
    pub input: f64,
    /// Read from the provider's cache.
    pub cached: f64,
    /// Written to the provider's cache.
    pub cache_written: f64,
    /// Written.
    pub output: f64,
    /// What a turn costs that reads much.
    pub long: Option<Long>,
}

/// How a turn is dearer that reads more than so many tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Long {
    /// Above this many tokens read.
    pub above: u64,
    /// So many times the price of what is read.
    pub input: f64,
    /// So many times the price of what is written.
    pub output: f64,
}

impl Price {
    const fn new(input: f64, cached: f64, cache_written: f64, output: f64) -> Self {
        Self { input, cached, cache_written, output, long: None }
    }

    const fn dearer(self, above: u64, input: f64, output: f64) -> Self {
        Self { long: Some(Long { above, input, output }), ..self }
    }

    /// What a turn costs, in US dollars.
    #[expect(clippy::cast_precision_loss, reason = "no turn has 2^52 tokens")]
    pub fn cost(&self, tokens: &Tokens) -> f64 {
        let fresh = tokens.input.saturating_sub(tokens.cached).saturating_sub(tokens.cache_written);
        let read = fresh as f64 * self.input
            + tokens.cached as f64 * self.cached
            + tokens.cache_written as f64 * self.cache_written;
        let written = tokens.output as f64 * self.output;
        let (read_times, written_times) = match self.long {
            Some(long) if tokens.input > long.above => (long.input, long.output),
            _ => (1.0, 1.0),
        };
        (read * read_times + written * written_times) / 1_000_000.0
    }
}

/// The price of a model; `None` where it is not known.
pub fn price(provider: ProviderKind, model: &str) -> Option<Price> {
    match provider {
        ProviderKind::Builtin => Some(Price::new(0.0, 0.0, 0.0, 0.0)),
        ProviderKind::Openai => find(&OPENAI, model).map(|known| known.price),
        ProviderKind::Anthropic => find(&ANTHROPIC, model).map(|known| known.price),
    }
}

/// How many tokens a model reads and writes at once; 128,000 where it is not known.
pub fn window(model: &str) -> u32 {
    find(&OPENAI, model).or_else(|| find(&ANTHROPIC, model)).map_or(128_000, |known| known.window)
}

struct Known {
    name: &'static str,
    window: u32,
    price: Price,
}

/// A model of OpenAI. Its caches cost nothing more to write unless said.
const fn openai(name: &'static str, window: u32, input: f64, cached: f64, output: f64) -> Known {
    Known { name, window, price: Price::new(input, cached, input, output) }
}

/// One whose caches cost a quarter more to write, and that is dearer above 272,000 tokens.
const fn gpt6(name: &'static str, input: f64, cached: f64, output: f64) -> Known {
    let price = Price::new(input, cached, input * 1.25, output).dearer(272_000, 2.0, 1.5);
    Known { name, window: 1_050_000, price }
}

const fn wide(name: &'static str, input: f64, cached: f64, output: f64) -> Known {
    let price = Price::new(input, cached, input, output).dearer(272_000, 2.0, 1.5);
    Known { name, window: 1_050_000, price }
}

/// A model of Anthropic.
const fn claude(name: &'static str, window: u32, input: f64, cached: f64, output: f64) -> Known {
    Known { name, window, price: Price::new(input, cached, input * 1.25, output) }
}

const OPENAI: [Known; 29] = [
    gpt6("gpt-6-astra", 10.0, 1.0, 50.0),
    gpt6("gpt-6.1-sol", 2.0, 0.1, 10.0),
    gpt6("gpt-6.1-terra", 1.0, 0.05, 5.0),
    gpt6("gpt-6-sol", 2.0, 0.2, 10.0),
    gpt6("gpt-6-luna", 0.1, 0.01, 0.5),
    wide("gpt-5.6", 4.0, 0.4, 20.0),
    wide("gpt-5.6-sol", 4.0, 0.4, 20.0),
    wide("gpt-5.6-terra", 2.0, 0.2, 12.0),
    wide("gpt-5.6-luna", 0.2, 0.02, 1.2),
    wide("gpt-5.5", 5.0, 0.5, 30.0),
    wide("gpt-5.4", 2.5, 0.25, 15.0),
    openai("gpt-5.4-mini", 400_000, 0.75, 0.075, 4.5),
    openai("gpt-5.2", 400_000, 1.75, 0.175, 14.0),
    openai("gpt-5.2-chat", 128_000, 1.75, 0.175, 14.0),
    openai("gpt-5.1", 400_000, 1.25, 0.125, 10.0),
    openai("gpt-5.1-chat", 128_000, 1.25, 0.125, 10.0),
    openai("gpt-5", 400_000, 1.25, 0.125, 10.0),
    openai("gpt-5-chat", 128_000, 1.25, 0.125, 10.0),
    openai("gpt-5-mini", 400_000, 0.25, 0.025, 2.0),
    openai("gpt-5-nano", 400_000, 0.05, 0.005, 0.4),
    openai("gpt-4.1", 1_047_576, 2.0, 0.5, 8.0),
    openai("gpt-4.1-mini", 1_047_576, 0.4, 0.1, 1.6),
    openai("gpt-4.1-nano", 1_047_576, 0.1, 0.025, 0.4),
    openai("gpt-4o", 128_000, 2.5, 1.25, 10.0),
    openai("gpt-4o-mini", 128_000, 0.15, 0.075, 0.6),
    openai("o1", 200_000, 15.0, 7.5, 60.0),
    openai("o3", 200_000, 2.0, 0.5, 8.0),
    openai("o3-mini", 200_000, 1.1, 0.55, 4.4),
    openai("o4-mini", 200_000, 1.1, 0.275, 4.4),
];

const ANTHROPIC: [Known; 17] = [
    claude("claude-fable-5-1", 1_000_000, 10.0, 0.25, 50.0),
    claude("claude-fable-5", 1_000_000, 10.0, 1.0, 50.0),
    claude("claude-opus-5-5", 1_000_000, 4.0, 0.2, 20.0),
    claude("claude-opus-5", 1_000_000, 5.0, 0.5, 25.0),
    claude("claude-opus-4-8", 200_000, 5.0, 0.5, 25.0),
    claude("claude-opus-4-7", 200_000, 5.0, 0.5, 25.0),
    claude("claude-opus-4-6", 200_000, 5.0, 0.5, 25.0),
    claude("claude-opus-4-5", 200_000, 5.0, 0.5, 25.0),
    claude("claude-opus-4-1", 200_000, 15.0, 1.5, 75.0),
    claude("claude-opus-4", 200_000, 15.0, 1.5, 75.0),
    claude("claude-sonnet-5-5", 1_000_000, 2.0, 0.1, 10.0),
    claude("claude-sonnet-5", 1_000_000, 2.0, 0.2, 10.0),
    claude("claude-sonnet-4-6", 200_000, 3.0, 0.3, 15.0),
    claude("claude-sonnet-4-5", 200_000, 3.0, 0.3, 15.0),
    claude("claude-sonnet-4", 200_000, 3.0, 0.3, 15.0),
    Known {
        name: "claude-haiku-5-5",
        window: 1_000_000,
        price: Price::new(0.1, 0.01, 0.125, 0.5).dearer(100_000, 5.0, 5.0),
    },
    claude("claude-haiku-4-5", 200_000, 1.0, 0.1, 5.0),
];

/// The model of this name, behind the provider's name that gateways put before it and before the date of its release.
fn find<'a>(table: &'a [Known], model: &str) -> Option<&'a Known> {
    let model = model.rsplit('/').next().unwrap_or(model);
    table.iter().find(|known| model.strip_prefix(known.name).is_some_and(is_release))
}

fn is_release(rest: &str) -> bool {
    let Some(release) = rest.strip_prefix(['-', '@']) else { return rest.is_empty() };
    let is_date = release.len() >= 8 && release.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    is_date || release == "latest"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_its_name_with_and_without_a_date_and_by_no_other() {
        let input = |provider, model| price(provider, model).map(|price| price.input);
        let openai = |model| input(ProviderKind::Openai, model);
        assert_eq!(openai("gpt-5-mini"), Some(0.25));
        assert_eq!(openai("gpt-5-mini-2025-08-07"), Some(0.25));
        assert_eq!(openai("openai/gpt-5"), Some(1.25));
        assert_eq!(openai("gpt-4o-latest"), Some(2.5));
        for unknown in ["gpt-5.5-pro", "gpt-5-codex-mini", "gpt-50", "llama3.3:70b", "", "gpt"] {
            assert_eq!(openai(unknown), None, "{unknown}");
            assert_eq!(window(unknown), 128_000);
        }
        let anthropic = |model| input(ProviderKind::Anthropic, model);
        assert_eq!(anthropic("claude-sonnet-4-5-20250929"), Some(3.0));
        assert_eq!(anthropic("claude-opus-4-20250514"), Some(15.0));
        assert_eq!(anthropic("claude-opus-4-5@20251101"), Some(5.0));
        assert_eq!(anthropic("gpt-5"), None);
        assert_eq!(input(ProviderKind::Builtin, "builtin"), Some(0.0));
        assert_eq!(window("claude-sonnet-4-5"), 200_000);
    }

    #[test]
    fn every_default_model_has_a_price_and_no_name_stands_twice() {
        for kind in ProviderKind::ALL {
            assert!(price(kind, kind.default_model()).is_some(), "{kind}");
        }
        let mut names: Vec<&str> =
            OPENAI.iter().chain(&ANTHROPIC).map(|known| known.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), OPENAI.len() + ANTHROPIC.len());
    }

    fn cents(cost: f64) -> String {
        format!("{:.4}", cost * 100.0)
    }

    #[test]
    fn what_is_cached_costs_its_own_price_and_is_not_counted_twice() {
        let price = price(ProviderKind::Anthropic, "claude-sonnet-4-5").unwrap();
        let tokens =
            Tokens { input: 100_000, cached: 80_000, cache_written: 10_000, output: 1_000 };
        // 10,000 at 3, 80,000 at 0.30, 10,000 at 3.75, 1,000 at 15 dollars a million.
        assert_eq!(cents(price.cost(&tokens)), cents(0.03 + 0.024 + 0.0375 + 0.015));
        assert_eq!(cents(price.cost(&Tokens::default())), "0.0000");
    }

    #[test]
    fn a_turn_that_reads_much_is_dearer_where_the_provider_says_so() {
        let price = price(ProviderKind::Anthropic, "claude-haiku-5-5").unwrap();
        let tokens = |input| Tokens { input, output: 1_000, ..Tokens::default() };
        assert_eq!(cents(price.cost(&tokens(100_000))), cents(0.01 + 0.0005));
        assert_eq!(cents(price.cost(&tokens(200_000))), cents(0.1 + 0.0025));
    }
}
