//! `show`: a commit and its patch.

use gix::{
    ObjectId,
    bstr::{BStr, BString, ByteSlice as _},
    diff::blob::{
        Algorithm, InternedInput, UnifiedDiff, diff_with_slider_heuristics,
        unified_diff::{ConsumeBinaryHunk, ContextSize},
    },
    objs::{Kind, TreeRefIter},
};
use schemars::Schema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Look, check_path, check_rev, is_beneath, page::Page, trimmed};
use crate::{
    Output, Result,
    git::{
        changes::{Change, Differ},
        model::MAX_MESSAGE,
        names, repo,
        window::Commits,
    },
};

/// The largest file whose lines are compared.
const MAX_BLOB: u64 = 1 << 20;
/// How much of one file's patch is told.
const MAX_PATCH: usize = 16 << 10;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::git) struct Args {
    rev: String,
    path: Option<String>,
}

pub(super) fn schema() -> Schema {
    super::object(
        &["rev"],
        &json!({
            "rev": super::rev_schema(),
            "path": super::path_schema("Only what the commit did to this file or folder."),
        }),
    )
}

impl Args {
    pub(super) fn check(&self) -> Result<()> {
        check_rev(Some(&self.rev))?;
        check_path(self.path.as_ref())
    }
}

pub(super) fn run(args: &Args, look: &Look<'_>) -> Result<Output> {
    let repo = &look.opened.repo;
    let id = look.commit(Some(&args.rev))?;
    let mut commits = Commits::default();
    let commit = commits.get(repo, id).clone().map_err(repo::unreadable)?;
    let changes = Differ::new(repo, look.shallow()).changes(&mut commits, &id, &commit);
    let changes = changes.map_err(repo::unreadable)?;
    let mut page = Page::new([("commit", look.told(&id, MAX_MESSAGE)?)]);
    if changes.cut {
        page.cut("the commit touches more files than are compared: ask for one path");
    }
    let before = match commit.parents.first() {
        Some(parent) => Some(look.tree(parent)?),
        None => None,
    };
    let wanted = args.path.as_deref().map_or("", trimmed);
    for (path, change) in changes.files.iter().filter(|(path, _)| is_beneath(path, wanted)) {
        if !look.has_time() {
            page.cut("it took too long: ask for one path");
            break;
        }
        let old_path = match change {
            Change::Renamed(from) => from,
            _ => path,
        };
        let old = before.map(|tree| Side::at(look, tree, old_path)).unwrap_or_default();
        let new = Side::at(look, commit.tree, path);
        let text = patch(&old, &new);
        let mut file = json!({ "path": names::readable(path), "change": change.name() });
        if old_path != path {
            file["from_path"] = names::readable(old_path).into();
        }
        match &text {
            Ok(text) => {
                let fits = page.fit(names::cut(text, MAX_PATCH), 256 + 2 * path.len());
                if fits.len() < text.len() {
                    page.cut("some patches are not whole: ask for their path alone");
                }
                file["patch"] = fits.into();
            }
            Err(why) => file["omitted"] = Value::from(*why),
        }
        if !page.push(file) {
            break;
        }
    }
    Ok(page.into_output("files"))
}

/// A file before or after a commit.
#[derive(Default)]
struct Side {
    bytes: Vec<u8>,
    too_large: bool,
}

impl Side {
    /// What lies at a path; nothing when there is no file.
    fn at(look: &Look<'_>, tree: ObjectId, path: &BString) -> Self {
        find(look, tree, path.as_ref()).unwrap_or_default()
    }
}

fn find(look: &Look<'_>, tree: ObjectId, path: &BStr) -> Option<Side> {
    let repo = &look.opened.repo;
    let mut next = tree;
    let mut buffer = Vec::new();
    for name in path.split_str("/") {
        let data = repo::find(repo, &next, Kind::Tree, &mut buffer).ok()?;
        let mut entries =
            TreeRefIter::from_bytes(data, repo.object_hash()).filter_map(std::result::Result::ok);
        next = entries.find(|entry| entry.filename == name)?.oid.to_owned();
    }
    let header = repo.find_header(next).ok().filter(|header| header.kind() == Kind::Blob)?;
    if header.size() > MAX_BLOB {
        return Some(Side { bytes: Vec::new(), too_large: true });
    }
    let bytes = repo::find(repo, &next, Kind::Blob, &mut buffer).ok()?.to_vec();
    Some(Side { bytes, too_large: false })
}

fn patch(old: &Side, new: &Side) -> std::result::Result<String, &'static str> {
    if old.too_large || new.too_large {
        return Err("the file is too large");
    }
    let is_binary = |side: &Side| side.bytes.iter().take(8000).any(|byte| *byte == 0);
    if is_binary(old) || is_binary(new) {
        return Err("the file is binary");
    }
    let input = InternedInput::new(&*old.bytes, &*new.bytes);
    let diff = diff_with_slider_heuristics(Algorithm::Histogram, &input);
    let hunks = ConsumeBinaryHunk::new(Vec::<u8>::new(), "\n");
    let patch = UnifiedDiff::new(&diff, &input, hunks, ContextSize::symmetrical(3)).consume();
    patch.map(|hunks| names::readable(&hunks)).map_err(|_| "the files cannot be compared")
}
