//! Literals, names, lists, maps, CASE, and what looks like a parenthesis.

use super::{
    super::{
        RefusalKind,
        cost::{Cost, as_f64},
        lexer::Kind,
        words::{WRITES, is_in},
    },
    Parsed, Parser,
};

/// A name without its backticks.
pub(super) fn plain(name: &str) -> String {
    match name.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        Some(inner) => inner.replace("``", "`"),
        None => name.to_owned(),
    }
}

impl Parser<'_> {
    pub(super) fn atom(&mut self) -> Parsed<Cost> {
        let token = self.here();
        match token.kind {
            Kind::Integer | Kind::Float => {
                self.next += 1;
                Ok(Cost::number(token.text.parse().unwrap_or(f64::INFINITY)))
            }
            Kind::Text => {
                self.next += 1;
                Ok(Cost::text(as_f64(token.text.len())))
            }
            Kind::Parameter => {
                self.next += 1;
                Ok(Cost::STORED)
            }
            Kind::Quoted => self.named(),
            Kind::Word => self.worded(),
            Kind::Sign if token.text == "(" => self.parenthesis(),
            Kind::Sign if token.text == "[" => self.brackets(),
            Kind::Sign if token.text == "{" => self.map(),
            Kind::Sign | Kind::End => self.unexpected("a value"),
        }
    }

    fn worded(&mut self) -> Parsed<Cost> {
        let token = self.here();
        let braced = self.is_sign(1, "{");
        if is_in(token.text, "true false null inf infinity nan") && !self.is_sign(1, "(") {
            self.next += 1;
            return Ok(Cost::SCALAR);
        }
        if braced && is_in(token.text, "EXISTS COUNT COLLECT") {
            return self.braces();
        }
        if self.is_word(0, "CASE") {
            return self.case();
        }
        if self.is_sign(1, "(") && is_in(token.text, "shortestPath allShortestPaths") {
            self.path()?;
            return Ok(Cost::STORED);
        }
        if self.is_sign(1, "(") || self.is_namespaced_call() {
            return self.call();
        }
        self.named()
    }

    /// `a.b.c(`, which no property can be.
    fn is_namespaced_call(&self) -> bool {
        let mut places = 0;
        while self.ahead(places).kind == Kind::Word && self.is_sign(places + 1, ".") {
            places += 2;
        }
        places > 0 && self.ahead(places).kind == Kind::Word && self.is_sign(places + 1, "(")
    }

    /// A variable, or a map made from it.
    fn named(&mut self) -> Parsed<Cost> {
        let name = self.name("a value")?;
        if self.is_sign(0, "{") {
            return self.map_of();
        }
        Ok(self.known.get(name).copied().unwrap_or(Cost::STORED))
    }

    /// EXISTS, COUNT or COLLECT with a subquery.
    fn braces(&mut self) -> Parsed<Cost> {
        let collects = self.is_word(0, "COLLECT");
        self.next += 2;
        let outer = std::mem::replace(&mut self.bar_ends, false);
        if self.is_sign(0, "(") || self.is_named_path() {
            self.patterns()?;
            self.filter()?;
        } else {
            self.subquery(!collects)?;
        }
        self.bar_ends = outer;
        self.sign("}")?;
        Ok(if collects { Cost::STORED.gathered() } else { Cost::SCALAR })
    }

    fn is_named_path(&self) -> bool {
        matches!(self.here().kind, Kind::Word | Kind::Quoted)
            && self.is_sign(1, "=")
            && self.is_sign(2, "(")
    }

    fn case(&mut self) -> Parsed<Cost> {
        self.word("CASE")?;
        self.nested(|this| {
            let outer = std::mem::replace(&mut this.bar_ends, false);
            let mut steps = 1.0;
            if !this.is_word(0, "WHEN") {
                steps += this.value()?.steps;
            }
            let mut cost = Cost::number(0.0);
            let mut links = 0;
            this.word("WHEN")?;
            loop {
                loop {
                    // `WHEN > 3` compares with what follows CASE.
                    for sign in ["=", "<>", "<=", ">=", "<", ">"] {
                        if this.take_sign(sign) {
                            break;
                        }
                    }
                    steps += this.value()?.steps;
                    if !this.take_sign(",") {
                        break;
                    }
                    this.link(&mut links)?;
                }
                this.word("THEN")?;
                cost = cost.either(this.value()?);
                if !this.take_word("WHEN") {
                    break;
                }
                this.link(&mut links)?;
            }
            if this.take_word("ELSE") {
                cost = cost.either(this.value()?);
            }
            this.bar_ends = outer;
            this.word("END")?;
            Ok(Cost { steps: cost.steps + steps, ..cost })
        })
    }

    /// A value in parentheses, or a pattern that is asked for.
    fn parenthesis(&mut self) -> Parsed<Cost> {
        if self.is_pattern(0) {
            self.chain()?;
            return Ok(Cost::STORED);
        }
        self.next += 1;
        let outer = std::mem::replace(&mut self.bar_ends, false);
        let cost = self.value()?;
        self.bar_ends = outer;
        self.sign(")")?;
        Ok(cost)
    }

    /// Whether a pattern with an edge begins at the parenthesis so many places ahead.
    fn is_pattern(&self, places: usize) -> bool {
        let Some(end) = self.closing(places) else { return false };
        let dash = end + usize::from(self.is_sign(end, "<"));
        if !self.is_sign(dash, "-") {
            return false;
        }
        let last = if self.is_sign(dash + 1, "[") {
            match self.closing(dash + 1) {
                Some(end) => end,
                None => return false,
            }
        } else {
            dash + 1
        };
        let after = last + 1 + usize::from(self.is_sign(last + 1, ">"));
        self.is_sign(last, "-") && self.is_sign(after, "(")
    }

    /// The place behind the bracket that closes the one here.
    fn closing(&self, places: usize) -> Option<usize> {
        let mut open = 0_usize;
        for at in places..(self.tokens.len() - self.next).min(places + 2_000) {
            let token = self.ahead(at);
            if token.kind == Kind::Sign {
                match token.text {
                    "(" | "[" | "{" => open += 1,
                    ")" | "]" | "}" => open = open.checked_sub(1)?,
                    _ => {}
                }
            }
            if open == 0 {
                return Some(at + 1);
            }
        }
        None
    }

    /// A list, a comprehension over a list, or one over a pattern.
    fn brackets(&mut self) -> Parsed<Cost> {
        let at = self.here().at;
        let named = matches!(self.ahead(1).kind, Kind::Word | Kind::Quoted);
        let path = if named && self.is_sign(2, "=") { 3 } else { 1 };
        if self.is_sign(path, "(") && self.is_pattern(path) {
            return self.pattern_comprehension();
        }
        self.next += 1;
        if named && self.is_word(1, "IN") {
            let cost = self.comprehension()?;
            let cost = self.made(cost);
            return self.bounded(at, cost);
        }
        let outer = std::mem::replace(&mut self.bar_ends, false);
        let mut cost = Cost { items: 0.0, ..Cost::SCALAR };
        if !self.is_sign(0, "]") {
            loop {
                let item = self.value()?;
                cost.steps += item.steps;
                cost.items += 1.0;
                cost.bytes += item.bytes;
                cost.copies += item.copies;
                if !self.take_sign(",") {
                    break;
                }
            }
        }
        self.bar_ends = outer;
        self.sign("]")?;
        Ok(self.made(cost))
    }

    /// `x IN list WHERE … | …`, up to the closing bracket.
    fn comprehension(&mut self) -> Parsed<Cost> {
        let name = self.name("a name")?;
        self.word("IN")?;
        let outer = std::mem::replace(&mut self.bar_ends, true);
        let list = self.value()?;
        self.walk(list);
        let mut each = list.item();
        let made = self.with_name(name, list.item(), |this| {
            let mut steps = 0.0;
            if this.take_word("WHERE") {
                steps = this.value()?.steps;
            }
            this.bar_ends = false;
            if this.take_sign("|") {
                each = this.value()?;
            }
            Ok(list.mapped(Cost { steps: each.steps + steps, ..each }))
        });
        self.bar_ends = outer;
        self.sign("]")?;
        made
    }

    fn pattern_comprehension(&mut self) -> Parsed<Cost> {
        self.next += 1;
        let outer = std::mem::replace(&mut self.bar_ends, true);
        if !self.is_sign(0, "(") {
            let name = self.name("a name")?;
            self.known.insert(name, Cost::STORED);
            self.next += 1;
        }
        self.chain()?;
        self.filter()?;
        self.bar_ends = false;
        self.sign("|")?;
        let each = self.value()?;
        self.bar_ends = outer;
        self.sign("]")?;
        Ok(Cost { steps: each.steps, ..Cost::STORED.gathered() })
    }

    /// `{name: value, …}`.
    pub(super) fn map(&mut self) -> Parsed<Cost> {
        self.nested(|this| {
            this.sign("{")?;
            let outer = std::mem::replace(&mut this.bar_ends, false);
            let mut cost = Cost::SCALAR;
            if !this.is_sign(0, "}") {
                loop {
                    this.key("a name")?;
                    this.sign(":")?;
                    let value = this.value()?;
                    cost.steps += value.steps;
                    cost.bytes += value.bytes;
                    cost.copies += value.copies;
                    if !this.take_sign(",") {
                        break;
                    }
                }
            }
            this.bar_ends = outer;
            this.sign("}")?;
            Ok(this.made(cost))
        })
    }

    /// `{.name, .*, other: value, variable}` after a variable.
    fn map_of(&mut self) -> Parsed<Cost> {
        self.nested(|this| {
            this.sign("{")?;
            let outer = std::mem::replace(&mut this.bar_ends, false);
            let mut cost = Cost::STORED;
            if !this.is_sign(0, "}") {
                loop {
                    if this.take_sign(".") {
                        if !this.take_sign("*") {
                            this.key("a property")?;
                        }
                    } else if this.is_sign(1, ":") {
                        this.key("a name")?;
                        this.next += 1;
                        let value = this.value()?;
                        cost.steps += value.steps;
                        cost.bytes += value.bytes;
                        cost.copies += value.copies;
                    } else {
                        this.name("a property, a name or a variable")?;
                    }
                    if !this.take_sign(",") {
                        break;
                    }
                }
            }
            this.bar_ends = outer;
            this.sign("}")?;
            Ok(this.made(cost))
        })
    }

    /// Refuses a word that writes before anything else is said of it.
    pub(super) fn not_a_write(&self) -> Parsed<()> {
        let token = self.here();
        if token.kind == Kind::Word && is_in(token.text, WRITES) {
            return self.not_read_only(token);
        }
        if token.kind == Kind::Word {
            return Ok(());
        }
        self.refuse(token.at, RefusalKind::Syntax, "a function is expected")
    }
}
