//! `blame`: who wrote which line.

use std::collections::HashMap;

use gix::{
    blame::{self, BlameRanges, Start},
    bstr::ByteSlice as _,
    objs::{Data, Find, FindHeader, Header, Kind},
};
use schemars::Schema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Look, check_path, check_rev, page::Page, trimmed};
use crate::{
    Error, Output, Result,
    git::{names, repo},
    settings::invalid,
};

/// The largest file that is looked at.
const MAX_BLOB: u64 = 1 << 20;
/// How many lines are asked for at once.
const MAX_LINES: u32 = 1000;
/// How much of a line is told.
const MAX_LINE: usize = 400;
const MAX_TITLE: usize = 120;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::git) struct Args {
    path: String,
    rev: Option<String>,
    start: Option<u32>,
    end: Option<u32>,
}

pub(super) fn schema() -> Schema {
    super::object(
        &["path"],
        &json!({
            "path": super::path_schema("The file."),
            "rev": super::rev_schema(),
            "start": { "type": "integer", "minimum": 1, "default": 1, "description": "The first line." },
            "end": { "type": "integer", "minimum": 1, "description": "The last line; 1000 lines at most." },
        }),
    )
}

impl Args {
    pub(super) fn check(&self) -> Result<()> {
        check_path(Some(&self.path))?;
        check_rev(self.rev.as_ref())?;
        if self.start == Some(0) {
            return Err(invalid("args.start", "must be 1 or more"));
        }
        if self.end.is_some_and(|end| end < self.start.unwrap_or(1)) {
            return Err(invalid("args.end", "must not be before start"));
        }
        Ok(())
    }
}

pub(super) fn run(args: &Args, look: &Look<'_>) -> Result<Output> {
    let repo = &look.opened.repo;
    let id = look.commit(args.rev.as_deref())?;
    let path = trimmed(&args.path);
    let lines = lines(look, &id, path)?;
    let start = args.start.unwrap_or(1);
    let asked = args.end.unwrap_or(lines).min(lines);
    if start > lines {
        return Err(invalid("args.start", format!("the file has {lines} lines")));
    }
    let end = asked.min(start.saturating_add(MAX_LINES - 1));
    let mut page = Page::new([("path", path.into()), ("lines", lines.into())]);
    if end < asked {
        page.cut(&format!("only {MAX_LINES} lines are told at once: go on from line {}", end + 1));
    }
    let ranges = BlameRanges::from_one_based_inclusive_range(start..=end);
    let options =
        blame::Options { ranges: ranges.map_err(repo::unreadable)?, ..Default::default() };
    let mut cache = repo.diff_resource_cache_for_tree_diff().map_err(repo::unreadable)?;
    let found = blame::file(Timed(look), Start::Commit(id), None, &mut cache, path.into(), options);
    let late = || Error::Refused("it takes too long: ask for fewer lines".to_owned());
    let found =
        found.map_err(|error| if look.has_time() { repo::unreadable(error) } else { late() })?;
    let text: Vec<&[u8]> = found.blob.lines().collect();
    let mut told: HashMap<_, Value> = HashMap::new();
    for entry in &found.entries {
        let commit = if let Some(commit) = told.get(&entry.commit_id) {
            commit.clone()
        } else {
            let commit = short(look, &entry.commit_id)?;
            told.insert(entry.commit_id, commit.clone());
            commit
        };
        let first = entry.start_in_blamed_file as usize;
        let part = text.iter().skip(first).take(entry.len.get() as usize);
        let part: Vec<String> =
            part.map(|line| names::cut(&names::readable(line), MAX_LINE).to_owned()).collect();
        let mut hunk = json!({ "line": first + 1, "commit": commit, "text": part });
        if let Some(from) = &entry.source_file_name {
            hunk["from_path"] = names::readable(from).into();
        }
        if !page.push(hunk) {
            page.cut(&format!("the answer is full: go on from line {}", first + 1));
            break;
        }
    }
    Ok(page.into_output("hunks"))
}

/// The objects of the repository, while there is time: a blame may walk through all of history.
struct Timed<'a>(&'a Look<'a>);

impl Timed<'_> {
    fn go_on(&self) -> std::result::Result<(), gix::Error> {
        let over = || gix::Error::from_error(std::io::Error::from(std::io::ErrorKind::TimedOut));
        if self.0.has_time() { Ok(()) } else { Err(over()) }
    }
}

impl Find for Timed<'_> {
    fn try_find<'b>(
        &self,
        id: &gix::oid,
        buffer: &'b mut Vec<u8>,
    ) -> std::result::Result<Option<Data<'b>>, gix::Error> {
        self.go_on()?;
        self.0.opened.repo.objects.try_find(id, buffer)
    }
}

impl FindHeader for Timed<'_> {
    fn try_header(&self, id: &gix::oid) -> std::result::Result<Option<Header>, gix::Error> {
        self.go_on()?;
        FindHeader::try_header(&self.0.opened.repo.objects, id)
    }
}

/// How many lines the file has; an error when it is none that can be blamed.
fn lines(look: &Look<'_>, commit: &gix::ObjectId, path: &str) -> Result<u32> {
    let repo = &look.opened.repo;
    let missing = || invalid("args.path", "there is no such file");
    let tree = repo.find_tree(look.tree(commit)?).map_err(repo::unreadable)?;
    let entry = tree.lookup_entry_by_path(path).ok().flatten().ok_or_else(missing)?;
    if !entry.mode().is_blob() {
        return Err(missing());
    }
    let header = repo.find_header(entry.object_id()).map_err(repo::unreadable)?;
    if header.size() > MAX_BLOB {
        return Err(invalid("args.path", "the file is larger than 1 MiB"));
    }
    let mut buffer = Vec::new();
    let id = entry.object_id();
    let blob = repo::find(repo, &id, Kind::Blob, &mut buffer).map_err(repo::unreadable)?;
    u32::try_from(blob.lines().count()).map_err(|_| missing())
}

fn short(look: &Look<'_>, id: &gix::ObjectId) -> Result<Value> {
    let told = look.told(id, MAX_TITLE)?;
    let title = told["message"].as_str().and_then(|text| text.lines().next()).unwrap_or_default();
    Ok(json!({
        "sha": told["sha"], "author": told["author"]["name"], "email": told["author"]["email"],
        "at": told["author"]["at"], "title": title,
    }))
}
