//! What a writer tells the readers of other processes: the run, its fence, which number came before, and the lines.

use std::str;

use agentcy_core::id::RunId;
use bytes::{BufMut, Bytes, BytesMut};

use super::entry::{self, Entry};

/// The most bytes of lines in a message; the bus takes 64 KiB, and the head is short.
const MOST: usize = 60 << 10;

/// Everything after `before` up to `last`; without lines it only says that there is something, which the store will have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) run: RunId,
    pub(crate) fence: i64,
    pub(crate) before: i64,
    pub(crate) last: i64,
    pub(crate) lines: Bytes,
}

/// As many of the entries as one message takes; none when there are none.
pub(crate) fn pack<'a>(
    (run, fence): (RunId, i64),
    before: i64,
    entries: impl Iterator<Item = &'a Entry>,
) -> Option<Message> {
    let (mut lines, mut last) = (BytesMut::new(), None);
    for entry in entries {
        let is_too_much = lines.len() + entry.line().len() >= MOST;
        if is_too_much && last.is_some() {
            break;
        }
        last = Some(entry.seq());
        if is_too_much {
            break;
        }
        lines.put_slice(entry.line());
        lines.put_u8(b'\n');
    }
    Some(Message { run, fence, before, last: last?, lines: lines.freeze() })
}

impl Message {
    /// As it goes over the bus.
    pub(crate) fn encode(&self) -> Bytes {
        let Self { run, fence, before, last, lines } = self;
        let head = format!("{run} {fence} {before} {last}\n");
        let mut bytes = BytesMut::with_capacity(head.len() + lines.len());
        bytes.put_slice(head.as_bytes());
        bytes.put_slice(lines);
        bytes.freeze()
    }

    /// As it came over the bus; none when it is not one of ours.
    pub(crate) fn decode(bytes: &Bytes) -> Option<Self> {
        let end = bytes.iter().position(|&byte| byte == b'\n')?;
        let head = str::from_utf8(bytes.get(..end)?).ok()?;
        let mut words = head.split(' ');
        let run = words.next()?.parse().ok()?;
        let mut number = || words.next()?.parse::<i64>().ok();
        let (fence, before, last) = (number()?, number()?, number()?);
        Some(Self { run, fence, before, last, lines: bytes.slice(end + 1..) })
    }

    /// The entries of its lines.
    pub(crate) fn entries(&self) -> Option<Vec<Entry>> {
        entry::read(self.run, &self.lines).ok()
    }
}

#[cfg(test)]
mod tests {
    use agentcy_bus::MAX_VALUE;
    use agentcy_core::chat::LogEvent;
    use uuid::Uuid;

    use super::{super::entry::Encoder, *};

    fn entries(sizes: &[usize]) -> Vec<Entry> {
        let mut encoder = Encoder::new(Uuid::from_u128(1).into());
        let event = |size: &usize| LogEvent::ContentDelta { delta: "z".repeat(*size) };
        (1..).zip(sizes).map(|(seq, size)| encoder.encode(seq, &event(size)).unwrap()).collect()
    }

    #[test]
    fn a_message_takes_what_fits_and_comes_back_as_it_was() {
        let all = entries(&[10; 2000]);
        let message = pack((Uuid::from_u128(1).into(), 3), 0, all.iter()).unwrap();
        let bytes = message.encode();
        assert!(bytes.len() <= MAX_VALUE);
        let back = Message::decode(&bytes).unwrap();
        assert_eq!(back, message);
        let read = back.entries().unwrap();
        assert_eq!(read, all[..read.len()]);
        assert_eq!(message.last, read.last().unwrap().seq());
    }

    #[test]
    fn what_fits_into_no_message_is_only_announced_and_alone() {
        let all = entries(&[5, 70_000, 5]);
        let claim = (Uuid::from_u128(1).into(), 1);
        let first = pack(claim, 0, all.iter()).unwrap();
        assert_eq!((first.last, first.entries().unwrap().len()), (1, 1));
        let second = pack(claim, 1, all[1..].iter()).unwrap();
        assert_eq!((second.before, second.last, second.lines.len()), (1, 2, 0));
        let third = pack(claim, 2, all[2..].iter()).unwrap();
        assert_eq!((third.last, third.entries().unwrap().len()), (3, 1));
        assert_eq!(pack(claim, 3, [].iter()), None);
    }

    #[test]
    fn what_is_no_message_is_none() {
        for bytes in ["", "\n", "hello\n", "run_x 1 2 3\n", "1 2 3 4\n"] {
            assert_eq!(Message::decode(&Bytes::from_static(bytes.as_bytes())), None);
        }
    }
}
