//! A repository on this machine: where its parts are, none of them outside the allowed folder.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use gix::bstr::ByteSlice as _;

use super::beneath::Beneath;
use crate::{Error, Files, Result, settings::invalid};

const MAX_POINTER: u64 = 16 << 10;
const MAX_CONFIG: u64 = 1 << 20;

/// The parts of a repository, by their real paths.
pub(super) struct Local<'a> {
    pub(super) beneath: Beneath<'a>,
    /// Holds `HEAD`; of its own for each working tree.
    pub(super) git_dir: PathBuf,
    /// Holds the rest.
    pub(super) common: PathBuf,
    /// The folder that the config names.
    pub(super) top: PathBuf,
    /// Where it was cloned from, when it says so.
    pub(super) origin: Option<String>,
}

impl<'a> Local<'a> {
    /// Finds a repository at a path: bare, a working tree, or one of several working trees.
    pub(super) fn find(files: &'a Files, path: &str) -> Result<Self> {
        let (beneath, top) = Beneath::of(files, path)?;
        let git_dir = git_dir(&beneath, &top)?;
        let common = match pointer(&beneath, &git_dir.join("commondir"), b"")? {
            Some(target) => beneath.follow(&git_dir, &target)?,
            None => git_dir.clone(),
        };
        if beneath.folder(&common.join("objects"))?.is_none() {
            return Err(no_repository());
        }
        let config = beneath.read(&common.join("config"), MAX_CONFIG)?.unwrap_or_default();
        let origin = judge_config(&config)?;
        Ok(Self { beneath, git_dir, common, top, origin })
    }
}

fn no_repository() -> Error {
    invalid("config.path", "there is no git repository")
}

fn git_dir(beneath: &Beneath<'_>, top: &Path) -> Result<PathBuf> {
    let dot = top.join(".git");
    if let Some(folder) = beneath.folder(&dot)? {
        return Ok(folder);
    }
    if let Some(target) = pointer(beneath, &dot, b"gitdir:")? {
        return beneath.follow(top, &target);
    }
    let bare = beneath.read(&top.join("HEAD"), MAX_POINTER)?.is_some();
    if bare { Ok(top.to_owned()) } else { Err(no_repository()) }
}

/// The path that a file holds.
fn pointer(beneath: &Beneath<'_>, file: &Path, prefix: &[u8]) -> Result<Option<PathBuf>> {
    let Some(bytes) = beneath.read(file, MAX_POINTER)? else { return Ok(None) };
    let target = bytes.strip_prefix(prefix).map(|rest| rest.trim().to_owned());
    match target {
        Some(target) if !target.is_empty() && !target.contains(&0) => {
            Ok(Some(PathBuf::from(OsStr::from_bytes(&target))))
        }
        _ => Err(no_repository()),
    }
}

/// Looks at the few settings that matter here. Nothing else of a config is used, whatever it names:
/// no include, no working tree, no hook, no filter, no helper.
fn judge_config(bytes: &[u8]) -> Result<Option<String>> {
    let unreadable = || Error::Refused("the config of the repository cannot be read".to_owned());
    let text = bytes.to_str().map_err(|_| unreadable())?;
    let config = gix::config::File::try_from(text).map_err(|_| unreadable())?;
    let value = |key: &str| config.string(key).map(|value| value.to_string().to_lowercase());
    if value("extensions.objectFormat").is_some_and(|format| format != "sha1") {
        return Err(Error::Refused("repositories with SHA-256 names are not read".to_owned()));
    }
    if value("extensions.refStorage").is_some_and(|storage| storage != "files") {
        return Err(Error::Refused(
            "repositories that keep refs in tables are not read".to_owned(),
        ));
    }
    Ok(config.string("remote.origin.url").map(|url| url.to_string()))
}
