//! A file to records, a piece at a time.

use futures_util::{Stream, StreamExt, TryStreamExt, pin_mut};

use super::{Mapping, Row, Rows, content, mapper::Mapper};
use crate::{Error, Fault, Job, Progress, Record, Result};

/// After how many records the progress is said.
const STEP: u64 = 10_000;
/// How many records a try reads.
const PROBED: usize = 100;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Every record of a file. Memory is bounded by one piece and one record, and by 16 bytes a key.
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
                match fields.and_then(|fields| mapper.map(fields)) {
                    Ok(records) => for record in records { yield record },
                    Err(message) => yield Record::Fault(Fault { place: format!("line {line}"), message }),
                }
                done += 1;
                if done % STEP == 0 {
                    yield Record::Progress(Progress { done, total: None });
                }
            }
        }
    }
}

/// Reads the beginning of a file, where there is one already.
pub(crate) async fn probe<'a>(job: Job<'a>, mapping: Mapping, rows: impl Rows + 'a) -> Result<()> {
    if mapping.url.is_none() && job.content.is_none() {
        return Ok(());
    }
    let records = collect(job, mapping, rows).take(PROBED);
    pin_mut!(records);
    while records.try_next().await?.is_some() {}
    Ok(())
}

fn without_bom(head: &[u8]) -> Result<&[u8]> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(Error::Refused("the file is UTF-16, not UTF-8".to_owned()));
    }
    Ok(head.strip_prefix(BOM).unwrap_or(head))
}
