//! Clauses and how they follow one another.

use super::{
    super::{
        MAX_RANGE, Refusal, RefusalKind,
        cost::Cost,
        lexer::Kind,
        words::{COMMANDS, WRITES, is_in},
    },
    Parsed, Parser,
};

/// How a query part ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// With a RETURN or with a procedure that stands alone.
    Answers,
    /// As it likes, since only its rows count.
    Open,
}

impl Parser<'_> {
    /// The whole text: one query, and at most one semicolon behind it.
    pub(super) fn statement(&mut self) -> Parsed<()> {
        if self.here().kind == Kind::End {
            return self.refuse(0, RefusalKind::Syntax, "the query is empty");
        }
        self.union(Ending::Answers)?;
        if self.take_sign(";") && self.here().kind != Kind::End {
            let message = "one query at a time: nothing stands after the semicolon";
            return self.refuse(self.here().at, RefusalKind::Syntax, message);
        }
        if self.here().kind == Kind::End { Ok(()) } else { self.unclaused() }
    }

    fn union(&mut self, ending: Ending) -> Parsed<()> {
        self.single(ending)?;
        while self.take_word("UNION") {
            if !self.take_word("ALL") {
                self.take_word("DISTINCT");
            }
            self.single(ending)?;
        }
        Ok(())
    }

    /// What stands in the braces of CALL, EXISTS, COUNT and COLLECT.
    pub(super) fn subquery(&mut self, may_be_open: bool) -> Parsed<()> {
        let ending = if may_be_open { Ending::Open } else { Ending::Answers };
        self.nested(|this| this.nested(|this| this.union(ending)))
    }

    fn single(&mut self, ending: Ending) -> Parsed<()> {
        let mut clauses = 0;
        loop {
            let last = self.here();
            if self.take_word("RETURN") {
                return self.projection(false);
            }
            let answers = self.clause()?;
            clauses += 1;
            if !self.at_end() {
                continue;
            }
            return match ending {
                Ending::Open => Ok(()),
                Ending::Answers if answers && clauses == 1 => Ok(()),
                Ending::Answers => {
                    let message =
                        format!("after {} the query does not end: RETURN is missing", last.text);
                    Err(Refusal::at(self.text, self.here().at, RefusalKind::Syntax, message))
                }
            };
        }
    }

    fn at_end(&self) -> bool {
        self.here().kind == Kind::End
            || self.is_sign(0, "}")
            || self.is_sign(0, ";")
            || self.is_word(0, "UNION")
    }

    /// One clause but RETURN; says whether it could stand alone.
    fn clause(&mut self) -> Parsed<bool> {
        if self.is_word(0, "OPTIONAL") && self.is_word(1, "MATCH") {
            self.next += 1;
        }
        if self.take_word("MATCH") {
            self.patterns()?;
            return self.filter().map(|()| false);
        }
        if self.take_word("WITH") {
            self.projection(true)?;
            return self.filter().map(|()| false);
        }
        if self.take_word("UNWIND") {
            return self.unwind().map(|()| false);
        }
        if self.take_word("CALL") {
            return if self.is_sign(0, "{") || self.is_sign(0, "(") {
                self.call_subquery().map(|()| false)
            } else {
                self.call_procedure()
            };
        }
        self.unclaused()
    }

    /// Refuses what stands where a clause should.
    fn unclaused<T>(&self) -> Parsed<T> {
        let token = self.here();
        if token.kind == Kind::Word && (is_in(token.text, WRITES) || is_in(token.text, COMMANDS)) {
            return self.not_read_only(token);
        }
        self.unexpected("a clause such as MATCH, WITH, UNWIND, CALL or RETURN")
    }

    pub(super) fn filter(&mut self) -> Parsed<()> {
        if self.take_word("WHERE") { self.value().map(drop) } else { Ok(()) }
    }

    fn unwind(&mut self) -> Parsed<()> {
        // A range is made piece by piece here, so that it may be long.
        let at = self.here().at;
        let is_range = self.is_word(0, "range") && self.is_sign(1, "(");
        let list = if is_range {
            self.next += 2;
            self.range_arguments(at, MAX_RANGE)?
        } else {
            self.value()?
        };
        self.word("AS")?;
        let name = self.name("a name")?;
        self.known.insert(name, if is_range { Cost::SCALAR } else { list.item() });
        Ok(())
    }

    fn call_subquery(&mut self) -> Parsed<()> {
        if self.take_sign("(") && !self.take_sign(")") {
            if !self.take_sign("*") {
                self.name("a name")?;
                while self.take_sign(",") {
                    self.name("a name")?;
                }
            }
            self.sign(")")?;
        }
        self.sign("{")?;
        self.subquery(true)?;
        self.sign("}")?;
        if self.is_word(0, "IN") {
            return self.not_read_only(self.here());
        }
        Ok(())
    }

    fn call_procedure(&mut self) -> Parsed<bool> {
        let start = self.here();
        let mut name = self.name("a procedure")?.to_owned();
        while self.take_sign(".") {
            name.push('.');
            name.push_str(self.key("a procedure")?);
        }
        if !is_in(&name, self.dialect.procedures) {
            let allowed: Vec<&str> = self.dialect.procedures.split_ascii_whitespace().collect();
            let message = match &allowed[..] {
                [] => format!("the procedure {name} may not be called; no procedure may"),
                _ => format!(
                    "the procedure {name} may not be called; only {} may",
                    allowed.join(", ")
                ),
            };
            return self.refuse(start.at, RefusalKind::NotReadOnly, message);
        }
        if self.take_sign("(") {
            self.arguments()?;
        }
        if !self.take_word("YIELD") {
            return Ok(true);
        }
        if !self.take_sign("*") {
            loop {
                let mut name = self.name("a column")?;
                if self.take_word("AS") {
                    name = self.name("a name")?;
                }
                self.known.insert(name, Cost::STORED);
                if !self.take_sign(",") {
                    break;
                }
            }
        }
        self.filter()?;
        Ok(true)
    }

    /// What follows WITH and RETURN.
    fn projection(&mut self, is_with: bool) -> Parsed<()> {
        self.take_word("DISTINCT");
        let (mut named, mut columns) = (Vec::new(), Vec::new());
        if !self.take_sign("*") || self.take_sign(",") {
            loop {
                let start = self.here();
                let cost = self.value()?;
                let plain = matches!(start.kind, Kind::Word | Kind::Quoted)
                    && self.tokens[self.next - 1] == start;
                let last = self.tokens[self.next - 1];
                if self.take_word("AS") {
                    let name = self.name("a name")?;
                    columns.push(super::atom::plain(name));
                    named.push((name, cost));
                } else if is_with && !plain {
                    return self.unexpected("AS and a name");
                } else {
                    let end = last.at + last.text.len() + usize::from(last.kind == Kind::Parameter);
                    columns.push(super::atom::plain(&self.text[start.at..end]));
                }
                if !self.take_sign(",") {
                    break;
                }
            }
        }
        // Bound only now: the values of one projection do not see each other's names.
        self.known.extend(named.into_iter().map(|(name, cost)| (name, cost.by_name())));
        self.ordering()?;
        self.found.columns = columns;
        Ok(())
    }

    fn ordering(&mut self) -> Parsed<()> {
        if self.take_word("ORDER") {
            self.word("BY")?;
            loop {
                self.value()?;
                for direction in ["ASC", "ASCENDING", "DESC", "DESCENDING"] {
                    if self.take_word(direction) {
                        break;
                    }
                }
                if !self.take_sign(",") {
                    break;
                }
            }
        }
        if self.take_word("SKIP") || self.take_word("OFFSET") {
            self.value()?;
        }
        if self.take_word("LIMIT") {
            self.value()?;
        }
        Ok(())
    }
}
