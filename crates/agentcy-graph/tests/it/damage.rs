//! Graph files that were cut, spoilt, deleted or replaced: said so, or as they were at some earlier fact, but
//! never wrong, and never the end of the process.

use std::{
    fs,
    path::{Path, PathBuf},
};

use agentcy_core::{
    Realms,
    id::{Id as _, OrgId},
};
use agentcy_graph::{Direction, Edge, Embedded, Error, Expand, GraphStore, Node, Scope};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{
    on_embedded::copy_all,
    sample::{edge, node, node_id, org, read},
};

fn open(folder: &Path) -> Embedded {
    Embedded::open(folder, Uuid::from_u128(1), 4).unwrap()
}

const NODES: u128 = 100;

/// What the graph holds after so many facts.
fn written(fact: i64) -> (Vec<Node>, Vec<Edge>) {
    let first = (u128::try_from(fact).unwrap() - 1) * NODES + 1;
    let nodes = (first..first + NODES).map(|number| node(number, fact)).collect();
    let edges = (first..first + NODES).map(|from| edge(from, from, from.max(2) - 1, fact));
    (nodes, edges.collect())
}

async fn write(store: &Embedded, org: OrgId, fact: i64) {
    let (nodes, edges) = written(fact);
    store.upsert_nodes(org, &nodes).await.unwrap();
    store.upsert_edges(org, &edges).await.unwrap();
    store.set_watermark(org, fact).await.unwrap();
}

/// Two facts in the file, and two more that are in the log alone, as a process leaves them that was killed.
async fn killed(org: OrgId) -> TempDir {
    let (folder, left) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = open(folder.path());
    write(&store, org, 1).await;
    write(&store, org, 2).await;
    store.close().await.unwrap();
    let store = open(folder.path());
    write(&store, org, 3).await;
    write(&store, org, 4).await;
    copy_all(folder.path(), left.path());
    left
}

/// Four facts in the file, as it is closed in order.
async fn closed(org: OrgId) -> TempDir {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path());
    for fact in 1..=4 {
        write(&store, org, fact).await;
    }
    store.close().await.unwrap();
    folder
}

/// Reads all that must be there, by both ways, and writes; gives the last applied fact.
async fn judged(folder: &Path, org: OrgId) -> Result<i64, Error> {
    let store = open(folder);
    let fact = store.watermark(org).await?;
    let all = Scope { org, realms: &Realms::All };
    for fact in 1..=fact {
        let (nodes, edges) = written(fact);
        for node in &nodes {
            assert_eq!(store.read_node(all, node.id).await?.as_ref(), Some(node), "fact {fact}");
        }
        let starts: Vec<_> = nodes.iter().map(|node| node.id).collect();
        let expand = Expand {
            nodes: &starts,
            depth: 0,
            direction: Direction::Both,
            kinds: &[],
            labels: &[],
            limit: 1_000,
            work: Expand::WORK,
        };
        let found = store.expand(all, expand).await?;
        // The first edge of a batch leads to the batch before.
        let within = if fact == 1 { &edges[..] } else { &edges[1..] };
        assert_eq!(found.edges, within, "fact {fact}");
    }
    store.upsert_nodes(org, &[node(1, 9), node(9_999, 9)]).await?;
    store.upsert_edges(org, &[edge(1, 1, 9_999, 9)]).await?;
    store.close().await?;
    Ok(fact)
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

/// Does something to each file of a copy, at places all over it, and says what became of it: how often it was
/// found damaged, and the last facts otherwise.
async fn spoilt(
    whole: &Path,
    org: OrgId,
    spoil: impl Fn(&mut Vec<u8>, usize),
) -> (usize, Vec<i64>) {
    let (mut damaged, mut facts) = (0, Vec::new());
    for file in files(whole) {
        let file = file.strip_prefix(whole).unwrap();
        let length = fs::metadata(whole.join(file)).unwrap().len();
        let length = usize::try_from(length).unwrap();
        // The head, where all that matters stands close together, and then all over.
        let places = (0..64.min(length)).step_by(20).chain((64..length).step_by(length / 9 + 1));
        for place in places {
            let copy = TempDir::new().unwrap();
            copy_all(whole, copy.path());
            let mut bytes = fs::read(copy.path().join(file)).unwrap();
            spoil(&mut bytes, place);
            fs::write(copy.path().join(file), bytes).unwrap();
            match judged(copy.path(), org).await {
                Ok(fact) => facts.push(fact),
                Err(Error::Corrupt { .. }) => damaged += 1,
                Err(error) => panic!("{} at {place}: {error:?}", file.display()),
            }
            // Whatever it was, it can be made anew.
            let store = open(copy.path());
            store.clear(org).await.unwrap();
            assert_eq!(store.watermark(org).await.unwrap(), 0);
            write(&store, org, 1).await;
            assert_eq!(read(&store, org, 7).await, Some(node(7, 1)));
        }
    }
    (damaged, facts)
}

#[tokio::test]
async fn a_flipped_byte_in_a_closed_file_is_found_or_does_not_matter() {
    let org = org();
    let whole = closed(org).await;
    let (damaged, facts) = spoilt(whole.path(), org, |bytes, place| bytes[place] ^= 0xFF).await;
    assert!(damaged > 4, "{damaged}");
    assert!(facts.iter().all(|fact| *fact == 4), "{facts:?}");
}

#[tokio::test]
async fn a_file_that_was_cut_is_found_damaged() {
    let org = org();
    let whole = closed(org).await;
    let (damaged, facts) = spoilt(whole.path(), org, Vec::truncate).await;
    assert!(damaged > 10 && facts.is_empty(), "{damaged}, {facts:?}");
}

#[tokio::test]
async fn a_flipped_byte_in_the_log_is_found_or_ends_it() {
    let org = org();
    let whole = killed(org).await;
    let (damaged, facts) = spoilt(whole.path(), org, |bytes, place| bytes[place] ^= 0xFF).await;
    assert!(damaged > 4, "{damaged}");
    assert!(facts.iter().all(|fact| (2..=4).contains(fact)), "{facts:?}");
}

#[tokio::test]
async fn a_log_that_was_cut_ends_earlier() {
    let org = org();
    let whole = killed(org).await;
    let (damaged, facts) = spoilt(whole.path(), org, Vec::truncate).await;
    assert!(damaged > 4, "{damaged}");
    assert!(facts.iter().all(|fact| (2..=3).contains(fact)), "{facts:?}");
    assert!(facts.contains(&2) && facts.contains(&3), "{facts:?}");
}

#[tokio::test]
async fn a_file_that_was_deleted_begins_anew() {
    let org = org();
    let folder = closed(org).await;
    for file in files(folder.path()) {
        fs::remove_file(file).unwrap();
    }
    assert_eq!(judged(folder.path(), org).await.unwrap(), 0);
}

#[tokio::test]
async fn a_file_that_was_deleted_under_its_log_is_not_taken_for_whole() {
    let org = org();
    let folder = killed(org).await;
    fs::remove_file(folder.path().join(format!("{}.grafeo", org.uuid()))).unwrap();
    let judged = judged(folder.path(), org).await;
    assert!(matches!(judged, Ok(0) | Err(Error::Corrupt { .. })), "{judged:?}");
}

#[tokio::test]
async fn an_older_copy_is_as_far_as_it_was() {
    let (org, old) = (org(), TempDir::new().unwrap());
    let folder = TempDir::new().unwrap();
    let store = open(folder.path());
    write(&store, org, 1).await;
    write(&store, org, 2).await;
    store.close().await.unwrap();
    copy_all(folder.path(), old.path());
    let store = open(folder.path());
    write(&store, org, 3).await;
    store.close().await.unwrap();
    copy_all(old.path(), folder.path());
    assert_eq!(judged(folder.path(), org).await.unwrap(), 2);
}

#[tokio::test]
async fn an_older_file_under_a_newer_log_is_not_taken_for_whole() {
    let (org, old) = (org(), TempDir::new().unwrap());
    let folder = TempDir::new().unwrap();
    let store = open(folder.path());
    write(&store, org, 1).await;
    store.close().await.unwrap();
    copy_all(folder.path(), old.path());
    for fact in 2..=3 {
        let store = open(folder.path());
        write(&store, org, fact).await;
        store.close().await.unwrap();
    }
    let store = open(folder.path());
    write(&store, org, 4).await;
    let left = TempDir::new().unwrap();
    copy_all(folder.path(), left.path());
    let name = format!("{}.grafeo", org.uuid());
    fs::copy(old.path().join(&name), left.path().join(&name)).unwrap();
    let judged = judged(left.path(), org).await;
    assert!(matches!(judged, Ok(1) | Err(Error::Corrupt { .. })), "{judged:?}");
}

#[tokio::test]
async fn a_damaged_graph_of_one_org_leaves_the_others() {
    let (ours, theirs) = (org(), org());
    let folder = closed(ours).await;
    let store = open(folder.path());
    write(&store, theirs, 1).await;
    store.close().await.unwrap();
    fs::write(folder.path().join(format!("{}.grafeo", ours.uuid())), "no graph").unwrap();
    let store = open(folder.path());
    assert!(matches!(store.watermark(ours).await, Err(Error::Corrupt { .. })));
    assert_eq!(
        store.read_node(Scope { org: theirs, realms: &Realms::All }, node_id(7)).await.unwrap(),
        Some(node(7, 1))
    );
    assert!(store.ping().await.is_ok());
}
