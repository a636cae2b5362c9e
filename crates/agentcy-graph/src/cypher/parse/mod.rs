//! The grammar of queries that only read, by recursive descent over the tokens.
//!
//! There is no tree: a query that gets through is given to the engine as it is. What the parser keeps is the
//! cost of each named value.

mod atom;
mod clause;
mod expression;
mod function;
mod path;

use std::collections::HashMap;

use super::{
    Checked, Dialect, Found, MAX_TEXT, Refusal, RefusalKind,
    cost::{Cost, MAX_BYTES, MAX_ITEMS, MAX_STEPS, kept_rows},
    lexer::{Kind, Token, tokens},
    words::{RESERVED, WRITES, is_in},
};

/// How deep a query may nest; both engines bear this.
const MAX_DEPTH: usize = 40;

/// How many operators may follow one another on one level; engines nest them.
const MAX_CHAIN: usize = 50;

/// How many conditions may follow one another, which engines read as a flat list.
const MAX_CONDITIONS: usize = 500;

type Parsed<T> = Result<T, Refusal>;

/// Judges a query by its text alone.
pub fn check(text: &str, dialect: &Dialect) -> Result<Checked, Refusal> {
    if text.len() > MAX_TEXT {
        return Err(Refusal::whole(
            RefusalKind::TooLarge,
            format!("a query has at most {MAX_TEXT} bytes; use parameters"),
        ));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser {
        text,
        dialect,
        tokens: &tokens,
        next: 0,
        depth: 0,
        known: HashMap::new(),
        bar_ends: false,
        running: false,
        made: 1.0,
        found: Found::default(),
    };
    parser.statement()?;
    let found = Found { kept_rows: kept_rows(parser.made), ..parser.found };
    Ok(Checked { text: text.to_owned(), dialect: *dialect, found })
}

struct Parser<'a> {
    text: &'a str,
    dialect: &'a Dialect,
    tokens: &'a [Token<'a>],
    next: usize,
    depth: usize,
    /// What the names in scope cost. Names are not taken out again: an unknown one is the engine's to refuse.
    known: HashMap<&'a str, Cost>,
    /// Whether a `|` ends an expression, as in a comprehension.
    bar_ends: bool,
    /// Whether we are inside the step of a `reduce`.
    running: bool,
    /// The largest value that is made anew for a row.
    made: f64,
    found: Found,
}

impl<'a> Parser<'a> {
    /// The token so many places ahead; the end repeats.
    fn ahead(&self, places: usize) -> Token<'a> {
        let last = self.tokens.len() - 1;
        self.tokens[(self.next + places).min(last)]
    }

    fn here(&self) -> Token<'a> {
        self.ahead(0)
    }

    fn step(&mut self) -> Token<'a> {
        let token = self.here();
        self.next += 1;
        token
    }

    fn is_sign(&self, places: usize, sign: &str) -> bool {
        let token = self.ahead(places);
        token.kind == Kind::Sign && token.text == sign
    }

    fn is_word(&self, places: usize, word: &str) -> bool {
        let token = self.ahead(places);
        token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is = self.is_sign(0, sign);
        self.next += usize::from(is);
        is
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is = self.is_word(0, word);
        self.next += usize::from(is);
        is
    }

    fn sign(&mut self, sign: &str) -> Parsed<()> {
        if self.take_sign(sign) { Ok(()) } else { self.unexpected(&format!("`{sign}`")) }
    }

    fn word(&mut self, word: &str) -> Parsed<()> {
        if self.take_word(word) { Ok(()) } else { self.unexpected(word) }
    }

    fn refuse<T>(&self, at: usize, kind: RefusalKind, message: impl Into<String>) -> Parsed<T> {
        Err(Refusal::at(self.text, at, kind, message))
    }

    /// Refuses the token here, which is not what had to come.
    fn unexpected<T>(&self, wanted: &str) -> Parsed<T> {
        let token = self.here();
        if token.kind == Kind::Word && is_in(token.text, WRITES) {
            return self.not_read_only(token);
        }
        let found = match token.kind {
            Kind::End => "the end of the query".to_owned(),
            _ => format!("`{}`", token.text.chars().take(40).collect::<String>()),
        };
        self.refuse(token.at, RefusalKind::Syntax, format!("{wanted} is expected, not {found}"))
    }

    fn not_read_only<T>(&self, token: Token<'a>) -> Parsed<T> {
        let word = token.text.to_ascii_uppercase();
        let message =
            format!("{word} is not for queries that only read; a name is written `{}`", token.text);
        self.refuse(token.at, RefusalKind::NotReadOnly, message)
    }

    /// A name that is bound or used here, as a word or in backticks.
    fn name(&mut self, what: &str) -> Parsed<&'a str> {
        let token = self.here();
        match token.kind {
            Kind::Quoted => Ok(self.step().text),
            Kind::Word if is_in(token.text, WRITES) => self.not_read_only(token),
            Kind::Word if !is_in(token.text, RESERVED) => Ok(self.step().text),
            _ => self.unexpected(what),
        }
    }

    /// A name after a dot or a colon, where every word is a name.
    fn key(&mut self, what: &str) -> Parsed<&'a str> {
        match self.here().kind {
            Kind::Quoted | Kind::Word => Ok(self.step().text),
            _ => self.unexpected(what),
        }
    }

    /// Runs a part that may hold itself again.
    fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            let message = format!("a query nests at most {MAX_DEPTH} deep");
            return self.refuse(self.here().at, RefusalKind::TooLarge, message);
        }
        self.depth += 1;
        let done = part(self);
        self.depth -= 1;
        done
    }

    /// Counts an operator of a chain.
    fn link(&self, links: &mut usize) -> Parsed<()> {
        self.link_of(links, MAX_CHAIN)
    }

    fn link_of(&self, links: &mut usize, most: usize) -> Parsed<()> {
        *links += 1;
        if *links > most {
            let message = format!("at most {most} operators follow one another; use a list");
            return self.refuse(self.here().at, RefusalKind::TooLarge, message);
        }
        Ok(())
    }

    /// Refuses a value that an engine which cannot stop an expression should not make.
    fn bounded(&self, at: usize, cost: Cost) -> Parsed<Cost> {
        if !self.dialect.bounded_expressions {
            return Ok(cost);
        }
        let message = if cost.steps > MAX_STEPS {
            "this may take too many steps for one row: UNWIND one of the lists instead of nesting them"
        } else if cost.items > MAX_ITEMS {
            "this may make too long a list: UNWIND it, or make it shorter"
        } else if cost.bytes > MAX_BYTES && !cost.is_gathered() {
            "this may make too long a text: shorten it with substring() or left()"
        } else {
            return Ok(cost);
        };
        self.refuse(at, RefusalKind::TooLarge, message)
    }

    /// Notes a value that is made anew for every row.
    fn made(&mut self, cost: Cost) -> Cost {
        self.made = self.made.max(cost.memory());
        cost
    }

    /// Notes that every item of a list is looked at.
    fn walk(&mut self, list: Cost) {
        self.found.walks |= list.is_gathered();
    }

    /// Runs a part in which a name means something else.
    fn with_name<T>(
        &mut self,
        name: &'a str,
        cost: Cost,
        part: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let before = self.known.insert(name, cost);
        let done = part(self);
        match before {
            Some(before) => self.known.insert(name, before),
            None => self.known.remove(name),
        };
        done
    }
}
