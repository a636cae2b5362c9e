//! What a commit did to which files.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::ControlFlow,
};

use gix::{
    ObjectId, Repository,
    bstr::{BStr, BString},
    diff::tree::{
        Recorder, State, Visit,
        recorder::{self, Location},
        visit,
    },
    objs::{Kind, TreeRefIter},
};

use super::{
    repo,
    window::{Commit, Commits},
};

/// How many changes of one commit are looked at.
const MAX_CHANGES: usize = 20_000;
/// How many parents of a merge are compared.
const MAX_PARENTS: usize = 16;

/// What happened to a file in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Added,
    Modified,
    Deleted,
    /// Moved here, unchanged, from another path.
    Renamed(BString),
}

impl Change {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
            Self::Renamed(_) => "renamed",
        }
    }

    /// Whether the file is there since.
    pub(super) const fn is_arrival(&self) -> bool {
        matches!(self, Self::Added | Self::Renamed(_))
    }
}

/// The files that a commit touched.
#[derive(Debug, Default, Clone)]
pub(super) struct Changes {
    pub(super) files: BTreeMap<BString, Change>,
    /// Whether there were more than are looked at.
    pub(super) cut: bool,
}

/// Compares commits with their parents.
pub(super) struct Differ<'r> {
    repo: &'r Repository,
    state: State,
    shallow: &'r BTreeSet<ObjectId>,
}

impl<'r> Differ<'r> {
    pub(super) fn new(repo: &'r Repository, shallow: &'r BTreeSet<ObjectId>) -> Self {
        Self { repo, state: State::default(), shallow }
    }

    /// What a commit did. A merge did only what none of its parents had. The error says what could
    /// not be read.
    pub(super) fn changes(
        &mut self,
        commits: &mut Commits,
        id: &ObjectId,
        commit: &Commit,
    ) -> Result<Changes, String> {
        // What a shallow history begins with was not made there.
        if self.shallow.contains(id) {
            return Ok(Changes::default());
        }
        let Some((first, rest)) = commit.parents.split_first() else {
            let (records, cut) = self.diff(None, Some(commit.tree))?;
            return Ok(Changes { files: single(records), cut });
        };
        let before = self.tree_of(commits, *first)?;
        let (records, mut cut) = self.diff(Some(before), Some(commit.tree))?;
        if rest.is_empty() {
            return Ok(Changes { files: single(records), cut });
        }
        let mut files: BTreeMap<_, _> = records.into_iter().filter_map(plain).collect();
        for parent in rest.iter().take(MAX_PARENTS) {
            if files.is_empty() {
                break;
            }
            let before = self.tree_of(commits, *parent)?;
            let (records, more) = self.diff(Some(before), Some(commit.tree))?;
            let theirs: HashSet<BString> =
                records.into_iter().filter_map(plain).map(|(path, _)| path).collect();
            files.retain(|path, _| theirs.contains(path));
            cut |= more;
        }
        Ok(Changes { files, cut })
    }

    fn tree_of(&self, commits: &mut Commits, id: ObjectId) -> Result<ObjectId, String> {
        let parent = commits.get(self.repo, id);
        parent
            .as_ref()
            .map(|commit| commit.tree)
            .map_err(|error| format!("its parent {id}: {error}"))
    }

    /// Every file that differs between two trees.
    pub(super) fn diff(
        &mut self,
        before: Option<ObjectId>,
        after: Option<ObjectId>,
    ) -> Result<(Vec<recorder::Change>, bool), String> {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let hash = self.repo.object_hash();
        let tree = |id: Option<ObjectId>, buffer: &mut Vec<u8>| match id {
            Some(id) => repo::find(self.repo, &id, Kind::Tree, buffer).map(drop),
            None => Ok(()),
        };
        tree(before, &mut left)?;
        tree(after, &mut right)?;
        let mut bounded = Bounded::new(MAX_CHANGES);
        let done = gix::diff::tree(
            TreeRefIter::from_bytes(&left, hash),
            TreeRefIter::from_bytes(&right, hash),
            &mut self.state,
            &self.repo.objects,
            &mut bounded,
        );
        match done {
            Ok(()) | Err(gix::diff::tree::Error::Cancelled) => {
                Ok((bounded.recorder.records, bounded.cut))
            }
            Err(_) => Err("a folder of it is missing or broken".to_owned()),
        }
    }
}

/// Keeps changes of files, and stops at a bound: trees that hold one another many times over are
/// small to send and endless to walk.
struct Bounded {
    recorder: Recorder,
    left: usize,
    cut: bool,
}

impl Bounded {
    fn new(bound: usize) -> Self {
        let recorder = Recorder::default().track_location(Some(Location::Path));
        Self { recorder, left: bound, cut: false }
    }
}

impl Visit for Bounded {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.recorder.pop_front_tracked_path_and_set_current();
    }
    fn push_back_tracked_path_component(&mut self, component: &BStr) {
        self.recorder.push_back_tracked_path_component(component);
    }
    fn push_path_component(&mut self, component: &BStr) {
        self.recorder.push_path_component(component);
    }
    fn pop_path_component(&mut self) {
        self.recorder.pop_path_component();
    }
    fn visit(&mut self, change: visit::Change) -> visit::Action {
        if self.left == 0 {
            self.cut = true;
            return ControlFlow::Break(());
        }
        self.left -= 1;
        // A tree counts, but its files are what is kept; one that became a file is both.
        let was_file = match &change {
            visit::Change::Modification { previous_entry_mode, .. } => {
                !previous_entry_mode.is_tree()
            }
            _ => false,
        };
        if change.entry_mode().is_tree() && !was_file {
            return ControlFlow::Continue(());
        }
        self.recorder.visit(change)
    }
}

fn plain(record: recorder::Change) -> Option<(BString, Change)> {
    match record {
        recorder::Change::Addition { path, .. } => Some((path, Change::Added)),
        recorder::Change::Deletion { path, .. } => Some((path, Change::Deleted)),
        recorder::Change::Modification { path, previous_entry_mode, entry_mode, .. } => {
            match (previous_entry_mode.is_tree(), entry_mode.is_tree()) {
                (true, false) => Some((path, Change::Added)),
                (false, true) => Some((path, Change::Deleted)),
                (true, true) => None,
                (false, false) => Some((path, Change::Modified)),
            }
        }
    }
}

/// The changes against one parent. A file that is gone here and the same there has moved.
fn single(records: Vec<recorder::Change>) -> BTreeMap<BString, Change> {
    let mut gone: HashMap<ObjectId, Vec<BString>> = HashMap::new();
    for record in &records {
        if let recorder::Change::Deletion { oid, path, .. } = record {
            gone.entry(*oid).or_default().push(path.clone());
        }
    }
    for paths in gone.values_mut() {
        paths.sort_unstable_by(|a, b| b.cmp(a));
    }
    let empty = ObjectId::empty_blob(gix::hash::Kind::Sha1);
    let mut files = BTreeMap::new();
    for record in records {
        let moved = match &record {
            recorder::Change::Addition { oid, entry_mode, .. }
                if *oid != empty && entry_mode.is_blob_or_symlink() =>
            {
                gone.get_mut(oid).and_then(Vec::pop)
            }
            _ => None,
        };
        let Some((path, change)) = plain(record) else { continue };
        files.insert(path, moved.map_or(change, Change::Renamed));
    }
    files
}
