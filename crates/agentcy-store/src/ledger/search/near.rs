//! Words that no node holds, taken for misspelt ones of the names of nodes.
//!
//! Trigrams bring up names that have much in common with the word, the distance in letters says which word was meant.

use std::collections::HashMap;

use strsim::osa_distance;

use super::{
    sql::Ask,
    terms::{Terms, lexeme},
};
use crate::{Result, Tenant};

/// How like a part of a name must be; the second is asked for when the first finds none.
const LIKENESS: [&str; 2] = ["0.5", "0.3"];
/// How many names are looked at for a word.
const NAMES: i64 = 500;
/// How many words are put right at most, and with how many others each.
const WORDS: usize = 4;
const MEANT: usize = 3;
/// Shorter words have too many that are like them.
const SHORTEST: usize = 4;

/// The query with each word that nothing holds replaced by those that were probably meant; `None` when all words are
/// known, or one is like nothing.
pub(super) async fn corrected(
    t: &mut impl Tenant,
    ask: &Ask,
    terms: &Terms,
) -> Result<Option<String>> {
    let mut words: Vec<(String, bool)> = Vec::new();
    for (_, term, is_last) in terms.loose() {
        let end = term.words.len();
        let goes_on = |at| is_last && at + 1 == end;
        words.extend(term.words.iter().enumerate().map(|(at, word)| (word.clone(), goes_on(at))));
    }
    let known = ask.known(t, &words).await?;
    words.retain(|(word, _)| !known.contains(word));
    words.dedup();
    if words.is_empty() || words.len() > WORDS {
        return Ok(None);
    }
    let mut meant = HashMap::new();
    for (word, goes_on) in words {
        if word.chars().count() < SHORTEST {
            return Ok(None);
        }
        let mut found = Vec::new();
        for likeness in LIKENESS {
            if found.is_empty() {
                let names = ask.names_like(t, &word, likeness, NAMES).await?;
                found = nearest(&word, goes_on, &names);
            }
        }
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

/// The words of the names that the word is nearest to, the best first.
fn nearest(word: &str, goes_on: bool, names: &[String]) -> Vec<String> {
    let length = word.chars().count();
    let allowed = if length < 8 { 1 } else { 2 };
    let mut found: HashMap<&str, (usize, usize)> = HashMap::new();
    for other in names.iter().flat_map(|name| name.split_whitespace()) {
        let entry = found.entry(other).or_insert_with(|| {
            let whole = osa_distance(word, other);
            let begun: String = other.chars().take(length).collect();
            let distance = if goes_on { whole.min(osa_distance(word, &begun)) } else { whole };
            (distance, 0)
        });
        entry.1 += 1;
    }
    let mut found: Vec<(&str, (usize, usize))> =
        found.into_iter().filter(|(_, (distance, _))| *distance <= allowed).collect();
    found.sort_by_key(|(word, (distance, count))| (*distance, std::cmp::Reverse(*count), *word));
    let best = found.first().map_or(0, |(_, (distance, _))| *distance);
    let best = found.into_iter().filter(|(_, (distance, _))| *distance == best);
    best.take(MEANT).map(|(word, _)| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_nearest_word_is_meant_and_the_more_usual_of_those_as_near() {
        let names = names(&["payment service", "payment gateway", "parliament", "patent"]);
        assert_eq!(nearest("pyament", false, &names), ["payment"]);
        assert_eq!(nearest("gatewya", false, &names), ["gateway"]);
        assert!(nearest("zebra", false, &names).is_empty());
    }

    #[test]
    fn a_word_that_goes_on_is_compared_with_beginnings() {
        assert_eq!(nearest("kubren", true, &names(&["kubernetes"])), ["kubernetes"]);
        assert!(nearest("kubren", false, &names(&["kubernetes"])).is_empty());
    }
}
