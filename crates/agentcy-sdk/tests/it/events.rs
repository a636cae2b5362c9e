//! What happens, over sockets that a test cuts.

use agentcy_sdk::{Change, Client, Error};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// One socket after the other, each with what it says once it is asked, and how it ends.
async fn server(
    script: Vec<(Vec<Value>, Option<u16>)>,
) -> (Client, tokio::sync::mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, asked) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        for (frames, close) in script {
            let (stream, _) = listener.accept().await.unwrap();
            #[expect(clippy::result_large_err, reason = "the library asks for it")]
            let known = |request: &Request, response: Response| {
                assert_eq!(request.uri().path(), "/ws");
                assert_eq!(request.headers()["authorization"], "Bearer jwt-of-ada");
                Ok(response)
            };
            let mut socket = accept_hdr_async(stream, known).await.unwrap();
            let Some(Ok(Message::Text(text))) = socket.next().await else { continue };
            tell.send(serde_json::from_str(&text).unwrap()).unwrap();
            for frame in frames {
                socket.send(Message::text(frame.to_string())).await.unwrap();
            }
            if let Some(code) = close {
                let code = CloseCode::from(code);
                let _ = socket.close(Some(CloseFrame { code, reason: "no".into() })).await;
            }
            // Dropped without a word otherwise.
        }
    });
    (Client::new(url.parse().unwrap()).unwrap().with_token("jwt-of-ada".into()), asked)
}

fn subscribed(seq: i64) -> Value {
    json!({ "type": "subscribed", "id": 1, "topics": ["graph"], "seq": { "graph": seq } })
}

fn changed(seq: i64) -> Value {
    json!({
        "type": "event", "topic": "graph", "seq": seq, "event": "graph.changed",
        "ts": "2026-01-01T00:00:00Z", "data": { "added": 1 },
    })
}

fn number(change: Change) -> i64 {
    match change {
        Change::Event(event) => event.seq,
        Change::Reset { seq, .. } => -seq,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_cut_loses_nothing_repeats_nothing_and_a_reset_is_told() {
    let script = vec![
        (vec![subscribed(4), json!({ "type": "mood", "x": 1 }), changed(5)], None),
        (vec![subscribed(4), changed(5), changed(6)], Some(1001)),
        (
            vec![
                json!({ "type": "reset", "topic": "graph", "seq": 40 }),
                subscribed(40),
                changed(41),
            ],
            Some(4003),
        ),
    ];
    let (client, mut asked) = server(script).await;
    let changes = client.watch().topic("graph").begin().await.unwrap();
    let all: Vec<_> = changes.take(5).collect().await;
    let (told, end) = all.split_at(4);
    let told: Vec<_> = told.iter().map(|change| number(change.as_ref().unwrap().clone())).collect();
    assert_eq!(told, [5, 6, -40, 41]);
    assert!(matches!(end[0], Err(Error::Refused { status: 401, .. })), "{end:?}");
    let mut after = Vec::new();
    while let Ok(frame) = asked.try_recv() {
        after.push(frame["after"].clone());
    }
    assert_eq!(after, [json!({}), json!({ "graph": 5 }), json!({ "graph": 6 })]);
}

#[tokio::test]
async fn a_cut_before_anything_happened_goes_on_from_where_it_began() {
    let script = vec![(vec![subscribed(4)], None), (vec![subscribed(4), changed(7)], None)];
    let (client, mut asked) = server(script).await;
    let mut changes = client.watch().topic("graph").begin().await.unwrap();
    assert_eq!(number(changes.next().await.unwrap().unwrap()), 7);
    assert_eq!(asked.recv().await.unwrap()["after"], json!({}));
    assert_eq!(asked.recv().await.unwrap()["after"], json!({ "graph": 4 }));
}

#[tokio::test]
async fn a_refusal_is_told_before_there_is_a_stream() {
    let unknown = json!({
        "type": "error", "id": 1, "topic": "run:x", "code": "not_found", "message": "there is no such topic",
    });
    let (client, _asked) = server(vec![(vec![unknown], None), (Vec::new(), Some(4001))]).await;
    let refused = client.watch().topic("run:x").begin().await.unwrap_err();
    assert_eq!(refused.code(), Some("not_found"), "{refused}");
    let refused = client.watch().after("graph", 7).begin().await.unwrap_err();
    assert!(matches!(refused, Error::Refused { status: 401, .. }), "{refused}");
}
