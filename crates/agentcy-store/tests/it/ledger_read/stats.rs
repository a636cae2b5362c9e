//! How much there is.

use std::collections::BTreeMap;

use agentcy_core::Realms;
use agentcy_store::ledger::stats::{Count, stats};
use serde_json::json;

use crate::ledger::book::{Book, by_key, edge, keyed, person, shared, source};

#[tokio::test]
async fn everything_is_counted_by_label_type_realm_and_source() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    let records = [
        shared("a", json!({})),
        shared("b", json!({})),
        shared("c", json!({})),
        edge("T1", by_key("a"), by_key("b")),
        edge("T2", by_key("a"), by_key("b")),
        edge("T2", by_key("b"), by_key("c")),
        edge("T2", by_key("c"), by_key("nowhere")),
    ];
    book.sync(one, &records).await;
    book.sync(two, &[keyed("x", "a", json!({})), edge("T1", by_key("a"), by_key("b"))]).await;
    book.edit(person(), "mine", json!({})).await;
    let mut t = book.db().read(&book.by).await.unwrap();
    for realms in [Realms::All, Realms::Only(vec![book.realm.clone()])] {
        let found = stats(&mut t, &realms).await.unwrap();
        let all = Count { nodes: 4, edges: 3 };
        assert_eq!(found.total, all);
        assert_eq!(found.realms, BTreeMap::from([(book.realm.clone(), all)]));
        assert_eq!(found.labels, [("Thing".to_owned(), 3)]);
        assert_eq!(found.types, [("T2".to_owned(), 2), ("T1".to_owned(), 1)]);
        let told = [(one, Count { nodes: 3, edges: 3 }), (two, Count { nodes: 1, edges: 1 })];
        assert_eq!(found.sources, BTreeMap::from(told));
        assert_eq!(found.waiting, 1);
    }
}
