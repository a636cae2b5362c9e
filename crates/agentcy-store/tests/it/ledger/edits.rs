//! Edits: patches over one's own words, for a version or any.

use agentcy_store::ledger::{AssertError, Asserter, Target};
use serde_json::json;

use super::book::{Book, own, person, shared, source};
use crate::world::next_id;

#[tokio::test]
async fn an_edit_is_a_patch_over_ones_own_words() {
    let book = Book::new().await;
    let who = person();
    let id = book.at(10).edit(who, "k", json!({ "a": 1, "b": 1 })).await;
    let labels = ["Mine".to_owned()];
    let target = Target::Id(id);
    book.at(20).edit_node(who, target, Some(&labels), json!({ "b": 2 }), None).await.unwrap();
    let k = book.node("k").await;
    assert_eq!((k.properties, k.labels), (json!({ "a": 1, "b": 2 }), labels.to_vec()));
    book.at(30).edit_node(who, target, None, json!({ "a": null }), None).await.unwrap();
    let k = book.node("k").await;
    assert_eq!((k.properties, k.labels), (json!({ "b": 2 }), labels.to_vec()));
    let said = book.said(who, &k.id.to_string()).await;
    let valid: Vec<_> = said.iter().map(|row| row.valid).collect();
    assert_eq!(valid, [(10, Some(20)), (20, Some(30)), (30, None)]);
}

#[tokio::test]
async fn an_edit_that_says_nothing_new_writes_nothing() {
    let book = Book::new().await;
    let who = person();
    let id = book.edit(who, "k", json!({ "a": 1, "nul": "\0" })).await;
    let before = book.fingerprint().await;
    assert_eq!(book.edit(who, "k", json!({ "nul": "\0" })).await, id);
    let after = book.fingerprint().await;
    // The row was locked, which leaves a mark on it and no other.
    assert_eq!(before[1..], after[1..]);
}

#[tokio::test]
async fn an_edit_for_a_version_that_is_no_more_is_refused_and_says_the_present_one() {
    let book = Book::new().await;
    let (source, who) = (source(), person());
    book.sync(source, &[shared("k", json!({ "n": 1 }))]).await;
    let first = book.node("k").await;
    book.sync(source, &[shared("k", json!({ "n": 2 }))]).await;
    let second = book.node("k").await;
    let target = Target::Id(first.id.into());
    let stale = book.edit_node(who, target, None, json!({}), first.batch_id).await.unwrap_err();
    let AssertError::Stale { version: Some(version) } = stale else { panic!("{stale:?}") };
    assert_eq!(Some(version.into()), second.batch_id);
    book.edit_node(who, target, None, json!({ "n": 3 }), second.batch_id).await.unwrap();
    assert_eq!(book.node("k").await.properties, json!({ "n": 3 }));
    let absent = Target::Key { realm: &book.realm, key: "nothing there" };
    let stale = book.edit_node(who, absent, None, json!({}), first.batch_id).await.unwrap_err();
    assert!(matches!(stale, AssertError::Stale { version: None }), "{stale:?}");
}

#[tokio::test]
async fn a_node_that_one_source_alone_speaks_of_is_edited_by_its_id() {
    let book = Book::new().await;
    let source = source();
    book.sync(source, &[own("x", json!({ "n": 1 }))]).await;
    let x = book.own_node(source, "x").await;
    let id = book
        .edit_node(person(), Target::Id(x.id.into()), None, json!({ "n": 2 }), None)
        .await
        .unwrap();
    assert_eq!(uuid::Uuid::from(id), x.id);
    assert_eq!(book.own_node(source, "x").await.properties, json!({ "n": 2 }));
}

#[tokio::test]
async fn what_is_not_there_can_be_neither_edited_nor_linked() {
    let book = Book::new().await;
    let who = person();
    let k = book.edit(who, "k", json!({})).await;
    let nothing = next_id();
    let unknown = book.edit_node(who, Target::Id(nothing.into()), None, json!({}), None).await;
    assert!(matches!(unknown, Err(AssertError::Unknown)), "{unknown:?}");
    let unknown = book.link(who, (k, nothing.into()), "TO", json!({})).await;
    assert!(matches!(unknown, Err(AssertError::Unknown)), "{unknown:?}");
    let edge = book.link(who, (k, k), "TO", json!({})).await.unwrap();
    let unknown =
        book.edit_node(who, Target::Id(uuid::Uuid::from(edge).into()), None, json!({}), None).await;
    assert!(matches!(unknown, Err(AssertError::Unknown)), "{unknown:?}");
}

#[tokio::test]
async fn an_edit_over_a_bound_is_refused() {
    let book = Book::new().await;
    let who = person();
    let long = "x".repeat(1025);
    let target = Target::Key { realm: &book.realm, key: &long };
    let refused = book.edit_node(who, target, None, json!({}), None).await.unwrap_err();
    assert!(matches!(refused, AssertError::Invalid(_)), "{refused:?}");
    let target = Target::Key { realm: &book.realm, key: "k" };
    let refused = book.edit_node(who, target, None, json!({ long: 1 }), None).await.unwrap_err();
    assert!(matches!(refused, AssertError::Invalid(_)), "{refused:?}");
    assert_eq!(book.find_node("k:k").await, None);
}

#[tokio::test]
async fn the_same_key_in_two_realms_is_two_things() {
    let mut book = Book::new().await;
    let who = person();
    let here = book.edit(who, "k", json!({ "n": 1 })).await;
    book.realm = "crm".parse().unwrap();
    let there = book.edit(who, "k", json!({ "n": 2 })).await;
    assert_ne!(here, there);
    assert_eq!(book.node("k").await.properties, json!({ "n": 2 }));
}

#[tokio::test]
async fn several_edits_of_one_request_are_one_batch() {
    let book = Book::new().await;
    let batch = book.batch(person());
    let mut tx = book.db().begin(&book.by).await.unwrap();
    let properties = super::book::map(json!({ "n": 1 }));
    for key in ["a", "b", "a"] {
        let assertion = agentcy_store::ledger::NodeAssertion {
            target: Target::Key { realm: &book.realm, key },
            labels: None,
            properties: &properties,
            valid_from: None,
            expected: None,
        };
        agentcy_store::ledger::assert_node(&mut tx, &batch, &assertion).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(book.node("a").await.batch_id, book.node("b").await.batch_id);
    let added: Vec<i64> = sqlx::query_scalar("select added from fact_batches")
        .fetch_all(&mut book.owner().await)
        .await
        .unwrap();
    assert_eq!(added, [2]);
    assert!(matches!(batch.asserter, Asserter::Person(_)));
}
