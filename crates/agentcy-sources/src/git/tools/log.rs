//! `log`: commits, the newest first.

use agentcy_core::Timestamp;
use chrono::{DateTime, NaiveDate};
use schemars::Schema;
use serde::Deserialize;
use serde_json::json;

use super::{Look, check_limit, check_path, check_rev, is_beneath, page::Page, trimmed};
use crate::{
    Output, Result,
    git::{
        changes::Differ,
        repo,
        window::{Commit, Commits, Window},
    },
    settings::invalid,
};

const LIMIT: usize = 20;
const MAX_LIMIT: usize = 200;
const MAX_MESSAGE: usize = 1024;
const MAX_AUTHOR: usize = 256;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::git) struct Args {
    rev: Option<String>,
    path: Option<String>,
    author: Option<String>,
    since: Option<String>,
    until: Option<String>,
    #[serde(default = "limit")]
    limit: usize,
}

const fn limit() -> usize {
    LIMIT
}

pub(super) fn schema() -> Schema {
    let time = |what: &str| json!({ "type": "string", "maxLength": 64, "description": format!("Only commits {what} this day or moment: 2024-05-01 or 2024-05-01T10:00:00Z.") });
    super::object(
        &[],
        &json!({
            "rev": super::rev_schema(),
            "path": super::path_schema("Only commits that touched this file or folder."),
            "author": { "type": "string", "minLength": 1, "maxLength": MAX_AUTHOR, "description": "Only commits by people with this in their name or mail." },
            "since": time("since"),
            "until": time("until"),
            "limit": { "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT, "description": "How many commits." },
        }),
    )
}

impl Args {
    pub(super) fn check(&self) -> Result<()> {
        check_rev(self.rev.as_ref())?;
        check_path(self.path.as_ref())?;
        check_limit(self.limit, MAX_LIMIT)?;
        if self.author.as_ref().is_some_and(|author| !(1..=MAX_AUTHOR).contains(&author.len())) {
            return Err(invalid("args.author", "must have 1 to 256 bytes"));
        }
        self.times().map(drop)
    }

    fn times(&self) -> Result<(Option<i64>, Option<i64>)> {
        let read = |name: &str, text: Option<&String>, last: bool| match text {
            None => Ok(None),
            Some(text) => moment(text, last).map(|at| Some(at.timestamp())).ok_or_else(|| {
                invalid(format!("args.{name}"), "must be a day or a moment of RFC 3339")
            }),
        };
        Ok((read("since", self.since.as_ref(), false)?, read("until", self.until.as_ref(), true)?))
    }
}

/// A moment; of a day its first, or its last.
fn moment(text: &str, last: bool) -> Option<Timestamp> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let day: NaiveDate = text.parse().ok()?;
    let time = if last { day.and_hms_opt(23, 59, 59) } else { day.and_hms_opt(0, 0, 0) };
    time.map(|time| time.and_utc())
}

pub(super) fn run(args: &Args, look: &Look<'_>) -> Result<Output> {
    let (since, until) = args.times()?;
    let repo = &look.opened.repo;
    let mut page = Page::new([]);
    let mut commits = Commits::default();
    let start = look.commit(args.rev.as_deref())?;
    let max = look.opened.subject.config.max_commits;
    let step = || look.has_time();
    let window = Window::walk(repo, &mut commits, [start], look.shallow(), max, step);
    let window = window.ok_or_else(|| repo::unreadable("it takes too long to walk through it"))?;
    if window.order.len() == max {
        page.cut("older commits than the source is told to read are not looked at");
    }
    let mut differ = Differ::new(repo, look.shallow());
    let author = args.author.as_ref().map(|author| author.to_lowercase());
    for id in &window.order {
        let Some(commit) = commits.known(id).cloned() else { continue };
        let late = until.is_some_and(|until| commit.committed > until);
        let early = since.is_some_and(|since| commit.committed < since);
        if late || early || !is_by(&commits, &commit, author.as_deref()) {
            continue;
        }
        if !look.has_time() {
            page.cut("it took too long: ask for a shorter time with since and until");
            break;
        }
        if let Some(path) = &args.path {
            let wanted = trimmed(path);
            // What cannot be compared is not known to have touched anything.
            let changes = differ.changes(&mut commits, id, &commit).unwrap_or_default();
            if !changes.cut && !changes.files.keys().any(|path| is_beneath(path, wanted)) {
                continue;
            }
        }
        if page.len() == args.limit {
            page.cut("there are more: ask with a greater limit, or until the time of the last one");
            break;
        }
        if !page.push(look.told(id, MAX_MESSAGE)?) {
            break;
        }
    }
    Ok(page.into_output("commits"))
}

fn is_by(commits: &Commits, commit: &Commit, wanted: Option<&str>) -> bool {
    let Some(wanted) = wanted else { return true };
    let signer = commits.signers.get(commit.author);
    let mail = signer.mail.as_ref().is_some_and(|mail| mail.contains(wanted));
    mail || signer.name.to_lowercase().contains(wanted)
}
