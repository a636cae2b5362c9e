//! The gate before a source's database: one statement that reads, in words of our own.
//!
//! What is judged is what is sent: the statement is parsed, written anew from what was parsed, without its comments, and
//! parsed again; only where both are the same is the text of the gate itself sent. Behind the gate stand a read-only
//! transaction and a role without powers.

use std::{collections::BTreeSet, ops::ControlFlow, thread};

use sqlparser::{
    ast::{
        DescribeAlias, Query, Select, SetExpr, Statement, UtilityOption, Value, ValueWithSpan,
        Visit, Visitor,
    },
    dialect::PostgreSqlDialect,
    parser::Parser,
    tokenizer::{Token, Tokenizer, Word},
};

const MAX_SQL: usize = 64 << 10;
/// What bounds how deep a statement is: `1 + 1 + …` is one deeper with each sum.
const MAX_TOKENS: usize = 8000;
/// Enough for as deep a statement, whose parts are compared, written and dropped by recursion.
const STACK: usize = 64 << 20;
/// Where PostgreSQL cuts a name.
const MAX_NAME: usize = 63;

/// Why a statement does not pass.
pub(super) type Fault = String;

/// A statement that passed, up to what its functions are.
#[derive(Debug)]
pub(super) struct Passed {
    /// What is sent.
    pub(super) text: String,
    /// Whether it answers a plan.
    pub(super) is_plan: bool,
    pub(super) names: Names,
}

/// The names in a statement, as PostgreSQL understands them.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Those before a bracket.
    pub(super) called: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) operators: Vec<String>,
}

/// Catalogs that hold secrets, large objects and files of the server.
const CLOSED: [&str; 10] = [
    "pg_authid",
    "pg_file_settings",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_largeobject",
    "pg_largeobject_metadata",
    "pg_shadow",
    "pg_subscription",
    "pg_user_mapping",
    "pg_user_mappings",
];

/// The options of EXPLAIN that change what is told, not how.
const EXPLAIN_OPTIONS: [&str; 10] = [
    "analyze",
    "buffers",
    "costs",
    "generic_plan",
    "memory",
    "settings",
    "summary",
    "timing",
    "verbose",
    "wal",
];

/// Lets a statement pass that only reads.
pub(super) fn pass(sql: &str) -> Result<Passed, Fault> {
    if sql.len() > MAX_SQL || tokens(sql)?.len() > MAX_TOKENS {
        return Err("the statement is over 64 KiB or 8000 words and signs".to_owned());
    }
    let unread = || "the statement cannot be read".to_owned();
    thread::scope(|scope| {
        let passing = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || rewrite(sql));
        passing.ok().and_then(|passing| passing.join().ok()).ok_or_else(unread)?
    })
}

/// The statement in words of our own, when it reads.
fn rewrite(sql: &str) -> Result<Passed, Fault> {
    let statement = parse(sql)?;
    let is_plan = judge(&statement)?;
    let text = statement.to_string();
    if !parse(&text).is_ok_and(|again| again == statement) {
        return Err("the statement cannot be read without doubt; write it more plainly".to_owned());
    }
    let names = names(&text)?;
    if let Some(closed) = names.words.iter().find(|word| CLOSED.contains(&word.as_str())) {
        return Err(format!("{closed} is not read"));
    }
    // They read a table that is named in a text.
    if let Some(called) = names.called.iter().find(|name| name.contains("_to_xml")) {
        return Err(format!("the function {called} is not called"));
    }
    Ok(Passed { text, is_plan, names })
}

fn parse(sql: &str) -> Result<Statement, Fault> {
    let parsed = Parser::parse_sql(&PostgreSqlDialect {}, sql);
    let statements = parsed.map_err(|error| format!("the statement cannot be read: {error}"))?;
    match <[Statement; 1]>::try_from(statements) {
        Ok([statement]) => Ok(statement),
        Err(statements) if statements.is_empty() => Err("there is no statement".to_owned()),
        Err(_) => Err("one statement at a time".to_owned()),
    }
}

/// Whether a statement is a plan, when it reads at all.
fn judge(statement: &Statement) -> Result<bool, Fault> {
    const READS: &str = "only SELECT, VALUES, WITH and EXPLAIN of them are run";
    let is_plan = match statement {
        Statement::Query(_) => false,
        Statement::Explain {
            describe_alias: DescribeAlias::Explain,
            query_plan: false,
            estimate: false,
            statement,
            format: None,
            options,
            ..
        } if matches!(**statement, Statement::Query(_)) => {
            options.iter().flatten().try_for_each(explain_option)?;
            true
        }
        _ => return Err(READS.to_owned()),
    };
    match statement.visit(&mut Judge) {
        ControlFlow::Continue(()) => Ok(is_plan),
        ControlFlow::Break(fault) => Err(fault.to_owned()),
    }
}

fn explain_option(option: &UtilityOption) -> Result<(), Fault> {
    let name = option.name.value.to_ascii_lowercase();
    if EXPLAIN_OPTIONS.contains(&name.as_str()) {
        Ok(())
    } else {
        Err(format!("EXPLAIN without {name}"))
    }
}

struct Judge;

impl Visitor for Judge {
    type Break = &'static str;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        match statement {
            Statement::Query(_) | Statement::Explain { .. } => ControlFlow::Continue(()),
            _ => ControlFlow::Break("a statement inside the statement would write"),
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let Query { body, locks, for_clause, settings, format_clause, pipe_operators, .. } = query;
        let is_foreign = for_clause.is_some()
            || settings.is_some()
            || format_clause.is_some()
            || !pipe_operators.is_empty();
        if !locks.is_empty() {
            ControlFlow::Break("rows are not locked")
        } else if is_foreign || !reads(body) {
            ControlFlow::Break("the statement is no query of PostgreSQL")
        } else {
            ControlFlow::Continue(())
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        match &select.into {
            Some(_) => ControlFlow::Break("SELECT INTO would write"),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<Self::Break> {
        match &value.value {
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::DollarQuotedString(_)
            | Value::EscapedStringLiteral(_)
            | Value::SingleQuotedByteStringLiteral(_)
            | Value::HexStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null
            | Value::Placeholder(_) => ControlFlow::Continue(()),
            // Written differently for each server.
            _ => ControlFlow::Break("a literal is written in a way that is not read here"),
        }
    }
}

fn reads(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) | SetExpr::Table(_) => true,
        SetExpr::SetOperation { left, right, .. } => reads(left) && reads(right),
        _ => false,
    }
}

/// The words and signs of a text.
fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize();
    let mut tokens = tokens.map_err(|error| format!("the statement cannot be read: {error}"))?;
    tokens.retain(|token| !matches!(token, Token::Whitespace(_)));
    Ok(tokens)
}

/// The names of a text, read from its tokens: no corner of the grammar is left out.
fn names(text: &str) -> Result<Names, Fault> {
    let tokens = tokens(text)?;
    let (mut called, mut words, mut operators) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut tokens = tokens.iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => {
                let forms = forms(word);
                if matches!(tokens.peek(), Some(Token::LParen)) {
                    called.extend(forms.clone());
                }
                words.extend(forms);
            }
            token => {
                let text = token.to_string();
                if text.bytes().all(|byte| b"+-*/<>=~!@#%^&|`?".contains(&byte)) {
                    operators.insert(text);
                }
            }
        }
    }
    Ok(Names {
        called: called.into_iter().collect(),
        words: words.into_iter().collect(),
        operators: operators.into_iter().collect(),
    })
}

/// The names that PostgreSQL may understand: folded unless quoted, and cut.
fn forms(word: &Word) -> Vec<String> {
    let mut forms = match word.quote_style {
        Some(_) => vec![word.value.clone()],
        // Beyond ASCII it depends on the encoding of the server.
        None => vec![word.value.to_ascii_lowercase(), word.value.to_lowercase()],
    };
    for form in &mut forms {
        form.truncate(form.floor_char_boundary(MAX_NAME));
    }
    forms
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
