//! Records on their way from the connector to the ledger: NDJSON, in batches of bounded size.

use agentcy_core::Timestamp;
use agentcy_sources::{End, Fault as SourceFault, Kind, Record};
use agentcy_store::{
    jobs::{Fault, MAX_FAULTS},
    ledger::{self, Staged, StagedEdge, StagedNode},
};
use serde_json::Value;

/// How many bytes of NDJSON a batch has at most.
pub const MAX_BATCH_BYTES: usize = 8 << 20;
/// How many records a batch has at most.
pub const MAX_BATCH_RECORDS: usize = 10_000;
/// How many bytes of JSON a connector's note may have.
const MAX_CURSOR: usize = 64 << 10;

/// What failed alone: the first are listed, the rest counted.
#[derive(Debug, Default)]
pub(super) struct Faults {
    listed: Vec<Fault>,
    more: usize,
}

impl Faults {
    pub(super) fn push(&mut self, place: &str, message: &str) {
        if self.listed.len() < MAX_FAULTS - 1 {
            self.listed.push(Fault::new(place, message));
        } else {
            self.more += 1;
        }
    }

    pub(super) fn first(&self) -> Option<&Fault> {
        self.listed.first()
    }

    /// The list, which ends with how many are not on it.
    pub(super) fn list(&self) -> Vec<Fault> {
        let mut list = self.listed.clone();
        if self.more > 0 {
            list.push(Fault::new("", &format!("{} more are not listed", self.more)));
        }
        list
    }
}

/// A batch that is being filled.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    records: usize,
}

impl Batch {
    /// A record as a line; nothing when no batch could hold it.
    pub(super) fn line(record: &Record) -> Result<Option<Vec<u8>>, serde_json::Error> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        Ok((line.len() <= MAX_BATCH_BYTES).then_some(line))
    }

    /// Whether the line must go into the next one.
    pub(super) const fn is_full_for(&self, line: &[u8]) -> bool {
        self.records >= MAX_BATCH_RECORDS || self.bytes.len() + line.len() > MAX_BATCH_BYTES
    }

    pub(super) fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.records += 1;
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.records == 0
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.records = 0;
        std::mem::take(&mut self.bytes)
    }
}

/// Why a batch is not taken: the line that is at fault, from 1 on, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    pub(crate) line: usize,
    pub(crate) why: &'static str,
}

/// Whether each line of a batch is a record. How they follow one another is judged when all of them are there.
pub(crate) fn check(batch: &[u8]) -> Result<(), Unfit> {
    let lines = batch.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    for (count, (at, line)) in lines.enumerate() {
        let unfit = |why| Unfit { line: at + 1, why };
        if count == MAX_BATCH_RECORDS {
            return Err(unfit("a batch has 10,000 records at most"));
        }
        serde_json::from_slice::<Record>(line).map_err(|_| unfit("is no record"))?;
    }
    Ok(())
}

/// A connector that breaks its own rules; the whole sync fails.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("a collected record cannot be read")]
    Unreadable(#[from] serde_json::Error),
    #[error("the connector told of changes, and was given nothing that they could be changes of")]
    UnaskedDelta,
    #[error("the connector told in the middle that it only told of changes")]
    LateDelta,
    #[error("the connector said that something is gone, and did not say that it told of changes")]
    GoneWithoutDelta,
    #[error("the connector went on after its last word")]
    AfterCursor,
    #[error("the connector's note is longer than 64 KiB, or holds NUL")]
    BadCursor,
}

/// What was heard in the batches so far.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) faults: Faults,
    pub(super) cursor: Option<Value>,
    pub(super) is_delta: bool,
    /// Whether something that was told before may be behind what could not be read.
    pub(super) is_doubtful: bool,
    began: bool,
}

impl Heard {
    /// Reads a batch: what is for the ledger comes back, the rest is kept here. `resumed`: a cursor was given.
    pub(super) fn read(&mut self, bytes: &[u8], resumed: bool) -> Result<Vec<Staged>, Broken> {
        let mut staged = Vec::new();
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let record = serde_json::from_slice(line)?;
            if self.cursor.is_some() && !matches!(record, Record::Progress(_)) {
                return Err(Broken::AfterCursor);
            }
            staged.extend(self.hear(record, resumed)?);
        }
        Ok(staged)
    }

    fn hear(&mut self, record: Record, resumed: bool) -> Result<Option<Staged>, Broken> {
        let is_first = !std::mem::replace(&mut self.began, true);
        Ok(Some(match record {
            Record::Node(node) => Staged::Node(StagedNode {
                external_id: node.external_id,
                key: node.key,
                labels: node.labels,
                properties: node.properties,
                valid_from: node.valid_from.map(to_micros),
            }),
            Record::Edge(edge) => Staged::Edge(StagedEdge {
                external_id: edge.external_id,
                edge_type: edge.edge_type,
                from: end(edge.from),
                to: end(edge.to),
                key: edge.key,
                properties: edge.properties,
                valid_from: edge.valid_from.map(to_micros),
            }),
            Record::Gone(_) if !self.is_delta => return Err(Broken::GoneWithoutDelta),
            Record::Gone(gone) => Staged::Gone {
                kind: match gone.kind {
                    Kind::Node => ledger::Kind::Node,
                    Kind::Edge => ledger::Kind::Edge,
                },
                external_id: gone.external_id,
            },
            Record::Delta if !is_first => return Err(Broken::LateDelta),
            Record::Delta if !resumed => return Err(Broken::UnaskedDelta),
            Record::Delta => {
                self.is_delta = true;
                return Ok(None);
            }
            Record::Fault(SourceFault { place, message, hides }) => {
                self.faults.push(&place, &message);
                self.is_doubtful |= hides;
                return Ok(None);
            }
            Record::Progress(_) => return Ok(None),
            Record::Cursor(cursor) => {
                let too_long = cursor.value.to_string().len() > MAX_CURSOR;
                if too_long || crate::text::holds_nul(&cursor.value) {
                    return Err(Broken::BadCursor);
                }
                self.cursor = Some(cursor.value);
                return Ok(None);
            }
        }))
    }
}

/// PostgreSQL keeps microseconds; what is finer would look changed each time.
fn to_micros(at: Timestamp) -> Timestamp {
    chrono::SubsecRound::trunc_subsecs(at, 6)
}

fn end(end: End) -> ledger::End {
    match end {
        End::Own(external_id) => ledger::End::Own(external_id),
        End::Shared { key } => ledger::End::Shared(key),
    }
}

#[cfg(test)]
mod tests {
    use agentcy_sources::{Cursor, Gone, NodeRecord};
    use serde_json::json;

    use super::*;

    fn node(id: &str) -> Record {
        Record::Node(NodeRecord {
            external_id: id.to_owned(),
            key: None,
            labels: vec!["Thing".to_owned()],
            properties: serde_json::Map::new(),
            valid_from: None,
        })
    }

    fn gone() -> Record {
        Record::Gone(Gone { kind: Kind::Node, external_id: "1".to_owned() })
    }

    fn cursor(value: Value) -> Record {
        Record::Cursor(Cursor { value })
    }

    fn hear(records: &[Record], resumed: bool) -> Result<(Heard, usize), Broken> {
        let mut heard = Heard::default();
        let mut count = 0;
        for record in records {
            let line = Batch::line(record).unwrap().unwrap();
            count += heard.read(&line, resumed)?.len();
        }
        Ok((heard, count))
    }

    #[test]
    fn what_is_for_the_ledger_comes_back_and_the_rest_is_noted() {
        let fault = SourceFault::new("line 2", "no\0key");
        let records =
            [Record::Delta, node("a\n\0"), gone(), Record::Fault(fault), cursor(json!(7))];
        let (heard, count) = hear(&records, true).unwrap();
        assert_eq!((count, heard.is_delta, heard.cursor), (2, true, Some(json!(7))));
        assert_eq!(heard.faults.list(), [Fault::new("line 2", "no\u{fffd}key")]);
    }

    #[test]
    fn a_connector_that_breaks_the_order_of_words_is_found_out() {
        assert!(matches!(hear(&[Record::Delta], false), Err(Broken::UnaskedDelta)));
        assert!(matches!(hear(&[node("a"), Record::Delta], true), Err(Broken::LateDelta)));
        assert!(matches!(hear(&[gone()], true), Err(Broken::GoneWithoutDelta)));
        assert!(matches!(hear(&[cursor(json!(1)), node("a")], true), Err(Broken::AfterCursor)));
        let long = "x".repeat(MAX_CURSOR);
        for bad in [json!(long), json!({ "a\0": 1 })] {
            assert!(matches!(hear(&[cursor(bad)], true), Err(Broken::BadCursor)));
        }
        assert!(matches!(Heard::default().read(b"{}\n", true), Err(Broken::Unreadable(_))));
    }

    #[test]
    fn a_batch_is_taken_if_each_of_its_lines_is_a_record() {
        let line = String::from_utf8(Batch::line(&node("a")).unwrap().unwrap()).unwrap();
        assert_eq!(check(line.repeat(MAX_BATCH_RECORDS).as_bytes()), Ok(()));
        let many = check(line.repeat(MAX_BATCH_RECORDS + 1).as_bytes());
        assert_eq!(many.unwrap_err().line, MAX_BATCH_RECORDS + 1);
        let bad = check(format!("{line}\n{{}}\n").as_bytes());
        assert_eq!(bad, Err(Unfit { line: 3, why: "is no record" }));
    }

    #[test]
    fn faults_are_listed_up_to_a_bound_and_then_counted() {
        let mut faults = Faults::default();
        for n in 0..MAX_FAULTS + 5 {
            faults.push(&n.to_string(), "broken");
        }
        let list = faults.list();
        assert_eq!(list.len(), MAX_FAULTS);
        assert_eq!(list[MAX_FAULTS - 1].message, "6 more are not listed");
    }

    #[test]
    fn a_batch_is_bounded_in_bytes_and_in_records() {
        let mut batch = Batch::default();
        let line = vec![b'x'; MAX_BATCH_BYTES / 2];
        batch.push(&line);
        assert!(!batch.is_full_for(&line));
        batch.push(&line);
        assert!(batch.is_full_for(b"x"));
        assert_eq!(batch.take().len(), MAX_BATCH_BYTES);
        for _ in 0..MAX_BATCH_RECORDS {
            assert!(!batch.is_full_for(b"x"));
            batch.push(b"x");
        }
        assert!(batch.is_full_for(b"x"));
        let mut huge = node("a");
        if let Record::Node(node) = &mut huge {
            node.properties.insert("text".to_owned(), json!("x".repeat(MAX_BATCH_BYTES)));
        }
        assert!(Batch::line(&huge).unwrap().is_none());
    }
}
