use std::time::Duration;

use agentcy_egress::Egress;
use agentcy_llm::{Error, Probe, ProviderKind, Result, Settings, Unusable, probe};
use agentcy_testkit::fake_llm::{FakeLlm, Strict, Turn};

use crate::{KEY, WIRES, egress, settings};

async fn probed(provider: ProviderKind, turn: Turn) -> Result<Probe> {
    let fake = FakeLlm::start([turn]).await.unwrap();
    probe(&egress(), &settings(provider, &fake)).await
}

#[tokio::test]
async fn a_provider_that_answers_is_probed_by_one_real_call() {
    for provider in WIRES {
        let fake = FakeLlm::start([Turn::Says("ok".to_owned())]).await.unwrap();
        let found = probe(&egress(), &settings(provider, &fake)).await.unwrap();
        assert_eq!(found.model, "scripted");
        assert_eq!(fake.seen().len(), 1);
        assert_eq!(fake.seen()[0].body["model"], "scripted");
    }
}

#[tokio::test]
async fn each_wire_carries_the_key_where_its_provider_wants_it() {
    for (provider, path, header, value) in [
        (ProviderKind::Openai, "/v1/chat/completions", "authorization", format!("Bearer {KEY}")),
        (ProviderKind::Anthropic, "/v1/messages", "x-api-key", KEY.to_owned()),
    ] {
        let fake = FakeLlm::start([Turn::Says("ok".to_owned())]).await.unwrap();
        probe(&egress(), &settings(provider, &fake)).await.unwrap();
        let seen = fake.seen().remove(0);
        assert_eq!(seen.path, path);
        assert_eq!(seen.headers[header], value);
        let keyless = Settings { api_key: None, ..settings(provider, &fake) };
        probe(&egress(), &keyless).await.unwrap();
        assert!(!fake.seen().remove(1).headers.contains_key(header));
    }
}

#[tokio::test]
async fn the_builtin_provider_answers_without_a_network() {
    let found = probe(&Egress::new(Vec::new()), &Settings::builtin()).await.unwrap();
    assert_eq!(found.model, "builtin");
}

#[tokio::test]
async fn a_model_that_wants_the_new_name_of_the_bound_is_asked_once_more() {
    let fake = FakeLlm::start([Turn::WantsCompletionTokens]).await.unwrap();
    probe(&egress(), &settings(ProviderKind::Openai, &fake)).await.unwrap();
    let bounds: Vec<_> =
        fake.seen().iter().map(|seen| seen.body.get("max_tokens").is_some()).collect();
    assert_eq!(bounds, [true, false]);

    let stubborn = Turn::refuses(400, "max_completion_tokens? no.");
    let fake = FakeLlm::start([stubborn]).await.unwrap();
    let refused = probe(&egress(), &settings(ProviderKind::Openai, &fake)).await;
    assert!(matches!(refused, Err(Error::Refused { status: 400, .. })));
    assert_eq!(fake.seen().len(), 3, "with either name, and with none");
}

#[tokio::test]
async fn what_a_run_would_be_refused_for_is_found_out() {
    let fake = FakeLlm::start([Turn::Says("ok".to_owned())]).await.unwrap();
    fake.insist(Strict::Gpt56);
    probe(&egress(), &settings(ProviderKind::Openai, &fake)).await.unwrap();
    let efforts: Vec<_> =
        fake.seen().iter().map(|seen| seen.body["reasoning_effort"].clone()).collect();
    assert_eq!(efforts, [serde_json::Value::Null, "none".into()]);
    for provider in WIRES {
        let fake = FakeLlm::start([Turn::refuses(400, "it takes no tools")]).await.unwrap();
        assert!(probe(&egress(), &settings(provider, &fake)).await.is_err());
        assert_eq!(fake.seen()[0].body["tools"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_refusal_comes_back_with_the_providers_own_words() {
    for provider in WIRES {
        for (status, words) in [
            (401, "invalid x-api-key"),
            (404, "The model `scripted` does not exist"),
            (500, "The server had an error"),
        ] {
            let refused = probed(provider, Turn::refuses(status, words)).await.unwrap_err();
            let Error::Refused { status: said, message, retry_after: None } = &refused else {
                panic!("{refused:?}");
            };
            assert_eq!((*said, message.as_str()), (status, words));
            assert_eq!(refused.is_temporary(), status == 500);
        }
    }
}

#[tokio::test]
async fn a_provider_that_is_busy_says_when_to_come_back() {
    for provider in WIRES {
        let turn = Turn::Refuses { status: 429, message: "slow".into(), retry_after: Some(7) };
        let refused = probed(provider, turn).await.unwrap_err();
        assert!(refused.is_temporary());
        let Error::Refused { retry_after, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(7)));
    }
}

#[tokio::test]
async fn a_key_that_is_echoed_is_not_passed_on() {
    for provider in WIRES {
        let refused = probed(provider, Turn::EchoesTheKey).await.unwrap_err();
        let text = format!("{refused} {refused:?}");
        assert!(text.contains("Incorrect API key provided: ****.") && !text.contains("kanarien"));
    }
}

#[tokio::test]
async fn an_error_page_of_a_gateway_is_told_by_its_title() {
    let page = "<!doctype html><title>502 Bad Gateway</title><h1>nginx</h1>".to_owned();
    let refused = probed(ProviderKind::Openai, Turn::Raw(502, page)).await.unwrap_err();
    assert_eq!(refused.to_string(), "the provider refused with status 502: 502 Bad Gateway");
    let refused = probed(ProviderKind::Openai, Turn::Raw(503, String::new())).await.unwrap_err();
    assert!(refused.to_string().ends_with("503: Service Unavailable"), "{refused}");
}

#[tokio::test]
async fn a_refusal_behind_status_200_is_a_refusal() {
    let body = r#"{"error":{"message":"quota exceeded"}}"#.to_owned();
    let refused = probed(ProviderKind::Openai, Turn::Raw(200, body)).await.unwrap_err();
    assert!(
        matches!(refused, Error::Refused { status: 200, ref message, .. } if message == "quota exceeded")
    );
}

#[tokio::test]
async fn an_answer_that_is_none_cannot_be_read() {
    for provider in WIRES {
        for body in ["hello", "<html>", "[]", "{}", r#"{"choices":[],"content":"x"}"#] {
            let odd = probed(provider, Turn::Raw(200, body.to_owned())).await;
            assert!(matches!(odd, Err(Error::Unreadable(_))), "{body}: {odd:?}");
        }
    }
}

#[tokio::test]
async fn odd_but_usable_answers_of_compatible_servers_are_taken() {
    for body in [
        r#"{"choices":[{"message":{"content":null},"finish_reason":""}],"usage":{}}"#,
        r#"{"choices":[{}],"error":null,"extra":1}"#,
    ] {
        probed(ProviderKind::Openai, Turn::Raw(200, body.to_owned())).await.unwrap();
    }
}

#[tokio::test]
async fn a_provider_that_breaks_off_stalls_or_is_away_is_told_apart() {
    for provider in WIRES {
        let cut = probed(provider, Turn::Cuts(200)).await;
        assert!(matches!(cut, Err(Error::Unavailable(_))), "{cut:?}");
        let refused = probed(provider, Turn::Cuts(500)).await;
        assert!(matches!(refused, Err(Error::Refused { status: 500, .. })), "{refused:?}");
        let stalled = probed(provider, Turn::Stalls).await;
        assert!(matches!(stalled, Err(Error::Timeout)), "{stalled:?}");
        let fake = FakeLlm::start([]).await.unwrap();
        let settings = settings(provider, &fake);
        drop(fake);
        let away = probe(&egress(), &settings).await;
        assert!(matches!(away, Err(Error::Unavailable(_))), "{away:?}");
    }
}

#[tokio::test]
async fn a_place_that_calls_may_not_reach_is_not_reached() {
    let fake = FakeLlm::start([Turn::Says("ok".to_owned())]).await.unwrap();
    let shut = Egress::new(Vec::new());
    let blocked = probe(&shut, &settings(ProviderKind::Openai, &fake)).await;
    assert!(matches!(blocked, Err(Error::Blocked(_))), "{blocked:?}");
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn settings_that_cannot_be_used_say_which() {
    let fake = FakeLlm::start([]).await.unwrap();
    let good = settings(ProviderKind::Anthropic, &fake);
    let key = Settings { api_key: Some("two\nlines".into()), ..good.clone() };
    let place = Settings { base_url: Some("ftp://files/v1".parse().unwrap()), ..good };
    let key = probe(&egress(), &key).await;
    assert!(matches!(key, Err(Error::Unusable(Unusable::Key))), "{key:?}");
    let place = probe(&egress(), &place).await;
    assert!(matches!(place, Err(Error::Unusable(Unusable::Place))), "{place:?}");
}
