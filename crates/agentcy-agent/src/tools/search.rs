//! Which tools fit some words: those whose name and description share most of them, spelt right or nearly.

use std::collections::HashSet;

/// How much a text fits words; 0 when nothing of it does.
pub(super) struct Wanted {
    words: Vec<(String, HashSet<[char; 3]>)>,
}

impl Wanted {
    pub(super) fn new(query: &str) -> Self {
        let mut words: Vec<String> = words(query).collect();
        words.sort();
        words.dedup();
        let with = |word: String| {
            let grams = trigrams(&word);
            (word, grams)
        };
        Self { words: words.into_iter().take(50).map(with).collect() }
    }

    /// What a tool of this name and description is worth; its name counts twice.
    pub(super) fn score(&self, name: &str, description: &str) -> f64 {
        2.0 * self.of(name) + self.of(description)
    }

    /// The part of the words that are in a text; one that is nearly there counts for less than one that is.
    fn of(&self, text: &str) -> f64 {
        let there: Vec<(String, HashSet<[char; 3]>)> = words(text)
            .map(|word| {
                let grams = trigrams(&word);
                (word, grams)
            })
            .collect();
        let worth = |(word, grams): &(String, HashSet<[char; 3]>)| {
            let of = |(other, others): &(String, HashSet<[char; 3]>)| {
                if word == other { 1.0 } else { 0.8 * likeness(grams, others) }
            };
            let best = there.iter().map(of).fold(0.0, f64::max);
            // Below this two words only share an ending.
            if best < 0.3 { 0.0 } else { best }
        };
        let sum: f64 = self.words.iter().map(worth).sum();
        let count = u32::try_from(self.words.len().max(1)).unwrap_or(u32::MAX);
        sum / f64::from(count)
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

fn trigrams(word: &str) -> HashSet<[char; 3]> {
    let chars: Vec<char> = [' '].into_iter().chain(word.chars()).chain([' ']).collect();
    chars.array_windows::<3>().copied().collect()
}

fn likeness(a: &HashSet<[char; 3]>, b: &HashSet<[char; 3]>) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let both = a.intersection(b).count();
    count(both) / count((a.len() + b.len() - both).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: [(&str, &str); 4] = [
        ("query", "Runs a SELECT statement and gives its rows."),
        ("grep", "Finds lines in the files of the repository that match an expression."),
        ("log", "Lists commits, the newest first, of a path or an author."),
        ("request", "Sends a request that may change something."),
    ];

    fn best(query: &str) -> &'static str {
        let wanted = Wanted::new(query);
        let score = |tool: &(&str, &str)| wanted.score(tool.0, tool.1);
        TOOLS.iter().max_by(|a, b| score(a).total_cmp(&score(b))).unwrap().0
    }

    #[test]
    fn the_tool_that_shares_most_words_is_first() {
        assert_eq!(best("who made the newest commits"), "log");
        assert_eq!(best("find a line in files"), "grep");
        assert_eq!(best("select rows"), "query");
        assert_eq!(best("send an HTTP request"), "request");
        assert_eq!(best("repositorys exprssion"), "grep");
    }

    #[test]
    fn what_shares_nothing_is_worth_nothing() {
        let wanted = Wanted::new("zebra");
        assert!(TOOLS.iter().all(|(name, text)| wanted.score(name, text) < f64::EPSILON));
        assert!(Wanted::new("").score("query", "anything") < f64::EPSILON);
    }
}
