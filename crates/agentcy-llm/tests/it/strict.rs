//! Servers that want something of their own, through a question with two turns of calls.

use agentcy_llm::{Asker, Call, CallResult, Message, ProviderKind, Request, Settings, ToolSpec};
use agentcy_testkit::fake_llm::{FakeLlm, Strict, Turn};
use serde_json::{Value, json};

use crate::{Told, asker, request, settings};

/// Asks until the model has answered, as a run does; the ids of the calls are long.
async fn answered(asker: &Asker, settings: &Settings, mut request: Request) -> (String, Request) {
    for turn in 0..4 {
        let told = Told::of(asker.ask(settings, &[], request.clone())).await;
        assert!(told.error.is_none(), "{turn}: {:?}", told.error);
        if told.calls.is_empty() {
            return (told.text(), request);
        }
        let id = |at: usize| format!("tc_01930000-0000-7000-8000-00000000{turn:02}{at:02}");
        let calls = told.calls.iter().enumerate().map(|(at, (_, name, args))| Call {
            id: id(at),
            name: name.clone(),
            args: serde_json::from_str(args).unwrap(),
        });
        let calls: Vec<Call> = calls.collect();
        let results = calls.iter().map(|call| CallResult {
            id: call.id.clone(),
            name: call.name.clone(),
            content: "found".to_owned(),
            is_error: false,
        });
        let results = Message::Results(results.collect());
        request.messages.push(Message::Assistant { text: told.text(), calls, kept: told.kept });
        request.messages.push(results);
    }
    unreachable!("it never answers")
}

fn with_tool() -> Request {
    let tool = ToolSpec {
        name: "look".to_owned(),
        description: "Looks.".to_owned(),
        input_schema: json!({ "type": "object" }),
    };
    Request { tools: vec![tool.into()], ..request() }
}

async fn server(strict: Strict) -> (FakeLlm, Settings) {
    let look = || ("look", json!({ "at": 1 }));
    let turns = [
        Turn::streams(["I look. "]).and_calls([look(), look()]),
        Turn::calls([look()]),
        Turn::streams(["Found."]),
    ];
    let fake = FakeLlm::start(turns).await.unwrap();
    fake.insist(strict);
    let wire =
        if strict == Strict::Claude { ProviderKind::Anthropic } else { ProviderKind::Openai };
    let settings = settings(wire, &fake);
    (fake, settings)
}

#[tokio::test]
async fn each_server_gets_what_it_wants_and_nothing_that_it_does_not_know() {
    for strict in [
        Strict::No,
        Strict::Gpt56,
        Strict::DeepSeek,
        Strict::Gemini,
        Strict::Mistral,
        Strict::Claude,
        Strict::Window(64 << 10),
    ] {
        let (fake, settings) = server(strict).await;
        let asker = asker();
        let (text, _) = answered(&asker, &settings, with_tool()).await;
        assert_eq!(text, "Found.", "{strict:?}");
        let before = fake.seen().len();
        let (again, _) = answered(&asker, &settings, with_tool()).await;
        assert_eq!((again.as_str(), fake.seen().len()), ("Found.", before + 1), "{strict:?}");
    }
}

#[tokio::test]
async fn what_one_server_gave_goes_to_no_other() {
    for strict in [Strict::DeepSeek, Strict::Gemini, Strict::Claude] {
        let (_fake, own) = server(strict).await;
        let (_, said) = answered(&asker(), &own, with_tool()).await;
        let fake = FakeLlm::start([Turn::streams(["ok"])]).await.unwrap();
        let other = Settings { model: Some("other".to_owned()), ..settings(own.provider, &fake) };
        Told::of(asker().ask(&other, &[], said)).await;
        let body = fake.seen()[0].body.to_string();
        let marks = ["think", "extra_content", "reasoning"];
        assert!(marks.iter().all(|mark| !body.contains(mark)), "{strict:?}: {body}");
    }
}

#[tokio::test]
async fn thoughts_that_do_not_fit_any_more_are_left_out() {
    let (fake, settings) = server(Strict::Claude).await;
    let (_, mut told) = answered(&asker(), &settings, with_tool()).await;
    drop(fake);
    let fake = FakeLlm::start_with(|seen| {
        if seen.body.to_string().contains("signature") {
            let words = "messages.1.content.0: Invalid `signature` in `thinking` block";
            return Turn::refuses(400, words);
        }
        Turn::streams(["ok"])
    });
    let fake = fake.await.unwrap();
    let moved = crate::settings(ProviderKind::Anthropic, &fake);
    // As if it were the same place.
    let of = format!(
        "anthropic {} scripted",
        moved.base_url.as_ref().unwrap().origin().ascii_serialization()
    );
    for message in &mut told.messages {
        if let Message::Assistant { kept: Some(kept), .. } = message {
            kept.of.clone_from(&of);
        }
    }
    assert_eq!(Told::of(asker().ask(&moved, &[], told)).await.text(), "ok");
    assert_eq!(fake.seen().len(), 2);
}

#[tokio::test]
async fn a_model_that_is_known_to_want_no_effort_is_asked_so_at_once() {
    let (fake, settings) = server(Strict::Gpt56).await;
    let asker = asker();
    answered(&asker, &settings, with_tool()).await;
    let efforts: Vec<Value> =
        fake.seen().iter().map(|seen| seen.body["reasoning_effort"].clone()).collect();
    assert_eq!(efforts, [Value::Null, "none".into(), "none".into(), "none".into()]);
}
