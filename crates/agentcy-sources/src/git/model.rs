//! Everything about a repository at one moment but what each commit did: cheap enough to be made
//! twice, for the last sync and for this one.

use std::collections::BTreeMap;

use gix::{ObjectId, Repository, objs::Kind};

use super::{
    names,
    people::People,
    refs::{HEADS, Refs, TAGS, fault},
    repo,
    subject::Subject,
    tree::Listing,
    window::{Commits, Window},
};
use crate::Fault;

const MAX_TAG_CHAIN: usize = 8;
const MAX_README: u64 = 256 << 10;
const MAX_DESCRIPTION: usize = 1024;
pub(super) const MAX_MESSAGE: usize = 16 << 10;

/// A tag and what it leads to.
#[derive(Debug, Default)]
pub(super) struct Tag {
    pub(super) commit: Option<ObjectId>,
    pub(super) note: Option<Note>,
}

/// What somebody wrote at a tag.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) message: String,
    /// Who, and when.
    pub(super) tagger: Option<(u32, i64)>,
}

/// A repository at one moment.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) refs: Refs,
    pub(super) tags: BTreeMap<String, Tag>,
    pub(super) window: Window,
    pub(super) listing: Listing,
    pub(super) people: People,
    pub(super) description: Option<String>,
    pub(super) faults: Vec<Fault>,
}

impl Model {
    /// Reads what these refs lead to. `None` when `step` says stop.
    pub(super) fn read(
        repo: &Repository,
        commits: &mut Commits,
        refs: Refs,
        subject: &Subject,
        step: impl FnMut() -> bool,
    ) -> Option<Self> {
        let Subject { config, shallow, .. } = subject;
        let mut faults = Vec::new();
        let mut tags = BTreeMap::new();
        for (name, id) in refs.below(TAGS) {
            match tag(repo, commits, id) {
                Ok(tag) => drop(tags.insert(name.to_owned(), tag)),
                Err(message) => faults.push(fault(&format!("{TAGS}{name}"), &message)),
            }
        }
        let heads = refs.below(HEADS).map(|(_, id)| id).chain(refs.head_id());
        let tips: Vec<ObjectId> = match config.branch {
            Some(_) => heads.collect(),
            None => heads.chain(tags.values().filter_map(|tag| tag.commit)).collect(),
        };
        let window = Window::walk(repo, commits, tips, shallow, config.max_commits, step)?;
        if config.branch.is_some() {
            tags.retain(|_, tag| tag.commit.is_some_and(|commit| window.contains(&commit)));
        }
        let head = refs.head_id().and_then(|id| commits.get(repo, id).as_ref().ok());
        let listing = head.map(|commit| Listing::of(repo, commit.tree)).unwrap_or_default();
        let description = listing.readme.map_or(Ok(None), |id| description(repo, id));
        let description = description.unwrap_or_else(|message| {
            faults.push(fault("README", &message));
            None
        });
        let people = people(commits, &window, &tags);
        Some(Self { refs, tags, window, listing, people, description, faults })
    }

    /// Everything that could not be read.
    pub(super) fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter().chain(&self.window.faults).chain(&self.listing.faults)
    }
}

fn tag(repo: &Repository, commits: &mut Commits, id: ObjectId) -> Result<Tag, String> {
    let mut tag = Tag::default();
    let mut next = id;
    let mut buffer = Vec::new();
    for _ in 0..MAX_TAG_CHAIN {
        let header =
            repo.find_header(next).map_err(|_| "the object is missing or broken".to_owned())?;
        match header.kind() {
            Kind::Commit => tag.commit = Some(next),
            Kind::Tag => {
                let found = repo::tag(repo, &next, &mut buffer)?;
                if tag.note.is_none() {
                    let tagger = found.tagger().ok().flatten();
                    let tagger = tagger.map(|who| (commits.signers.add(&who), who.seconds()));
                    let message = names::readable(found.message);
                    let message = names::cut(message.trim(), MAX_MESSAGE).to_owned();
                    tag.note = Some(Note { message, tagger });
                }
                next = found.target();
                continue;
            }
            Kind::Tree | Kind::Blob => {}
        }
        return Ok(tag);
    }
    Err("it leads through too many tags".to_owned())
}

fn people(commits: &Commits, window: &Window, tags: &BTreeMap<String, Tag>) -> People {
    let mut people = People::default();
    for id in &window.order {
        let Some(commit) = commits.known(id) else { continue };
        let what = id.to_string();
        people.saw(commits.signers.get(commit.author), commit.authored, &what);
        people.saw(commits.signers.get(commit.committer), commit.committed, &what);
    }
    for (name, tag) in tags {
        if let Some((tagger, time)) = tag.note.as_ref().and_then(|note| note.tagger) {
            people.saw(commits.signers.get(tagger), time, name);
        }
    }
    people
}

/// The first paragraph of a README that is neither a title nor a picture.
fn description(repo: &Repository, id: ObjectId) -> Result<Option<String>, String> {
    let size = repo.find_header(id).map_err(|_| repo::BROKEN.to_owned())?.size();
    if size > MAX_README {
        return Ok(None);
    }
    let mut buffer = Vec::new();
    let text = names::readable(repo::find(repo, &id, Kind::Blob, &mut buffer)?);
    let mut paragraph = String::new();
    for line in text.lines().map(str::trim) {
        let ornament = ["#", "=", "-", "~", "![", "[![", "<", "```", ".. ", ":"];
        if line.is_empty() && !paragraph.is_empty() {
            break;
        }
        if line.is_empty() || ornament.iter().any(|start| line.starts_with(start)) {
            // What stood above a line of signs was a title.
            if line.starts_with("==") || line.starts_with("--") {
                paragraph.clear();
            }
            continue;
        }
        if !paragraph.is_empty() {
            paragraph.push(' ');
        }
        paragraph.push_str(line);
    }
    let paragraph = names::cut(&paragraph, MAX_DESCRIPTION);
    Ok(Some(paragraph.to_owned()).filter(|text| !text.is_empty()))
}
