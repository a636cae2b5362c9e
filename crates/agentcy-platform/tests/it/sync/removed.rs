//! What a source leaves behind that is moved or removed.

use std::{fs, path::Path};

use agentcy_core::{ErrorCode, id::Id as _};
use agentcy_platform::{
    jobs::LONGEST_DELAY,
    sources::{self, SourceUpdate},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    script::{edge, node},
    theatre::Theatre,
};
use crate::stage::{code, only};

#[tokio::test]
async fn both_realms_are_told_when_a_source_moves() {
    let stage = Theatre::playing([node("a"), node("b"), edge("a", "b")]).await;
    stage.script.then([node("a"), node("c")]);
    stage.sync().await;
    stage.clock.advance_past_caches();
    let moved = SourceUpdate { realm: Some("crm".parse().unwrap()), ..SourceUpdate::default() };
    sources::update(&stage.platform, &stage.caller, stage.source, moved).await.unwrap();
    stage.sync().await;
    let told = stage.told("graph").await;
    let part = |it: &Value| [it["realm"].clone(), it["added"].clone(), it["archived"].clone()];
    let parts: Vec<_> = told.iter().map(part).collect();
    assert_eq!(
        parts,
        [
            [json!("data"), json!(3), json!(0)],
            [json!("crm"), json!(2), json!(0)],
            [json!("data"), json!(0), json!(3)],
        ]
    );
    let by_realm = "select realm, event from outbox where topic = 'graph' order by written";
    let rows = stage.database.rows(by_realm).await;
    assert!(rows.iter().zip(&told).all(|(row, told)| row["realm"] == told["realm"]));
    assert_eq!(told[1]["labels"], json!(["Thing"]));

    sources::remove(&stage.platform, &stage.caller, stage.source, true).await.unwrap();
    stage.run().await;
    let told = stage.told("graph").await;
    assert_eq!(part(&told[3]), [json!("crm"), json!(0), json!(2)]);
}

#[tokio::test]
async fn what_a_removed_source_said_is_archived_however_often_that_fails() {
    let stage = Theatre::playing([node("a"), node("b")]).await;
    stage.sync().await;
    let (platform, caller, id) = (&stage.platform, &stage.caller, stage.source);
    sources::remove(platform, caller, id, true).await.unwrap();
    stage
        .database
        .execute(
            "create function busy() returns trigger language plpgsql as $$ begin raise 'busy'; end $$;
             create trigger busy before update on facts execute function busy()",
        )
        .await;
    for _ in 0..7 {
        stage.run().await;
        stage.clock.advance(TimeDelta::from_std(LONGEST_DELAY).unwrap());
    }
    assert_eq!(stage.said().await, ["a", "b"]);
    sources::remove(platform, caller, id, true).await.expect("it is under way");
    stage.database.execute("drop trigger busy on facts").await;
    stage.run().await;
    assert!(stage.said().await.is_empty());
    assert_eq!(code(sources::remove(platform, caller, id, true).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn what_a_removed_source_said_may_be_archived_later() {
    let stage = Theatre::playing([node("a"), node("b")]).await;
    stage.sync().await;
    let (platform, id) = (&stage.platform, stage.source);
    let mut elsewhere = stage.caller.clone();
    elsewhere.realms = only(&["crm"]);
    sources::remove(platform, &stage.caller, id, false).await.unwrap();
    assert_eq!(
        code(sources::remove(platform, &stage.caller, id, false).await),
        ErrorCode::NotFound
    );
    assert_eq!(code(sources::remove(platform, &elsewhere, id, true).await), ErrorCode::NotFound);
    assert_eq!(stage.said().await, ["a", "b"]);
    sources::remove(platform, &stage.caller, id, true).await.unwrap();
    stage.run().await;
    assert!(stage.said().await.is_empty());
}

#[tokio::test]
async fn the_copies_of_a_removed_source_go_with_it() {
    let stage = Theatre::playing([node("a")]).await;
    let top = tempfile::tempdir().unwrap();
    let platform = stage.replica_with(|setup| setup.sources.cache = Some(top.path().to_owned()));
    let place = |id: uuid::Uuid| top.path().join(stage.org.uuid().to_string()).join(id.to_string());
    let other = stage.ids.next();
    stage.connect(other, "tools").await;
    let folders = [place(stage.source.uuid()), place(other.uuid())];
    for folder in &folders {
        fs::create_dir_all(folder.join("repository.git/objects")).unwrap();
        fs::write(folder.join("repository.lock"), "").unwrap();
    }
    sources::remove(&platform, &stage.caller, stage.source, false).await.unwrap();
    let there = |folder: &Path| folder.exists();
    assert_eq!((there(&folders[0]), there(&folders[1])), (false, true));
}
