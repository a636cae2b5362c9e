//! The note from one sync to the next: what the repository pointed at.

use std::collections::BTreeMap;

use gix::ObjectId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    config::Place,
    refs::{Head, Refs},
    subject::Subject,
};

/// Counts up when the same repository would be told in other records.
const VERSION: u32 = 1;
/// How many bytes of names and ids a note holds; it may be 64 KiB as JSON.
const MAX_TIPS: usize = 40 << 10;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    version: u32,
    /// The digest of all settings that change what is told.
    settings: String,
    /// The digest of the refs.
    refs: String,
    head: String,
    /// The refs themselves, where there is room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tips: Option<BTreeMap<String, String>>,
}

/// What is known of the last sync.
pub(super) enum Last {
    /// Nothing that helps.
    Unknown,
    /// Nothing changed since.
    Same,
    /// It told this.
    Refs(Refs),
}

pub(super) fn write(subject: &Subject, refs: &Refs) -> Value {
    let size: usize = refs.all.keys().map(|name| name.len() + 48).sum();
    let tips = (size <= MAX_TIPS)
        .then(|| refs.all.iter().map(|(name, id)| (name.clone(), id.to_string())).collect());
    let note = Note {
        version: VERSION,
        settings: settings(subject),
        refs: digest(refs),
        head: head(refs),
        tips,
    };
    // A note of texts can always be written; if not, the next sync is a full one.
    serde_json::to_value(note).unwrap_or_default()
}

pub(super) fn read(cursor: Option<&Value>, subject: &Subject, now: &Refs) -> Last {
    let Some(note) = cursor.and_then(|value| Note::deserialize(value).ok()) else {
        return Last::Unknown;
    };
    if note.version != VERSION || note.settings != settings(subject) {
        return Last::Unknown;
    }
    if note.refs == digest(now) {
        return Last::Same;
    }
    let id = |text: &str| ObjectId::from_hex(text.as_bytes()).ok();
    let tips = note.tips.unwrap_or_default();
    let all: Option<BTreeMap<_, _>> =
        tips.into_iter().map(|(name, hex)| Some((name, id(&hex)?))).collect();
    let head = match note.head.as_str() {
        "" => Some(Head::Nowhere),
        name if name.starts_with("refs/") => Some(Head::Branch(name.to_owned())),
        hex => id(hex).map(Head::Detached),
    };
    match all.zip(head).map(|(all, head)| Refs { head, all }) {
        // The digest covers all of it, so a note without tips does not pass for an empty repository.
        Some(refs) if digest(&refs) == note.refs => Last::Refs(refs),
        _ => Last::Unknown,
    }
}

fn head(refs: &Refs) -> String {
    match &refs.head {
        Head::Branch(name) => name.clone(),
        Head::Detached(id) => id.to_string(),
        Head::Nowhere => String::new(),
    }
}

fn digest(refs: &Refs) -> String {
    let mut hasher = Sha256::new();
    hasher.update(head(refs));
    for (name, id) in &refs.all {
        hasher.update([0]);
        hasher.update(name);
        hasher.update(id.as_slice());
    }
    hex::encode(hasher.finalize())
}

fn settings(subject: &Subject) -> String {
    let Subject { config, origin, shallow } = subject;
    let place = match &config.place {
        Place::Path(path) => path.as_str(),
        Place::Url(url) => url.as_str(),
    };
    let branch = config.branch.as_deref().unwrap_or_default();
    let url = origin.url.as_deref().unwrap_or_default();
    let max = config.max_commits.to_string();
    let mut hasher = Sha256::new();
    for part in [place, branch, &max, &origin.name, url] {
        hasher.update(part);
        hasher.update([0]);
    }
    for id in shallow {
        hasher.update(id.as_slice());
    }
    hex::encode(hasher.finalize())
}
