//! A question as words, and the little language that its forms are written in.

/// The most words that a question may have.
pub(super) const MOST: usize = 64;

/// A word, or what stood in quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// As it was written.
    pub(super) text: String,
    /// In lower case; empty for what stood in quotes, which is never a word of a form.
    pub(super) key: String,
}

/// Takes a text apart. A link to a node, as answers have them, is the id of the node.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = link(rest).or_else(|| quoted(rest, first));
        rest = if let Some((text, left)) = taken {
            found.push(Word { text: text.to_owned(), key: String::new() });
            left
        } else if let Some(left) = rest.strip_prefix('=') {
            found.push(Word { text: "=".to_owned(), key: "=".to_owned() });
            left
        } else {
            let end = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
            // `p=v` is three words, an address with a query is one.
            let equals = rest[..end].find('=').filter(|_| !rest[..end].contains("://"));
            let (word, left) = rest.split_at(equals.unwrap_or(end));
            let word = word.trim_end_matches(['?', '!', '.', ',', ';', ':']);
            let plain = |word: &str| Word { text: word.to_owned(), key: word.to_lowercase() };
            match word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")) {
                // `what's` is two words.
                Some(asks) if ["what", "who", "how"].contains(&asks.to_lowercase().as_str()) => {
                    found.extend([plain(asks), plain("is")]);
                }
                _ if word.is_empty() => {}
                _ => found.push(plain(word)),
            }
            left
        }
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '?' | '!' | ',' | ';'));
    }
    found
}

fn link(text: &str) -> Option<(&str, &str)> {
    let (title, rest) = text.strip_prefix('[')?.split_once("](node:")?;
    let (id, rest) = rest.split_once(')')?;
    (!title.contains('[') && !id.contains(char::is_whitespace)).then_some((id, rest))
}

fn quoted(text: &str, first: char) -> Option<(&str, &str)> {
    let last = match first {
        '"' | '\'' | '`' => first,
        '“' => '”',
        '‘' => '’',
        '«' => '»',
        _ => return None,
    };
    let (inside, rest) = text[first.len_utf8()..].split_once(last)?;
    (!inside.trim().is_empty()).then_some((inside.trim(), rest))
}

/// What the words stand for as a name.
pub(super) fn text(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Whether the words are of this form, and what its stars stand for: `*` is one word or more, as few as will do; `a|b` one of
/// them; `a|b?` one of them or none.
pub(super) fn fit<'w>(form: &str, words: &'w [Word]) -> Option<Vec<&'w [Word]>> {
    let form: Vec<&str> = form.split(' ').collect();
    let mut stars = Vec::new();
    fits(&form, words, &mut stars).then_some(stars)
}

fn fits<'w>(form: &[&str], words: &'w [Word], stars: &mut Vec<&'w [Word]>) -> bool {
    let Some((first, rest)) = form.split_first() else { return words.is_empty() };
    if *first == "*" {
        for end in 1..=words.len() {
            stars.push(&words[..end]);
            if fits(rest, &words[end..], stars) {
                return true;
            }
            stars.pop();
        }
        return false;
    }
    let (one_of, optional) = first.strip_suffix('?').map_or((*first, false), |it| (it, true));
    if let [word, left @ ..] = words
        && one_of.split('|').any(|one| one == word.key)
        && fits(rest, left, stars)
    {
        return true;
    }
    optional && fits(rest, words, stars)
}

/// The first of the forms that fits.
pub(super) fn any<'w>(forms: &[&str], words: &'w [Word]) -> Option<Vec<&'w [Word]>> {
    forms.iter().find_map(|form| fit(form, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(form: &str, said: &str) -> Option<Vec<String>> {
        let words = words(said);
        Some(fit(form, &words)?.into_iter().map(text).collect())
    }

    #[test]
    fn a_form_takes_the_fewest_words_for_each_star() {
        let form = "link * to|with * as *";
        let all = ["a b", "c", "D to E"].map(str::to_owned).to_vec();
        assert_eq!(taken(form, "Link a b to c AS D to E."), Some(all));
        assert_eq!(taken(form, "link a to b"), None);
        assert_eq!(taken("what is|are the? *", "What is THE end?"), Some(vec!["end".to_owned()]));
    }

    #[test]
    fn what_stands_in_quotes_is_one_word_and_never_one_of_the_form() {
        let said = "link \"a to b\" to 'it’s' as `x y`";
        let all = ["a to b", "it’s", "x y"].map(str::to_owned).to_vec();
        assert_eq!(taken("link * to * as *", said), Some(all));
        assert_eq!(taken("what is *", "What's \"up").unwrap(), ["\"up"]);
    }

    #[test]
    fn links_are_ids_and_equations_three_words() {
        let said = words("who owns [api.rs (File)](node:n_01)? a=b, http://x/?a=b");
        let texts: Vec<_> = said.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["who", "owns", "n_01", "a", "=", "b", "http://x/?a=b"]);
    }
}
