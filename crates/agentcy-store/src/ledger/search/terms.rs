//! What was typed, taken apart as web searches do it.

use crate::{Result, Tenant, ledger::text};

/// How many words and phrases count.
const MOST: usize = 32;
/// The longest word or phrase in bytes: the database takes no longer words.
const LONGEST: i32 = 2_000;
/// The longest name in bytes that is in the index as a whole.
const NAME: usize = 1_000;

/// A word or phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Raw {
    text: String,
    quoted: bool,
    negated: bool,
    /// Whether `or` stands before it.
    instead: bool,
}

/// A word or phrase as the index has it.
#[derive(Debug)]
pub(super) struct Term {
    raw: Raw,
    /// As a tsquery: a phrase, when what was typed is put together.
    phrase: String,
    /// The same in one piece, when what was typed is put together.
    joined: Option<String>,
    /// Its words.
    pub(super) words: Vec<String>,
}

/// Everything that was typed.
#[derive(Debug)]
pub(super) struct Terms {
    terms: Vec<Term>,
    whole: String,
}

impl Terms {
    /// Takes it apart; the database folds the words, as it did those of the nodes.
    pub(super) async fn read(t: &mut impl Tenant, typed: &str) -> Result<Self> {
        let split = split(&text::escape(typed));
        let mut texts: Vec<String> = split.iter().map(|raw| raw.text.clone()).collect();
        texts.push(text::escape(typed).into_owned());
        let rows = sqlx::query!(
            r#"select folded as "folded!",
                      phraseto_tsquery('simple', folded)::text as "phrase!",
                      phraseto_tsquery('simple', joined)::text as "joined!"
               from unnest($1::text[]) with ordinality u (t, n)
               cross join lateral (select search_fold(t) as f, search_joined(t) as j) w
               cross join lateral (
                   select case when octet_length(f) <= $2 then f else '' end as folded,
                       case when octet_length(j) <= $2 then j else '' end as joined) c
               order by n"#,
            &texts,
            LONGEST,
        )
        .fetch_all(t.conn())
        .await?;
        let whole = rows.last().map(|row| row.folded.trim()).filter(|it| it.len() <= NAME);
        let whole = whole.unwrap_or_default().to_owned();
        let terms = split.into_iter().zip(rows).map(|(raw, row)| Term {
            raw,
            phrase: row.phrase,
            joined: Some(row.joined).filter(|joined| !joined.is_empty()),
            words: row.folded.split_whitespace().map(str::to_owned).collect(),
        });
        let terms = terms.filter(|term| !term.phrase.is_empty()).take(MOST).collect();
        Ok(Self { terms, whole })
    }

    /// What was typed as the whole of a name.
    pub(super) fn whole(&self) -> &str {
        &self.whole
    }

    /// The words that must be there and were not quoted; the last one of all may go on.
    pub(super) fn loose(&self) -> impl Iterator<Item = (usize, &Term, bool)> {
        let last = self.terms.len().saturating_sub(1);
        let loose = self.terms.iter().enumerate();
        loose
            .filter(|(_, term)| !term.raw.quoted && !term.raw.negated)
            .map(move |(at, term)| (at, term, at == last))
    }

    /// All of it as a tsquery; `None` when there is no word in it.
    pub(super) fn tsquery(&self) -> Option<String> {
        let last = self.terms.len().saturating_sub(1);
        self.combine(|at, term| term.tsquery(at == last))
    }

    /// All of it with each term in the words that are given.
    pub(super) fn combine(&self, word: impl Fn(usize, &Term) -> String) -> Option<String> {
        let mut query = String::new();
        for (at, term) in self.terms.iter().enumerate() {
            if at > 0 {
                query.push_str(if term.raw.instead { " | " } else { " & " });
            }
            let not = if term.raw.negated { "!" } else { "" };
            query.extend([not, "(", &word(at, term), ")"]);
        }
        Some(query).filter(|query| !query.is_empty())
    }
}

impl Term {
    /// As it was typed.
    pub(super) fn tsquery(&self, is_last: bool) -> String {
        let goes_on = is_last && !self.raw.quoted && !self.raw.negated;
        // A single letter goes on to too many words to be of use.
        let goes_on = goes_on && self.words.last().is_some_and(|word| word.len() > 1);
        let end = if goes_on { ":*" } else { "" };
        match &self.joined {
            Some(joined) if !self.raw.quoted => format!("{}{end} | {joined}{end}", self.phrase),
            _ => format!("{}{end}", self.phrase),
        }
    }
}

/// A word as a tsquery has it.
pub(super) fn lexeme(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}

fn split(typed: &str) -> Vec<Raw> {
    let mut raws: Vec<Raw> = Vec::new();
    let mut rest = typed.trim_start();
    let mut instead = false;
    while !rest.is_empty() {
        let (negated, word) = match rest.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, rest),
        };
        let quoted = word.strip_prefix('"');
        let (text, left) = match quoted {
            Some(phrase) => phrase.split_once('"').unwrap_or((phrase, "")),
            None => word.split_at(word.find(char::is_whitespace).unwrap_or(word.len())),
        };
        rest = left.trim_start();
        if quoted.is_none() && !negated && text.eq_ignore_ascii_case("or") && !raws.is_empty() {
            instead = !rest.is_empty();
        } else if text.chars().any(char::is_alphanumeric) {
            let quoted = quoted.is_some();
            raws.push(Raw { text: text.to_owned(), quoted, negated, instead });
            instead = false;
        }
    }
    raws
}
