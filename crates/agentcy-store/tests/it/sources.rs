//! Sources, and what is uploaded for them.

use agentcy_core::{
    Limit, Realms,
    id::{OrgId, SourceId},
};
use agentcy_store::{
    Db,
    source_contents::{self as contents, Swap},
    sources::{self, Source, Upload},
};
use serde_json::json;
use uuid::Uuid;

use crate::world::{World, at, by, next_id, run};

async fn org_with_realms(world: &World) -> OrgId {
    let org = world.org().await;
    let id = Uuid::from(org);
    let realms = format!(
        "insert into realms (org_id, slug, name, description, built_in, created_at)
         select '{id}', slug, slug, '', true, now() from unnest('{{crm,data}}'::text[]) slug"
    );
    run(&mut world.owner().await, realms).await;
    org
}

fn source(name: &str, realm: &str, secs: i64) -> Source {
    Source {
        id: next_id().into(),
        name: name.to_owned(),
        source_type: "csv".to_owned(),
        realm: realm.parse().unwrap(),
        config: json!({ "key": "id" }),
        credentials: Some(vec![1, 2, 3]),
        cursor: None,
        content: None,
        created_by: "usr".to_owned(),
        created_at: at(secs),
        updated_at: at(secs),
    }
}

async fn insert(db: &Db, org: OrgId, source: &Source) {
    let mut tx = db.begin(&by(org)).await.unwrap();
    sources::insert(&mut tx, source).await.unwrap();
    tx.commit().await.unwrap();
}

async fn find(db: &Db, org: OrgId, id: SourceId) -> Option<Source> {
    sources::find(&mut db.read(&by(org)).await.unwrap(), id).await.unwrap()
}

#[tokio::test]
async fn a_source_reads_back_as_it_was_written_in_its_own_org_alone() {
    let world = World::new().await;
    let (org, other) = (org_with_realms(&world).await, org_with_realms(&world).await);
    let written = source("Orders", "data", 0);
    insert(&world.db, org, &written).await;
    assert_eq!(find(&world.db, org, written.id).await, Some(written.clone()));
    assert_eq!(find(&world.db, other, written.id).await, None);
    let mut tx = world.db.begin(&by(other)).await.unwrap();
    assert!(!sources::update(&mut tx, &written).await.unwrap());
    assert!(!sources::delete(&mut tx, written.id).await.unwrap());
    assert!(sources::lock(&mut tx, written.id).await.unwrap().is_none());
    let note = Some(json!(1));
    let noted = sources::set_cursor(&mut tx, written.id, at(0), note.as_ref()).await.unwrap();
    assert!(!noted);
}

#[tokio::test]
async fn a_name_is_taken_whatever_its_case() {
    let world = World::new().await;
    let org = org_with_realms(&world).await;
    insert(&world.db, org, &source("Orders", "data", 0)).await;
    let mut tx = world.db.begin(&by(org)).await.unwrap();
    let taken = sources::insert(&mut tx, &source("ORDERS", "crm", 1)).await.unwrap_err();
    assert_eq!(taken.constraint(), Some(sources::NAME_KEY));
}

#[tokio::test]
async fn a_list_shows_the_realms_that_are_seen_page_by_page() {
    let world = World::new().await;
    let org = org_with_realms(&world).await;
    for (n, realm) in ["data", "crm", "data", "data"].iter().enumerate() {
        let secs = i64::try_from(n).unwrap();
        insert(&world.db, org, &source(&n.to_string(), realm, secs)).await;
    }
    let mut reader = world.db.read(&by(org)).await.unwrap();
    let limit = Limit::new(2).unwrap();
    let data = Realms::Only(vec!["data".parse().unwrap()]);
    let first = sources::list(&mut reader, &data, limit, None).await.unwrap();
    let names = |sources: &[Source]| sources.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
    assert_eq!((names(&first.items), first.total), (vec!["3".to_owned(), "2".into()], 3));
    let rest = sources::list(&mut reader, &data, limit, first.next).await.unwrap();
    assert_eq!((names(&rest.items), rest.next), (vec!["0".to_owned()], None));
    let all = sources::list(&mut reader, &Realms::All, limit, None).await.unwrap();
    assert_eq!(all.total, 4);
    let none = sources::list(&mut reader, &Realms::Only(Vec::new()), limit, None).await.unwrap();
    assert_eq!((none.items.len(), none.total), (0, 0));
}

#[tokio::test]
async fn a_cursor_is_noted_unless_the_source_changed() {
    let world = World::new().await;
    let org = org_with_realms(&world).await;
    let mut written = source("Orders", "data", 0);
    insert(&world.db, org, &written).await;
    let note = json!({ "head": "abc" });
    let mut tx = world.db.begin(&by(org)).await.unwrap();
    assert!(sources::set_cursor(&mut tx, written.id, at(0), Some(&note)).await.unwrap());
    written.updated_at = at(1);
    assert!(sources::update(&mut tx, &written).await.unwrap());
    assert!(!sources::set_cursor(&mut tx, written.id, at(0), Some(&note)).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(find(&world.db, org, written.id).await.unwrap().cursor, None);
}

#[tokio::test]
async fn an_upload_counts_once_it_is_whole_and_replaces_the_one_before() {
    let world = World::new().await;
    let org = org_with_realms(&world).await;
    let id = source("Orders", "data", 0).id;
    insert(&world.db, org, &Source { id, ..source("Orders", "data", 0) }).await;
    let (first, second) = (next_id(), next_id());
    let mut tx = world.db.begin(&by(org)).await.unwrap();
    for (piece, bytes) in [b"one".as_slice(), b"two"].iter().enumerate() {
        let piece = i32::try_from(piece).unwrap();
        contents::append(&mut tx, id, first, piece, bytes).await.unwrap();
        contents::append(&mut tx, id, second, piece, bytes).await.unwrap();
    }
    let whole = |id| Upload { id, bytes: 6 };
    let short = contents::swap(&mut tx, id, whole(first), 3, at(1)).await.unwrap();
    assert_eq!(short, Swap::Overtaken, "a piece short");
    assert_eq!(contents::swap(&mut tx, id, whole(first), 2, at(1)).await.unwrap(), Swap::Done);
    assert_eq!(
        contents::swap(&mut tx, id, whole(second), 2, at(2)).await.unwrap(),
        Swap::Overtaken
    );
    let gone = contents::swap(&mut tx, next_id().into(), whole(second), 2, at(2)).await.unwrap();
    assert_eq!(gone, Swap::Gone);
    contents::abandon(&mut tx, id, first).await.unwrap();
    tx.commit().await.unwrap();

    let found = find(&world.db, org, id).await.unwrap();
    assert_eq!((found.content, found.updated_at), (Some(whole(first)), at(1)));
    let mut reader = world.db.read(&by(org)).await.unwrap();
    let piece = contents::piece(&mut reader, id, first, 1).await.unwrap();
    assert_eq!(piece.as_deref(), Some(b"two".as_slice()));
    assert!(contents::piece(&mut reader, id, first, 2).await.unwrap().is_none());
    assert!(contents::piece(&mut reader, id, second, 0).await.unwrap().is_none());
}
