//! The model provider: whose settings hold, where a key may go, and that it is sealed.

use agentcy_core::{Caller, ErrorCode, Role};
use agentcy_llm::Settings;
use agentcy_platform::{
    Change, Error,
    llm_settings::{self, LlmUpdate, ProviderKind, Source},
};
use agentcy_testkit::fake_llm::{FakeLlm, Turn};
use serde_json::{Value, json};

use crate::stage::{Stage, code, refusal};

const KEY: &str = "sk-0123456789-wxyz";

fn openai(base_url: &str, api_key: Change<secrecy::SecretString>) -> LlmUpdate {
    LlmUpdate {
        provider: ProviderKind::Openai,
        model: "small".into(),
        base_url: Some(base_url.to_owned()),
        api_key,
        fallbacks: vec!["smaller".into()],
    }
}

fn given(key: &str) -> Change<secrecy::SecretString> {
    Change::Set(key.into())
}

async fn stage() -> (Stage, Caller) {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let admin = stage.member(org, Role::Admin).await;
    (stage, admin)
}

#[tokio::test]
async fn an_org_without_settings_has_the_environments_and_sees_nothing_of_its_key() {
    let environment = Settings {
        provider: ProviderKind::Anthropic,
        api_key: Some(KEY.into()),
        ..Settings::builtin()
    };
    let stage = Stage::with(environment).await;
    let (org, other) = (stage.org().await, stage.org().await);
    let admin = stage.member(org, Role::Admin).await;
    let platform = &stage.platform;
    let shown = llm_settings::read(platform, &admin).await.unwrap();
    assert_eq!((shown.provider, shown.source), (ProviderKind::Anthropic, Source::Environment));
    assert_eq!(shown.api_key.as_deref(), Some("****"));
    // A mask of the environment's key keeps nothing: that key is not the org's to send anywhere.
    let masked = LlmUpdate {
        provider: ProviderKind::Anthropic,
        base_url: None,
        ..openai("", given("****"))
    };
    let outcome = llm_settings::update(platform, &admin, masked).await;
    assert_eq!(code(outcome), ErrorCode::CredentialsRequired);
    let own = openai("http://models.example.org/v1", Change::Keep);
    let shown = llm_settings::update(platform, &admin, own).await.unwrap();
    assert_eq!((shown.api_key, shown.source), (None, Source::Org));
    let stranger = stage.member(other, Role::Admin).await;
    let shown = llm_settings::read(platform, &stranger).await.unwrap();
    assert_eq!(shown.source, Source::Environment);
}

#[tokio::test]
async fn a_key_stays_behind_its_mask_and_goes_with_null() {
    let (stage, admin) = stage().await;
    let platform = &stage.platform;
    let place = "https://models.example.org/v1";
    let shown = llm_settings::update(platform, &admin, openai(place, given(KEY))).await.unwrap();
    assert_eq!(shown.api_key.as_deref(), Some("****wxyz"));
    assert_eq!(shown.fallbacks, ["smaller"]);
    // Another writing of the same place.
    for (place, kept) in [
        ("https://models.example.org:443/v1/", Change::Keep),
        ("https://MODELS.example.org/v1", given("****wxyz")),
    ] {
        let other = LlmUpdate { model: "large".into(), ..openai(place, kept) };
        let shown = llm_settings::update(platform, &admin, other).await.unwrap();
        assert_eq!((shown.model.as_str(), shown.api_key.as_deref()), ("large", Some("****wxyz")));
    }
    let removed = openai(place, Change::Clear);
    let shown = llm_settings::update(platform, &admin, removed).await.unwrap();
    assert_eq!(shown.api_key, None);
    assert_eq!(llm_settings::read(platform, &admin).await.unwrap(), shown);
    let fates: Vec<Value> = stage
        .audit("settings.llm.update")
        .await
        .into_iter()
        .map(|row| row["details"]["api_key"].clone())
        .collect();
    assert_eq!(fates, ["set", "unchanged", "unchanged", "removed"]);
}

#[tokio::test]
async fn a_stored_key_goes_nowhere_it_was_not_given_for() {
    let (stage, admin) = stage().await;
    let platform = &stage.platform;
    let place = "https://models.example.org/v1";
    llm_settings::update(platform, &admin, openai(place, given(KEY))).await.unwrap();
    let before = stage.database.rows("select * from llm_settings").await;
    for kept in [Change::Keep, given("****wxyz"), given("****")] {
        for elsewhere in [
            "http://models.example.org/v1",
            "https://models.example.org:8443/v1",
            "https://models.example.com/v1",
            "https://models.example.org/v2",
            "https://models.example.org/v1?x=1",
        ] {
            let moved = openai(elsewhere, kept.clone());
            let outcome = llm_settings::update(platform, &admin, moved.clone()).await;
            assert_eq!(code(outcome), ErrorCode::CredentialsRequired, "{elsewhere}");
            let outcome = llm_settings::test(platform, &admin, Some(moved)).await;
            assert!(matches!(
                code(outcome),
                ErrorCode::CredentialsRequired | ErrorCode::RateLimited
            ));
        }
        let public = LlmUpdate { base_url: None, ..openai("", kept.clone()) };
        let spoken = LlmUpdate { provider: ProviderKind::Anthropic, ..openai(place, kept.clone()) };
        for moved in [public, spoken] {
            let outcome = llm_settings::update(platform, &admin, moved).await;
            assert_eq!(code(outcome), ErrorCode::CredentialsRequired);
        }
    }
    assert_eq!(stage.database.rows("select * from llm_settings").await, before);
    assert_eq!(stage.audit("settings.llm.update").await.len(), 1);
    let moved = openai("https://models.example.com/v1", given("sk-another-0123456"));
    let shown = llm_settings::update(platform, &admin, moved).await.unwrap();
    assert_eq!(shown.api_key.as_deref(), Some("****3456"));
}

#[tokio::test]
async fn the_built_in_model_takes_and_keeps_no_key() {
    let (stage, admin) = stage().await;
    let platform = &stage.platform;
    let place = "https://models.example.org/v1";
    llm_settings::update(platform, &admin, openai(place, given(KEY))).await.unwrap();
    let builtin = LlmUpdate {
        provider: ProviderKind::Builtin,
        model: "builtin".into(),
        base_url: None,
        api_key: Change::Keep,
        fallbacks: Vec::new(),
    };
    let shown = llm_settings::update(platform, &admin, builtin.clone()).await.unwrap();
    assert_eq!(shown.api_key, None);
    let rows = stage.database.rows("select api_key from llm_settings").await;
    assert_eq!(rows, [json!({ "api_key": null })]);
    let strange = LlmUpdate { base_url: Some(place.into()), api_key: given(KEY), ..builtin };
    let outcome = llm_settings::update(platform, &admin, strange).await;
    assert_eq!(refusal(outcome).1, ["base_url", "api_key"]);
}

#[tokio::test]
async fn a_key_that_does_not_open_any_more_is_replaced_or_removed() {
    let (stage, admin) = stage().await;
    let platform = &stage.platform;
    let place = "https://models.example.org/v1";
    let lose = format!("update llm_settings set api_key = '\\x{}'", "00".repeat(64));
    llm_settings::update(platform, &admin, openai(place, given(KEY))).await.unwrap();
    stage.database.execute(&lose).await;
    let shown = llm_settings::read(platform, &admin).await.unwrap();
    assert_eq!(shown.api_key.as_deref(), Some("****"));
    for kept in [Change::Keep, given("****")] {
        let outcome = llm_settings::update(platform, &admin, openai(place, kept.clone())).await;
        assert_eq!(code(outcome), ErrorCode::CredentialsRequired);
        let outcome = llm_settings::test(platform, &admin, Some(openai(place, kept))).await;
        assert_eq!(code(outcome), ErrorCode::CredentialsRequired);
    }
    let shown = llm_settings::update(platform, &admin, openai(place, given(KEY))).await.unwrap();
    assert_eq!(shown.api_key.as_deref(), Some("****wxyz"));
    stage.database.execute(&lose).await;
    let shown = llm_settings::update(platform, &admin, openai(place, Change::Clear)).await.unwrap();
    assert_eq!(shown.api_key, None);
}

#[tokio::test]
async fn the_key_is_sealed_at_rest_and_nowhere_in_the_audit() {
    let (stage, admin) = stage().await;
    let place = "https://models.example.org/v1?token=hidden";
    let update = openai(place, given(KEY));
    llm_settings::update(&stage.platform, &admin, update.clone()).await.unwrap();
    let first = stage.database.rows("select api_key from llm_settings").await;
    llm_settings::update(&stage.platform, &admin, update).await.unwrap();
    let second = stage.database.rows("select api_key from llm_settings").await;
    assert_ne!(first, second, "each sealing has a nonce of its own");
    let kept = json!([
        stage.database.rows("select * from llm_settings").await,
        stage.database.rows("select * from audit").await,
    ])
    .to_string();
    assert!(!kept.contains(KEY) && !kept.contains(&hex::encode(KEY)));
    assert!(!json!(stage.audit("settings.llm.update").await).to_string().contains("hidden"));
}

#[tokio::test]
async fn every_fault_of_the_settings_is_told_at_once() {
    let (stage, admin) = stage().await;
    let viewer = stage.member(admin.org_id, Role::Member).await;
    for place in [
        "ftp://models.example.org",
        "https://ada:secret@models.example.org",
        "https://models.example.org/#top",
        "models.example.org",
        "",
    ] {
        let mut bad = openai(place, given("with space"));
        bad.model = " ".into();
        bad.fallbacks = vec!["fine".into(), String::new()];
        let outcome = llm_settings::update(&stage.platform, &admin, bad).await;
        let paths = ["model", "fallbacks[1].model", "base_url", "api_key"];
        assert_eq!(refusal(outcome), (ErrorCode::Invalid, paths.map(str::to_owned).to_vec()));
    }
    let many = LlmUpdate {
        fallbacks: vec!["m".into(); 6],
        ..openai("https://models.example.org", Change::Keep)
    };
    let outcome = llm_settings::update(&stage.platform, &admin, many).await;
    assert_eq!(refusal(outcome).1, ["fallbacks"]);
    let denied = llm_settings::read(&stage.platform, &viewer).await;
    assert_eq!(code(denied), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn a_test_calls_the_provider_with_the_settings_that_hold_or_are_given() {
    let (stage, admin) = stage().await;
    let platform = &stage.platform;
    let builtin = llm_settings::test(platform, &admin, None).await.unwrap();
    assert_eq!(builtin.model, "builtin");
    let fake = FakeLlm::start([Turn::Says("ok".into())]).await.unwrap();
    let update = openai(&fake.base_url, given(KEY));
    let tried = llm_settings::test(platform, &admin, Some(update.clone())).await.unwrap();
    assert_eq!(tried.model, "small");
    assert!(stage.database.rows("select * from llm_settings").await.is_empty());
    llm_settings::update(platform, &admin, update).await.unwrap();
    llm_settings::test(platform, &admin, None).await.unwrap();
    let masked = openai(&fake.base_url, given("****wxyz"));
    llm_settings::test(platform, &admin, Some(masked)).await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen.len(), 3);
    for call in seen {
        assert_eq!(call.headers["authorization"], format!("Bearer {KEY}"));
    }
    assert_eq!(stage.audit("settings.llm.test").await.len(), 4);
}

#[tokio::test]
async fn what_the_provider_refuses_is_told_without_the_key() {
    let (stage, admin) = stage().await;
    let fake = FakeLlm::start([Turn::EchoesTheKey]).await.unwrap();
    let tried = openai(&fake.base_url, given(KEY));
    let outcome = llm_settings::test(&stage.platform, &admin, Some(tried)).await;
    let Err(Error::Refused { code, details: Some(details), .. }) = outcome else { panic!() };
    assert_eq!(code, ErrorCode::UpstreamRefused);
    assert_eq!(details["upstream"]["status"], 401);
    assert!(!details.to_string().contains(KEY));
    // Nobody listens on this port.
    let gone = openai("http://127.0.0.1:9/v1", given(KEY));
    let outcome = llm_settings::test(&stage.platform, &admin, Some(gone)).await;
    assert_eq!(refusal(outcome).0, ErrorCode::UpstreamUnavailable);
    let private = openai("http://10.0.0.1/v1", given(KEY));
    let outcome = llm_settings::test(&stage.platform, &admin, Some(private)).await;
    assert_eq!(refusal(outcome), (ErrorCode::Invalid, vec!["base_url".to_owned()]));
}

#[tokio::test]
async fn an_org_tests_ten_times_a_minute() {
    let (stage, admin) = stage().await;
    for _ in 0..10 {
        llm_settings::test(&stage.platform, &admin, None).await.unwrap();
    }
    let outcome = llm_settings::test(&stage.platform, &admin, None).await;
    let Err(Error::Refused { code, details: Some(details), .. }) = outcome else { panic!() };
    assert_eq!(code, ErrorCode::RateLimited);
    assert!(details["retry_after_secs"].as_u64().is_some_and(|secs| (1..=60).contains(&secs)));
    let other = stage.org().await;
    let other = stage.member(other, Role::Admin).await;
    llm_settings::test(&stage.platform, &other, None).await.unwrap();
}
