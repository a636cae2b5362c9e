//! What the columns of a CSV file are, and its rows as records.

use std::collections::{BTreeMap, HashSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::split::{Cell, Line, Splitter};
use crate::{
    Error, Result,
    settings::{Faults, invalid},
    tabular::{Row, Rows, quote},
};

const MAX_COLUMNS: usize = 4096;

/// What is CSV's own in a config.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Format {
    /// What stands between cells: one character of ASCII.
    #[serde(default = "comma")]
    delimiter: char,
    /// Whether the first line names the columns.
    #[serde(default = "yes")]
    header: bool,
    /// The names of the columns, where no line has them.
    columns: Option<Vec<String>>,
    /// What the cells of a column are, where they are no text.
    #[serde(default)]
    types: BTreeMap<String, Type>,
}

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Type {
    /// Any text.
    Text,
    /// A whole number of 64 bits.
    Int,
    /// A number.
    Float,
    /// `true`, `false`, `yes`, `no`, `1` or `0`.
    Bool,
}

const fn comma() -> char {
    ','
}

const fn yes() -> bool {
    true
}

impl Format {
    pub(super) const FIELDS: [&'static str; 4] = ["delimiter", "header", "columns", "types"];
}

/// The rows of a file under the names of its columns.
pub(super) struct Table {
    splitter: Splitter,
    columns: Vec<(String, Type)>,
    types: BTreeMap<String, Type>,
    key: String,
}

impl Table {
    pub(super) fn new(format: Format, key: &str) -> Result<Self> {
        let mut faults = Faults::default();
        let delimiter = u8::try_from(format.delimiter).unwrap_or(b'"');
        let is_plain = delimiter.is_ascii() && !matches!(delimiter, b'"' | b'\r' | b'\n');
        faults.require(is_plain, "config.delimiter", "one ASCII character, no quote or line end");
        let is_named = format.header != format.columns.is_some();
        faults.require(is_named, "config.columns", "where `header` is false, and only there");
        faults.into_result()?;
        let splitter = Splitter::new(delimiter);
        let types = format.types;
        let mut table = Self { splitter, columns: Vec::new(), types, key: key.to_owned() };
        if let Some(columns) = format.columns {
            table.name_columns(columns).map_err(|message| invalid("config.columns", message))?;
        }
        Ok(table)
    }

    fn name_columns(&mut self, names: Vec<String>) -> std::result::Result<(), String> {
        if names.len() > MAX_COLUMNS {
            return Err(format!("there are more than {MAX_COLUMNS} columns"));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(format!("the column {} is there twice", quote(twice)));
        }
        let wanted = std::iter::once(&self.key).chain(self.types.keys());
        for name in wanted {
            if !seen.contains(name.as_str()) {
                return Err(format!("there is no column {}", quote(name)));
            }
        }
        let typed = |name: String| {
            let kind = self.types.get(&name).copied().unwrap_or(Type::Text);
            (name, kind)
        };
        self.columns = names.into_iter().map(typed).collect();
        Ok(())
    }

    fn rows(&mut self, lines: Vec<Line>, rows: &mut Vec<Row>) -> Result<()> {
        for Line { line, cells } in lines {
            if self.columns.is_empty() {
                let refused = |message| Error::Refused(format!("line {line}: {message}"));
                let names = cells.map_err(refused)?.into_iter().map(|cell| cell.text).collect();
                self.name_columns(names).map_err(refused)?;
                continue;
            }
            let fields = cells.and_then(|cells| self.fields(cells));
            rows.push(Row { line, fields });
        }
        Ok(())
    }

    fn fields(&self, cells: Vec<Cell>) -> std::result::Result<Map<String, Value>, String> {
        let (found, wanted) = (cells.len(), self.columns.len());
        if found != wanted {
            return Err(format!("has {found} cells for {wanted} columns"));
        }
        let mut fields = Map::new();
        for (cell, (name, kind)) in cells.into_iter().zip(&self.columns) {
            // As PostgreSQL writes it: nothing is no value, "" is the empty text.
            if cell.text.is_empty() && !cell.is_quoted {
                continue;
            }
            fields.insert(
                name.clone(),
                kind.read(cell.text).map_err(|rule| format!("{}: {rule}", quote(name)))?,
            );
        }
        Ok(fields)
    }
}

impl Type {
    fn read(self, text: String) -> std::result::Result<Value, &'static str> {
        match self {
            Self::Text => Ok(text.into()),
            Self::Int => {
                text.trim().parse().map(i64::into).map_err(|_| "no whole number of 64 bits")
            }
            Self::Float => {
                let number: Option<f64> = text.trim().parse().ok();
                number.filter(|number| number.is_finite()).map(Value::from).ok_or("no number")
            }
            Self::Bool => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(true.into()),
                "false" | "no" | "0" => Ok(false.into()),
                _ => Err("neither true nor false"),
            },
        }
    }
}

impl Rows for Table {
    fn push(&mut self, bytes: &[u8], rows: &mut Vec<Row>) -> Result<()> {
        let mut lines = Vec::new();
        self.splitter.push(bytes, &mut lines);
        self.rows(lines, rows)
    }

    fn finish(&mut self, rows: &mut Vec<Row>) -> Result<()> {
        let mut lines = Vec::new();
        self.splitter.finish(&mut lines)?;
        self.rows(lines, rows)?;
        if self.columns.is_empty() {
            return Err(Error::Refused("the file has no line that names its columns".to_owned()));
        }
        Ok(())
    }
}
