//! The settings of an org.

use agentcy_core::Role;
use agentcy_testkit::app::TestApp;
use serde_json::json;

const TEST: &str = "/api/v1/settings/llm/test";

#[tokio::test]
async fn a_model_is_tested_at_the_provider_that_is_named_or_at_the_one_in_force() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let admin = app.member(org, Role::Admin).await;
    for given in [
        json!({ "model": "gpt-nope" }),
        json!({ "base_url": "http://127.0.0.1:1/v1" }),
        json!({ "api_key": null }),
        json!({ "fallbacks": [{ "model": "small" }] }),
    ] {
        let reply = admin.post(TEST, given).await.expecting_error(400, "invalid");
        assert_eq!(reply.fields(), ["provider"]);
    }
    let stored = admin.post(TEST, json!({})).await.expecting(200);
    assert_eq!(stored.text_at("/model"), "builtin");
    let named = admin.post(TEST, json!({ "provider": "builtin" })).await.expecting(200);
    assert_eq!(named.text_at("/model"), "builtin");
}
