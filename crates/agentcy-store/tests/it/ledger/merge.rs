//! Several who speak of one thing, and what is shown of it.

use agentcy_core::id::RunId;
use agentcy_store::ledger::{Asserter, Kind, Staged, StagedNode, Target};
use serde_json::json;

use super::book::{Book, keyed, person, shared, since, source};
use crate::world::{at, next_id};

fn run() -> Asserter {
    Asserter::Run(RunId::from(next_id()))
}

#[tokio::test]
async fn two_sources_speak_of_one_thing_and_each_is_named() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    let labelled = |label: &str, staged| match staged {
        Staged::Node(node) => Staged::Node(StagedNode { labels: vec![label.to_owned()], ..node }),
        other => other,
    };
    book.at(10).sync(one, &[labelled("Repo", keyed("r1", "k", json!({ "a": 1, "c": 1 })))]).await;
    book.at(20)
        .sync(two, &[labelled("Project", keyed("p9", "k", json!({ "b": 2, "c": 2 })))])
        .await;
    let k = book.node("k").await;
    assert_eq!(k.labels, ["Project", "Repo"]);
    assert_eq!(k.properties, json!({ "a": 1, "b": 2, "c": 2 }));
    let (one_id, two_id) = (uuid::Uuid::from(one), uuid::Uuid::from(two));
    assert_eq!(
        k.sources,
        json!([{ "source_id": one_id, "external_id": "r1" }, { "source_id": two_id, "external_id": "p9" }])
    );
    let by = |id| json!({ "asserter": "source", "id": id });
    assert_eq!(k.provenance, json!({ "a": by(one_id), "b": by(two_id), "c": by(two_id) }));
    assert_eq!(k.valid_from, Some(at(10)));
    // The first says something newer, and now it counts.
    book.at(30).sync(one, &[labelled("Repo", keyed("r1", "k", json!({ "a": 1, "c": 3 })))]).await;
    assert_eq!(book.node("k").await.properties, json!({ "a": 1, "b": 2, "c": 3 }));
    // What a source knows to hold since later is newer than what was merely heard later.
    book.at(40).sync(two, &[since(35, keyed("p9", "k", json!({ "c": "late" })))]).await;
    book.at(50).sync(one, &[since(31, keyed("r1", "k", json!({ "c": "early" })))]).await;
    assert_eq!(book.node("k").await.properties["c"], "late");
    // Alone again, there is nothing to tell apart.
    book.at(60).retire(two).await;
    let k = book.node("k").await;
    assert_eq!((k.provenance, k.labels), (json!({}), vec!["Thing".to_owned()]));
}

#[tokio::test]
async fn a_person_stands_over_a_run_and_a_run_over_a_source_until_they_withdraw() {
    let book = Book::new().await;
    let (source, person, run) = (source(), person(), run());
    let said = |name: &str| [shared("k", json!({ "name": name, "size": 1 }))];
    book.sync(source, &said("source")).await;
    let id = book.edit(person, "k", json!({ "name": "person" })).await;
    book.edit(run, "k", json!({ "name": "run", "size": 2 })).await;
    let k = book.node("k").await;
    assert_eq!((k.id, k.properties), (id.into(), json!({ "name": "person", "size": 2 })));
    assert_eq!(k.provenance["name"], json!({ "asserter": "person", "id": person.uuid() }));
    assert_eq!(k.provenance["size"], json!({ "asserter": "run", "id": run.uuid() }));
    // However new the source's word is.
    book.sync(source, &said("source again")).await;
    assert_eq!(book.node("k").await.properties, json!({ "name": "person", "size": 2 }));
    assert!(book.withdraw(person, Kind::Node, k.id).await);
    assert_eq!(book.node("k").await.properties, json!({ "name": "run", "size": 2 }));
    assert!(book.withdraw(run, Kind::Node, k.id).await);
    let k = book.node("k").await;
    assert_eq!(
        (k.properties, k.provenance),
        (json!({ "name": "source again", "size": 1 }), json!({}))
    );
    assert!(!book.withdraw(person, Kind::Node, k.id).await);
}

#[tokio::test]
async fn a_null_of_a_person_hides_what_a_source_says_and_nulls_are_not_shown() {
    let book = Book::new().await;
    let (source, person) = (source(), person());
    book.sync(source, &[shared("k", json!({ "a": 1, "b": 2, "n": null, "deep": { "n": null } }))])
        .await;
    assert_eq!(book.node("k").await.properties, json!({ "a": 1, "b": 2, "deep": { "n": null } }));
    book.edit(person, "k", json!({ "a": null, "c": null })).await;
    let k = book.node("k").await;
    assert_eq!(k.properties, json!({ "b": 2, "deep": { "n": null } }));
    // One alone who says nothing but nulls.
    let id = book.edit(person, "mine", json!({ "x": null })).await;
    let mine = book.node("mine").await;
    assert_eq!((mine.id, mine.properties), (id.into(), json!({})));
}

#[tokio::test]
async fn what_one_source_says_of_another_ones_thing_keeps_it_live() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    book.sync(one, &[shared("k", json!({}))]).await;
    book.sync(two, &[shared("k", json!({}))]).await;
    book.sync(one, &[]).await;
    assert_eq!(book.node("k").await.state, "live");
    book.sync(two, &[]).await;
    let k = book.node("k").await;
    assert_eq!(k.state, "archived");
    // A person's word brings it back, with what they say alone.
    book.edit_node(person(), Target::Id(k.id.into()), None, json!({ "note": 1 }), None)
        .await
        .unwrap();
    let again = book.node("k").await;
    assert_eq!((again.id, again.state.as_str()), (k.id, "live"));
    assert_eq!((again.properties, again.sources), (json!({ "note": 1 }), json!([])));
}

#[tokio::test]
async fn runs_speak_as_one_and_each_version_names_its_own() {
    let book = Book::new().await;
    let (first, second) = (run(), run());
    let id = book.at(10).edit(first, "k", json!({ "a": 1, "b": 1 })).await;
    let before = book.node("k").await;
    book.at(20).edit(second, "k", json!({ "a": 1 })).await;
    assert_eq!(book.node("k").await, before, "it was said before");
    book.at(30).edit(second, "k", json!({ "a": null, "c": 1 })).await;
    assert_eq!(book.node("k").await.properties, json!({ "b": 1, "c": 1 }));
    let external = uuid::Uuid::from(id).to_string();
    assert_eq!(book.said(first, &external).await[0].valid, (10, Some(30)));
    assert_eq!(book.said(second, &external).await[0].valid, (30, None));
    assert!(!book.withdraw(first, Kind::Node, id.into()).await);
    assert!(book.withdraw(second, Kind::Node, id.into()).await);
    assert_eq!(book.node("k").await.state, "archived");
}
