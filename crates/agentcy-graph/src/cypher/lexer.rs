//! Words, names, numbers and signs of a query.
//!
//! Only what both engines read alike is let through: no escape that one of them decodes before it reads, no
//! white space, line end or letter case that they see differently.

use super::{Refusal, RefusalKind};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word without backticks: a keyword or a name.
    Word,
    /// A name in backticks.
    Quoted,
    /// A parameter; its text is the name without the sign.
    Parameter,
    /// A whole number.
    Integer,
    /// A number with a fraction or an exponent.
    Float,
    /// A text; with its quotes.
    Text,
    /// A sign.
    Sign,
    /// The end of the query.
    End,
}

/// A token and where it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) at: usize,
}

/// How many tokens a query may have.
const MAX_TOKENS: usize = 20_000;

const SIGNS: [&str; 7] = ["<=", ">=", "<>", "=~", "..", "||", "::"];

/// All tokens, closed by one of kind `End`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Refusal> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space()?;
        let token = lexer.token()?;
        tokens.push(token);
        if token.kind == Kind::End {
            return Ok(tokens);
        }
        if tokens.len() > MAX_TOKENS {
            return Err(Refusal::at(
                text,
                token.at,
                RefusalKind::TooLarge,
                format!("a query has at most {MAX_TOKENS} words and signs; use parameters"),
            ));
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn refuse<T>(&self, at: usize, message: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal::at(self.text, at, RefusalKind::Syntax, message))
    }

    /// How many bytes of the rest are characters like these.
    fn run(&self, like: impl Fn(char) -> bool) -> usize {
        let rest = self.rest();
        rest.find(|c| !like(c)).unwrap_or(rest.len())
    }

    fn skip_space(&mut self) -> Result<(), Refusal> {
        loop {
            let rest = self.rest();
            if rest.starts_with("//") {
                self.comment(rest.find('\n').unwrap_or(rest.len()))?;
            } else if rest.starts_with("/*") {
                let Some(end) = rest.find("*/").filter(|end| *end >= 2) else {
                    return self.refuse(self.at, "the comment is not closed");
                };
                if rest[2..end].contains("/*") {
                    return self.refuse(self.at, "comments do not stand in one another");
                }
                self.comment(end + 2)?;
            } else if rest.starts_with([' ', '\t', '\n']) {
                self.at += 1;
            } else if rest.starts_with("\r\n") {
                self.at += 2;
            } else {
                return Ok(());
            }
        }
    }

    /// Steps over a comment. What an engine decodes before it reads could end it elsewhere.
    fn comment(&mut self, length: usize) -> Result<(), Refusal> {
        let comment = &self.rest()[..length];
        if let Some(place) = comment.find("\\u") {
            return self.refuse(self.at + place, "a comment holds no \\u");
        }
        if let Some(place) = comment.replace("\r\n", "\n\n").find('\r') {
            return self
                .refuse(self.at + place, "a carriage return stands before a line feed only");
        }
        self.at += length;
        Ok(())
    }

    fn token(&mut self) -> Result<Token<'a>, Refusal> {
        let at = self.at;
        let rest = self.rest();
        let take = |kind, length: usize| Token { kind, text: &rest[..length], at };
        let Some(first) = self.peek() else { return Ok(take(Kind::End, 0)) };
        let token = match first {
            '\'' | '"' => take(Kind::Text, self.string(first)?),
            '`' => take(Kind::Quoted, self.quoted()?),
            '$' => return self.parameter(),
            _ if is_start(first) => take(Kind::Word, self.word()?),
            '0'..='9' => self.number()?,
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number()?,
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => take(Kind::Sign, sign.len()),
                None if "(){}[]<>=+-*/%^.,:;|&!".contains(first) => take(Kind::Sign, 1),
                None => return self.refuse(at, unexpected(first)),
            },
        };
        self.at += token.text.len();
        Ok(token)
    }

    fn word(&self) -> Result<usize, Refusal> {
        let length = self.run(is_part);
        let word = &self.rest()[..length];
        let foreign = |c: char| !c.is_ascii();
        // Letters that become ASCII in another case: an engine that compares in that case would see a keyword.
        match word.find(foreign) {
            Some(place) if word.to_uppercase().is_ascii() || word.to_lowercase().is_ascii() => {
                self.refuse(self.at + place, "a name with this letter stands in backticks")
            }
            _ => Ok(length),
        }
    }

    fn quoted(&self) -> Result<usize, Refusal> {
        let rest = self.rest();
        let mut end = 1;
        loop {
            let Some(place) = rest[end..].find('`') else {
                return self.refuse(self.at, "the name in backticks is not closed");
            };
            end += place + 1;
            if !rest[end..].starts_with('`') {
                break;
            }
            end += 1;
        }
        match rest[..end].find(['\\', '\0']) {
            Some(place) => self.refuse(self.at + place, "a name holds no backslash and no NUL"),
            None if end == 2 => self.refuse(self.at, "a name is not empty"),
            None => Ok(end),
        }
    }

    fn parameter(&mut self) -> Result<Token<'a>, Refusal> {
        let at = self.at;
        self.at += 1;
        let length = match self.peek() {
            Some('`') => self.quoted()?,
            Some(c) if is_part(c) => self.word()?,
            _ => return self.refuse(at, "a parameter has a name, as in $name"),
        };
        let text = &self.rest()[..length];
        self.at += length;
        Ok(Token { kind: Kind::Parameter, text, at })
    }

    fn string(&self, quote: char) -> Result<usize, Refusal> {
        let mut chars = self.rest().char_indices();
        chars.next();
        while let Some((place, c)) = chars.next() {
            match c {
                _ if c == quote => return Ok(place + 1),
                '\0' => return self.refuse(self.at + place, "a text in a query holds no NUL"),
                '\\' => match chars.next() {
                    Some((_, '\\')) if self.rest()[place + 2..].starts_with('u') => {
                        return self.refuse(
                            self.at + place,
                            "a backslash before a u is given by a parameter",
                        );
                    }
                    Some((_, '\\' | '\'' | '"' | 'n' | 'r' | 't')) => {}
                    Some((_, 'u')) => {
                        self.escape(self.at + place)?;
                        chars.nth(3);
                    }
                    _ => {
                        return self.refuse(
                            self.at + place,
                            "after a backslash stands one of \\ ' \" n r t or uXXXX",
                        );
                    }
                },
                _ => {}
            }
        }
        self.refuse(self.at, "the text is not closed")
    }

    /// A \uXXXX that an engine may decode before it reads: only letters and digits mean the same then.
    fn escape(&self, at: usize) -> Result<(), Refusal> {
        let digits =
            self.text.get(at + 2..at + 6).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return self.refuse(at, "after \\u stand four hexadecimal digits");
        };
        match char::from_u32(code) {
            Some(c) if c.is_alphanumeric() => Ok(()),
            _ => self.refuse(at, "only letters and digits are written as \\uXXXX; use a parameter"),
        }
    }

    fn number(&self) -> Result<Token<'a>, Refusal> {
        let (at, rest) = (self.at, self.rest());
        let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
        let mut end = digits(0);
        let mut kind = Kind::Integer;
        let prefixed = rest.get(..2).filter(|prefix| ["0x", "0X", "0o"].contains(prefix));
        if prefixed.is_some() {
            end = 2 + rest[2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        } else {
            // `1..3` is a range, not a fraction.
            if rest[end..].starts_with('.') && digits(end + 1) > 0 {
                kind = Kind::Float;
                end += 1 + digits(end + 1);
            }
            if rest[end..].starts_with(['e', 'E']) {
                let sign = usize::from(rest[end + 1..].starts_with(['-', '+']));
                if digits(end + 1 + sign) > 0 {
                    kind = Kind::Float;
                    end += 1 + sign + digits(end + 1 + sign);
                }
            }
        }
        if end == 2 && prefixed.is_some() || rest[end..].starts_with(is_part) {
            return self.refuse(at, "this is no number");
        }
        Ok(Token { kind, text: &rest[..end], at })
    }
}

fn is_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn unexpected(c: char) -> String {
    match c {
        '\\' => "a backslash stands in texts only".to_owned(),
        '\r' => "a carriage return stands before a line feed only".to_owned(),
        '!'..='~' => format!("`{c}` has no meaning here"),
        _ => format!("the character U+{:04X} stands in texts and backticks only", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).unwrap().iter().map(|token| token.text).collect()
    }

    #[test]
    fn signs_numbers_and_names_come_apart() {
        assert_eq!(words("a.b<>1..3"), ["a", ".", "b", "<>", "1", "..", "3", ""]);
        assert_eq!(words("-[*..5]->"), ["-", "[", "*", "..", "5", "]", "-", ">", ""]);
        assert_eq!(words("1.5e-3 .5 0xFF 7"), ["1.5e-3", ".5", "0xFF", "7", ""]);
    }

    #[test]
    fn comments_are_nothing() {
        assert_eq!(words("a/* ' */b // \"\nc"), ["a", "b", "c", ""]);
    }

    proptest! {
        #[test]
        fn any_text_ends_and_never_panics(text in any::<String>()) {
            let _ = tokens(&text);
        }

        #[test]
        fn tokens_lie_in_the_text_in_order(text in "[a-z`'\"\\\\/*u0-9 \n\r.$<>=ſ€-]{0,60}") {
            if let Ok(tokens) = tokens(&text) {
                let mut end = 0;
                for token in tokens {
                    prop_assert!(token.at >= end);
                    end = token.at + token.text.len();
                    let rest = text.get(token.at..).unwrap_or_default();
                    prop_assert!(rest.trim_start_matches('$').starts_with(token.text));
                }
            }
        }
    }
}
