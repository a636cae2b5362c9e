//! When something held, and when that was learned.

use agentcy_store::ledger::Asserter;
use serde_json::json;

use super::book::{Book, Said, own, since, source};

fn row(valid: (i64, Option<i64>), known: (i64, Option<i64>), superseded: Option<i64>) -> Said {
    Said { valid, known, superseded, entity: uuid::Uuid::nil() }
}

async fn rows(book: &Book, who: Asserter) -> Vec<Said> {
    let rows = book.said(who, "a").await;
    rows.into_iter().map(|row| Said { entity: uuid::Uuid::nil(), ..row }).collect()
}

#[tokio::test]
async fn a_source_that_knows_since_when_is_believed() {
    let book = Book::new().await;
    let (source, who) = source_and_asserter();
    book.at(100).sync(source, &[since(7, own("a", json!({ "n": 1 })))]).await;
    book.at(200).sync(source, &[since(150, own("a", json!({ "n": 2 })))]).await;
    let expected =
        [row((7, Some(150)), (100, Some(200)), None), row((150, None), (200, None), None)];
    assert_eq!(rows(&book, who).await, expected);
}

#[tokio::test]
async fn what_is_to_hold_later_holds_since_it_was_said() {
    let book = Book::new().await;
    let (source, who) = source_and_asserter();
    book.at(100).sync(source, &[since(900, own("a", json!({ "n": 1 })))]).await;
    assert!(book.at(150).sync(source, &[since(900, own("a", json!({ "n": 1 })))]).await.is_empty());
    book.at(200).sync(source, &[since(800, own("a", json!({ "n": 2 })))]).await;
    book.at(300).sync(source, &[]).await;
    let expected = [
        row((100, Some(200)), (100, Some(200)), None),
        row((200, Some(300)), (200, Some(300)), None),
    ];
    assert_eq!(rows(&book, who).await, expected);
}

#[tokio::test]
async fn a_change_that_the_source_does_not_date_holds_since_it_was_seen() {
    let book = Book::new().await;
    let (source, who) = source_and_asserter();
    book.at(100).sync(source, &[since(7, own("a", json!({ "n": 1 })))]).await;
    book.at(200).sync(source, &[since(7, own("a", json!({ "n": 2 })))]).await;
    book.at(300).sync(source, &[own("a", json!({ "n": 3 }))]).await;
    let expected = [
        row((7, Some(200)), (100, Some(200)), None),
        row((200, Some(300)), (200, Some(300)), None),
        row((300, None), (300, None), None),
    ];
    assert_eq!(rows(&book, who).await, expected);
}

#[tokio::test]
async fn an_earlier_date_corrects_what_was_believed_and_the_old_belief_stays_known() {
    let book = Book::new().await;
    let (source, who) = source_and_asserter();
    book.at(100).sync(source, &[since(50, own("a", json!({ "n": 1 })))]).await;
    book.at(200).sync(source, &[since(20, own("a", json!({ "n": 1 })))]).await;
    let expected = [row((50, None), (100, None), Some(200)), row((20, None), (200, None), None)];
    assert_eq!(rows(&book, who).await, expected);
}

#[tokio::test]
async fn a_correction_does_not_reach_into_an_earlier_interval() {
    let book = Book::new().await;
    let (source, who) = source_and_asserter();
    book.at(100).sync(source, &[since(10, own("a", json!({ "n": 1 })))]).await;
    book.at(200).sync(source, &[since(150, own("a", json!({ "n": 2 })))]).await;
    book.at(300).sync(source, &[since(50, own("a", json!({ "n": 3 })))]).await;
    let expected = [
        row((10, Some(150)), (100, Some(200)), None),
        row((150, None), (200, None), Some(300)),
        row((150, None), (300, None), None),
    ];
    assert_eq!(rows(&book, who).await, expected);
}

#[tokio::test]
async fn what_comes_back_did_not_hold_while_it_was_gone_whatever_its_date() {
    let book = Book::new().await;
    let (source, who) = source_and_asserter();
    let said = [since(50, own("a", json!({ "n": 1 })))];
    book.at(100).sync(source, &said).await;
    book.at(200).sync(source, &[]).await;
    book.at(300).sync(source, &said).await;
    book.at(400).sync(source, &[]).await;
    book.at(500).sync(source, &[since(450, own("a", json!({ "n": 1 })))]).await;
    let expected = [
        row((50, Some(200)), (100, Some(200)), None),
        row((300, Some(400)), (300, Some(400)), None),
        row((450, None), (500, None), None),
    ];
    assert_eq!(rows(&book, who).await, expected);
}

#[tokio::test]
async fn two_changes_of_the_same_moment_leave_the_later_one() {
    let book = Book::new().await;
    let (source, who) = source_and_asserter();
    book.at(100).sync(source, &[own("a", json!({ "n": 1 }))]).await;
    book.at(100).sync(source, &[own("a", json!({ "n": 2 }))]).await;
    book.at(100).sync(source, &[]).await;
    let expected =
        [row((100, None), (100, None), Some(100)), row((100, None), (100, None), Some(100))];
    assert_eq!(rows(&book, who).await, expected);
    assert_eq!(book.own_node(source, "a").await.state, "archived");
}

#[tokio::test]
async fn the_date_is_kept_to_the_microsecond_so_that_a_finer_one_is_no_change() {
    let book = Book::new().await;
    let (source, _) = source_and_asserter();
    let finer = |nanos| {
        let agentcy_store::ledger::Staged::Node(mut node) = own("a", json!({})) else { panic!() };
        node.valid_from = chrono::DateTime::from_timestamp(1_700_000_000, nanos);
        [agentcy_store::ledger::Staged::Node(node)]
    };
    book.sync(source, &finer(5_000)).await;
    assert!(book.sync(source, &finer(5_999)).await.is_empty());
}

fn source_and_asserter() -> (agentcy_core::id::SourceId, Asserter) {
    let source = source();
    (source, Asserter::Source(source))
}
