//! The records of a repository that do not depend on what each commit did.

use super::{
    config::Place,
    model::Model,
    names,
    records::{self, REPOSITORY},
    refs::{HEADS, Head},
    subject::Subject,
    window::Commits,
};
use crate::{EdgeRecord, NodeRecord, Record};

/// The repository, its branches and tags, its people.
pub(super) fn records(model: &Model, commits: &Commits, subject: &Subject) -> Vec<Record> {
    let mut said = Vec::new();
    said.push(Record::Node(repository(model, commits, subject)));
    head(model, &mut said);
    for (name, id) in model.refs.below(HEADS) {
        let branch = records::branch_id(name);
        said.push(Record::Node(records::branch(name)));
        edge(&mut said, &format!("has:{branch}"), "HAS_BRANCH", REPOSITORY, &branch);
        if model.window.contains(&id) {
            edge(
                &mut said,
                &format!("points_at:{branch}:{id}"),
                "POINTS_AT",
                &branch,
                &id.to_string(),
            );
        }
    }
    for (name, tag) in &model.tags {
        let node = records::tag(name, tag);
        let (id, at) = (node.external_id.clone(), node.valid_from);
        said.push(Record::Node(node));
        edge(&mut said, &format!("has:{id}"), "HAS_TAG", REPOSITORY, &id);
        if let Some(commit) = tag.commit.filter(|commit| model.window.contains(commit)) {
            edge(
                &mut said,
                &format!("points_at:{id}:{commit}"),
                "POINTS_AT",
                &id,
                &commit.to_string(),
            );
        }
        if let Some((tagger, _)) = tag.note.as_ref().and_then(|note| note.tagger) {
            let who = &commits.signers.get(tagger).id;
            let tagged =
                records::edge(names::bounded(&format!("tagged:{id}:{who}")), "TAGGED", who, &id);
            said.push(Record::Edge(EdgeRecord { valid_from: at, ..tagged }));
        }
    }
    for (id, person) in &model.people.0 {
        said.push(Record::Node(records::author(id, person)));
        let part = records::edge(format!("contributes:{id}"), "CONTRIBUTED_TO", id, REPOSITORY);
        let valid_from = records::time(person.since);
        said.push(Record::Edge(EdgeRecord { valid_from, ..part }));
    }
    said
}

fn edge(said: &mut Vec<Record>, id: &str, edge_type: &str, from: &str, to: &str) {
    said.push(Record::Edge(records::edge(names::bounded(id), edge_type, from, to)));
}

fn head(model: &Model, said: &mut Vec<Record>) {
    let target = match &model.refs.head {
        Head::Branch(name) if model.refs.all.contains_key(name) => {
            name.strip_prefix(HEADS).map(records::branch_id)
        }
        Head::Detached(id) if model.window.contains(id) => Some(id.to_string()),
        _ => None,
    };
    if let Some(target) = target {
        edge(said, &format!("head:{target}"), "HEAD", REPOSITORY, &target);
    }
}

fn repository(model: &Model, commits: &Commits, subject: &Subject) -> NodeRecord {
    let Subject { config, origin, .. } = subject;
    // Where the history is cut, its beginning is not that of the repository.
    let whole = model.window.order.len() < config.max_commits;
    let oldest = model.window.order.last().filter(|_| whole).and_then(|id| commits.known(id));
    records::repository(&records::About {
        name: &origin.name,
        url: origin.url.as_deref(),
        path: match &config.place {
            Place::Path(path) => Some(path),
            Place::Url(_) => None,
        },
        branch: match &model.refs.head {
            Head::Branch(name) => name.strip_prefix(HEADS),
            _ => None,
        },
        description: model.description.as_deref(),
        since: oldest.map(|commit| commit.committed),
    })
}
