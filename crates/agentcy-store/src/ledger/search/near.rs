//! Words that no node holds, taken for misspelt ones of the names of nodes.
//!
//! Trigrams bring up words that have much in common with the one typed, the distance in letters says which was meant.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

use strsim::osa_distance;

use super::{
    sql::Ask,
    terms::{Terms, lexeme},
};
use crate::{Result, Tenant};

/// How like it a word must be; the second is asked for when the first finds none.
const LIKENESS: [&str; 2] = ["0.5", "0.3"];
/// How many words are compared with it.
const SPELLINGS: i64 = 500;
/// How many words are put right at most, and with how many others each.
const WORDS: usize = 4;
const MEANT: usize = 3;
/// Of how many it is asked how usual they are.
const WEIGHED: usize = 32;
/// Shorter words have too many that are like them.
const SHORTEST: usize = 4;

/// The query with each word that nothing holds replaced by those that were probably meant; `None` when all words are
/// known, or one is like nothing. Names are remembered beyond their nodes: unless it is `sure`, one may be meant that no
/// node has any more.
pub(super) async fn corrected(
    t: &mut impl Tenant,
    ask: &Ask,
    terms: &Terms,
    sure: bool,
) -> Result<Option<String>> {
    let mut words: Vec<(String, bool)> = Vec::new();
    for (_, term, is_last) in terms.loose() {
        let end = term.words.len();
        let goes_on = |at| is_last && at + 1 == end;
        words.extend(term.words.iter().enumerate().map(|(at, word)| (word.clone(), goes_on(at))));
    }
    let known = ask.known(t, &words).await?;
    words.retain(|(word, _)| !known.contains_key(word));
    words.dedup();
    if words.is_empty() || words.len() > WORDS {
        return Ok(None);
    }
    let mut meant = HashMap::new();
    for (word, goes_on) in words {
        if word.chars().count() < SHORTEST {
            return Ok(None);
        }
        let found = likely(t, ask, &word, goes_on, sure).await?;
        if found.is_empty() {
            return Ok(None);
        }
        let found: Vec<String> = found.iter().map(|word| lexeme(word)).collect();
        meant.insert(word, format!("({})", found.join(" | ")));
    }
    let last = terms.loose().map(|(at, _, _)| at).last();
    Ok(terms.combine(|at, term| {
        if !terms.loose().any(|(loose, _, _)| loose == at)
            || !term.words.iter().any(|word| meant.contains_key(word))
        {
            return term.tsquery(Some(at) == last);
        }
        let words = term.words.iter().map(|word| meant.get(word).cloned().unwrap_or(lexeme(word)));
        words.collect::<Vec<_>>().join(" <-> ")
    }))
}

/// The words that it was probably meant for.
async fn likely(
    t: &mut impl Tenant,
    ask: &Ask,
    word: &str,
    goes_on: bool,
    sure: bool,
) -> Result<Vec<String>> {
    for likeness in LIKENESS {
        let others = ask.spellings_like(t, word, likeness, SPELLINGS).await?;
        let mut near = near(word, goes_on, others);
        if sure || nearest(&near).len() > MEANT {
            near.truncate(WEIGHED);
            let words: Vec<_> = near.iter().map(|(_, other)| (other.clone(), false)).collect();
            let usual = ask.known(t, &words).await?;
            near.retain(|(_, other)| usual.contains_key(other));
            near.sort_by_key(|(distance, other)| (*distance, Reverse(usual.get(other).copied())));
        }
        let found = nearest(&near);
        if !found.is_empty() {
            return Ok(found.iter().take(MEANT).map(|(_, word)| word.clone()).collect());
        }
    }
    Ok(Vec::new())
}

/// The words that it may have been meant for, each with its distance; the nearest first.
fn near(word: &str, goes_on: bool, others: Vec<String>) -> Vec<(usize, String)> {
    let length = word.chars().count();
    let allowed = if length < 8 { 1 } else { 2 };
    let distance = |other: &str| {
        let whole = osa_distance(word, other);
        let begun: String = other.chars().take(length).collect();
        if goes_on { whole.min(osa_distance(word, &begun)) } else { whole }
    };
    let near: BTreeSet<(usize, String)> =
        others.into_iter().map(|other| (distance(&other), other)).collect();
    near.into_iter().filter(|(distance, _)| *distance <= allowed).collect()
}

/// Those of them as near as the first.
fn nearest(near: &[(usize, String)]) -> &[(usize, String)] {
    near.chunk_by(|one, other| one.0 == other.0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest_of(word: &str, goes_on: bool, others: &[&str]) -> Vec<String> {
        let near = near(word, goes_on, others.iter().map(|other| (*other).to_owned()).collect());
        nearest(&near).iter().map(|(_, other)| other.clone()).collect()
    }

    #[test]
    fn the_nearest_words_are_meant() {
        let others = ["payment", "gateway", "gatewway", "parliament", "patent", "payment"];
        assert_eq!(nearest_of("pyament", false, &others), ["payment"]);
        assert_eq!(nearest_of("gatewya", false, &others), ["gateway"]);
        assert_eq!(nearest_of("gatewaay", false, &others), ["gateway", "gatewway"]);
        assert!(nearest_of("zebra", false, &others).is_empty());
    }

    #[test]
    fn a_word_that_goes_on_is_compared_with_beginnings() {
        assert_eq!(nearest_of("kubren", true, &["kubernetes"]), ["kubernetes"]);
        assert!(nearest_of("kubren", false, &["kubernetes"]).is_empty());
    }
}
