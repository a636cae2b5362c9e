//! The history that a sync looks at: the newest commits that branches and tags lead to.

use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use gix::{ObjectId, Repository};

use super::{people::Signers, refs, repo};
use crate::Fault;

/// What is kept of a commit.
#[derive(Debug, Clone)]
pub(super) struct Commit {
    pub(super) tree: ObjectId,
    /// Each once, in order.
    pub(super) parents: Vec<ObjectId>,
    pub(super) author: u32,
    pub(super) committer: u32,
    pub(super) authored: i64,
    pub(super) committed: i64,
}

/// Commits once read, for histories that overlap.
#[derive(Debug, Default)]
pub(super) struct Commits {
    read: HashMap<ObjectId, Result<Commit, String>>,
    pub(super) signers: Signers,
}

impl Commits {
    pub(super) fn get(&mut self, repo: &Repository, id: ObjectId) -> &Result<Commit, String> {
        let signers = &mut self.signers;
        self.read.entry(id).or_insert_with(|| read(repo, &id, signers))
    }

    pub(super) fn known(&self, id: &ObjectId) -> Option<&Commit> {
        self.read.get(id)?.as_ref().ok()
    }
}

fn read(repo: &Repository, id: &ObjectId, signers: &mut Signers) -> Result<Commit, String> {
    let mut buffer = Vec::new();
    let commit = repo::commit(repo, id, &mut buffer)?;
    let broken = |_| repo::BROKEN.to_owned();
    let (author, committer) =
        (commit.author().map_err(broken)?, commit.committer().map_err(broken)?);
    let mut parents = Vec::new();
    for parent in commit.parents() {
        if !parents.contains(&parent) {
            parents.push(parent);
        }
    }
    Ok(Commit {
        tree: commit.tree(),
        parents,
        author: signers.add(&author),
        committer: signers.add(&committer),
        authored: author.seconds(),
        committed: committer.seconds(),
    })
}

/// The newest commits that some tips lead to.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The newest first; ids break ties.
    pub(super) order: Vec<ObjectId>,
    within: HashSet<ObjectId>,
    /// What could not be read.
    pub(super) faults: Vec<Fault>,
}

impl Window {
    pub(super) fn contains(&self, id: &ObjectId) -> bool {
        self.within.contains(id)
    }

    /// Walks from the tips into the past. `shallow` commits end the history without a fault.
    pub(super) fn walk(
        repo: &Repository,
        commits: &mut Commits,
        tips: impl IntoIterator<Item = ObjectId>,
        shallow: &BTreeSet<ObjectId>,
        max: usize,
        mut step: impl FnMut() -> bool,
    ) -> Option<Self> {
        let mut window = Self::default();
        let mut seen = HashSet::new();
        let mut waiting = BinaryHeap::new();
        let mut next: Vec<ObjectId> = tips.into_iter().collect();
        loop {
            for id in next.drain(..) {
                if !seen.insert(id) {
                    continue;
                }
                match commits.get(repo, id) {
                    Ok(commit) => waiting.push((commit.committed, id)),
                    Err(message) => window.faults.push(refs::fault(&id.to_string(), message)),
                }
            }
            let Some((_, id)) = waiting.pop() else { break };
            window.within.insert(id);
            window.order.push(id);
            if window.order.len() >= max {
                break;
            }
            if !step() {
                return None;
            }
            if !shallow.contains(&id)
                && let Some(commit) = commits.known(&id)
            {
                next.extend(&commit.parents);
            }
        }
        let time = |id: &ObjectId| commits.known(id).map(|commit| commit.committed);
        window.order.sort_by_cached_key(|id| std::cmp::Reverse((time(id), *id)));
        Some(window)
    }
}
