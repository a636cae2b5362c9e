//! What may stand in a template: values, conditions, loops and a few filters. Nothing that could make much out of little.

use minijinja::{
    machinery::{Token, WhitespaceConfig, tokenize},
    syntax::SyntaxConfig,
};

use super::{engine, filters};

/// The tests that there are.
const TESTS: [&str; 3] = ["defined", "none", "undefined"];

const BLOCKS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];
const NAMES: [&str; 2] = ["trigger", "now"];
/// Words after which a parenthesis opens no call.
const WORDS: [&str; 8] = ["if", "elif", "else", "in", "not", "and", "or", "for"];

/// What is wrong with a text of a template, if anything is.
pub(super) fn fault(text: &str) -> Option<String> {
    words(text).or_else(|| engine::fault(text, &NAMES))
}

/// The faults that the engine would not mind.
fn words(text: &str) -> Option<String> {
    let mut before = [None, None];
    let whitespace = WhitespaceConfig::default();
    for token in tokenize(text, false, SyntaxConfig, whitespace) {
        // What cannot be read is the engine's to tell.
        let Ok((token, _)) = token else { return None };
        let fault = match &token {
            Token::Ident(word) => of_word(word, &before),
            Token::ParenOpen if is_call(&before) => Some("nothing can be called".to_owned()),
            token if is_foreign(token) => Some(format!("{token} is not known here")),
            _ => None,
        };
        if fault.is_some() {
            return fault;
        }
        let [_, last] = before;
        before = [last, Some(token)];
    }
    None
}

/// A token and the one before that.
type Before<'a> = [Option<Token<'a>>; 2];

fn of_word(word: &str, before: &Before<'_>) -> Option<String> {
    let (what, known): (_, &[&str]) = match before {
        [_, Some(Token::Dot)] => return None,
        [_, Some(Token::BlockStart)] => ("block", &BLOCKS),
        [_, Some(Token::Pipe)] => ("filter", &filters::NAMES),
        [_, Some(Token::Ident("is"))] if word == "not" => return None,
        [_, Some(Token::Ident("is"))] | [Some(Token::Ident("is")), Some(Token::Ident("not"))] => {
            ("test", &TESTS)
        }
        _ if word == "recursive" => return Some("a loop does not call itself".to_owned()),
        _ => return None,
    };
    let is_known = known.contains(&word);
    (!is_known).then(|| format!("there is no {what} {word}; there are {}", known.join(", ")))
}

/// Whether a parenthesis would call what stands before it. Those of filters hold what the filter is told.
fn is_call(before: &Before<'_>) -> bool {
    match before {
        [Some(Token::Pipe), Some(Token::Ident(_))] => false,
        [_, Some(Token::Ident(word))] => !WORDS.contains(word),
        [_, Some(Token::Str(_) | Token::String(_) | Token::BracketClose | Token::ParenClose)] => {
            true
        }
        _ => false,
    }
}

/// What calculates, cuts or builds.
const fn is_foreign(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::Plus
            | Token::Mul
            | Token::Div
            | Token::FloorDiv
            | Token::Pow
            | Token::Mod
            | Token::Tilde
            | Token::Assign
            | Token::Colon
            | Token::BraceOpen
            | Token::BraceClose
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_template_is_made_of_is_known() {
        for good in [
            "",
            "plain { text } 100%",
            "{{ trigger.body.set.recursive.include }}",
            "{{ trigger.headers['x-github-event'] | lower | default('none') }}",
            "{% if (trigger.body.a or not (trigger.body.b)) and now %}x{% elif now %}y{% else %}z{% endif %}",
            "{%- for a in trigger.body.list if a.ok -%}{{ loop.index }}{{ a[0][-1] }}{%- endfor -%}",
            "{% raw %}{{ anything(goes) }} {% set x = 1 %}{% endraw %}",
            "{# {% set x = 1 %} #}",
            "{{ trigger.body.a is not defined }}{{ trigger.body.a is none }}",
            "{{ 'a' if trigger.body.a in ('b', 'c') else 'd' }}",
            "{{ trigger.body.items | join(', ') | truncate(10) }}",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
    }

    #[test]
    fn what_could_make_much_out_of_little_or_reach_elsewhere_is_refused() {
        for bad in [
            "{{ trigger.body",
            "{% if now %}",
            "{% endfor %}",
            "{% set x = trigger.body %}",
            "{%- set x %}{% endset %}",
            "{% filter upper %}x{% endfilter %}",
            "{% macro a() %}{% endmacro %}",
            "{% include 'x' %}",
            "{% import 'x' as y %}",
            "{% with a = 1 %}{% endwith %}",
            "{% do trigger.x() %}",
            "{% autoescape true %}{% endautoescape %}",
            "{{ 'a' * 1000000000 }}",
            "{{ trigger.body ~ trigger.body }}",
            "{{ trigger.body + trigger.body }}",
            "{{ 2 ** 1000 }}",
            "{{ trigger.body[1:2] }}",
            "{{ {'a': 1} }}",
            "{{ range(1000000) }}",
            "{{ trigger.body.items() }}",
            "{{ ('a')('b') }}",
            "{{ trigger['get']('x') }}",
            "{{ trigger.body | replace('a', 'b') }}",
            "{{ trigger.body | nope }}",
            "{{ trigger.body is divisibleby(3) }}",
            "{{ trigger.body is not odd }}",
            "{% for a in trigger.body recursive %}{{ loop(a) }}{% endfor %}",
            "{{ body.title }}",
            "{{ env.SECRET }}",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
