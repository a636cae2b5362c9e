use agentcy_sources::{Csv, Error};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    server::{Server, moved, ok, status},
    stage::{Stage, edges, faults, ids, merged, paths, properties, refusal},
};

fn config(more: Value) -> Value {
    merged(json!({ "key": "id", "label": "Thing" }), more)
}

fn stage(more: Value, file: &str) -> Stage {
    Stage::new(config(more)).uploaded(file.to_owned())
}

#[tokio::test]
async fn rows_become_nodes_with_the_relations_of_their_columns() {
    let config = json!({
        "key": "id",
        "label": ["Service", "Thing"],
        "name": "title",
        "types": { "port": "int", "load": "float", "live": "bool" },
        "valid_from": "since",
        "relations": [
            { "field": "needs", "type": "DEPENDS_ON", "separator": "," },
            { "field": "owner", "type": "OWNS", "to": { "shared": "mailto:" }, "direction": "in" },
            { "field": "team", "type": "BELONGS_TO", "to": { "label": "Team" } },
        ],
    });
    let file = "id,title,port,load,live,since,needs,owner,team\n\
                web,\"Web, the \"\"big\"\" one\",80,0.5,yes,2024-05-01T12:00:00+02:00,\"api, db\",ada@x.org,blue\n\
                api,,,,,,db,,blue\n\
                db,DB,5432,1,no,,,,\n";
    let records = Stage::new(config).uploaded(file).collect(&Csv).await.unwrap();
    assert_eq!(faults(&records), Vec::<String>::new());
    assert_eq!(ids(&records), ["#Team#blue", "web", "api", "db"]);
    assert_eq!(
        json!(properties(&records, "web")),
        json!({ "id": "web", "title": "Web, the \"big\" one", "name": "Web, the \"big\" one", "port": 80, "load": 0.5, "live": true })
    );
    assert_eq!(json!(properties(&records, "api")), json!({ "id": "api" }));
    assert_eq!(
        edges(&records),
        [
            "web -DEPENDS_ON-> api",
            "web -DEPENDS_ON-> db",
            "<mailto:ada@x.org> -OWNS-> web",
            "web -BELONGS_TO-> #Team#blue",
            "api -DEPENDS_ON-> db",
            "api -BELONGS_TO-> #Team#blue",
        ]
    );
    let web = serde_json::to_value(&records).unwrap();
    let web = web.as_array().unwrap().iter().find(|one| one["external_id"] == "web").unwrap();
    assert_eq!(web["valid_from"], "2024-05-01T10:00:00Z");
    assert_eq!(web["labels"], json!(["Service", "Thing"]));
}

#[tokio::test]
async fn a_broken_row_fails_alone_and_is_named_by_its_line() {
    let file = "id,n\n\
                a,1\n\
                b\n\
                c,1,2\n\
                \"d\"x,1\n\
                e,one\n\
                ,1\n\
                a,2\n\
                \"f\ng\",1\n\
                \n\
                h,1";
    let records = stage(json!({ "types": { "n": "int" } }), file).collect(&Csv).await.unwrap();
    assert_eq!(ids(&records), ["a", "f\ng", "h"]);
    assert_eq!(
        faults(&records),
        [
            "line 3: has 1 cells for 2 columns",
            "line 4: has 3 cells for 2 columns",
            "line 5: text follows a closing quote",
            "line 6: \"n\": no whole number of 64 bits",
            "line 7: has no \"id\"",
            "line 8: the key \"a\" came before",
        ]
    );
}

#[tokio::test]
async fn a_row_or_key_that_is_too_long_fails_alone() {
    let long = "x".repeat(5 << 20);
    let key = "k".repeat(1025);
    let file = format!("id,n\na,{long}\n{key},1\nb,\"{long}\"\nc,1\n");
    let records = stage(json!({}), &file).collect(&Csv).await.unwrap();
    assert_eq!(ids(&records), ["c"]);
    let faults = faults(&records);
    assert_eq!(
        [&faults[0], &faults[2]],
        ["line 2: the row is over 4 MiB", "line 4: the row is over 4 MiB"]
    );
    assert!(faults[1].ends_with("is over 1024 bytes") && faults[1].len() < 200, "{}", faults[1]);
}

#[tokio::test]
async fn a_file_that_breaks_off_gives_an_error_and_not_half_of_itself() {
    let refused = refusal(stage(json!({}), "id,n\na,1\nb,\"2\nc,3\n").collect(&Csv).await);
    assert_eq!(refused, "the quote that opens in line 3 never closes");
    let empty = refusal(stage(json!({}), "\n").collect(&Csv).await);
    assert_eq!(empty, "the file has no line that names its columns");
    let nothing = refusal(Stage::new(config(json!({}))).collect(&Csv).await);
    assert_eq!(nothing, "nothing has been uploaded yet");
}

#[tokio::test]
async fn a_file_in_utf_8_is_read_with_its_mark_and_another_is_refused() {
    let marked = stage(json!({}), "\u{feff}id\nä\n").collect(&Csv).await.unwrap();
    assert_eq!(ids(&marked), ["ä"]);
    let latin = Stage::new(config(json!({}))).uploaded(&b"id\n\xe4\nb\n"[..]);
    let latin = latin.collect(&Csv).await.unwrap();
    assert_eq!((ids(&latin), faults(&latin)), (vec!["b"], vec!["line 2: is not UTF-8".to_owned()]));
    let wide = Stage::new(config(json!({}))).uploaded(&b"\xff\xfei\0d\0\n\0"[..]);
    assert_eq!(refusal(wide.collect(&Csv).await), "the file is UTF-16, not UTF-8");
}

#[tokio::test]
async fn columns_can_be_named_by_the_config_and_cells_split_at_another_character() {
    let more = json!({ "header": false, "columns": ["id", "n"], "delimiter": ";" });
    let records = stage(more, "a;1,5\r\nb;\"2;5\"\r\n").collect(&Csv).await.unwrap();
    assert_eq!(properties(&records, "a")["n"], "1,5");
    assert_eq!(properties(&records, "b")["n"], "2;5");
}

#[tokio::test]
async fn wrong_settings_are_named_by_their_path() {
    for (more, path) in [
        (json!({ "unknown": 1 }), "config.unknown"),
        (json!({ "key": 7 }), "config.key"),
        (json!({ "key": "" }), "config.key"),
        (json!({ "label": [] }), "config.label"),
        (json!({ "delimiter": "\"" }), "config.delimiter"),
        (json!({ "delimiter": "ab" }), "config.delimiter"),
        (json!({ "delimiter": "é" }), "config.delimiter"),
        (json!({ "header": false }), "config.columns"),
        (json!({ "header": false, "columns": ["a", "a"] }), "config.columns"),
        (json!({ "header": false, "columns": ["a"] }), "config.columns"),
        (json!({ "types": { "n": "date" } }), "config.types.n"),
        (json!({ "relations": [{ "field": "f" }] }), "config.relations[0]"),
        (json!({ "relations": [{ "field": "f", "type": "" }] }), "config.relations[0].type"),
        (
            json!({ "relations": [{ "field": "f", "type": "A", "to": {} }] }),
            "config.relations[0].to",
        ),
        (
            json!({ "relations": [{ "field": "f", "type": "A", "to": { "key": "x" } }] }),
            "config.relations[0].to.key",
        ),
        (json!({ "url": "file:///etc/passwd" }), "config.url"),
        (json!({ "url": "https://me:secret@example.org/" }), "config.url"),
    ] {
        assert_eq!(paths(Stage::new(config(more.clone())).validate(&Csv).await), [path], "{more}");
    }
    let other = Stage::new(config(json!({}))).credential("password", "x");
    assert_eq!(paths(other.validate(&Csv).await), ["credentials.password"]);
    let split = Stage::new(config(json!({}))).credential("authorization", "a\nb: c");
    assert_eq!(paths(split.validate(&Csv).await), ["credentials.authorization"]);
    let absent = stage(json!({ "types": { "gone": "int" } }), "id,n\na,1\n");
    assert_eq!(refusal(absent.validate(&Csv).await), "line 1: there is no column \"gone\"");
    Stage::new(config(json!({}))).validate(&Csv).await.unwrap();
}

#[tokio::test]
async fn a_file_is_fetched_with_its_credential_at_its_origin_alone() {
    let other = Server::answering(ok("text/csv", "id\na\n")).await;
    let first = Server::answering(moved(&format!("{}/there.csv", other.url))).await;
    let stage = Stage::new(config(json!({ "url": format!("{}/f.csv", first.url) })));
    let stage = stage.credential("authorization", "Bearer kanarien");
    assert_eq!(ids(&stage.collect(&Csv).await.unwrap()), ["a"]);
    assert!(first.seen()[0].contains("Bearer kanarien"));
    assert!(!other.seen()[0].contains("kanarien"));
}

#[tokio::test]
async fn what_is_fetched_comes_from_a_permitted_place_or_not_at_all() {
    let inner = Server::answering(ok("text/csv", "id\na\n")).await;
    let direct = Stage::new(config(json!({ "url": inner.url }))).fenced();
    assert!(refusal(direct.collect(&Csv).await).contains("127.0.0.1"));
    let named = inner.url.replace("127.0.0.1", "localhost");
    let named = Stage::new(config(json!({ "url": named }))).fenced();
    assert!(refusal(named.validate(&Csv).await).contains("private"));
    let outer = Server::answering(moved("http://169.254.169.254/latest/meta-data/")).await;
    let moved = Stage::new(config(json!({ "url": outer.url })));
    assert!(refusal(moved.collect(&Csv).await).contains("169.254.169.254"));
    assert!(inner.seen().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_no_file_is_no_empty_file() {
    for (line, is_temporary) in [
        ("404 Not Found", false),
        ("204 No Content", false),
        ("401 Unauthorized", false),
        ("429 Too Many Requests", true),
        ("500 Internal Server Error", true),
    ] {
        let server = Server::answering(status(line)).await;
        let failed = Stage::new(config(json!({ "url": server.url }))).collect(&Csv).await;
        assert_eq!(failed.unwrap_err().is_temporary(), is_temporary, "{line}");
    }
    let short = ok("text/csv", "id\na\n").replace("content-length: 5", "content-length: 50");
    let server = Server::answering(short).await;
    let broken = Stage::new(config(json!({ "url": server.url }))).collect(&Csv).await;
    assert!(matches!(broken, Err(Error::Unavailable(_))), "{broken:?}");
}

/// Texts with what means something in CSV.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a\",;\r\n\t ü😀\u{0}]{0,12}", "[#\\-=+]x{0,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_comes_back_from_a_csv_writer(
        rows in prop::collection::vec((cell(), cell()), 0..12),
        size in 1usize..40,
        always in any::<bool>(),
    ) {
        let style = if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut writer = csv::WriterBuilder::new().quote_style(style).from_writer(Vec::new());
        writer.write_record(["id", "a", "b"]).unwrap();
        for (index, (a, b)) in rows.iter().enumerate() {
            writer.write_record([&format!("k{index}"), a, b]).unwrap();
        }
        let file = writer.into_inner().unwrap();
        let stage = Stage::new(config(json!({}))).in_pieces(file, size);
        let records = futures_util::FutureExt::now_or_never(stage.collect(&Csv)).unwrap().unwrap();
        prop_assert_eq!(faults(&records), Vec::<String>::new());
        for (index, (a, b)) in rows.iter().enumerate() {
            let found = properties(&records, &format!("k{index}"));
            let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
            prop_assert_eq!((text("a"), text("b")), (a.clone(), b.clone()));
            prop_assert!(!always || found.contains_key("a"));
        }
    }

    #[test]
    fn no_file_makes_it_panic(file in any::<Vec<u8>>(), size in 1usize..40) {
        let file = [b"id,a\n".to_vec(), file].concat();
        let stage = Stage::new(config(json!({}))).in_pieces(file, size);
        let _ = futures_util::FutureExt::now_or_never(stage.collect(&Csv)).unwrap();
    }
}
