//! `grep`: lines that match.

use gix::{
    bstr::{BString, ByteSlice as _},
    objs::Kind,
};
use regex::bytes::{Regex, RegexBuilder};
use schemars::Schema;
use serde::Deserialize;
use serde_json::json;

use super::{Look, check_limit, check_path, check_rev, is_beneath, page::Page, trimmed};
use crate::{
    Output, Result,
    git::{
        names, repo,
        tree::{Entry, Listing},
    },
    settings::invalid,
};

const LIMIT: usize = 100;
const MAX_LIMIT: usize = 500;
const MAX_PATTERN: usize = 1024;
/// How much memory a compiled pattern takes at most.
const MAX_COMPILED: usize = 1 << 20;
/// The largest file that is searched.
const MAX_BLOB: u64 = 1 << 20;
const MAX_LINE: usize = 400;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::git) struct Args {
    pattern: String,
    path: Option<String>,
    rev: Option<String>,
    #[serde(default = "limit")]
    limit: usize,
}

const fn limit() -> usize {
    LIMIT
}

pub(super) fn schema() -> Schema {
    super::object(
        &["pattern"],
        &json!({
            "pattern": { "type": "string", "minLength": 1, "maxLength": MAX_PATTERN, "description": "A regular expression for one line; (?i) at its start ignores case." },
            "path": super::path_schema("Only this file or folder."),
            "rev": super::rev_schema(),
            "limit": { "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT, "description": "How many lines." },
        }),
    )
}

impl Args {
    pub(super) fn check(&self) -> Result<()> {
        check_path(self.path.as_ref())?;
        check_rev(self.rev.as_ref())?;
        check_limit(self.limit, MAX_LIMIT)?;
        self.regex().map(drop)
    }

    fn regex(&self) -> Result<Regex> {
        if !(1..=MAX_PATTERN).contains(&self.pattern.len()) {
            return Err(invalid("args.pattern", "must have 1 to 1024 bytes"));
        }
        RegexBuilder::new(&self.pattern)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .build()
            .map_err(|error| invalid("args.pattern", error.to_string()))
    }
}

pub(super) fn run(args: &Args, look: &Look<'_>) -> Result<Output> {
    let regex = args.regex()?;
    let repo = &look.opened.repo;
    let commit = look.commit(args.rev.as_deref())?;
    let listing = Listing::of(repo, look.tree(&commit)?);
    let wanted = args.path.as_deref().map_or("", trimmed);
    let mut page = Page::new([("commit", commit.to_string().into())]);
    if let Some(fault) = listing.faults.first() {
        page.cut(&format!("not every folder was searched: {}", fault.message));
    }
    let mut skipped = 0_usize;
    let mut buffer = Vec::new();
    for (path, file) in listing.entries.iter().filter(|(path, _)| is_beneath(path, wanted)) {
        let (Entry::File(id) | Entry::Executable(id)) = file else { continue };
        if !look.has_time() {
            page.cut("it took too long: ask for one path");
            break;
        }
        let header = repo.find_header(*id).map_err(repo::unreadable)?;
        if header.size() > MAX_BLOB {
            skipped += 1;
            continue;
        }
        let Ok(blob) = repo::find(repo, id, Kind::Blob, &mut buffer) else { continue };
        if blob.iter().take(8000).all(|byte| *byte != 0)
            && !search(blob, path, &regex, args, &mut page)
        {
            break;
        }
    }
    if skipped > 0 {
        page.cut(&format!("{skipped} files are larger than 1 MiB and were not searched"));
    }
    Ok(page.into_output("matches"))
}

/// Adds the lines of a file that match. `false` when the answer is complete.
fn search(blob: &[u8], path: &BString, regex: &Regex, args: &Args, page: &mut Page) -> bool {
    if !regex.is_match(blob) && !args.pattern.contains(['^', '$', '\\']) {
        return true;
    }
    for (at, line) in blob.lines().enumerate().filter(|(_, line)| regex.is_match(line)) {
        if page.len() == args.limit {
            page.cut("there are more: ask with a greater limit, or for one path");
            return false;
        }
        let text = names::readable(line);
        let text = names::cut(text.trim_end(), MAX_LINE);
        if !page.push(json!({ "path": names::readable(path), "line": at + 1, "text": text })) {
            return false;
        }
    }
    true
}
