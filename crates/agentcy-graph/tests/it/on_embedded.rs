//! The embedded engine: the contract, and what its files promise.

use std::{path::Path, sync::Arc};

use agentcy_core::id::{Id as _, OrgId};
use agentcy_graph::{Embedded, Error, GraphStore, Isolation};
use tempfile::TempDir;
use uuid::Uuid;

use crate::sample::{edge, edges, gone, node, org, read};

/// A store and the folder it lives in.
struct Home {
    store: Arc<dyn GraphStore>,
    _folder: TempDir,
}

impl Home {
    fn store(&self) -> Arc<dyn GraphStore> {
        Arc::clone(&self.store)
    }
}

fn home() -> Home {
    let folder = TempDir::new().unwrap();
    Home { store: Arc::new(open(folder.path(), 1)), _folder: folder }
}

fn open(folder: &Path, database: u128) -> Embedded {
    Embedded::open(folder, Uuid::from_u128(database), 4).unwrap()
}

fn file(folder: &Path, org: OrgId) -> std::path::PathBuf {
    folder.join(format!("{}.grafeo", org.uuid()))
}

crate::contract::suite!(home);

/// A folder with a small graph in it.
async fn filled(org: OrgId) -> TempDir {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path(), 1);
    store.upsert_nodes(org, &[node(1, 5), node(2, 5), node(3, 5)]).await.unwrap();
    store.upsert_edges(org, &[edge(7, 1, 2, 5), edge(8, 1, 3, 5)]).await.unwrap();
    store.remove_nodes(org, &[gone(4, 5)]).await.unwrap();
    store.set_watermark(org, 5).await.unwrap();
    store.close().await.unwrap();
    folder
}

#[tokio::test]
async fn every_org_has_a_file_of_its_own() {
    let (ours, theirs) = (org(), org());
    let folder = TempDir::new().unwrap();
    let store = open(folder.path(), 1);
    for org in [ours, theirs] {
        store.upsert_nodes(org, &[node(1, 1)]).await.unwrap();
        assert_eq!(store.isolation(org).await.unwrap(), Isolation::Own);
        assert!(file(folder.path(), org).exists());
    }
}

#[tokio::test]
async fn everything_survives_reopening() {
    let org = org();
    let folder = filled(org).await;
    let store = open(folder.path(), 1);
    assert_eq!(store.watermark(org).await.unwrap(), 5);
    assert_eq!(read(&store, org, 1).await, Some(node(1, 5)));
    assert_eq!(edges(&store, org, 1).await, [edge(7, 1, 2, 5), edge(8, 1, 3, 5)]);
    assert_eq!(store.upsert_nodes(org, &[node(4, 4)]).await.unwrap().stale, 1);
    assert_eq!(store.upsert_edges(org, &[edge(7, 2, 3, 4)]).await.unwrap().stale, 1);
    assert_eq!(store.upsert_edges(org, &[edge(7, 2, 3, 6)]).await.unwrap().written, 1);
    assert_eq!(edges(&store, org, 1).await, [edge(8, 1, 3, 5)]);
    assert_eq!(edges(&store, org, 3).await, [edge(7, 2, 3, 6), edge(8, 1, 3, 5)]);
}

#[tokio::test]
async fn what_was_not_closed_in_order_is_replayed() {
    let org = org();
    let folder = TempDir::new().unwrap();
    let store = open(folder.path(), 1);
    store.upsert_nodes(org, &[node(1, 1)]).await.unwrap();
    store.set_watermark(org, 1).await.unwrap();
    // A copy of the files as they are now is what a killed process leaves.
    let copy = TempDir::new().unwrap();
    copy_all(folder.path(), copy.path());
    let revived = open(copy.path(), 1);
    assert_eq!(read(&revived, org, 1).await, Some(node(1, 1)));
    assert_eq!(revived.watermark(org).await.unwrap(), 1);
}

pub(crate) fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn a_file_of_another_database_is_refused_until_it_is_cleared() {
    let org = org();
    let folder = filled(org).await;
    let store = open(folder.path(), 2);
    let refused = store.watermark(org).await.unwrap_err();
    assert!(matches!(refused, Error::Foreign { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&Uuid::from_u128(1).to_string()));
    assert!(store.upsert_nodes(org, &[node(1, 9)]).await.is_err());
    store.clear(org).await.unwrap();
    assert_eq!(store.watermark(org).await.unwrap(), 0);
}

#[tokio::test]
async fn a_file_of_another_org_is_refused() {
    let (ours, theirs) = (org(), org());
    let folder = filled(theirs).await;
    std::fs::rename(file(folder.path(), theirs), file(folder.path(), ours)).unwrap();
    let refused = open(folder.path(), 1).watermark(ours).await.unwrap_err();
    assert!(matches!(refused, Error::Foreign { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_damaged_file_says_so_until_it_is_cleared() {
    let org = org();
    let folder = filled(org).await;
    std::fs::write(file(folder.path(), org), "this is no graph".repeat(1_000)).unwrap();
    let store = open(folder.path(), 1);
    let refused = store.watermark(org).await.unwrap_err();
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused:?}");
    store.clear(org).await.unwrap();
    assert_eq!(store.upsert_nodes(org, &[node(1, 1)]).await.unwrap().written, 1);
}

#[tokio::test]
async fn a_second_process_finds_the_file_locked() {
    let org = org();
    let folder = TempDir::new().unwrap();
    let store = open(folder.path(), 1);
    store.upsert_nodes(org, &[node(1, 1)]).await.unwrap();
    let refused = open(folder.path(), 1).watermark(org).await.unwrap_err();
    assert!(refused.is_retryable(), "{refused:?}");
    assert_eq!(read(&store, org, 1).await, Some(node(1, 1)));
}

#[tokio::test]
async fn a_closed_store_answers_that_it_is_not_available() {
    let org = org();
    let folder = TempDir::new().unwrap();
    let store = open(folder.path(), 1);
    store.upsert_nodes(org, &[node(1, 1)]).await.unwrap();
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert!(store.ping().await.unwrap_err().is_retryable());
    assert!(store.watermark(org).await.unwrap_err().is_retryable());
}
