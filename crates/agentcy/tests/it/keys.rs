//! The key of stored secrets, while it is exchanged for another.

use agentcy_sdk::{Client, Error, LlmUpdate};
use serde_json::json;

use crate::{err, json, process::Machine};

const FIRST: &str = "9f1c4b7a2e6d8053b1f7c94ae2d60835c7a91e4fb2d8360a5ce17f94b3d2086e";
const SECOND: &str = "1b7e4c90d2f6a8352e9c71b4f80d6a35c4e1927b8fd3605a7cc21e49b3f0d867";
const KEY: &str = "AGENTCY_ENCRYPTION_KEY";

/// A model provider whose key is this one, or the one that is stored.
fn model(api_key: Option<&str>) -> LlmUpdate {
    LlmUpdate {
        provider: "openai".to_owned(),
        model: "small".to_owned(),
        base_url: Some("https://models.example.org/v1".to_owned()),
        api_key: api_key.map(|key| Some(key.into())),
        fallbacks: Vec::new(),
    }
}

async fn administrator(machine: &Machine) -> Client {
    machine.with_token(&machine.session().await.token)
}

#[tokio::test]
async fn a_key_that_is_set_later_opens_what_the_one_of_the_folder_sealed_and_takes_its_place() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let client = administrator(&machine).await;
    client.update_llm_settings(&model(Some("sk-0123456789-wxyz"))).await.unwrap();
    server.stop().await;

    let machine = machine.with(KEY, FIRST);
    let mut server = machine.start().await;
    assert!(server.said().contains("agentcy secrets reseal"), "{}", server.said());
    let client = administrator(&machine).await;
    client.update_llm_settings(&model(None)).await.unwrap();
    client.update_llm_settings(&model(Some("sk-abcdefghij-wxyz"))).await.unwrap();
    let resealed = machine.run(&["secrets", "reseal", "--json"]);
    assert!(resealed.status.success(), "{}", err(&resealed));
    assert_eq!(json(&resealed), json!({ "sealed": 1, "sealed_anew": 0, "lost": {} }));
    server.stop().await;

    std::fs::remove_file(machine.data().join("encryption_key")).unwrap();
    let mut server = machine.start().await;
    assert!(!server.said().contains("secrets reseal"), "{}", server.said());
    administrator(&machine).await.update_llm_settings(&model(None)).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_refused_until_the_loss_is_accepted() {
    let machine = Machine::new().with(KEY, FIRST);
    let mut server = machine.start().await;
    let client = administrator(&machine).await;
    client.update_llm_settings(&model(Some("sk-0123456789-wxyz"))).await.unwrap();
    server.stop().await;

    let machine = machine.with(KEY, SECOND);
    let said = machine.refused().await;
    assert!(said.contains("no encryption key in force (llm_settings.api_key: 1)"), "{said}");
    assert!(said.contains("AGENTCY_ENCRYPTION_KEY_PREVIOUS"), "{said}");
    let early = machine.run(&["secrets", "reseal"]);
    assert_eq!(early.status.code(), Some(1));
    assert!(err(&early).contains("no server was started with this"), "{}", err(&early));

    let accepted = machine.run(&["secrets", "reseal", "--accept-loss", "--json"]);
    assert!(accepted.status.success(), "{}", err(&accepted));
    assert_eq!(json(&accepted)["lost"], json!({ "llm_settings.api_key": 1 }));
    let _server = machine.start().await;
    let kept = administrator(&machine).await.update_llm_settings(&model(None)).await;
    assert!(matches!(kept, Err(Error::Refused { status: 400, .. })), "{kept:?}");
}
