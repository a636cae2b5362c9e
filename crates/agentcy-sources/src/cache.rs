//! The folders in which connectors keep copies, and when they go.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use agentcy_core::id::{Id as _, OrgId, SourceId};

/// How long a copy is kept that nobody uses while others are used.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// Where a source keeps what can be fetched again.
pub fn place(root: &Path, org: OrgId, source: SourceId) -> PathBuf {
    root.join(org.uuid().to_string()).join(source.uuid().to_string())
}

/// Removes what a source kept. Whoever uses it just now finds it gone, and makes it anew.
pub fn forget(folder: &Path) -> io::Result<()> {
    // Under another name nobody writes into it any more while it is removed.
    let aside = folder.with_extension("gone");
    unless_missing(fs::remove_dir_all(&aside))?;
    unless_missing(fs::rename(folder, &aside))?;
    unless_missing(fs::remove_dir_all(&aside))
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Removes the copies of sources that are not used any more, and what an earlier removal left. Says how many.
pub fn sweep(root: &Path) -> io::Result<usize> {
    let mut kept = Vec::new();
    let mut removed = 0;
    for org in folders(root)?.filter(|org| is_id(org)) {
        for folder in folders(&org)? {
            if is_id(&folder) {
                kept.push((used(&folder)?, folder));
            } else if folder.extension().is_some_and(|end| end == "gone") {
                fs::remove_dir_all(folder)?;
                removed += 1;
            }
        }
    }
    // By the clock that wrote those times.
    let newest = kept.iter().map(|(used, _)| *used).max();
    let Some(until) = newest.and_then(|newest| newest.checked_sub(KEPT)) else {
        return Ok(removed);
    };
    for (_, folder) in kept.iter().filter(|(used, _)| *used < until) {
        forget(folder)?;
        removed += 1;
    }
    Ok(removed)
}

fn folders(at: &Path) -> io::Result<impl Iterator<Item = PathBuf>> {
    let entries = match fs::read_dir(at) {
        Ok(entries) => entries.collect::<io::Result<Vec<_>>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    Ok(entries.into_iter().filter(is_folder).map(|entry| entry.path()))
}

/// Nothing else that lies there is touched.
fn is_id(folder: &Path) -> bool {
    let is_one = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    let name = folder.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.len() == 36 && name.bytes().all(is_one))
}

/// When something was last written into a folder.
fn used(folder: &Path) -> io::Result<SystemTime> {
    let mut newest = fs::metadata(folder)?.modified()?;
    for entry in fs::read_dir(folder)? {
        newest = newest.max(entry?.metadata()?.modified()?);
    }
    Ok(newest)
}
