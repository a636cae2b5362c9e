//! What is found by which words.

use agentcy_core::{Limit, Realms, id::NodeId};
use agentcy_store::ledger::{
    Moment, Staged, StagedNode,
    search::{NodeQuery, PropertyIs, search},
};
use serde_json::{Value, json};

use super::number;
use crate::{
    ledger::book::{Book, keyed, own, person, shared, source},
    world::at,
};

async fn names_at(book: &Book, query: &NodeQuery, moment: Moment) -> Vec<String> {
    let mut t = book.db().read(&book.by).await.unwrap();
    let page = search(&mut t, &Realms::All, query, moment, Limit::default(), None).await.unwrap();
    assert_eq!(page.total, number(page.items.len()), "{query:?}");
    let name = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
    page.items.iter().map(|it| name(it.properties.get("name").unwrap_or(&Value::Null))).collect()
}

async fn names(book: &Book, q: &str) -> Vec<String> {
    names_at(book, &words(q), Moment::default()).await
}

fn words(q: &str) -> NodeQuery {
    NodeQuery { q: q.to_owned(), ..NodeQuery::default() }
}

fn named(name: &str) -> Staged {
    own(name, json!({ "name": name }))
}

async fn book(names: &[&str]) -> Book {
    let book = Book::new().await;
    book.sync(source(), &names.iter().copied().map(named).collect::<Vec<_>>()).await;
    book
}

#[tokio::test]
async fn composed_names_are_found_by_their_parts_and_in_one_piece() {
    let all = ["payment-service", "PaymentService", "src/payment/api.rs", "payment_service_v2"];
    let book = book(&all).await;
    book.sync(source(), &[named("Order"), named("repayment")]).await;
    let found = async |q: &str| {
        let mut found = names(&book, q).await;
        found.sort();
        found
    };
    assert_eq!(found("payment").await.len(), 4);
    assert_eq!(found("Payment Serv").await.len(), 3);
    assert_eq!(
        found("paymentservice").await,
        ["PaymentService", "payment-service", "payment_service_v2"]
    );
    assert_eq!(
        found("PaymentService").await,
        ["PaymentService", "payment-service", "payment_service_v2"]
    );
    assert_eq!(found("api.rs").await, ["src/payment/api.rs"]);
    assert_eq!(found("\"payment api\"").await, ["src/payment/api.rs"]);
    assert_eq!(found("payment -service").await, ["src/payment/api.rs"]);
    assert_eq!(found("order or v2").await, ["Order", "payment_service_v2"]);
    assert!(found("\"service payment\"").await.is_empty());
}

#[tokio::test]
async fn accents_and_case_do_not_matter_and_scripts_do() {
    let book =
        book(&["Crème Brûlée", "ÅNGSTRÖM", "Straße", "Привет мир", "支付服务", "naïve"]).await;
    for (q, name) in [
        ("creme brulee", "Crème Brûlée"),
        ("CRÈME", "Crème Brûlée"),
        ("angstrom", "ÅNGSTRÖM"),
        ("strase", "Straße"),
        // As written: a database of the locale C knows no case beyond ASCII.
        ("Привет", "Привет мир"),
        ("支付", "支付服务"),
        ("naive", "naïve"),
    ] {
        assert_eq!(names(&book, q).await, [name], "{q}");
    }
}

#[tokio::test]
async fn who_is_known_by_exactly_what_was_typed_comes_first() {
    let book = Book::new().await;
    let source = source();
    // The later ones are newer and would come first.
    book.sync(source, &[own("x", json!({ "name": "payment" }))]).await;
    book.sync(source, &[keyed("y", "https://a.b/payment", json!({ "name": "by key" }))]).await;
    let many: Vec<Staged> = (0..30).map(|n| named(&format!("payment {n}"))).collect();
    let records = [
        own("x", json!({ "name": "payment" })),
        keyed("y", "https://a.b/payment", json!({ "name": "by key" })),
    ];
    book.sync(source, &[many.as_slice(), &records].concat()).await;

    assert_eq!(names(&book, "payment").await[0], "payment");
    assert_eq!(names(&book, "PAYMENT").await[0], "payment");
    assert_eq!(names(&book, "https://a.b/payment").await[0], "by key");
    assert_eq!(names(&book, "y").await, ["by key"]);
    assert_eq!(names(&book, "payment 7").await[0], "payment 7");
    let id = NodeId::from(book.own_node(source, "x").await.id);
    assert_eq!(names(&book, &id.to_string()).await, ["payment"]);
    assert_eq!(names(&book, &uuid::Uuid::from(id).to_string()).await, ["payment"]);
    assert_eq!(names(&book, "  payment\t").await.len(), 32);
}

#[tokio::test]
async fn a_name_weighs_more_than_a_description() {
    let book = Book::new().await;
    let text = "billing happens here, and much else that has to do with money";
    let records = [
        own("1", json!({ "name": "billing-worker" })),
        own("2", json!({ "name": "other", "description": text })),
        own("3", json!({ "title": 7, "description": { "billing": true } })),
    ];
    book.sync(source(), &records).await;
    assert_eq!(names(&book, "billing").await, ["billing-worker", "other"]);
    assert_eq!(names(&book, "7").await.len(), 1);
}

#[tokio::test]
async fn misspelt_words_find_what_was_meant() {
    let book =
        book(&["payment-service", "customer invoice", "kubernetes cluster", "database", "Gateway"])
            .await;
    for (q, name) in [
        ("paymnet", "payment-service"),
        ("pyament", "payment-service"),
        ("paymet service", "payment-service"),
        ("custmer", "customer invoice"),
        ("customer invioce", "customer invoice"),
        ("cusotmer", "customer invoice"),
        ("kubernets", "kubernetes cluster"),
        ("kubrenetes clutser", "kubernetes cluster"),
        ("kubren", "kubernetes cluster"),
        ("datbase", "database"),
        ("gatway", "Gateway"),
    ] {
        assert_eq!(names(&book, q).await, [name], "{q}");
    }
    for q in ["zebra", "payment invoice", "pqyment zzzz", "\"paymnet\"", "-paymnet xyzzy"] {
        assert!(names(&book, q).await.is_empty(), "{q}");
    }
}

#[tokio::test]
async fn of_many_words_as_near_the_more_usual_are_meant() {
    let all = ["code one", "mode one", "mode two", "node one", "node two", "rode one", "rode two"];
    let book = book(&all).await;
    let mut found = names(&book, "lode").await;
    found.sort();
    assert_eq!(found, &all[1..]);
}

#[tokio::test]
async fn a_word_is_not_meant_that_no_node_has_any_more() {
    let book = Book::new().await;
    let source = source();
    book.sync(source, &[named("customers list"), named("customer")]).await;
    assert_eq!(names(&book, "customrs").await, ["customers list"]);
    book.sync(source, &[named("customer")]).await;
    assert_eq!(names(&book, "customrs").await, ["customer"]);
}

#[tokio::test]
async fn words_of_realms_that_are_not_seen_do_not_stand_before_those_that_are() {
    let mut book = book(&["customer"]).await;
    book.realm = "crm".parse().unwrap();
    let nearer: Vec<Staged> =
        ('a'..='z').chain('0'..='9').map(|end| named(&format!("customrs{end}"))).collect();
    book.sync(source(), &nearer).await;
    let mut t = book.db().read(&book.by).await.unwrap();
    let (query, moment) = (words("customrz"), Moment::default());
    let data = Realms::Only(vec!["data".parse().unwrap()]);
    for (realms, most) in [(Realms::All, 3), (data, 1)] {
        let page = search(&mut t, &realms, &query, moment, Limit::default(), None).await.unwrap();
        assert_eq!(page.items.len(), most);
    }
}

#[tokio::test]
async fn filters_narrow_with_words_and_without() {
    let book = Book::new().await;
    let (one, two) = (source(), source());
    let thing = |id: &str, label: &str, properties: Value| {
        let Staged::Node(node) = own(id, properties) else { unreachable!() };
        Staged::Node(StagedNode { labels: vec![label.to_owned(), "Thing".to_owned()], ..node })
    };
    let records = [
        thing("1", "Service", json!({ "name": "pay one", "port": 80, "on": true })),
        thing("2", "Host", json!({ "name": "pay two", "port": "80", "on": "true", "tags": ["a"] })),
        thing("3", "Host", json!({ "name": "ship", "port": 8080 })),
    ];
    book.sync(one, &records).await;
    book.sync(two, &[shared("z", json!({ "name": "pay three" }))]).await;
    let is = |name: &str, text: &str| PropertyIs { name: name.into(), text: text.into() };
    let labels = |labels: &[&str]| labels.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let all = NodeQuery::default;
    let past = Moment { as_of: Some(at(50)), known_at: Some(at(50)) };
    for (query, told) in [
        (all(), vec!["pay one", "pay three", "pay two", "ship"]),
        (words("pay"), vec!["pay one", "pay three", "pay two"]),
        (NodeQuery { labels: labels(&["Host"]), ..words("pay") }, vec!["pay two"]),
        (
            NodeQuery { labels: labels(&["Host", "Service"]), ..all() },
            vec!["pay one", "pay two", "ship"],
        ),
        (NodeQuery { source: Some(two), ..words("pay") }, vec!["pay three"]),
        (NodeQuery { source: Some(one), ..all() }, vec!["pay one", "pay two", "ship"]),
        (NodeQuery { properties: vec![is("port", "80")], ..all() }, vec!["pay one", "pay two"]),
        (NodeQuery { properties: vec![is("port", "80.0")], ..all() }, vec!["pay one"]),
        (
            NodeQuery { properties: vec![is("on", "true"), is("port", "80")], ..words("pay") },
            vec!["pay one", "pay two"],
        ),
        (NodeQuery { properties: vec![is("on", "true"), is("port", "8080")], ..all() }, vec![]),
        (NodeQuery { properties: vec![is("tags", "a")], ..all() }, vec![]),
        (NodeQuery { realms: vec!["crm".parse().unwrap()], ..all() }, vec![]),
        (NodeQuery { realms: vec!["data".parse().unwrap()], ..words("ship") }, vec!["ship"]),
    ] {
        for moment in [Moment::default(), past] {
            let mut found = names_at(&book, &query, moment).await;
            found.sort();
            assert_eq!(found, told, "{query:?} {moment:?}");
        }
    }
}

#[tokio::test]
async fn the_past_is_searched_in_its_own_words() {
    let book = Book::new().await;
    let source = source();
    book.at(10).sync(source, &[own("1", json!({ "name": "before" }))]).await;
    book.at(20).sync(source, &[own("1", json!({ "name": "after" }))]).await;
    book.at(30).sync(source, &[]).await;
    let moment = |as_of, known_at| Moment { as_of: Some(at(as_of)), known_at: Some(at(known_at)) };
    let found = async |q: &str, moment| names_at(&book, &words(q), moment).await;
    for known_at in [15, 25, 35] {
        assert_eq!(found("before", moment(15, known_at)).await, ["before"]);
    }
    assert!(found("after", moment(15, 35)).await.is_empty());
    assert!(found("before", moment(15, 5)).await.is_empty());
    assert_eq!(found("aft", moment(25, 25)).await, ["after"]);
    // Before it was learned, it was as before for all that anybody knew.
    assert_eq!(found("before", moment(25, 15)).await, ["before"]);
    assert!(found("after", moment(35, 35)).await.is_empty());
    assert_eq!(found("1", moment(25, 35)).await, ["after"]);
    assert!(names(&book, "after").await.is_empty());
}

#[tokio::test]
async fn hostile_text_is_data() {
    let book = Book::new().await;
    let nasty = [
        "'",
        "\"",
        "\\",
        "& | ! :*",
        "<->",
        "a:*b",
        "(((",
        ")",
        "!",
        "-",
        "--",
        "- -",
        "\"\"",
        "-\"\"",
        "or",
        "OR or",
        "or or or",
        "%",
        "_",
        "\0",
        "a\0b",
        "\u{f8f0}0",
        "'; drop table facts; --",
        "$1",
        "{}",
        "[]",
        "\u{202e}x",
        "🙂",
        "e\u{301}",
        "\u{fdfa}",
        "a & b",
        "pay:A",
        "''",
        "\\'",
        "=x",
        "s:x:y",
        "n_",
        "\t\n",
    ];
    let records: Vec<Staged> =
        nasty.iter().map(|text| named(&format!("pre {text} post"))).collect();
    book.sync(source(), &records).await;
    let long = ["a", "'", "\" ", "- ", "支", "\0", "a-B", "or "].map(|text| text.repeat(1 << 18));
    let past = Moment { as_of: Some(at(50)), known_at: None };
    for q in nasty.iter().copied().chain(long.iter().map(String::as_str)) {
        for moment in [Moment::default(), past] {
            let is = PropertyIs { name: q.to_owned(), text: q.to_owned() };
            let mut t = book.db().read(&book.by).await.unwrap();
            let plain = words(q);
            search(&mut t, &Realms::All, &plain, moment, Limit::default(), None).await.unwrap();
            let query = NodeQuery { labels: vec![q.to_owned()], properties: vec![is], ..plain };
            let page = search(&mut t, &Realms::All, &query, moment, Limit::default(), None).await;
            assert_eq!(page.unwrap().total, 0);
        }
    }
    for text in ["'", "& | ! :*", "a\0b", "'; drop table facts; --", "🙂"] {
        let whole = format!("pre {text} post");
        assert!(names(&book, &whole).await.contains(&whole), "{whole}");
    }
}

#[tokio::test]
async fn a_huge_node_is_taken_and_found_by_its_beginning() {
    let book = Book::new().await;
    let labels: Vec<String> = (0..64).map(|n| format!("{n}{}", "支Ab-".repeat(150))).collect();
    let record = Staged::Node(StagedNode {
        external_id: "é/".repeat(340),
        key: Some("K'".repeat(512)),
        labels,
        properties: crate::ledger::book::map(json!({
            "name": format!("whale {}", "x".repeat(1 << 20)),
            "title": "\u{fdfa}".repeat(1 << 18),
            "description": format!("deep {}", "aB-cD_eF ".repeat(1 << 17)),
        })),
        valid_from: None,
    });
    book.sync(source(), &[record]).await;
    book.edit(person(), &"K'".repeat(512), json!({ "size": 1 })).await;
    for q in ["whale", "deep", "whlae"] {
        assert_eq!(names(&book, q).await.len(), 1, "{q}");
    }
}
