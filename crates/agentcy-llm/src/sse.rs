//! Server-sent events, as far as model providers use them: bytes in, the data of events out.
//!
//! Lines are found in the bytes as they came and handed over in place; only what a piece of the body leaves unfinished
//! is copied. That bounds a line, never splits a character, and costs a fraction of decoding what is in it.

use crate::fault::Fault;

/// The longest line, and the longest data of one event.
const LINE_LIMIT: usize = 1 << 20;
const TOO_LONG: Fault = Fault::Unreadable("a line of it is too long");

/// Finds events in a body that comes in pieces.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The start of a line whose end has not come.
    line: Vec<u8>,
    /// The data so far of an event that spreads it over several lines.
    data: Vec<u8>,
    begun: bool,
    after_cr: bool,
}

impl Events {
    /// Takes a piece of the body. Data that is whole goes to `take`, which says [`Fault::Incomplete`] where it is not.
    pub(crate) fn feed(
        &mut self,
        piece: &[u8],
        take: &mut impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut rest = piece;
        if std::mem::take(&mut self.after_cr) {
            if rest.is_empty() {
                self.after_cr = true;
            }
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
            let (line, end, tail) = (&rest[..at], rest[at], &rest[at + 1..]);
            rest = tail;
            if end == b'\r' {
                self.after_cr = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            if self.line.is_empty() {
                self.line(line, take)?;
            } else {
                self.keep(line)?;
                let mut whole = std::mem::take(&mut self.line);
                self.line(&whole, take)?;
                // Keeps its room for the next line that is split.
                whole.clear();
                self.line = whole;
            }
        }
        self.keep(rest)
    }

    /// The body is over: what its last line leaves is taken as it is.
    pub(crate) fn finish(
        &mut self,
        take: &mut impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let line = std::mem::take(&mut self.line);
        self.line(&line, take)?;
        self.line(b"", take)
    }

    fn keep(&mut self, part: &[u8]) -> Result<(), Fault> {
        if self.line.len() + part.len() > LINE_LIMIT {
            return Err(TOO_LONG);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn line(
        &mut self,
        mut line: &[u8],
        take: &mut impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return if data.is_empty() { Ok(()) } else { take(&data) };
        }
        // Comments, names and ids of events say nothing that their data does not.
        let Some(value) = line.strip_prefix(b"data:") else { return Ok(()) };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        if self.data.len() + value.len() >= LINE_LIMIT {
            return Err(TOO_LONG);
        }
        if !self.data.is_empty() {
            self.data.push(b'\n');
            self.data.extend_from_slice(value);
            return Ok(());
        }
        // One line is nearly always whole; it is not held back until the empty line after it.
        match take(value) {
            Err(Fault::Incomplete) => self.data.extend_from_slice(value),
            taken => taken?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Data is whole when it ends with a full stop.
    fn events(pieces: &[&[u8]]) -> Result<Vec<String>, Fault> {
        let mut seen = Vec::new();
        let mut take = |data: &[u8]| {
            if data.last().is_some_and(|last| *last != b'.') {
                return Err(Fault::Incomplete);
            }
            seen.push(String::from_utf8(data.to_vec()).unwrap());
            Ok(())
        };
        let mut events = Events::default();
        for piece in pieces {
            events.feed(piece, &mut take)?;
        }
        events.finish(&mut take)?;
        Ok(seen)
    }

    const STREAM: &str = "\u{feff}: hello\r\n\r\nevent: x\rdata: a.\r\rdata:b.\n\ndata: ä\r\ndata\r\ndata: ö.\r\n\r\nid: 7\ndata:\n\n\
                          data: c.\ndata: d.\r\n\r\nretry: 5\ndatax: no\n\ndata:  e.";
    const SEEN: [&str; 6] = ["a.", "b.", "ä\nö.", "c.", "d.", " e."];

    #[test]
    fn every_end_of_line_every_field_and_the_last_line_are_understood() {
        let seen: Vec<String> = events(&[STREAM.as_bytes()])
            .unwrap()
            .into_iter()
            .filter(|data| !data.is_empty())
            .collect();
        assert_eq!(seen, SEEN);
    }

    #[test]
    fn it_does_not_matter_where_the_body_is_cut() {
        let whole = events(&[STREAM.as_bytes()]).unwrap();
        for at in 0..=STREAM.len() {
            let (head, tail) = STREAM.as_bytes().split_at(at);
            assert_eq!(events(&[head, b"", tail]).unwrap(), whole, "cut at {at}");
        }
        let bytes: Vec<&[u8]> = STREAM.as_bytes().chunks(1).collect();
        assert_eq!(events(&bytes).unwrap(), whole);
    }

    #[test]
    fn a_line_without_end_is_not_read_for_ever() {
        let part = vec![b'x'; 1 << 16];
        let pieces: Vec<&[u8]> = std::iter::repeat_n(&part[..], 17).collect();
        assert!(matches!(events(&pieces), Err(Fault::Unreadable(_))));
        let line = [b"data: ".as_slice(), &part, b"\n"].concat();
        let pieces: Vec<&[u8]> = std::iter::repeat_n(&line[..], 17).collect();
        assert!(matches!(events(&pieces), Err(Fault::Unreadable(_))));
    }
}
