//! A JSON file cut into records as its bytes come, each still unparsed.
//!
//! Only strings and brackets are followed here, so a record that is broken inside fails alone. Where the brackets do
//! not match nobody can say where the next record begins: then the file as a whole is refused.

use crate::{Error, Result, settings::invalid, tabular::MAX_RECORD};

const MAX_DEPTH: usize = 4096;
/// The longest name that a step of a pointer is compared with.
const MAX_STEP: usize = 8 << 10;
const TOO_LONG: &str = "is over 4 MiB";

/// The bytes of one record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The line it begins in.
    pub(super) line: u64,
    pub(super) bytes: std::result::Result<Vec<u8>, &'static str>,
}

/// A record that is being read.
struct Pending {
    line: u64,
    bytes: Vec<u8>,
    is_long: bool,
}

impl Pending {
    const fn new(line: u64) -> Self {
        Self { line, bytes: Vec::new(), is_long: false }
    }

    fn keep(&mut self, byte: u8, line: u64) {
        if self.bytes.is_empty() {
            if byte.is_ascii_whitespace() {
                return;
            }
            self.line = line;
        }
        if self.bytes.len() < MAX_RECORD {
            self.bytes.push(byte);
        } else {
            self.is_long = true;
        }
    }

    fn take(&mut self) -> Piece {
        let bytes = std::mem::take(&mut self.bytes);
        let is_long = std::mem::take(&mut self.is_long);
        Piece { line: self.line, bytes: if is_long { Err(TOO_LONG) } else { Ok(bytes) } }
    }
}

/// One record a line.
pub(super) struct Lines {
    line: u64,
    pending: Pending,
}

impl Lines {
    pub(super) const fn new(line: u64) -> Self {
        Self { line, pending: Pending::new(line) }
    }

    pub(super) fn push(&mut self, bytes: &[u8], pieces: &mut Vec<Piece>) {
        for &byte in bytes {
            if byte == b'\n' {
                self.finish(pieces);
                self.line += 1;
            } else {
                self.pending.keep(byte, self.line);
            }
        }
    }

    pub(super) fn finish(&mut self, pieces: &mut Vec<Piece>) {
        if !self.pending.bytes.is_empty() {
            pieces.push(self.pending.take());
        }
    }
}

/// An object or array that is open.
struct Open {
    is_object: bool,
    /// Whether the pointer leads here, so far.
    is_on_path: bool,
    /// The position of the present item, and its name in an object.
    index: usize,
    name: Vec<u8>,
    is_name_next: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Outside,
    Inside,
    /// After a backslash.
    Escaped,
}

/// A document with an array of records in it.
pub(super) struct Document {
    pointer: Vec<String>,
    line: u64,
    open: Vec<Open>,
    text: Text,
    pending: Pending,
    /// How many arrays and objects are open at the records' array; 0 outside of it.
    records: usize,
    is_found: bool,
    is_begun: bool,
}

impl Document {
    pub(super) const fn new(pointer: Vec<String>, line: u64) -> Self {
        Self {
            pointer,
            line,
            open: Vec::new(),
            text: Text::Outside,
            pending: Pending::new(line),
            records: 0,
            is_found: false,
            is_begun: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], pieces: &mut Vec<Piece>) -> Result<()> {
        for &byte in bytes {
            self.take(byte, pieces)?;
            self.line += u64::from(byte == b'\n');
        }
        Ok(())
    }

    pub(super) fn finish(&self) -> Result<()> {
        if !self.open.is_empty() || self.text != Text::Outside {
            return Err(Error::Refused(format!("the document breaks off in line {}", self.line)));
        }
        if !self.is_found {
            return Err(invalid("config.path", "the document has no array there"));
        }
        Ok(())
    }

    fn take(&mut self, byte: u8, pieces: &mut Vec<Piece>) -> Result<()> {
        if self.text != Text::Outside {
            self.keep(byte);
            self.text = match (self.text, byte) {
                (Text::Inside, b'\\') => Text::Escaped,
                (Text::Inside, b'"') => Text::Outside,
                _ => Text::Inside,
            };
            return Ok(());
        }
        // Between the items of the records' array itself.
        let is_between = self.records > 0 && self.open.len() == self.records;
        match byte {
            b'"' => {
                self.keep(byte);
                self.text = Text::Inside;
            }
            b'{' | b'[' => {
                self.enter(byte == b'{')?;
                // The bracket of the records' array is none of a record's.
                if self.open.len() != self.records {
                    self.keep(byte);
                }
            }
            b'}' | b']' => {
                if is_between && byte == b']' {
                    let is_first = self.open.last().is_some_and(|open| open.index == 0);
                    if !(is_first && self.pending.bytes.is_empty()) {
                        self.end_record(pieces);
                    }
                    self.records = 0;
                } else {
                    self.keep(byte);
                }
                self.leave(byte == b'}')?;
            }
            b',' if is_between => {
                self.end_record(pieces);
                self.next();
            }
            _ => {
                self.keep(byte);
                match byte {
                    b',' => self.next(),
                    b':' => self.named(),
                    _ => {}
                }
            }
        }
        if self.open.is_empty()
            && self.is_begun
            && !byte.is_ascii_whitespace()
            && !matches!(byte, b'}' | b']')
        {
            return Err(self.broken());
        }
        Ok(())
    }

    /// A byte that is part of a record, or of a name on the way to them.
    fn keep(&mut self, byte: u8) {
        if self.records > 0 {
            self.pending.keep(byte, self.line);
        } else if let Some(open) = self.open.last_mut()
            && open.is_on_path
            && open.is_name_next
            && open.name.len() < MAX_STEP
            && (self.text != Text::Outside || byte == b'"')
        {
            open.name.push(byte);
        }
    }

    fn enter(&mut self, is_object: bool) -> Result<()> {
        let is_on_path = match self.open.last() {
            // A second document.
            None if self.is_begun => return Err(self.broken()),
            None => true,
            Some(open) if open.is_on_path && self.records == 0 => {
                self.pointer.get(self.open.len() - 1).is_some_and(|step| open.is_at(step))
            }
            Some(_) => false,
        };
        self.is_begun = true;
        if self.open.len() >= MAX_DEPTH {
            return Err(Error::Refused(format!(
                "line {} is nested over {MAX_DEPTH} deep",
                self.line
            )));
        }
        let is_target = is_on_path && self.open.len() == self.pointer.len() && !is_object;
        self.open.push(Open {
            is_object,
            is_on_path,
            index: 0,
            name: Vec::new(),
            is_name_next: is_object,
        });
        if is_target {
            self.records = self.open.len();
            self.is_found = true;
        }
        Ok(())
    }

    fn leave(&mut self, is_object: bool) -> Result<()> {
        match self.open.pop() {
            Some(open) if open.is_object == is_object => Ok(()),
            _ => Err(self.broken()),
        }
    }

    /// A comma: the next item.
    fn next(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.index += 1;
            open.name.clear();
            open.is_name_next = open.is_object;
        }
    }

    /// A colon: the name is read.
    fn named(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.is_name_next = false;
        }
    }

    fn end_record(&mut self, pieces: &mut Vec<Piece>) {
        if self.pending.bytes.is_empty() {
            self.pending.line = self.line;
        }
        pieces.push(self.pending.take());
    }

    fn broken(&self) -> Error {
        Error::Refused(format!("line {} is not JSON: the brackets do not match", self.line))
    }
}

impl Open {
    /// Whether a step of a pointer leads to the present item.
    fn is_at(&self, step: &str) -> bool {
        if self.is_object {
            serde_json::from_slice::<String>(&self.name).is_ok_and(|name| name == step)
        } else {
            self.index.to_string() == step
        }
    }
}
