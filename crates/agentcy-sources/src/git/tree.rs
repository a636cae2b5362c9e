//! The files at a commit.

use std::collections::BTreeMap;

use gix::{
    ObjectId, Repository,
    bstr::{BString, ByteSlice as _},
    objs::{Kind, TreeRefIter, tree::EntryKind},
};

use super::{names, refs, repo};
use crate::Fault;

/// How many files and folders are listed.
const MAX_ENTRIES: usize = 500_000;
const MAX_DEPTH: usize = 256;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Folder,
    File(ObjectId),
    Executable(ObjectId),
    Link,
    Submodule,
}

impl Entry {
    /// Whether two are of one kind, whatever is in them.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The files and folders at a commit, by path.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) entries: BTreeMap<BString, Entry>,
    /// The text that tells about the whole, as a blob.
    pub(super) readme: Option<ObjectId>,
    /// What could not be read.
    pub(super) faults: Vec<Fault>,
}

impl Listing {
    /// Lists a tree; what is beyond the bounds is a fault.
    pub(super) fn of(repo: &Repository, tree: ObjectId) -> Self {
        let mut listing = Self::default();
        listing.fold(repo, tree, &BString::default(), 0);
        listing
    }

    fn fold(&mut self, repo: &Repository, tree: ObjectId, folder: &BString, depth: usize) {
        let mut buffer = Vec::new();
        if let Err(message) = repo::find(repo, &tree, Kind::Tree, &mut buffer) {
            return self.fault(folder, &message);
        }
        for entry in TreeRefIter::from_bytes(&buffer, repo.object_hash()) {
            let Ok(entry) = entry else { return self.fault(folder, "the tree is broken") };
            if self.entries.len() >= MAX_ENTRIES || depth >= MAX_DEPTH {
                return self.fault(folder, "there are too many files or folders");
            }
            if entry.filename.is_empty() || entry.filename.find_byteset(b"/\0").is_some() {
                self.fault(folder, "a name in it is none");
                continue;
            }
            let mut path = folder.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(entry.filename);
            let kind = match entry.mode.kind() {
                EntryKind::Tree => Entry::Folder,
                EntryKind::Blob => Entry::File(entry.oid.to_owned()),
                EntryKind::BlobExecutable => Entry::Executable(entry.oid.to_owned()),
                EntryKind::Link => Entry::Link,
                EntryKind::Commit => Entry::Submodule,
            };
            if depth == 0 && entry.mode.is_blob() && is_readme(entry.filename) {
                self.readme.get_or_insert(entry.oid.to_owned());
            }
            let repeated = self.entries.insert(path.clone(), kind).is_some();
            if kind == Entry::Folder && !repeated {
                self.fold(repo, entry.oid.to_owned(), &path, depth + 1);
            }
        }
    }

    fn fault(&mut self, folder: &BString, message: &str) {
        if self.faults.last().is_none_or(|last| last.message != message) {
            let place = format!("{}/", names::readable(folder));
            self.faults.push(refs::fault(&place, message));
        }
    }
}

fn is_readme(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    [&b"readme"[..], b"readme.md", b"readme.rst", b"readme.txt", b"readme.adoc"].contains(&&*name)
}
