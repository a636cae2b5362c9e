//! What a repository is in the graph: labels, types, ids and properties.

use agentcy_core::Timestamp;
use chrono::DateTime;
use gix::{ObjectId, bstr::BString};
use serde_json::{Map, Value, json};

use super::{
    changes::Change,
    model::Tag,
    names,
    people::{Person, Signer},
    tree::Entry,
    version,
};
use crate::{EdgeRecord, End, Gone, Kind, NodeRecord, Record};

pub(super) const REPOSITORY: &str = "repository";

/// A time of git, where it is one that a calendar has: hostile commits claim any number.
pub(super) fn time(seconds: i64) -> Option<Timestamp> {
    const YEAR_10000: i64 = 253_402_300_800;
    (0..YEAR_10000).contains(&seconds).then(|| DateTime::from_timestamp(seconds, 0)).flatten()
}

pub(super) fn file_id(path: &BString) -> String {
    names::bounded(&format!("file:{}", names::exact(path.as_ref())))
}

pub(super) fn folder_id(path: &BString) -> String {
    names::bounded(&format!("folder:{}", names::exact(path.as_ref())))
}

/// The id of what lies at a path.
pub(super) fn entry_id(path: &BString, entry: Entry) -> String {
    if entry == Entry::Folder { folder_id(path) } else { file_id(path) }
}

pub(super) fn branch_id(name: &str) -> String {
    names::bounded(&format!("branch:{name}"))
}

pub(super) fn tag_id(name: &str) -> String {
    names::bounded(&format!("tag:{name}"))
}

/// The key under which every source that knows a commit speaks of it.
pub(super) fn commit_key(id: &ObjectId) -> String {
    format!("git:{id}")
}

fn properties(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { return Map::new() };
    map.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

fn node(id: String, label: &str, values: Value) -> NodeRecord {
    NodeRecord {
        external_id: id,
        key: None,
        labels: vec![label.to_owned()],
        properties: properties(values),
        valid_from: None,
    }
}

pub(super) fn edge(id: String, edge_type: &str, from: &str, to: &str) -> EdgeRecord {
    EdgeRecord {
        external_id: id,
        edge_type: edge_type.to_owned(),
        from: End::Own(from.to_owned()),
        to: End::Own(to.to_owned()),
        key: String::new(),
        properties: Map::new(),
        valid_from: None,
    }
}

pub(super) fn gone(kind: Kind, external_id: String) -> Record {
    Record::Gone(Gone { kind, external_id })
}

/// What is said of the repository itself.
pub(super) struct About<'a> {
    pub(super) name: &'a str,
    pub(super) url: Option<&'a str>,
    pub(super) path: Option<&'a str>,
    pub(super) branch: Option<&'a str>,
    pub(super) description: Option<&'a str>,
    pub(super) since: Option<i64>,
}

pub(super) fn repository(about: &About<'_>) -> NodeRecord {
    NodeRecord {
        key: about.url.map(names::bounded),
        valid_from: about.since.and_then(time),
        ..node(
            REPOSITORY.to_owned(),
            "Repository",
            json!({
                "name": about.name, "url": about.url, "path": about.path,
                "default_branch": about.branch, "description": about.description,
            }),
        )
    }
}

/// A commit, and who made it.
pub(super) struct Made<'a> {
    pub(super) id: &'a ObjectId,
    pub(super) message: &'a str,
    pub(super) author: &'a Signer,
    pub(super) committer: &'a Signer,
    pub(super) authored: i64,
    pub(super) committed: i64,
    pub(super) merge: bool,
    pub(super) files: Option<usize>,
    pub(super) cut: bool,
}

pub(super) fn commit(made: &Made<'_>) -> NodeRecord {
    let sha = made.id.to_string();
    let (title, body) = made.message.split_once('\n').unwrap_or((made.message, ""));
    let body = body.trim();
    NodeRecord {
        key: Some(commit_key(made.id)),
        valid_from: time(made.committed),
        ..node(
            sha.clone(),
            "Commit",
            json!({
                "name": &sha[..12], "sha": sha, "title": names::cut(title.trim(), 512),
                "description": (!body.is_empty()).then_some(body), "author": made.author.name,
                "authored_at": time(made.authored), "committed_at": time(made.committed),
                "merge": made.merge.then_some(true), "files_changed": made.files,
                "files_cut": made.cut.then_some(true),
            }),
        )
    }
}

/// Who wrote a commit, and who put it there when that was somebody else.
pub(super) fn signatures(made: &Made<'_>) -> Vec<EdgeRecord> {
    let sha = made.id.to_string();
    let wrote = edge(format!("authored:{sha}"), "AUTHORED", &made.author.id, &sha);
    let put = edge(format!("committed:{sha}"), "COMMITTED", &made.committer.id, &sha);
    let at = time(made.committed);
    let mut edges = vec![EdgeRecord { valid_from: at, ..wrote }];
    if made.committer.id != made.author.id {
        edges.push(EdgeRecord { valid_from: at, ..put });
    }
    edges
}

pub(super) fn parent_id(child: &ObjectId, parent: &ObjectId) -> String {
    format!("parent:{child}:{parent}")
}

pub(super) fn parent(child: &ObjectId, parent: &ObjectId, at: usize, when: i64) -> EdgeRecord {
    EdgeRecord {
        properties: properties(json!({ "position": at })),
        valid_from: time(when),
        ..edge(parent_id(child, parent), "PARENT", &child.to_string(), &parent.to_string())
    }
}

pub(super) fn touched_id(commit: &ObjectId, path: &BString) -> String {
    names::bounded(&format!("touched:{commit}:{}", names::exact(path.as_ref())))
}

pub(super) fn touched(commit: &ObjectId, path: &BString, change: &Change, at: i64) -> EdgeRecord {
    let from = match change {
        Change::Renamed(from) => Some(names::readable(from)),
        _ => None,
    };
    EdgeRecord {
        properties: properties(json!({ "change": change.name(), "from_path": from })),
        valid_from: time(at),
        ..edge(touched_id(commit, path), "TOUCHED", &commit.to_string(), &file_id(path))
    }
}

/// A file, at the head or of the past.
pub(super) fn file(path: &BString, entry: Option<Entry>, since: Option<i64>) -> NodeRecord {
    let text = names::readable(path);
    let name = names::last(&text);
    let extension = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, end)| end);
    let kind = match entry {
        Some(Entry::Executable(_)) => Some("executable"),
        Some(Entry::Link) => Some("link"),
        Some(Entry::Submodule) => Some("submodule"),
        _ => None,
    };
    NodeRecord {
        valid_from: since.and_then(time),
        ..node(
            file_id(path),
            "File",
            json!({
                "name": name, "path": text, "extension": extension, "kind": kind,
                "at_head": entry.is_some(),
            }),
        )
    }
}

pub(super) fn folder(path: &BString) -> NodeRecord {
    let text = names::readable(path);
    node(folder_id(path), "Folder", json!({ "name": names::last(&text), "path": text }))
}

/// The folder, or the repository, that holds what lies at a path.
pub(super) fn contains(path: &BString, entry: Entry) -> EdgeRecord {
    let id = entry_id(path, entry);
    let above = path.iter().rposition(|byte| *byte == b'/');
    let above = above.map_or(REPOSITORY.to_owned(), |end| folder_id(&path[..end].into()));
    edge(format!("contains:{id}"), "CONTAINS", &above, &id)
}

pub(super) fn branch(name: &str) -> NodeRecord {
    node(branch_id(name), "Branch", json!({ "name": name }))
}

/// A tag; one with the name of a version is a release as well.
pub(super) fn tag(name: &str, tag: &Tag) -> NodeRecord {
    let version = version::of(name);
    let note = tag.note.as_ref();
    let (title, body) = note.map_or(("", ""), |note| {
        note.message.split_once('\n').unwrap_or((note.message.as_str(), ""))
    });
    let at = note.and_then(|note| note.tagger).and_then(|(_, at)| time(at));
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut record = node(
        tag_id(name),
        "Tag",
        json!({
            "name": name, "annotated": note.is_some(), "version": version, "tagged_at": at,
            "title": some(names::cut(title.trim(), 512)), "description": some(body.trim()),
        }),
    );
    if version.is_some() {
        record.labels.push("Release".to_owned());
    }
    NodeRecord { valid_from: at, ..record }
}

pub(super) fn author(id: &str, person: &Person) -> NodeRecord {
    NodeRecord {
        key: person.mail.as_ref().map(|mail| format!("mailto:{mail}")),
        valid_from: time(person.since),
        ..node(id.to_owned(), "Author", json!({ "name": person.name, "email": person.mail }))
    }
}
