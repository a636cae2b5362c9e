use std::time::Duration;

use agentcy_egress::Egress;
use agentcy_llm::{Asker, Error, Patience, ProviderKind, Settings, Stop, Unusable};
use agentcy_testkit::fake_llm::{End, FakeLlm, Turn};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};

use crate::{NoPause, Told, WIRES, asker, hasty, request, settings, told};

fn models(fake: &FakeLlm) -> Vec<String> {
    let named =
        |seen: &agentcy_testkit::fake_llm::Seen| seen.body["model"].as_str().map(str::to_owned);
    fake.seen().iter().filter_map(named).collect()
}

/// One turn with a fallback, and the models that were asked.
async fn asked(asker: &Asker, provider: ProviderKind, turns: Vec<Turn>) -> (Told, Vec<String>) {
    let fake = FakeLlm::start(turns).await.unwrap();
    let fallbacks = ["scripted".to_owned(), "second".to_owned()];
    let said = Told::of(asker.ask(&settings(provider, &fake), &fallbacks, request())).await;
    (said, models(&fake))
}

#[tokio::test]
async fn a_provider_that_fails_for_a_while_is_asked_again() {
    for provider in WIRES {
        for status in [408, 409, 429, 500, 502, 503, 529] {
            let turns = vec![Turn::refuses(status, "not now"), Turn::streams(["a"])];
            let (said, models) = asked(&asker(), provider, turns).await;
            assert_eq!((said.text().as_str(), said.stop), ("a", Some(Stop::EndTurn)), "{status}");
            assert_eq!(models, ["scripted", "scripted"]);
        }
    }
}

#[tokio::test]
async fn after_three_tries_the_fallback_is_asked_and_says_that_it_answers() {
    for provider in WIRES {
        let busy = || Turn::refuses(503, "overloaded");
        let turns = vec![busy(), busy(), busy(), Turn::streams(["a"])];
        let (said, models) = asked(&asker(), provider, turns).await;
        assert_eq!(said.model.as_deref(), Some("second"));
        assert_eq!(said.text(), "a");
        assert_eq!(models, ["scripted", "scripted", "scripted", "second"]);

        let (said, models) = asked(&asker(), provider, vec![busy()]).await;
        assert!(matches!(said.refused(), Error::Refused { status: 503, .. }));
        assert_eq!(models.len(), 6);
    }
}

#[tokio::test]
async fn a_pause_that_is_asked_for_is_kept_and_a_long_one_leads_to_the_fallback() {
    for provider in WIRES {
        let (said, models) =
            asked(&asker(), provider, vec![Turn::busy(0), Turn::streams(["a"])]).await;
        assert_eq!((said.text().as_str(), models.len()), ("a", 2));

        let (said, models) =
            asked(&asker(), provider, vec![Turn::busy(31), Turn::streams(["a"])]).await;
        assert_eq!(said.model.as_deref(), Some("second"));
        assert_eq!(models, ["scripted", "second"]);

        let (said, models) = asked(&asker(), provider, vec![Turn::busy(31)]).await;
        let Error::Refused { status: 429, retry_after, .. } = said.refused() else {
            panic!("{said:?}")
        };
        assert_eq!(*retry_after, Some(Duration::from_secs(31)));
        assert_eq!(models, ["scripted", "second"]);
    }
}

#[tokio::test]
async fn what_the_provider_will_never_take_fails_at_once() {
    for provider in WIRES {
        for status in [400, 401, 402, 422] {
            let (said, models) = asked(&asker(), provider, vec![Turn::refuses(status, "no")]).await;
            assert!(
                matches!(said.refused(), Error::Refused { status: s, .. } if *s == status),
                "{said:?}"
            );
            assert_eq!((models.len(), said.model), (1, None), "{status}");
        }
        let (said, _) = asked(&asker(), provider, vec![Turn::EchoesTheKey]).await;
        assert!(said.refused().to_string().contains("Incorrect API key provided: ****."));
    }
}

#[tokio::test]
async fn a_model_that_is_gone_or_not_for_us_leads_to_the_fallback() {
    for provider in WIRES {
        let odd = Turn::Raw(200, "{}".to_owned());
        let no = |status| Turn::refuses(status, "no");
        for turn in [no(403), no(404), no(413), odd] {
            let (said, models) =
                asked(&asker(), provider, vec![turn.clone(), Turn::streams(["a"])]).await;
            assert_eq!(said.model.as_deref(), Some("second"), "{turn:?} {said:?}");
            assert_eq!(models, ["scripted", "second"]);
        }
        let (said, models) = asked(&asker(), provider, vec![no(404)]).await;
        assert!(matches!(said.refused(), Error::Refused { status: 404, .. }), "{said:?}");
        assert_eq!(models, ["scripted", "second"]);
    }
}

#[tokio::test]
async fn a_request_that_is_too_long_says_so_and_how_much_fits() {
    for provider in WIRES {
        let words = "prompt is too long: 208310 tokens > 200000 maximum";
        let turns = vec![Turn::refuses(400, words), Turn::refuses(404, "gone")];
        let (said, models) = asked(&asker(), provider, turns).await;
        let Error::TooLong { window, .. } = said.refused() else { panic!("{said:?}") };
        assert_eq!((*window, models.len()), (Some(200_000), 2));
    }
}

#[tokio::test]
async fn a_pause_is_told_in_seconds_milliseconds_or_by_a_date() {
    for (header, expected) in [
        ("retry-after: 7", Duration::from_secs(7)),
        ("retry-after-ms: 1500\r\nretry-after: 2", Duration::from_millis(1_500)),
        (
            "date: Mon, 23 Nov 2026 09:00:00 GMT\r\nretry-after: Mon, 23 Nov 2026 09:01:30 GMT",
            Duration::from_secs(90),
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap()).parse().ok();
        let mut server = JoinSet::new();
        server.spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut call = vec![0; 64 << 10];
            assert!(socket.read(&mut call).await.unwrap() > 0);
            let answer = format!("HTTP/1.1 429 Busy\r\n{header}\r\ncontent-length: 0\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
        });
        let settings = Settings { provider: ProviderKind::Openai, base_url, ..Settings::builtin() };
        let refused = agentcy_llm::probe(&crate::egress(), &settings).await;
        let Err(Error::Refused { retry_after, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(retry_after, Some(expected), "{header}");
    }
}

#[tokio::test]
async fn a_stream_that_fails_before_the_model_speaks_is_asked_again() {
    for provider in WIRES {
        let overloaded = End::Errors { status: 503, message: "overloaded".to_owned() };
        for end in [End::BreaksOff, End::Cuts, overloaded] {
            let silent = Turn::streams::<String>([]).ends(end.clone());
            let (said, models) =
                asked(&asker(), provider, vec![silent, Turn::streams(["a"])]).await;
            assert_eq!((said.text().as_str(), models.len()), ("a", 2), "{provider} {end:?}");
        }
        let (said, models) =
            asked(&asker(), provider, vec![Turn::Cuts(200), Turn::streams(["a"])]).await;
        assert_eq!((said.text().as_str(), models.len()), ("a", 2), "{said:?}");
    }
}

#[tokio::test]
async fn after_the_model_spoke_errors_go_to_the_caller_with_what_was_said() {
    for provider in WIRES {
        for (end, broken) in [
            (End::BreaksOff, true),
            (End::Cuts, true),
            (End::CutsInACharacter, true),
            (End::Errors { status: 500, message: "it broke for {key}".to_owned() }, false),
        ] {
            let turn = Turn::streams(["one ", "zwölf"]).ends(end.clone());
            let (said, models) = asked(&asker(), provider, vec![turn]).await;
            assert!(said.text().starts_with("one ") && said.stop.is_none(), "{said:?}");
            assert_eq!(matches!(said.refused(), Error::Broken), broken, "{end:?}: {said:?}");
            assert!(said.refused().is_temporary());
            assert_eq!(models.len(), 1);
            if !broken {
                assert!(said.refused().to_string().ends_with("it broke for ****"), "{said:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_cut_character_is_never_shown() {
    for provider in WIRES {
        let turn = Turn::streams(["one ", "zwölf"]).ends(End::CutsInACharacter);
        let said = told(provider, turn).await;
        assert_eq!(said.text(), "one ");
    }
}

#[tokio::test]
async fn silence_has_an_end() {
    for provider in WIRES {
        let (said, models) =
            asked(&hasty(), provider, vec![Turn::Stalls, Turn::streams(["a"])]).await;
        assert_eq!(
            said.model.as_deref(),
            Some("second"),
            "a model that is silent is not asked again"
        );
        assert_eq!(models, ["scripted", "second"]);

        let head_only = Turn::streams::<String>([]).ends(End::Stalls);
        let (said, models) = asked(&hasty(), provider, vec![head_only]).await;
        assert!(matches!(said.refused(), Error::Timeout) && said.refused().is_temporary());
        assert_eq!(models, ["scripted", "second"]);

        let turn = Turn::streams(["a"]).ends(End::Stalls);
        let (said, models) = asked(&hasty(), provider, vec![turn]).await;
        assert_eq!((said.text().as_str(), models.len()), ("a", 1));
        assert!(matches!(said.refused(), Error::Timeout));
    }
}

#[tokio::test]
async fn a_server_that_keeps_the_connection_after_the_end_does_not_keep_the_turn() {
    let event = r#"data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#;
    for tail in ["\n\n", "\n\ndata: [DONE]\n\n"] {
        let turn = Turn::Bytes(vec![format!("{event}{tail}").into_bytes()], End::Stalls);
        let fake = FakeLlm::start([turn]).await.unwrap();
        let turn = hasty().ask(&settings(ProviderKind::Openai, &fake), &[], request());
        let said = Told::of(turn).await;
        assert_eq!((said.text().as_str(), said.stop), ("a", Some(Stop::EndTurn)), "{said:?}");
    }
}

#[tokio::test]
async fn what_never_ends_is_not_read_for_ever() {
    let part = vec![b'x'; 1 << 16];
    let line = [b": ".as_slice(), &part, b"\n"].concat();
    let long_line = std::iter::repeat_n(part, 20).collect();
    let endless = std::iter::repeat_n(line, 300).collect();
    for pieces in [long_line, endless] {
        let fake = FakeLlm::start([Turn::Bytes(pieces, End::Whole)]).await.unwrap();
        let turn = asker().ask(&settings(ProviderKind::Openai, &fake), &[], request());
        let said = Told::of(turn).await;
        assert!(matches!(said.refused(), Error::Unreadable(_)), "{said:?}");
        assert_eq!(fake.seen().len(), 1);
    }
}

/// A server that answers one call a connection, promises to keep it, and hangs up at the next.
async fn forgetful(listener: TcpListener) {
    let event = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n";
    let length = event.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\n\r\n{event}"
    );
    let mut connections = JoinSet::new();
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        let answer = answer.clone();
        connections.spawn(async move {
            let mut call = vec![0; 64 << 10];
            // A small call comes whole.
            assert!(socket.read(&mut call).await.unwrap() > 0);
            socket.write_all(answer.as_bytes()).await.unwrap();
            assert!(socket.read(&mut call).await.unwrap() > 0);
        });
    }
}

#[tokio::test]
async fn a_connection_that_died_in_the_pool_is_replaced() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap()).parse().ok();
    let mut server = JoinSet::new();
    server.spawn(forgetful(listener));
    let asker = asker();
    let settings = Settings { provider: ProviderKind::Openai, base_url, ..Settings::builtin() };
    for turn in 0..4 {
        let said = Told::of(asker.ask(&settings, &[], request())).await;
        assert_eq!(said.text(), "a", "{turn}: {said:?}");
    }
}

#[tokio::test]
async fn a_provider_that_is_away_out_of_bounds_or_set_up_wrongly_is_told_apart() {
    for provider in WIRES {
        let fake = FakeLlm::start([Turn::streams(["a"])]).await.unwrap();
        let good = settings(provider, &fake);
        let shut = Asker::new(Egress::new(Vec::new()), std::sync::Arc::new(NoPause));
        let blocked = Told::of(shut.ask(&good, &[], request())).await;
        assert!(matches!(blocked.refused(), Error::Blocked(_)), "{blocked:?}");
        let key = Settings { api_key: Some("two\nlines".into()), ..good.clone() };
        let key = Told::of(asker().ask(&key, &[], request())).await;
        assert!(matches!(key.refused(), Error::Unusable(Unusable::Key)), "{key:?}");
        assert!(fake.seen().is_empty());
        drop(fake);
        let away = Told::of(asker().ask(&good, &[], request())).await;
        assert!(matches!(away.refused(), Error::Unavailable(_)), "{away:?}");
        assert!(away.refused().is_temporary());
    }
}

#[tokio::test]
async fn neither_key_nor_place_stands_in_any_error() {
    let patience = Patience { first: Duration::from_millis(100), ..Patience::default() };
    let errors = |status| End::Errors { status, message: "no {key}, no".to_owned() };
    for provider in WIRES {
        for turn in [
            Turn::EchoesTheKey,
            Turn::refuses(400, &format!("bad key {}", crate::KEY)),
            Turn::streams(["a"]).ends(errors(400)),
            Turn::streams::<String>([]).ends(errors(401)),
            Turn::streams(["a"]).ends(End::Cuts),
            Turn::Stalls,
            Turn::Raw(200, crate::KEY.to_owned()),
            Turn::Raw(302, String::new()),
        ] {
            let fake = FakeLlm::start([turn.clone()]).await.unwrap();
            let asker = hasty().with_patience(patience);
            let said = Told::of(asker.ask(&settings(provider, &fake), &[], request())).await;
            let error = said.refused();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("127.0.0.1"), "{turn:?}: {shown}");
        }
    }
}
