//! Questions for things of a kind: how many, which, and what they have to do with something.

use super::{Name, Only, Question, Related};
use crate::builtin::{
    noun::{is_form_of, is_plural},
    words::{Word, any, fit, text},
};

const PREPOSITIONS: &[&str] = &["on", "to", "in", "by", "of", "from", "with", "at", "for"];

/// Verbs that tell where a kind ends: `which materialized views use X`.
const VERBS: &[&str] = &[
    "use",
    "call",
    "depend",
    "need",
    "require",
    "reference",
    "own",
    "maintain",
    "touch",
    "change",
    "write",
    "contain",
    "have",
    "hold",
    "include",
    "import",
    "run",
    "host",
    "deploy",
    "belong",
    "link",
    "connect",
    "point",
    "index",
    "inherit",
    "serve",
    "store",
    "read",
    "tag",
    "contribute",
];

pub(super) fn about(words: &[Word]) -> Option<Question> {
    match any(&["how many *", "count|number of? the|all? *"], words) {
        Some(stars) => how_many(stars[0]),
        None => which(words).or_else(|| listed(words)),
    }
}

fn how_many(words: &[Word]) -> Option<Question> {
    let there = ["* are|is there", "* exist|exists", "* do|does we|you have|see|know"];
    if let Some(stars) = fit("* are|is there *", words) {
        let all: Vec<Word> = stars.concat();
        return Some(within(&all, true).unwrap_or_else(|| narrowed(&all, true)));
    }
    let kind = any(&there, words).map_or(words, |stars| stars[0]);
    if matches!(kind.first()?.key.as_str(), "are" | "is" | "of" | "more") {
        return None;
    }
    if only(kind).1.is_some() {
        return Some(narrowed(kind, true));
    }
    let related =
        fit("* does|do|did|has *", kind).and_then(|stars| subject(stars[0], stars[1], kind, true));
    let related = related.map(Question::Related).or_else(|| within(kind, true));
    let related = related.or_else(|| object(kind, true).map(Question::Related));
    let vague = || {
        let stars = fit("* are|is|was|were *", kind)?;
        Some(Question::Vague { kind: stars[0].to_vec(), state: text(stars[1]) })
    };
    Some(related.or_else(vague).unwrap_or_else(|| narrowed(kind, true)))
}

fn which(words: &[Word]) -> Option<Question> {
    let there = [
        "what|which * are|is there",
        "what|which * exist|exists",
        "what|which * do|does we|you have",
    ];
    if let Some(stars) = any(&there, words) {
        return Some(within(stars[0], false).unwrap_or_else(|| narrowed(stars[0], false)));
    }
    if let Some(stars) = fit("what|which does|do|did *", words) {
        return subject(&[], stars[0], words, false).map(Question::Related);
    }
    let asked = fit("what|which *", words)?[0];
    if matches!(asked.first()?.key.as_str(), "is" | "are" | "was" | "were") {
        return None;
    }
    if only(asked).1.is_some() {
        return Some(narrowed(asked, false));
    }
    let related = fit("* does|do|did|has *", asked)
        .and_then(|stars| subject(stars[0], stars[1], words, false));
    let related = related.map(Question::Related).or_else(|| within(asked, false));
    related.or_else(|| object(asked, false).map(Question::Related))
}

fn listed(words: &[Word]) -> Option<Question> {
    let plain = fit("list|display|enumerate me? all? *", words);
    let others = ["show|find|give|get|search me? all? for? *", "what|which are *"];
    let (kind, must) = match plain {
        Some(stars) => (stars[0], true),
        None => (any(&others, words)?[0], false),
    };
    if let Some(held) = within(kind, false).filter(|_| must || is_plural(kind_of(kind))) {
        return Some(held);
    }
    let (noun, filter) = only(kind);
    (must || filter.is_some() || is_plural(noun)).then(|| narrowed(kind, false))
}

fn kind_of(words: &[Word]) -> &[Word] {
    fit("* in|inside|within|of|by|from *", words).map_or(words, |stars| stars[0])
}

/// `KIND (are) in X`, `KIND of X`
fn within(words: &[Word], count: bool) -> Option<Question> {
    let related = |kind: &[Word], name: &[Word], verb: &str| {
        let (kind, verb) = (kind.to_vec(), verb.to_owned());
        Question::Related(Related { kind, verb, name: Name::of(name), does: true, count })
    };
    if only(words).1.is_some() {
        return None;
    }
    if let Some(stars) = fit("* are|is? in|inside|within *", words) {
        return Some(related(stars[0], stars[1], "contains"));
    }
    let stars = fit("* of|by|from *", words)?;
    let is_kind =
        !stars[0].iter().any(|word| matches!(word.key.as_str(), "are" | "is" | "was" | "were"));
    is_kind.then(|| related(stars[0], stars[1], ""))
}

fn narrowed(words: &[Word], count: bool) -> Question {
    let (kind, only) = only(words);
    Question::Kind { kind: kind.to_vec(), only, count }
}

/// A kind and what narrows it.
fn only(words: &[Word]) -> (&[Word], Option<Only>) {
    let is = "* with|where|whose|having|that|have|has the|a|an? * =|is|are|equals|equal to? *";
    if let Some(stars) = fit(is, words) {
        let property = text(stars[1]).replace(' ', "_");
        return (stars[0], Some(Only::Is { property, value: text(stars[2]) }));
    }
    let named = ["* named|called|matching|about *", "* with|having the? name|word|text *"];
    if let Some(stars) = any(&named, words) {
        return (stars[0], Some(Only::Words(text(stars[1]))));
    }
    let Some(stars) = fit("* with|having the|a|an? *", words) else { return (words, None) };
    match stars[1] {
        [property, value @ ..] if !value.is_empty() && !property.key.is_empty() => {
            let property = property.text.clone();
            (stars[0], Some(Only::Is { property, value: text(value) }))
        }
        words => (stars[0], Some(Only::Words(text(words)))),
    }
}

/// `which KIND does X VERB (on)`, `which KIND has X`
fn subject(kind: &[Word], said: &[Word], all: &[Word], count: bool) -> Option<Related> {
    let related = |name: &[Word], verb: &str| {
        let (kind, verb) = (kind.to_vec(), verb.to_owned());
        Related { kind, verb, name: Name::of(name), does: true, count }
    };
    if all.iter().any(|word| word.key == "has") {
        return Some(related(said, "has"));
    }
    let said = match said {
        [rest @ .., last] if PREPOSITIONS.contains(&last.key.as_str()) => rest,
        all => all,
    };
    let (verb, name) = said.split_last()?;
    (!name.is_empty() && !verb.key.is_empty()).then(|| related(name, &verb.key))
}

/// `which KIND VERB (on) X`, `which KIND are VERBED by X`
fn object(words: &[Word], count: bool) -> Option<Related> {
    let is_verb = |word: &Word| VERBS.iter().any(|verb| is_form_of(&word.key, verb));
    let at = (1..words.len()).find(|at| is_verb(&words[*at]))?;
    let (kind, passive) = match &words[..at] {
        [kind @ .., last] if matches!(last.key.as_str(), "are" | "is" | "were" | "was") => {
            (kind, true)
        }
        kind => (kind, false),
    };
    let (by, name) = match &words[at + 1..] {
        [first, rest @ ..] if PREPOSITIONS.contains(&first.key.as_str()) => {
            (first.key == "by", rest)
        }
        rest => (false, rest),
    };
    (!kind.is_empty() && !name.is_empty()).then(|| Related {
        kind: kind.to_vec(),
        verb: words[at].key.clone(),
        name: Name::of(name),
        does: passive && by,
        count,
    })
}
