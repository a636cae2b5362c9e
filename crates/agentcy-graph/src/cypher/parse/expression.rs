//! Operators, from the loosest to the tightest.

use super::{
    super::{RefusalKind, cost::Cost, lexer::Kind},
    MAX_CONDITIONS, Parsed, Parser,
};

impl Parser<'_> {
    /// A value of any kind.
    pub(super) fn value(&mut self) -> Parsed<Cost> {
        let at = self.here().at;
        let cost = self.nested(Self::either)?;
        self.bounded(at, cost)
    }

    /// OR, XOR and AND; which of them binds tighter costs nothing.
    fn either(&mut self) -> Parsed<Cost> {
        let (mut cost, mut links) = (self.negation()?, 0);
        while self.take_word("OR") || self.take_word("XOR") || self.take_word("AND") {
            self.link_of(&mut links, MAX_CONDITIONS)?;
            cost = cost.scalar_of(self.negation()?);
        }
        Ok(cost)
    }

    fn negation(&mut self) -> Parsed<Cost> {
        let (mut negated, mut links) = (false, 0);
        while self.take_word("NOT") {
            self.link(&mut links)?;
            negated = true;
        }
        let cost = self.comparison()?;
        Ok(if negated { cost.scalar_of(Cost::SCALAR) } else { cost })
    }

    fn comparison(&mut self) -> Parsed<Cost> {
        let (mut cost, mut links) = (self.sum()?, 0);
        loop {
            if ["=", "<>", "<=", ">=", "<", ">"].iter().any(|sign| self.take_sign(sign)) {
                let other = self.sum()?;
                cost = cost.scalar_of(other);
            } else if self.take_sign("=~") {
                self.regular_expression()?;
                cost = cost.scalar_of(Cost::SCALAR);
            } else if self.is_word(0, "IN") {
                self.next += 1;
                let list = self.sum()?;
                cost = Cost { steps: cost.steps + list.steps + list.items, ..Cost::SCALAR };
            } else if self.take_word("STARTS") || self.take_word("ENDS") {
                self.word("WITH")?;
                let other = self.sum()?;
                cost = cost.scalar_of(other);
            } else if self.take_word("CONTAINS") {
                let other = self.sum()?;
                cost = cost.scalar_of(other);
            } else if self.take_word("IS") {
                self.what_it_is()?;
                cost = cost.scalar_of(Cost::SCALAR);
            } else {
                return Ok(cost);
            }
            self.link(&mut links)?;
        }
    }

    /// What follows IS.
    fn what_it_is(&mut self) -> Parsed<()> {
        self.take_word("NOT");
        if self.take_word("NULL") || self.take_word("NORMALIZED") {
            return Ok(());
        }
        if !self.take_sign("::") {
            self.word("TYPED")?;
        }
        self.value_type()
    }

    /// The name of a type, such as `LIST<INTEGER NOT NULL>` or `STRING | BOOLEAN`.
    fn value_type(&mut self) -> Parsed<()> {
        self.nested(|this| {
            let mut links = 0;
            loop {
                this.key("a type")?;
                while [
                    "NULL", "PROPERTY", "VALUE", "LOCAL", "ZONED", "TIME", "DATETIME", "WITH",
                    "WITHOUT", "TIMEZONE",
                ]
                .iter()
                .any(|word| this.take_word(word))
                {
                    this.link(&mut links)?;
                }
                if this.take_sign("<") {
                    this.value_type()?;
                    this.sign(">")?;
                }
                if this.is_word(0, "NOT") && this.is_word(1, "NULL") {
                    this.next += 2;
                }
                if this.bar_ends || !this.take_sign("|") {
                    return Ok(());
                }
                this.link(&mut links)?;
            }
        })
    }

    /// Only what can be judged beforehand: a text, or a parameter whose value is judged when it is known.
    fn regular_expression(&mut self) -> Parsed<()> {
        let token = self.here();
        match token.kind {
            Kind::Text => {
                self.next += 1;
                let inner = &token.text[1..token.text.len() - 1];
                let pattern = inner.replace("\\\\", "\\");
                match super::super::check_pattern(&pattern) {
                    Ok(()) => Ok(()),
                    Err(message) => self.refuse(token.at, RefusalKind::TooLarge, message),
                }
            }
            Kind::Parameter => {
                self.next += 1;
                self.found.patterns.push(super::atom::plain(token.text));
                Ok(())
            }
            _ => self.unexpected("after =~ a text or a parameter"),
        }
    }

    fn sum(&mut self) -> Parsed<Cost> {
        let (mut cost, mut links) = (self.product()?, 0);
        loop {
            let at = self.here().at;
            if self.take_sign("+") || self.take_sign("||") {
                self.link(&mut links)?;
                let other = self.product()?;
                self.copies(at, other)?;
                self.walk(cost);
                self.walk(other);
                let joined = cost.joined(other);
                self.made(joined);
                // With a number or a short text the other value stays about as large as it is.
                self.found.joins_texts |= !cost.is_short() && !other.is_short();
                cost = self.bounded(at, joined)?;
            } else if self.take_sign("-") {
                self.link(&mut links)?;
                let other = self.product()?;
                cost = Cost { number: cost.number + other.number, ..cost.scalar_of(other) };
            } else {
                return Ok(cost);
            }
        }
    }

    /// A running value that is not the first of a sum could grow with each step, whatever it is.
    fn copies(&self, at: usize, other: Cost) -> Parsed<()> {
        if self.dialect.bounded_expressions && self.running && other.copies > 0.0 {
            let message =
                "the running value of reduce() is the first of a sum, and only once in it";
            return self.refuse(at, RefusalKind::TooLarge, message);
        }
        Ok(())
    }

    fn product(&mut self) -> Parsed<Cost> {
        let (mut cost, mut links) = (self.signed()?, 0);
        while ["*", "/", "%", "^"].iter().any(|sign| self.take_sign(sign)) {
            self.link(&mut links)?;
            let other = self.signed()?;
            cost = Cost { number: f64::INFINITY, ..cost.scalar_of(other) };
        }
        Ok(cost)
    }

    fn signed(&mut self) -> Parsed<Cost> {
        let mut links = 0;
        while self.take_sign("-") || self.take_sign("+") {
            self.link(&mut links)?;
        }
        self.member()
    }

    /// What is read out of a value: properties, items, slices, labels.
    fn member(&mut self) -> Parsed<Cost> {
        let (mut cost, mut links) = (self.atom()?, 0);
        loop {
            let at = self.here().at;
            if self.take_sign(".") {
                self.key("a property")?;
                cost = Cost { steps: cost.steps + 1.0, ..Cost::STORED };
            } else if self.take_sign("[") {
                let part = self.index(cost)?;
                cost = self.bounded(at, part)?;
            } else if self.take_sign(":") {
                self.labels()?;
                cost = cost.scalar_of(Cost::SCALAR);
            } else {
                return Ok(cost);
            }
            self.link(&mut links)?;
        }
    }

    fn index(&mut self, base: Cost) -> Parsed<Cost> {
        let outer = std::mem::replace(&mut self.bar_ends, false);
        let mut steps = base.steps;
        let mut slice = false;
        if !self.is_sign(0, "..") {
            steps += self.value()?.steps;
        }
        if self.take_sign("..") {
            slice = true;
            if !self.is_sign(0, "]") {
                steps += self.value()?.steps;
            }
        }
        self.bar_ends = outer;
        self.sign("]")?;
        if slice {
            self.walk(base);
        }
        Ok(if slice {
            Cost { steps: steps + base.items, ..base }
        } else {
            Cost { steps: steps + 1.0, ..base.item() }
        })
    }
}
