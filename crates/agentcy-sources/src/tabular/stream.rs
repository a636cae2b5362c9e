//! A file to records, a piece at a time.

use futures_util::{Stream, StreamExt, TryStreamExt, pin_mut};

use super::{Mapping, Row, Rows, content, mapper::Mapper, mapper::Unfit};
use crate::{Error, Fault, Job, Progress, Record, Result};

/// After how many records the progress is said.
const STEP: u64 = 10_000;
/// How many records a try reads.
const PROBED: usize = 100;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Every record of a file. Memory is bounded by one piece and one record, and by 16 bytes a key. A file of which no
/// record can be read is refused: it is something else, such as the page of a login.
pub(crate) fn collect<'a>(
    job: Job<'a>,
    mapping: Mapping,
    mut rows: impl Rows + 'a,
) -> impl Stream<Item = Result<Record>> + Send + 'a {
    async_stream::try_stream! {
        let mut mapper = Mapper::new(&mapping);
        let mut pieces = content::open(job, mapping.place());
        let mut head = Vec::new();
        let mut done = 0;
        let mut unread = Unread::default();
        let mut is_last = false;
        while !is_last {
            let mut found = Vec::new();
            match pieces.try_next().await? {
                Some(piece) if head.len() < BOM.len() => {
                    head.extend_from_slice(&piece);
                    if head.len() >= BOM.len() {
                        rows.push(without_bom(&head)?, &mut found)?;
                    }
                }
                Some(piece) => rows.push(&piece, &mut found)?,
                None => {
                    if head.len() < BOM.len() {
                        rows.push(without_bom(&head)?, &mut found)?;
                    }
                    rows.finish(&mut found)?;
                    is_last = true;
                }
            }
            for Row { line, fields } in found {
                let said = fields.map_err(Unfit::from).and_then(|fields| mapper.map(fields));
                let records = said.unwrap_or_else(|Unfit { message, hides }| {
                    let fault = Fault::new(&format!("line {line}"), message);
                    vec![Record::Fault(Fault { hides, ..fault })]
                });
                for record in records {
                    unread.note(&record);
                    yield record;
                }
                done += 1;
                if done % STEP == 0 {
                    yield Record::Progress(Progress { done, total: None });
                }
            }
        }
        unread.judge()?;
    }
}

/// Reads the beginning of a file, where there is one already.
pub(crate) async fn probe<'a>(job: Job<'a>, mapping: Mapping, rows: impl Rows + 'a) -> Result<()> {
    if mapping.url.is_none() && job.content.is_none() {
        return Ok(());
    }
    let records = collect(job, mapping, rows).take(PROBED);
    pin_mut!(records);
    let mut unread = Unread::default();
    while let Some(record) = records.try_next().await? {
        unread.note(&record);
    }
    unread.judge()
}

/// Whether there was something, and nothing of it could be read.
#[derive(Default)]
struct Unread {
    first: Option<Fault>,
    has_good: bool,
}

impl Unread {
    fn note(&mut self, record: &Record) {
        match record {
            Record::Fault(fault) if self.first.is_none() => self.first = Some(fault.clone()),
            Record::Node(_) | Record::Edge(_) => self.has_good = true,
            _ => {}
        }
    }

    fn judge(self) -> Result<()> {
        match self.first {
            Some(Fault { place, message, .. }) if !self.has_good => {
                Err(Error::Refused(format!("none of its records can be read; {place}: {message}")))
            }
            _ => Ok(()),
        }
    }
}

fn without_bom(head: &[u8]) -> Result<&[u8]> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(Error::Refused("the file is UTF-16, not UTF-8".to_owned()));
    }
    Ok(head.strip_prefix(BOM).unwrap_or(head))
}
