//! Server-sent events, read piece by piece as they come
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

/// The most bytes of one event.
const MAX_EVENT: usize = 8 << 20;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) data: String,
}

/// An event without end.
#[derive(Debug, thiserror::Error)]
#[error("an event has more than {MAX_EVENT} bytes")]
pub(crate) struct TooLarge;

/// What has come of events that are not whole yet.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    line: Vec<u8>,
    /// Whether the last byte was a carriage return, whose line feed may still come.
    after_return: bool,
    frame: Frame,
    has_data: bool,
}

impl Frames {
    /// Takes more bytes and gives the events that are whole with them.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Frame>, TooLarge> {
        let mut whole = Vec::new();
        for &byte in bytes {
            let feeds_return = std::mem::take(&mut self.after_return) && byte == b'\n';
            match byte {
                b'\n' if feeds_return => {}
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    whole.extend(self.end_line());
                }
                _ if self.line.len() + self.frame.data.len() >= MAX_EVENT => return Err(TooLarge),
                _ => self.line.push(byte),
            }
        }
        Ok(whole)
    }

    fn end_line(&mut self) -> Option<Frame> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        if line.is_empty() {
            let frame = std::mem::take(&mut self.frame);
            return std::mem::take(&mut self.has_data).then_some(frame);
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.frame.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.frame.name),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.frame.data.push('\n');
                }
                self.frame.data.push_str(value);
            }
            // A comment, the time to wait before asking again, or something newer.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "retry: 3000\n\n: alive\n\nid: 7\nevent: content_delta\ndata: {\"delta\":\"é\"}\n\n\
        id:8\r\nevent:x\r\ndata: a\r\ndata:b\r\n\r\nfuture: 1\ndata\n\n";

    #[test]
    fn events_are_the_same_wherever_the_bytes_are_cut() {
        let whole = Frames::default().feed(STREAM.as_bytes()).unwrap();
        assert_eq!(whole.len(), 3, "{whole:?}");
        assert_eq!(whole[0].data, "{\"delta\":\"é\"}");
        assert_eq!((whole[0].id.as_deref(), whole[0].name.as_str()), (Some("7"), "content_delta"));
        assert_eq!((whole[1].id.as_deref(), whole[1].data.as_str()), (Some("8"), "a\nb"));
        for at in 0..STREAM.len() {
            let (head, tail) = STREAM.as_bytes().split_at(at);
            let mut frames = Frames::default();
            let mut got = frames.feed(head).unwrap();
            got.extend(frames.feed(tail).unwrap());
            assert_eq!(got, whole, "cut at {at}");
        }
    }

    #[test]
    fn an_event_without_end_is_given_up() {
        let mut frames = Frames::default();
        frames.feed(b"data: ").unwrap();
        let piece = vec![b'x'; 1 << 20];
        let fed: Result<Vec<_>, _> = (0..9).map(|_| frames.feed(&piece)).collect();
        assert!(fed.is_err());
    }
}
