//! A sync: everything, or what changed since the last one.

use std::collections::{BTreeMap, HashMap};

use gix::{ObjectId, Repository, bstr::BString};

use super::{
    changes::{Change, Changes, Differ},
    light,
    model::{MAX_MESSAGE, Model},
    names, records, refs, repo,
    sink::{Halt, Sink},
    subject::Subject,
    tree::Entry,
    window::{Commit, Commits},
};
use crate::{Fault, Record};

pub(super) type Done<T = ()> = std::result::Result<T, Halt>;

/// How many commits go by between two words of progress.
const STEP: usize = 500;

/// An opened repository and what was read of it so far.
pub(super) struct Sync<'a> {
    pub(super) repo: &'a Repository,
    pub(super) subject: &'a Subject,
    pub(super) commits: Commits,
    pub(super) differ: Differ<'a>,
    pub(super) sink: &'a mut Sink,
}

/// What the history says of a path.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Trace {
    /// When it was last touched.
    pub(super) touched: Option<i64>,
    /// When it last came to be.
    pub(super) arrived: Option<i64>,
}

impl Trace {
    /// Notes what a commit did; the newest commit comes first.
    pub(super) fn note(&mut self, change: &Change, time: i64) {
        self.touched.get_or_insert(time);
        if change.is_arrival() {
            self.arrived.get_or_insert(time);
        }
    }

    /// Since when the file is as it is said to be.
    pub(super) const fn since(&self, at_head: bool) -> Option<i64> {
        if at_head { self.arrived } else { self.touched }
    }
}

impl<'a> Sync<'a> {
    pub(super) fn new(repo: &'a Repository, subject: &'a Subject, sink: &'a mut Sink) -> Self {
        let differ = Differ::new(repo, &subject.shallow);
        Self { repo, subject, commits: Commits::default(), differ, sink }
    }

    /// Reads what some refs lead to.
    pub(super) fn model(&mut self, refs: refs::Refs) -> Done<Model> {
        let stop = self.sink.stop.clone();
        let go_on = move || !stop.is_set();
        let model = Model::read(self.repo, &mut self.commits, refs, self.subject, go_on);
        model.ok_or(Halt::Dropped)
    }

    /// Says everything.
    pub(super) fn full(&mut self, model: &Model) -> Done {
        self.faults(model)?;
        for record in light::records(model, &self.commits, self.subject) {
            self.sink.record(record)?;
        }
        let mut traces: HashMap<BString, Trace> = HashMap::new();
        for (at, id) in model.window.order.iter().enumerate() {
            let Some((commit, changes)) = self.changes(id)? else { continue };
            self.commit(id, &commit, &changes)?;
            for (position, parent) in commit.parents.iter().enumerate() {
                if model.window.contains(parent) {
                    self.parent(id, parent, position, commit.committed)?;
                }
            }
            for (path, change) in changes.files {
                traces.entry(path).or_default().note(&change, commit.committed);
            }
            self.progress(at, model)?;
        }
        for (path, entry) in &model.listing.entries {
            let trace = traces.get(path).copied().unwrap_or_default();
            self.entry(path, *entry, trace)?;
            self.sink.record(Record::Edge(records::contains(path, *entry)))?;
        }
        for (path, trace) in &traces {
            if !is_file(model, path) {
                let past = records::file(path, None, trace.since(false));
                self.sink.record(Record::Node(past))?;
            }
        }
        Ok(())
    }

    pub(super) fn faults(&mut self, model: &Model) -> Done {
        for fault in model.faults() {
            self.sink.record(Record::Fault(fault.clone()))?;
        }
        Ok(())
    }

    pub(super) fn progress(&mut self, at: usize, model: &Model) -> Done {
        if at.is_multiple_of(STEP) {
            self.sink.progress(at, Some(model.window.order.len()))?;
        }
        if self.sink.stop.is_set() { Err(Halt::Dropped) } else { Ok(()) }
    }

    /// What a commit did; what cannot be compared is a fault, and did nothing.
    pub(super) fn changes(&mut self, id: &ObjectId) -> Done<Option<(Commit, Changes)>> {
        let Some(commit) = self.commits.known(id).cloned() else { return Ok(None) };
        let changes = match self.differ.changes(&mut self.commits, id, &commit) {
            Ok(changes) => changes,
            Err(message) => {
                self.fault(refs::fault(&id.to_string(), &message))?;
                Changes { files: BTreeMap::new(), cut: true }
            }
        };
        Ok(Some((commit, changes)))
    }

    pub(super) fn fault(&mut self, fault: Fault) -> Done {
        self.sink.record(Record::Fault(fault))
    }

    /// A commit, who made it, and the files it touched.
    pub(super) fn commit(&mut self, id: &ObjectId, commit: &Commit, changes: &Changes) -> Done {
        let mut buffer = Vec::new();
        let message = match repo::commit(self.repo, id, &mut buffer) {
            Ok(found) => names::readable(found.message),
            Err(message) => return self.fault(refs::fault(&id.to_string(), &message)),
        };
        let made = records::Made {
            id,
            message: names::cut(message.trim(), MAX_MESSAGE),
            author: self.commits.signers.get(commit.author),
            committer: self.commits.signers.get(commit.committer),
            authored: commit.authored,
            committed: commit.committed,
            merge: commit.parents.len() > 1,
            files: (!changes.cut).then_some(changes.files.len()),
            cut: changes.cut,
        };
        let (node, signatures) = (records::commit(&made), records::signatures(&made));
        self.sink.record(Record::Node(node))?;
        for signature in signatures {
            self.sink.record(Record::Edge(signature))?;
        }
        for (path, change) in &changes.files {
            let touched = records::touched(id, path, change, commit.committed);
            self.sink.record(Record::Edge(touched))?;
        }
        Ok(())
    }

    pub(super) fn parent(
        &mut self,
        id: &ObjectId,
        parent: &ObjectId,
        at: usize,
        when: i64,
    ) -> Done {
        self.sink.record(Record::Edge(records::parent(id, parent, at, when)))
    }

    pub(super) fn entry(&mut self, path: &BString, entry: Entry, trace: Trace) -> Done {
        let node = match entry {
            Entry::Folder => records::folder(path),
            file => records::file(path, Some(file), trace.since(true)),
        };
        self.sink.record(Record::Node(node))
    }
}

/// Whether a file, not a folder, lies at a path at the head.
pub(super) fn is_file(model: &Model, path: &BString) -> bool {
    model.listing.entries.get(path).is_some_and(|entry| *entry != Entry::Folder)
}
