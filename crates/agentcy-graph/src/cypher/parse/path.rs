//! Patterns: nodes, edges and paths.

use super::{
    super::{RefusalKind, cost::Cost, lexer::Kind},
    Parsed, Parser,
};

impl Parser<'_> {
    /// What follows MATCH.
    pub(super) fn patterns(&mut self) -> Parsed<()> {
        loop {
            if matches!(self.here().kind, Kind::Word | Kind::Quoted) && self.is_sign(1, "=") {
                let name = self.name("a name")?;
                self.known.insert(name, Cost::STORED);
                self.next += 1;
            }
            self.selector()?;
            self.path()?;
            if !self.take_sign(",") {
                return Ok(());
            }
        }
    }

    /// `SHORTEST 2`, `ALL SHORTEST`, `ANY` and the like.
    fn selector(&mut self) -> Parsed<()> {
        if self.take_word("ALL") {
            return self.word("SHORTEST");
        }
        let some = if self.take_word("ANY") {
            self.take_word("SHORTEST");
            true
        } else {
            self.take_word("SHORTEST")
        };
        if some && self.here().kind == Kind::Integer {
            self.next += 1;
        }
        if some && !self.take_word("PATHS") {
            self.take_word("PATH");
        }
        Ok(())
    }

    /// A path, or a function that finds the shortest one.
    pub(super) fn path(&mut self) -> Parsed<()> {
        if (self.is_word(0, "shortestPath") || self.is_word(0, "allShortestPaths"))
            && self.is_sign(1, "(")
        {
            self.next += 2;
            self.chain()?;
            return self.sign(")");
        }
        self.chain()
    }

    /// Nodes and edges in turn.
    pub(super) fn chain(&mut self) -> Parsed<()> {
        self.nested(|this| {
            let mut links = 0;
            let mut quantified = this.element()?;
            loop {
                this.link(&mut links)?;
                if this.is_edge() {
                    this.edge()?;
                    quantified = this.element()?;
                } else if this.is_sign(0, "(") && (quantified || this.is_group()) {
                    // A repeated part stands right beside its neighbours.
                    quantified = this.element()?;
                } else {
                    return Ok(());
                }
            }
        })
    }

    /// Whether the parenthesis here holds a path and not one node.
    fn is_group(&self) -> bool {
        self.is_sign(0, "(")
            && (self.is_sign(1, "(")
                || (matches!(self.ahead(1).kind, Kind::Word | Kind::Quoted)
                    && self.is_sign(2, "=")
                    && self.is_sign(3, "(")))
    }

    /// A node, or a path in parentheses that may repeat; says whether it was the latter.
    fn element(&mut self) -> Parsed<bool> {
        if !self.is_group() {
            return self.node().map(|()| false);
        }
        let at = self.here().at;
        self.sign("(")?;
        if !self.is_sign(0, "(") {
            let name = self.name("a name")?;
            self.known.insert(name, Cost::STORED);
            self.next += 1;
        }
        let outer = std::mem::replace(&mut self.bar_ends, false);
        self.chain()?;
        self.filter()?;
        self.bar_ends = outer;
        self.sign(")")?;
        self.quantifier(at)?;
        Ok(true)
    }

    fn node(&mut self) -> Parsed<()> {
        self.sign("(")?;
        let outer = std::mem::replace(&mut self.bar_ends, false);
        self.inside(false)?;
        self.bar_ends = outer;
        self.sign(")")
    }

    /// The inside of a node or an edge; says whether it names a number of steps.
    fn inside(&mut self, is_edge: bool) -> Parsed<bool> {
        let is_name = match self.here().kind {
            Kind::Quoted => true,
            Kind::Word => {
                let is_label = self.is_word(0, "IS")
                    && matches!(self.ahead(1).kind, Kind::Word | Kind::Quoted);
                !is_label && !self.is_word(0, "WHERE")
            }
            _ => false,
        };
        if is_name {
            let name = self.name("a name")?;
            self.known.insert(name, Cost::STORED);
        }
        if self.take_sign(":") || self.take_word("IS") {
            self.labels()?;
        }
        let hops = is_edge && self.is_sign(0, "*");
        if hops {
            self.hops()?;
        }
        if self.is_sign(0, "{") {
            self.map()?;
        } else if self.here().kind == Kind::Parameter {
            self.next += 1;
        }
        self.filter()?;
        Ok(hops)
    }

    /// What follows the colon: a label, a type, or an expression over them.
    pub(super) fn labels(&mut self) -> Parsed<()> {
        self.nested(|this| {
            let mut links = 0;
            loop {
                while this.take_sign("!") {
                    this.link(&mut links)?;
                }
                if this.take_sign("(") {
                    let outer = std::mem::replace(&mut this.bar_ends, false);
                    this.labels()?;
                    this.bar_ends = outer;
                    this.sign(")")?;
                } else if !this.take_sign("%") {
                    this.key("a label or a type")?;
                }
                let goes_on = this.take_sign("&")
                    || this.take_sign(":")
                    || (!this.bar_ends && this.take_sign("|"));
                if !goes_on {
                    return Ok(());
                }
                this.take_sign(":");
                this.link(&mut links)?;
            }
        })
    }

    /// Whether an edge begins here: `-[`, `--`, `<-[` or `<--`.
    fn is_edge(&self) -> bool {
        let dash = usize::from(self.is_sign(0, "<"));
        self.is_sign(dash, "-") && (self.is_sign(dash + 1, "[") || self.is_sign(dash + 1, "-"))
    }

    fn edge(&mut self) -> Parsed<()> {
        let at = self.here().at;
        self.take_sign("<");
        self.sign("-")?;
        let mut hops = false;
        if self.take_sign("[") {
            let outer = std::mem::replace(&mut self.bar_ends, false);
            hops = self.inside(true)?;
            self.bar_ends = outer;
            self.sign("]")?;
        }
        self.sign("-")?;
        self.take_sign(">");
        if hops { Ok(()) } else { self.quantifier(at) }
    }

    /// `*`, `*2`, `*1..3`.
    fn hops(&mut self) -> Parsed<()> {
        let at = self.here().at;
        self.sign("*")?;
        let least = self.count()?;
        let most = if self.take_sign("..") { self.count()? } else { least };
        self.most(at, most)
    }

    /// `{1,3}`, `+` and `*` after a repeated part.
    fn quantifier(&mut self, at: usize) -> Parsed<()> {
        if self.take_sign("+") || self.take_sign("*") {
            return self.most(at, None);
        }
        if !self.take_sign("{") {
            return Ok(());
        }
        let least = self.count()?;
        let most = if self.take_sign(",") { self.count()? } else { least };
        self.sign("}")?;
        self.most(at, most)
    }

    fn count(&mut self) -> Parsed<Option<u64>> {
        let token = self.here();
        if token.kind != Kind::Integer {
            return Ok(None);
        }
        self.next += 1;
        match token.text.parse() {
            Ok(count) => Ok(Some(count)),
            Err(_) => self.refuse(token.at, RefusalKind::Syntax, "this is no number of steps"),
        }
    }

    fn most(&self, at: usize, most: Option<u64>) -> Parsed<()> {
        let limit = self.dialect.max_hops;
        let message = match most {
            Some(most) if most <= limit => return Ok(()),
            Some(_) => format!("a path of variable length has at most {limit} steps here"),
            None => format!(
                "a path of variable length says where it ends, at {limit} steps at most: *1..{limit}"
            ),
        };
        self.refuse(at, RefusalKind::TooLarge, message)
    }
}
