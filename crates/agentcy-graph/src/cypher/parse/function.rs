//! Calls of functions, and the functions that walk a list.

use super::{
    super::{
        MAX_INNER_RANGE, MAX_RANGE, RefusalKind,
        cost::{Cost, as_f64},
        lexer::Kind,
        words::{FUNCTIONS, SCALARS, is_in},
    },
    Parsed, Parser,
};

impl Parser<'_> {
    /// A call; only functions on the list are.
    pub(super) fn call(&mut self) -> Parsed<Cost> {
        let start = self.here();
        self.not_a_write()?;
        if is_in(start.text, "all any none single") {
            return self.quantified();
        }
        if self.is_word(0, "reduce") {
            return self.reduce();
        }
        let mut name = self.step().text.to_ascii_lowercase();
        while self.take_sign(".") {
            name.push('.');
            name.push_str(&self.key("a function")?.to_ascii_lowercase());
        }
        if !is_in(&name, FUNCTIONS) {
            let kind =
                if name.contains('.') { RefusalKind::NotReadOnly } else { RefusalKind::Syntax };
            return self.refuse(start.at, kind, format!("the function {name}() may not be called"));
        }
        self.sign("(")?;
        if name == "range" {
            let list = self.range_arguments(start.at, MAX_INNER_RANGE)?;
            let list = self.made(list);
            return self.bounded(start.at, list);
        }
        self.take_word("DISTINCT");
        if self.take_sign("*") {
            self.sign(")")?;
            return Ok(Cost::SCALAR);
        }
        let arguments = self.arguments()?;
        if is_in(
            &name,
            "tail reverse tostringlist tointegerlist tofloatlist tobooleanlist tostring",
        ) {
            for list in &arguments {
                self.walk(*list);
            }
        }
        let answer = answer(&name, &arguments);
        // These give back what they are given.
        if !is_in(&name, "collect min max coalesce nullif head last") && !is_in(&name, SCALARS) {
            self.made(answer);
        }
        self.found.joins_texts |= name == "replace";
        self.bounded(start.at, answer)
    }

    /// Arguments up to the closing parenthesis.
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Cost>> {
        let outer = std::mem::replace(&mut self.bar_ends, false);
        let mut arguments = Vec::new();
        if !self.is_sign(0, ")") {
            loop {
                arguments.push(self.value()?);
                if !self.take_sign(",") {
                    break;
                }
            }
        }
        self.bar_ends = outer;
        self.sign(")")?;
        Ok(arguments)
    }

    /// The arguments of `range(`: numbers whose size can be told, now or when the parameters are known.
    pub(super) fn range_arguments(&mut self, at: usize, limit: i64) -> Parsed<Cost> {
        let outer = std::mem::replace(&mut self.bar_ends, false);
        let (mut number, mut steps, mut count) = (0.0_f64, 1.0, 0);
        loop {
            let token = self.here();
            let alone = self.is_sign(1, ",") || self.is_sign(1, ")");
            let argument = self.value()?;
            if token.kind == Kind::Parameter && alone {
                self.found.ranges.push((super::atom::plain(token.text), limit));
                number = number.max(as_f64(usize::try_from(limit).unwrap_or(0)));
            } else if count < 2 {
                number = number.max(argument.number);
            }
            steps += argument.steps;
            count += 1;
            if !self.take_sign(",") {
                break;
            }
        }
        self.bar_ends = outer;
        self.sign(")")?;
        if self.dialect.bounded_expressions
            && number > as_f64(usize::try_from(MAX_RANGE).unwrap_or(0))
        {
            let message = format!(
                "range() takes numbers up to {MAX_RANGE}, parameters, or size() and length() of something"
            );
            return self.refuse(at, RefusalKind::TooLarge, message);
        }
        // Nearly all ranges start at 0 or 1, so the larger number tells their length.
        Ok(Cost { steps, items: number + 1.0, ..Cost::SCALAR })
    }

    /// `all(x IN list WHERE …)` and its like.
    fn quantified(&mut self) -> Parsed<Cost> {
        let at = self.here().at;
        self.next += 1;
        self.sign("(")?;
        let name = self.name("a name")?;
        self.word("IN")?;
        let outer = std::mem::replace(&mut self.bar_ends, false);
        let list = self.value()?;
        self.walk(list);
        let steps = self.with_name(name, list.item(), |this| {
            if this.take_word("WHERE") { Ok(this.value()?.steps) } else { Ok(1.0) }
        })?;
        self.bar_ends = outer;
        self.sign(")")?;
        self.bounded(at, Cost { steps: list.steps + list.items * (steps + 1.0), ..Cost::SCALAR })
    }

    /// `reduce(sum = 0, x IN list | sum + x)`.
    fn reduce(&mut self) -> Parsed<Cost> {
        let at = self.here().at;
        self.next += 1;
        let bounded = self.dialect.bounded_expressions;
        if bounded && self.running {
            let message = "a reduce() does not stand in another: UNWIND the outer list";
            return self.refuse(at, RefusalKind::TooLarge, message);
        }
        self.sign("(")?;
        let running = self.name("a name")?;
        self.sign("=")?;
        let outer = std::mem::replace(&mut self.bar_ends, true);
        let counts =
            matches!(self.here().kind, Kind::Integer | Kind::Float) && self.is_sign(1, ",");
        let first = self.value()?;
        self.sign(",")?;
        let name = self.name("a name")?;
        self.word("IN")?;
        let list = self.value()?;
        self.walk(list);
        self.bar_ends = false;
        self.sign("|")?;
        self.running = true;
        let each = self.with_name(running, Cost { copies: 1.0, ..first.by_name() }, |this| {
            this.with_name(name, list.item(), Self::value)
        });
        self.running = false;
        self.bar_ends = outer;
        let each = each?;
        self.sign(")")?;
        if bounded && each.copies > 1.0 {
            let message =
                "the running value of reduce() stands once in its step, or it could double";
            return self.refuse(at, RefusalKind::TooLarge, message);
        }
        let steps = first.steps + list.steps + list.items * (each.steps + 1.0);
        // A number stays one, whatever is added to it; everything else grows with each step.
        let grown = if counts {
            Cost::SCALAR
        } else {
            Cost {
                items: first.items + list.items * each.items,
                bytes: first.bytes + list.items * each.bytes,
                ..Cost::SCALAR
            }
        };
        self.bounded(at, Cost { steps, ..grown })
    }
}

/// What a function makes of its arguments.
fn answer(name: &str, arguments: &[Cost]) -> Cost {
    let all =
        arguments.iter().fold(Cost { items: 0.0, bytes: 0.0, ..Cost::SCALAR }, |all, cost| {
            let steps = all.steps + cost.steps;
            Cost { steps, ..all.either(*cost) }
        });
    let first = arguments.first().copied().unwrap_or(Cost::SCALAR);
    match name {
        "size" | "length" => {
            Cost { number: first.items.max(first.bytes), ..all.scalar_of(Cost::SCALAR) }
        }
        "collect" => all.gathered(),
        "min" | "max" | "coalesce" | "nullif" | "head" | "last" | "left" | "right"
        | "substring" => all,
        "replace" => {
            let by = arguments.get(2).map_or(1.0, |by| by.bytes);
            Cost {
                steps: all.steps,
                bytes: first.bytes * by.max(1.0),
                copies: all.copies * 2.0,
                ..Cost::SCALAR
            }
        }
        "split" => Cost { steps: all.steps + first.bytes, items: first.bytes.min(1_000.0), ..all },
        "tail" | "reverse" => Cost { steps: all.steps + first.items, ..all },
        _ if is_in(name, SCALARS) => all.scalar_of(Cost::SCALAR),
        _ => Cost { items: all.items.max(10.0), ..all },
    }
}
