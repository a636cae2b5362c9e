use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use agentcy_llm::{Error, ProviderKind, Settings, Stop, Tokens};
use agentcy_testkit::fake_llm::{End, FakeLlm, Turn, UsageForm};
use futures_util::StreamExt;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};

use crate::{Told, WIRES, asker, request, settings, told};

#[tokio::test]
async fn text_comes_piece_by_piece_with_the_model_before_and_the_tokens_after() {
    for provider in WIRES {
        let said = told(provider, Turn::streams(["Grü", "ße", " an alle"])).await;
        assert_eq!(said.model.as_deref(), Some("scripted"));
        assert_eq!(said.texts, ["Grü", "ße", " an alle"]);
        assert_eq!(said.stop, Some(Stop::EndTurn), "{said:?}");
        assert_eq!(said.tokens, Some(Tokens { input: 7, output: 3, ..Tokens::default() }));
    }
}

#[tokio::test]
async fn calls_come_with_names_ids_and_arguments() {
    let args = json!({ "phrase": "Öl und \"Gas\"", "limit": 10 });
    for provider in WIRES {
        for bare in [Turn::streams(["Let me look."]), Turn::streams(["Let me look."]).interleaved()]
        {
            let turn = bare
                .and_calls([("search_graph", args.clone()), ("list_connectors", json!({}))])
                .args_of(3);
            let said = told(provider, turn).await;
            assert_eq!(said.text(), "Let me look.");
            assert_eq!(said.stop, Some(Stop::Calls));
            let [(one, search, found), (two, list, nothing)] = &said.calls[..] else {
                panic!("{said:?}")
            };
            assert_ne!(one, two);
            assert_eq!((search.as_str(), list.as_str()), ("search_graph", "list_connectors"));
            assert_eq!(serde_json::from_str::<serde_json::Value>(found).unwrap(), args);
            assert_eq!(nothing, "{}");
        }
    }
}

#[tokio::test]
async fn bytes_may_come_in_any_portion_and_lines_end_in_any_way() {
    for provider in WIRES {
        for bytes in [1, 2, 3, 7, 64, 1_000] {
            let turn = Turn::streams(["Grü", "ße"]).and_calls([("f", json!({ "q": "ä" }))]);
            let said = told(provider, turn.crlf().chopped(bytes)).await;
            assert_eq!(said.texts, ["Grü", "ße"], "{bytes}");
            assert_eq!(said.calls[0].2, r#"{"q":"ä"}"#);
            assert_eq!(said.stop, Some(Stop::Calls));
        }
    }
}

#[tokio::test]
async fn usage_is_taken_wherever_it_stands() {
    let tokens = Tokens { input: 90, cached: 60, cache_written: 0, output: 12 };
    for provider in WIRES {
        for form in [UsageForm::Last, UsageForm::Each, UsageForm::WithReason] {
            let said = told(provider, Turn::streams(["a", "b"]).using(tokens).usage(form)).await;
            assert_eq!(said.tokens, Some(tokens), "{provider} {form:?}");
        }
    }
    let said = told(ProviderKind::Openai, Turn::streams(["a"]).usage(UsageForm::Missing)).await;
    assert_eq!((said.tokens, said.stop), (None, Some(Stop::EndTurn)));
    let said = told(ProviderKind::Openai, Turn::streams(["a"]).usage(UsageForm::Empty)).await;
    assert_eq!((said.tokens, said.stop), (None, Some(Stop::EndTurn)));
    let written = Tokens { cache_written: 20, ..tokens };
    let said = told(ProviderKind::Anthropic, Turn::streams(["a"]).using(written)).await;
    assert_eq!(said.tokens, Some(written));
}

#[tokio::test]
async fn an_answer_without_reason_or_without_mark_is_whole_and_one_without_both_is_not() {
    for provider in WIRES {
        for end in [End::WithoutReason, End::WithoutMark] {
            let said = told(provider, Turn::streams(["a"]).ends(end.clone())).await;
            assert_eq!((said.text().as_str(), said.stop), ("a", Some(Stop::EndTurn)), "{end:?}");
        }
        let said = told(provider, Turn::streams(["a"]).ends(End::BreaksOff)).await;
        assert_eq!(said.text(), "a");
        assert!(matches!(said.refused(), Error::Broken) && said.refused().is_temporary());
    }
}

#[tokio::test]
async fn half_arguments_and_ids_that_stand_twice_are_passed_on_as_they_can_be() {
    for provider in WIRES {
        let calls = [("same", "f", "{\"q\":\"half"), ("same", "g", "{}")];
        let said = told(provider, Turn::raw_calls(calls)).await;
        assert_eq!(said.stop, Some(Stop::Calls));
        let ids: Vec<&str> = said.calls.iter().map(|(id, ..)| id.as_str()).collect();
        assert_eq!(ids, ["same", "same_2"]);
        assert_eq!(said.calls[0].2, "{\"q\":\"half");
    }
}

#[tokio::test]
async fn ten_thousand_pieces_arrive_in_order() {
    for provider in WIRES {
        let said = told(provider, Turn::streams((0..10_000).map(|n| format!("{n} ")))).await;
        assert_eq!(said.texts.len(), 10_000);
        assert!(said.texts.iter().enumerate().all(|(n, text)| *text == format!("{n} ")));
        assert_eq!(said.stop, Some(Stop::EndTurn));
    }
}

#[tokio::test]
async fn a_stream_may_last_longer_than_any_other_call() {
    // The way out ends other calls after half a second.
    for provider in WIRES {
        let turn = Turn::streams(["a", "b", "c"]).paced(Duration::from_millis(300));
        let said = told(provider, turn).await;
        assert_eq!((said.text().as_str(), said.stop), ("abc", Some(Stop::EndTurn)), "{said:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let answer =
        json!({ "choices": [{ "message": { "content": "all" }, "finish_reason": "stop" }] });
    let fake = FakeLlm::start([Turn::Raw(200, answer.to_string())]).await.unwrap();
    let turn = asker().ask(&settings(ProviderKind::Openai, &fake), &[], request());
    let said = Told::of(turn).await;
    assert_eq!((said.text().as_str(), said.stop), ("all", Some(Stop::EndTurn)), "{said:?}");
}

/// A server whose body ends a moment after its last event.
async fn late(listener: TcpListener, connections: Arc<AtomicUsize>) {
    let events = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n";
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = format!("{head}{:x}\r\n{events}\r\n", events.len());
    let mut served = JoinSet::new();
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::Relaxed);
        let answer = answer.clone();
        served.spawn(async move {
            let mut call = vec![0; 64 << 10];
            // A small call comes whole; whoever hangs up early is not served again.
            while socket.read(&mut call).await.is_ok_and(|read| read > 0) {
                socket.write_all(answer.as_bytes()).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
                if socket.write_all(b"0\r\n\r\n").await.is_err() {
                    break;
                }
            }
        });
    }
}

#[tokio::test]
async fn connections_serve_turn_after_turn() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap()).parse().ok();
    let connections = Arc::new(AtomicUsize::new(0));
    let mut server = JoinSet::new();
    server.spawn(late(listener, Arc::clone(&connections)));
    let asker = asker();
    let settings = Settings { provider: ProviderKind::Openai, base_url, ..Settings::builtin() };
    for _ in 0..20 {
        assert_eq!(Told::of(asker.ask(&settings, &[], request())).await.text(), "a");
    }
    // A busy machine may be late for the end of one or the other.
    assert!(connections.load(Ordering::Relaxed) <= 10, "{connections:?}");
}

#[tokio::test]
async fn nothing_leaves_before_the_turn_is_polled_and_a_dropped_turn_ends_the_call() {
    let turn = Turn::streams(["a", "b"]).paced(Duration::from_mins(5));
    let fake = FakeLlm::start([turn]).await.unwrap();
    let mut asked = asker().ask(&settings(ProviderKind::Openai, &fake), &[], request());
    assert!(fake.seen().is_empty());
    asked.next().await.unwrap().unwrap();
    assert_eq!((fake.seen().len(), fake.open()), (1, 1));
    drop(asked);
    while fake.open() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_builtin_model_needs_no_provider() {
    let turn = asker().ask(&agentcy_llm::Settings::builtin(), &["other".to_owned()], request());
    let said = Told::of(turn).await;
    assert!(said.error.is_none() && said.stop.is_some(), "{said:?}");
}
