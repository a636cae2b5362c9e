use agentcy_core::tool::Effect;
use agentcy_sources::{Connector, Error, Postgres};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::stage::{Stage, paths, refusal};

#[tokio::test]
async fn wrong_settings_are_named_by_their_path() {
    for (config, path) in [
        (json!({}), "config"),
        (json!({ "url": 7 }), "config.url"),
        (json!({ "url": "postgres://u:secret@h/d" }), "config.url"),
        (json!({ "url": "postgres:///d?host=/run" }), "config.url"),
        (json!({ "url": "postgres://u@h/d", "options": "-c x" }), "config.options"),
        (json!({ "url": "postgres://u@h/d", "schemas": [""] }), "config.schemas[0]"),
        (
            json!({ "url": "postgres://u@h/d?sslmode=require", "ca_certificates": "x" }),
            "config.ca_certificates",
        ),
    ] {
        assert_eq!(
            paths(Stage::new(config.clone()).fenced().validate(&Postgres).await),
            [path],
            "{config}"
        );
    }
    let stage = Stage::new(json!({ "url": "postgres://u@h/d" })).credential("passfile", "x");
    assert_eq!(paths(stage.validate(&Postgres).await), ["credentials.passfile"]);
    assert_eq!(Postgres.destinations(), ["url", "ca_certificates"]);
    assert_eq!(Postgres.effect(&json!({}), "query", &json!({})), Effect::Read);
}

#[tokio::test]
async fn a_place_that_is_not_permitted_is_never_called() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "0x7f.1",
        "2130706433",
        "169.254.169.254",
        "10.0.0.1",
    ] {
        let stage = Stage::new(json!({ "url": format!("postgres://u@{host}:{port}/d") }));
        let stage = stage.fenced().credential("password", "kanarien");
        for failed in [
            stage.validate(&Postgres).await,
            stage.collect(&Postgres).await.map(drop),
            stage.run(&Postgres, "query", json!({ "sql": "select 1" })).await.map(drop),
        ] {
            assert!(refusal(failed).contains("not allowed"), "{host}");
        }
    }
    assert!(futures_util::FutureExt::now_or_never(listener.accept()).is_none());
}

#[tokio::test]
async fn a_server_without_tls_gets_no_password_where_tls_is_wanted() {
    for (answer, words) in
        [(&b"N"[..], "the server offers no TLS"), (b"H", "the server is no PostgreSQL")]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.write_all(answer).await.unwrap();
            let mut heard = Vec::new();
            socket.read_to_end(&mut heard).await.unwrap();
            heard
        };
        let stage = Stage::new(
            json!({ "url": format!("postgres://u@127.0.0.1:{port}/d?sslmode=require") }),
        );
        let stage = stage.credential("password", "kanarien");
        let (failed, heard) = tokio::join!(stage.validate(&Postgres), server);
        assert_eq!(refusal(failed), words);
        assert_eq!(heard.len(), 8);
    }
}

#[tokio::test]
async fn a_server_that_floods_the_login_or_hangs_up_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://u@{}/d?sslmode=disable", listener.local_addr().unwrap());
    let flood = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        // A message that says it is 2 GB long.
        let mut sent = socket.write_all(&[b'S', 0x7f, 0xff, 0xff, 0xff]).await;
        let mut bytes = 0;
        while sent.is_ok() {
            sent = socket.write_all(&[b'x'; 4096]).await;
            bytes += 4096;
        }
        let (socket, _) = listener.accept().await.unwrap();
        drop(socket);
        bytes
    };
    let stage = Stage::new(json!({ "url": url }));
    let left = async { (stage.validate(&Postgres).await, stage.validate(&Postgres).await) };
    let ((flooded, hung_up), bytes) = tokio::join!(left, flood);
    assert!(refusal(flooded).contains("too much"));
    assert!(matches!(hung_up, Err(Error::Unavailable(_))), "{hung_up:?}");
    assert!(bytes < 32 << 20, "{bytes}");
}

#[tokio::test]
async fn a_statement_is_judged_before_anybody_is_called() {
    let stage = Stage::new(json!({ "url": "postgres://u@127.0.0.1:1/d" }));
    for (args, path) in [
        (json!({}), "args"),
        (json!({ "sql": "drop table t" }), "args.sql"),
        (json!({ "sql": "select 1", "limit": 0 }), "args.limit"),
        (json!({ "sql": "select 1", "limit": 1001 }), "args.limit"),
        (json!({ "sql": "select 1", "params": vec![1; 101] }), "args.params"),
        (json!({ "sql": "select 1", "role": "x" }), "args.role"),
    ] {
        assert_eq!(paths(stage.run(&Postgres, "query", args.clone()).await), [path], "{args}");
    }
    let gone = stage.run(&Postgres, "query", json!({ "sql": "select 1" })).await;
    assert!(gone.unwrap_err().is_temporary());
    assert!(matches!(stage.run(&Postgres, "execute", json!({})).await, Err(Error::UnknownTool(_))));
}
