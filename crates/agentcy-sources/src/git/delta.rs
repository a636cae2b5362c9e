//! What changed since the last sync, told so that the sum is what a full sync would say.

use std::collections::{BTreeSet, HashMap};

use gix::{ObjectId, bstr::BString};

use super::{
    changes::Changes,
    light,
    model::Model,
    records, refs,
    sync::{Done, Sync, Trace, is_file},
    tree::Entry,
    window::Commit,
};
use crate::{Kind, Record};

type Touched = HashMap<ObjectId, (Commit, Changes)>;

impl Sync<'_> {
    /// Says what changed. `false`, and nothing said, when the old history cannot be read any more.
    pub(super) fn delta(&mut self, old: &Model, new: &Model) -> Done<bool> {
        if old.faults().next().is_some() {
            return Ok(false);
        }
        let Some(gone) = self.touched_by_gone(old, new)? else { return Ok(false) };
        self.sink.record(Record::Delta)?;
        self.faults(new)?;
        self.difference(old, new)?;
        self.lineage(old, new)?;
        let mut fresh = Touched::new();
        for (at, id) in new.window.order.iter().enumerate() {
            if old.window.contains(id) {
                continue;
            }
            if let Some((commit, changes)) = self.changes(id)? {
                self.commit(id, &commit, &changes)?;
                fresh.insert(*id, (commit, changes));
            }
            self.progress(at, new)?;
        }
        for (id, (commit, changes)) in &gone {
            self.forget(id, commit, changes)?;
        }
        self.folders(old, new)?;
        self.files(old, new, &gone, &fresh)?;
        Ok(true)
    }

    /// What the commits did that are no longer led to. `None` when that cannot be told.
    fn touched_by_gone(&mut self, old: &Model, new: &Model) -> Done<Option<Touched>> {
        let mut gone = Touched::new();
        for id in old.window.order.iter().filter(|id| !new.window.contains(id)) {
            let Some(commit) = self.commits.known(id).cloned() else { return Ok(None) };
            let Ok(changes) = self.differ.changes(&mut self.commits, id, &commit) else {
                return Ok(None);
            };
            gone.insert(*id, (commit, changes));
            self.progress(1, new)?;
        }
        Ok(Some(gone))
    }

    /// Repository, branches, tags and people: both are made, and compared.
    fn difference(&mut self, old: &Model, new: &Model) -> Done {
        let say = |model| light::records(model, &self.commits, self.subject);
        let mut before: HashMap<_, _> =
            say(old).into_iter().filter_map(|record| Some((name(&record)?, record))).collect();
        for record in say(new) {
            let same = name(&record).and_then(|name| before.remove(&name));
            if same.as_ref() != Some(&record) {
                self.sink.record(record)?;
            }
        }
        for (kind, id) in before.into_keys() {
            self.sink.record(records::gone(kind, id))?;
        }
        Ok(())
    }

    /// Parents are told where both ends are in the history.
    fn lineage(&mut self, old: &Model, new: &Model) -> Done {
        let within = |model: &Model, a: &ObjectId, b: &ObjectId| {
            model.window.contains(a) && model.window.contains(b)
        };
        for id in &new.window.order {
            let Some(commit) = self.commits.known(id).cloned() else { continue };
            for (at, parent) in commit.parents.iter().enumerate() {
                if within(new, id, parent) && !within(old, id, parent) {
                    self.parent(id, parent, at, commit.committed)?;
                }
            }
        }
        for id in &old.window.order {
            let Some(commit) = self.commits.known(id).cloned() else { continue };
            for parent in &commit.parents {
                if within(old, id, parent) && !within(new, id, parent) {
                    self.sink.record(records::gone(Kind::Edge, records::parent_id(id, parent)))?;
                }
            }
        }
        Ok(())
    }

    fn forget(&mut self, id: &ObjectId, commit: &Commit, changes: &Changes) -> Done {
        let mut edges = vec![format!("authored:{id}")];
        let signer = |index| &self.commits.signers.get(index).id;
        if signer(commit.author) != signer(commit.committer) {
            edges.push(format!("committed:{id}"));
        }
        edges.extend(changes.files.keys().map(|path| records::touched_id(id, path)));
        for edge in edges {
            self.sink.record(records::gone(Kind::Edge, edge))?;
        }
        self.sink.record(records::gone(Kind::Node, id.to_string()))
    }

    /// Folders, and what holds what.
    fn folders(&mut self, old: &Model, new: &Model) -> Done {
        let (before, after) = (&old.listing.entries, &new.listing.entries);
        let class = |entry: &Entry| *entry == Entry::Folder;
        for (path, entry) in after {
            if before.get(path).map(class) == Some(class(entry)) {
                continue;
            }
            if *entry == Entry::Folder {
                self.entry(path, *entry, Trace::default())?;
            }
            self.sink.record(Record::Edge(records::contains(path, *entry)))?;
        }
        for (path, entry) in before {
            if after.get(path).map(class) == Some(class(entry)) {
                continue;
            }
            let edge = records::contains(path, *entry).external_id;
            self.sink.record(records::gone(Kind::Edge, edge))?;
            if *entry == Entry::Folder {
                self.sink.record(records::gone(Kind::Node, records::folder_id(path)))?;
            }
        }
        Ok(())
    }

    /// Files whose state may be another now are traced through the new history again.
    fn files(&mut self, old: &Model, new: &Model, gone: &Touched, fresh: &Touched) -> Done {
        let mut doubtful = BTreeSet::new();
        let (before, after) = (&old.listing.entries, &new.listing.entries);
        for (path, entry) in before.iter().chain(after) {
            let both = before.get(path).zip(after.get(path));
            let same = both.is_some_and(|(one, two)| one.is_like(two));
            if *entry != Entry::Folder && !same {
                doubtful.insert(path.clone());
            }
        }
        for (_, changes) in gone.values().chain(fresh.values()) {
            for (path, change) in &changes.files {
                if change.is_arrival() || !is_file(new, path) {
                    doubtful.insert(path.clone());
                }
            }
        }
        let traces = self.trace(doubtful, new, fresh)?;
        for (path, trace) in traces {
            let record = match after.get(&path).filter(|_| is_file(new, &path)) {
                Some(entry) => Record::Node(records::file(&path, Some(*entry), trace.since(true))),
                None if trace.touched.is_some() => {
                    Record::Node(records::file(&path, None, trace.since(false)))
                }
                None => records::gone(Kind::Node, records::file_id(&path)),
            };
            self.sink.record(record)?;
        }
        Ok(())
    }

    /// Walks back until all that is asked of these paths is known.
    fn trace(
        &mut self,
        paths: BTreeSet<BString>,
        new: &Model,
        fresh: &Touched,
    ) -> Done<HashMap<BString, Trace>> {
        let mut open: BTreeSet<BString> = paths.clone();
        let mut traces: HashMap<BString, Trace> =
            paths.into_iter().map(|path| (path, Trace::default())).collect();
        for (at, id) in new.window.order.iter().enumerate() {
            if open.is_empty() {
                break;
            }
            let (files, time) = if let Some((commit, changes)) = fresh.get(id) {
                (changes.files.clone(), commit.committed)
            } else {
                let Some(commit) = self.commits.known(id).cloned() else { continue };
                let changes = match self.differ.changes(&mut self.commits, id, &commit) {
                    Ok(changes) => changes,
                    // It was told when it was new, but may be another fault now.
                    Err(message) => {
                        self.sink.faults.push(refs::fault(&id.to_string(), &message));
                        continue;
                    }
                };
                (changes.files, commit.committed)
            };
            for (path, change) in files {
                if let Some(trace) = traces.get_mut(&path) {
                    trace.note(&change, time);
                    if trace.since(is_file(new, &path)).is_some() {
                        open.remove(&path);
                    }
                }
            }
            self.progress(at, new)?;
        }
        Ok(traces)
    }
}

fn name(record: &Record) -> Option<(Kind, String)> {
    match record {
        Record::Node(node) => Some((Kind::Node, node.external_id.clone())),
        Record::Edge(edge) => Some((Kind::Edge, edge.external_id.clone())),
        _ => None,
    }
}
