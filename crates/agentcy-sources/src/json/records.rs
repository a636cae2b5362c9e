//! The records of a JSON file, in whichever of its shapes they come.

use serde_json::{Map, Value};

use super::split::{Document, Lines, Piece};
use crate::{
    Result,
    tabular::{Row, Rows},
};

/// The records of a file.
pub(super) struct Records {
    shape: Shape,
    /// The line ends before the shape was known.
    lines: u64,
}

enum Shape {
    /// Told by the first character that is no space.
    Unknown,
    Lines(Lines),
    Document(Document),
}

impl Records {
    pub(super) fn new(pointer: Option<Vec<String>>) -> Self {
        let shape = match pointer {
            Some(pointer) => Shape::Document(Document::new(pointer, 1)),
            None => Shape::Unknown,
        };
        Self { shape, lines: 0 }
    }
}

impl Rows for Records {
    fn push(&mut self, bytes: &[u8], rows: &mut Vec<Row>) -> Result<()> {
        let mut bytes = bytes;
        if matches!(self.shape, Shape::Unknown) {
            let spaces = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let (before, rest) = bytes.split_at(spaces);
            self.lines += before.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
            bytes = rest;
            match rest.first() {
                None => return Ok(()),
                Some(b'[') => {
                    self.shape = Shape::Document(Document::new(Vec::new(), self.lines + 1));
                }
                Some(_) => self.shape = Shape::Lines(Lines::new(self.lines + 1)),
            }
        }
        let mut pieces = Vec::new();
        match &mut self.shape {
            Shape::Unknown => {}
            Shape::Lines(lines) => lines.push(bytes, &mut pieces),
            Shape::Document(document) => document.push(bytes, &mut pieces)?,
        }
        rows.extend(pieces.into_iter().map(row));
        Ok(())
    }

    fn finish(&mut self, rows: &mut Vec<Row>) -> Result<()> {
        let mut pieces = Vec::new();
        match &mut self.shape {
            // An empty file has one record a line, and no line.
            Shape::Unknown => {}
            Shape::Lines(lines) => lines.finish(&mut pieces),
            Shape::Document(document) => document.finish()?,
        }
        rows.extend(pieces.into_iter().map(row));
        Ok(())
    }
}

fn row(Piece { line, bytes }: Piece) -> Row {
    let fields = bytes.map_err(str::to_owned).and_then(|bytes| fields(&bytes));
    Row { line, fields }
}

fn fields(bytes: &[u8]) -> std::result::Result<Map<String, Value>, String> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("is no object".to_owned()),
        Err(error) => {
            let words = error.to_string();
            // Its lines are counted from the record's.
            let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
            Err(format!("is not JSON: {words}"))
        }
    }
}
