//! CSV as in RFC 4180, cut into cells as its bytes come.
//!
//! Our own, because the usual readers mend what is broken: a quote that never closes would swallow the
//! rest of the file in silence, and what is missing from a file is taken for gone.

use crate::{Error, Result, tabular::MAX_RECORD};

/// One row of the file, or why it is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line it begins in.
    pub(super) line: u64,
    pub(super) cells: std::result::Result<Vec<Cell>, String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) is_quoted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Bare,
    Quoted,
    /// After a quote inside quotes: the end of the cell, or the first half of a quote that is meant.
    Quote,
}

/// Cuts a file into rows.
pub(super) struct Splitter {
    delimiter: u8,
    state: State,
    /// The line of the next byte.
    line: u64,
    /// The line in which the row begins, and the one of its last opened quote.
    begin: u64,
    opened: u64,
    after_return: bool,
    /// The bytes of the row's cells, and where each one ends.
    bytes: Vec<u8>,
    ends: Vec<(usize, bool)>,
    is_quoted: bool,
    fault: Option<&'static str>,
}

impl Splitter {
    pub(super) const fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            state: State::CellStart,
            line: 1,
            begin: 1,
            opened: 1,
            after_return: false,
            bytes: Vec::new(),
            ends: Vec::new(),
            is_quoted: false,
            fault: None,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], lines: &mut Vec<Line>) {
        for &byte in bytes {
            self.take(byte, lines);
        }
    }

    pub(super) fn finish(&mut self, lines: &mut Vec<Line>) -> Result<()> {
        if self.state == State::Quoted {
            let message = format!("the quote that opens in line {} never closes", self.opened);
            return Err(Error::Refused(message));
        }
        if self.state != State::CellStart || !self.ends.is_empty() {
            self.end_row(lines);
        }
        Ok(())
    }

    fn take(&mut self, byte: u8, lines: &mut Vec<Line>) {
        let follows_return = std::mem::replace(&mut self.after_return, byte == b'\r');
        // The second half of one line end.
        let is_half = follows_return && byte == b'\n';
        let is_end = matches!(byte, b'\r' | b'\n');
        if is_end && !is_half {
            self.line += 1;
        }
        match self.state {
            State::Quoted if byte == b'"' => self.state = State::Quote,
            State::Quoted => self.keep(byte),
            State::Quote if byte == b'"' => {
                self.keep(byte);
                self.state = State::Quoted;
            }
            _ if is_half => self.begin = self.line,
            _ if is_end => self.end_row(lines),
            _ if byte == self.delimiter => self.end_cell(),
            State::CellStart if byte == b'"' => {
                self.is_quoted = true;
                self.opened = self.line;
                self.state = State::Quoted;
            }
            State::Quote => {
                self.fault.get_or_insert("text follows a closing quote");
                self.state = State::Bare;
            }
            State::CellStart | State::Bare => {
                self.state = State::Bare;
                self.keep(byte);
            }
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.bytes.len() < MAX_RECORD {
            self.bytes.push(byte);
        } else {
            self.fault.get_or_insert("the row is over 4 MiB");
        }
    }

    fn end_cell(&mut self) {
        if self.ends.len() < MAX_RECORD / size_of::<(usize, bool)>() {
            self.ends.push((self.bytes.len(), std::mem::take(&mut self.is_quoted)));
        } else {
            self.fault.get_or_insert("the row is over 4 MiB");
        }
        self.state = State::CellStart;
    }

    fn end_row(&mut self, lines: &mut Vec<Line>) {
        // An empty line is no row.
        let is_blank = self.state == State::CellStart && self.ends.is_empty();
        if !is_blank {
            self.end_cell();
            let cells = match self.fault.take() {
                Some(fault) => Err(fault.to_owned()),
                None => self.cells(),
            };
            lines.push(Line { line: self.begin, cells });
        }
        self.bytes.clear();
        self.ends.clear();
        self.state = State::CellStart;
        self.begin = self.line;
    }

    fn cells(&self) -> std::result::Result<Vec<Cell>, String> {
        let text = std::str::from_utf8(&self.bytes).map_err(|_| "is not UTF-8".to_owned())?;
        let mut start = 0;
        let mut cells = Vec::with_capacity(self.ends.len());
        for &(end, is_quoted) in &self.ends {
            // Half a character in one cell and the rest in the next is no UTF-8 either.
            let text = text.get(start..end).ok_or_else(|| "is not UTF-8".to_owned())?;
            cells.push(Cell { text: text.to_owned(), is_quoted });
            start = end;
        }
        Ok(cells)
    }
}
