//! gix, opened so that it reads its folder and nothing else, and runs nothing.

use std::path::Path;

use gix::{
    ObjectId, Repository,
    objs::{CommitRef, Find as _, Kind, TagRef},
    open::Options,
    sec,
};

use crate::{Error, Result};

/// Trees and commits that are kept unpacked.
const OBJECT_CACHE: usize = 64 << 20;

/// How folders of ours are opened. They belong to whoever runs us, so they are trusted; the
/// repository that they show need not be.
pub(super) fn options(object_bytes: usize) -> Options {
    Options::isolated()
        .with(sec::Trust::Full)
        .strict_config(true)
        .open_path_as_is(true)
        .config_overrides([
            format!("gitoxide.objects.allocLimit={object_bytes}"),
            "gitoxide.objects.noReplace=true".to_owned(),
            "core.useReplaceRefs=false".to_owned(),
            "core.commitGraph=false".to_owned(),
            "core.multiPackIndex=false".to_owned(),
        ])
}

pub(super) fn open(folder: &Path, object_bytes: usize) -> Result<Repository> {
    let mut repo = options(object_bytes).open(folder).map_err(unreadable)?.to_thread_local();
    repo.object_cache_size_if_unset(OBJECT_CACHE);
    Ok(repo)
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Refused(format!("the repository cannot be read: {error}"))
}

pub(super) const BROKEN: &str = "the object is broken";

/// An object of some kind. The error is for the list of what could not be read.
pub(super) fn find<'b>(
    repo: &Repository,
    id: &ObjectId,
    kind: Kind,
    buffer: &'b mut Vec<u8>,
) -> std::result::Result<&'b [u8], String> {
    match repo.objects.try_find(id, buffer) {
        Ok(Some(data)) if data.kind == kind => Ok(data.data),
        Ok(Some(data)) => Err(format!("it is a {}, not a {kind}", data.kind)),
        Ok(None) => Err("the object is missing".to_owned()),
        // The words of the error name files of ours.
        Err(_) => Err(BROKEN.to_owned()),
    }
}

pub(super) fn commit<'b>(
    repo: &Repository,
    id: &ObjectId,
    buffer: &'b mut Vec<u8>,
) -> std::result::Result<CommitRef<'b>, String> {
    let data = find(repo, id, Kind::Commit, buffer)?;
    CommitRef::from_bytes(data, repo.object_hash()).map_err(|_| BROKEN.to_owned())
}

pub(super) fn tag<'b>(
    repo: &Repository,
    id: &ObjectId,
    buffer: &'b mut Vec<u8>,
) -> std::result::Result<TagRef<'b>, String> {
    let data = find(repo, id, Kind::Tag, buffer)?;
    TagRef::from_bytes(data, repo.object_hash()).map_err(|_| BROKEN.to_owned())
}
