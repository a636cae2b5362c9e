//! What is asked to be done: nodes, edges, tools.

use serde_json::{Map, Value};

use super::{LONGEST, Name, Question};
use crate::builtin::{
    noun,
    words::{Word, any, fit, text, words},
};

/// `run TOOL of CONNECTOR with {json}`
pub(super) fn run(said: &str) -> Option<Question> {
    let (head, json) = said.find('{').map_or((said, "{}"), |at| said.split_at(at));
    let words = if head.len() <= LONGEST { words(head) } else { return None };
    let forms = [
        "please? run|call|execute|use the? tool? * of|on|from|at the? source|connector? * with|using the? args|arguments|parameters?",
        "please? run|call|execute|use the? tool? * of|on|from|at the? source|connector? *",
    ];
    let stars = any(&forms, &words)?;
    let args: Option<Value> = serde_json::from_str(json.trim_end_matches(['.', '?', '!'])).ok();
    let args = args.filter(Value::is_object);
    Some(Question::Run { tool: text(stars[0]), connector: text(stars[1]), args })
}

pub(super) fn writes(words: &[Word]) -> Option<Question> {
    if let Some(stars) = fit("link|connect * to|with|and * as|by|through|via *", words) {
        let kind = Some(text(stars[2]));
        return Some(Question::Link { from: Name::of(stars[0]), to: Name::of(stars[1]), kind });
    }
    if let Some(stars) = fit("link|connect * to|with|and *", words) {
        let (from, to) = (Name::of(stars[0]), Name::of(stars[1]));
        return Some(Question::Link { from, to, kind: None });
    }
    let (words, realm) = match any(&["* in|to the? realm *", "* in|to the? * realm"], words) {
        Some(stars) => (stars[0], Some(text(stars[1]))),
        None => (words, None),
    };
    let forms = [
        "add|create|make a|an|the? new? * named|called * with|where|having *",
        "add|create|make a|an|the? new? * named|called *",
    ];
    let stars = any(&forms, words)?;
    let properties = properties(stars.get(2).copied().unwrap_or_default())?;
    let label = noun::labels(stars[0]).into_iter().next()?;
    Some(Question::Create { label, name: text(stars[1]), realm, properties })
}

/// `p = v and q = w`: the word before an equals sign is a name, what stands before the next name its value.
fn properties(words: &[Word]) -> Option<Map<String, Value>> {
    let signs: Vec<usize> = (0..words.len()).filter(|at| words[*at].key == "=").collect();
    let starts: Vec<usize> = signs.iter().map(|at| at.checked_sub(1)).collect::<Option<_>>()?;
    if starts.first().copied().unwrap_or_default() != 0 || (signs.is_empty() && !words.is_empty()) {
        return None;
    }
    let mut properties = Map::new();
    for (at, start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).copied().unwrap_or(words.len());
        let value = match words.get(start + 2..end)? {
            [value @ .., last] if last.key == "and" && !value.is_empty() => value,
            value => value,
        };
        properties.insert(words[*start].text.clone(), literal(value)?);
    }
    Some(properties)
}

/// A value as it was typed: a number or truth value, or a text.
fn literal(words: &[Word]) -> Option<Value> {
    let said = text(words);
    let is_quoted = words.first()?.key.is_empty();
    let value: Option<Value> = serde_json::from_str(&said).ok();
    let value = value.filter(|value| !is_quoted && (value.is_number() || value.is_boolean()));
    Some(value.unwrap_or(said.into()))
}
