//! What can be asked of a repository as it is now. All of it only reads.

mod blame;
mod grep;
mod log;
mod page;
mod show;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use agentcy_core::tool::Effect;
use gix::{ObjectId, bstr::BStr};
use schemars::{Schema, json_schema};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::{
    names,
    people::Signers,
    records, repo,
    sink::Stop,
    subject::{Opened, Task},
};
use crate::{
    Error, Output, Result, Tool,
    settings::{self, invalid},
};

/// How long a tool looks before it answers with what it has.
const PATIENCE: Duration = Duration::from_secs(20);
const MAX_REV: usize = 256;
const MAX_PATH: usize = 4096;

/// A call whose arguments are read.
pub(super) enum Call {
    Log(log::Args),
    Show(show::Args),
    Blame(blame::Args),
    Grep(grep::Args),
}

impl Call {
    pub(super) fn read(tool: &str, args: &Value) -> Result<Self> {
        match tool {
            "log" => settings::read("args", args).map(Self::Log),
            "show" => settings::read("args", args).map(Self::Show),
            "blame" => settings::read("args", args).map(Self::Blame),
            "grep" => settings::read("args", args).map(Self::Grep),
            _ => Err(Error::UnknownTool(tool.to_owned())),
        }
    }

    pub(super) fn run(self, task: Task, stop: &Stop, runtime: &Handle) -> Result<Output> {
        match &self {
            Self::Log(args) => args.check()?,
            Self::Show(args) => args.check()?,
            Self::Blame(args) => args.check()?,
            Self::Grep(args) => args.check()?,
        }
        let opened = task.open_now(stop, runtime)?;
        let look = Look { opened: &opened, stop, until: Instant::now() + PATIENCE };
        match self {
            Self::Log(args) => log::run(&args, &look),
            Self::Show(args) => show::run(&args, &look),
            Self::Blame(args) => blame::run(&args, &look),
            Self::Grep(args) => grep::run(&args, &look),
        }
    }
}

/// An opened repository, and how long it may be looked at.
pub(super) struct Look<'a> {
    opened: &'a Opened,
    stop: &'a Stop,
    until: Instant,
}

impl Look<'_> {
    /// Whether there is time for more.
    fn has_time(&self) -> bool {
        !self.stop.is_set() && Instant::now() < self.until
    }

    fn shallow(&self) -> &BTreeSet<ObjectId> {
        &self.opened.subject.shallow
    }

    /// The commit that somebody means; the head, when they say nothing.
    fn commit(&self, rev: Option<&str>) -> Result<ObjectId> {
        let unknown = || invalid("args.rev", "there is no such commit");
        let Some(rev) = rev else {
            return self
                .opened
                .refs
                .head_id()
                .ok_or_else(|| invalid("args.rev", "there is no commit yet"));
        };
        let found = self.opened.repo.rev_parse_single(BStr::new(rev)).map_err(|_| unknown())?;
        let object = found.object().map_err(|_| unknown())?;
        object.peel_to_commit().map(|commit| commit.id).map_err(|_| unknown())
    }

    fn tree(&self, commit: &ObjectId) -> Result<ObjectId> {
        let mut buffer = Vec::new();
        let found =
            repo::commit(&self.opened.repo, commit, &mut buffer).map_err(repo::unreadable)?;
        Ok(found.tree())
    }

    /// A commit as tools tell it, with so much of its message.
    fn told(&self, id: &ObjectId, message: usize) -> Result<Value> {
        let mut buffer = Vec::new();
        let found = repo::commit(&self.opened.repo, id, &mut buffer).map_err(repo::unreadable)?;
        let mut signers = Signers::default();
        let mut who = |signature: gix::actor::SignatureRef<'_>| {
            let index = signers.add(&signature);
            let signer = signers.get(index);
            json!({ "name": signer.name, "email": signer.mail, "at": records::time(signature.seconds()) })
        };
        let author = found.author().map_err(repo::unreadable)?;
        let committer = found.committer().map_err(repo::unreadable)?;
        let (author, committer) = (who(author), who(committer));
        let text = names::readable(found.message);
        let parents: Vec<String> = found.parents().map(|id| id.to_string()).collect();
        Ok(json!({
            "sha": id.to_string(), "author": author, "committer": committer, "parents": parents,
            "message": names::cut(text.trim(), message),
        }))
    }
}

fn check_rev(rev: Option<&String>) -> Result<()> {
    // Nothing but commits by their names: no reflog, no search, no path.
    let fits = |rev: &String| {
        (1..=MAX_REV).contains(&rev.len())
            && !rev.starts_with('-')
            && !rev.contains([':', '\0'])
            && !rev.contains("@{")
            && !rev.contains("..")
    };
    require(
        rev.is_none_or(fits),
        "args.rev",
        "must be the name of one commit, such as main, v1.2 or HEAD~3",
    )
}

fn check_path(path: Option<&String>) -> Result<()> {
    let fits = |path: &String| (1..=MAX_PATH).contains(&path.len()) && !path.contains('\0');
    require(path.is_none_or(fits), "args.path", "must be a path of 1 to 4096 bytes")
}

fn check_limit(limit: usize, most: usize) -> Result<()> {
    require((1..=most).contains(&limit), "args.limit", &format!("must be from 1 to {most}"))
}

fn require(holds: bool, path: &str, rule: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(invalid(path, rule)) }
}

/// A path without slashes at its ends, as trees have it.
fn trimmed(path: &str) -> &str {
    path.trim_start_matches("./").trim_matches('/')
}

/// Whether a path is the wanted one, or beneath it.
fn is_beneath(path: &[u8], wanted: &str) -> bool {
    let rest = path.strip_prefix(wanted.as_bytes());
    wanted.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

pub(super) fn list() -> Vec<Tool> {
    let tool = |name, description, input_schema| Tool {
        name,
        description,
        effect: Effect::Read,
        input_schema,
    };
    vec![
        tool(
            "log",
            "Lists commits, the newest first: who, when, what it says. Can be limited to a file or folder, an author, a time.",
            log::schema(),
        ),
        tool(
            "show",
            "Shows a commit with its message and its patch, of all files or of one file or folder.",
            show::schema(),
        ),
        tool(
            "blame",
            "Says for each line of a file which commit wrote it, who and when.",
            blame::schema(),
        ),
        tool(
            "grep",
            "Finds lines that match a regular expression in the files of a commit.",
            grep::schema(),
        ),
    ]
}

fn object(required: &[&str], properties: &Value) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn rev_schema() -> Value {
    json!({
        "type": "string", "minLength": 1, "maxLength": MAX_REV,
        "description": "A branch, a tag, a commit, or one counted from these, such as main~3. Default: the head.",
    })
}

fn path_schema(description: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": MAX_PATH, "description": description })
}
