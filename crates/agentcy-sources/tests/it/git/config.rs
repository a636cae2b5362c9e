//! What a config may say.

use agentcy_sources::{Connector, Error, Files, Git};
use serde_json::{Value, json};

use super::world::{Source, World};

/// The paths of what is wrong with a config and its credentials.
async fn faults(config: Value, credentials: &[(&str, &str)]) -> Vec<String> {
    let mut source = Source::new(config, Files::default());
    for (name, secret) in credentials {
        source.credentials.insert((*name).to_owned(), (*secret).into());
    }
    match source.connector.validate(source.job()).await {
        Err(Error::Invalid(fields)) => fields.into_iter().map(|field| field.path).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_wrong_setting_is_named() {
    for (config, path) in [
        (json!({}), "config"),
        (json!({ "path": "a", "url": "https://a.b/c" }), "config"),
        (json!({ "path": "a", "depth": 1 }), "config.depth"),
        (json!({ "path": 7 }), "config.path"),
        (json!({ "path": "" }), "config.path"),
        (json!({ "path": "a\u{0}b" }), "config.path"),
        (json!({ "path": "nowhere" }), "config.path"),
        (json!({ "path": "a", "branch": "a..b" }), "config.branch"),
        (json!({ "path": "a", "branch": "" }), "config.branch"),
        (json!({ "path": "a", "max_commits": 0 }), "config.max_commits"),
        (json!({ "path": "a", "max_commits": 200_001 }), "config.max_commits"),
        (json!({ "url": "nonsense" }), "config.url"),
        (json!({ "url": "file:///etc" }), "config.url"),
        (json!({ "url": "ssh://git@example.org/a" }), "config.url"),
        (json!({ "url": "http://example.org/a" }), "config.url"),
        (json!({ "url": "http://10.0.0.1/a" }), "config.url"),
        (json!({ "url": "https://me:pw@example.org/a" }), "config.url"),
        (json!({ "url": "https://example.org/a?b" }), "config.url"),
    ] {
        assert_eq!(faults(config.clone(), &[]).await, [path], "{config}");
    }
}

#[tokio::test]
async fn each_wrong_credential_is_named() {
    let url = || json!({ "url": "https://example.org/a" });
    assert_eq!(faults(url(), &[("key", "x")]).await, ["credentials.key"]);
    assert_eq!(faults(url(), &[("username", "x")]).await, ["credentials.password"]);
    assert_eq!(faults(url(), &[("password", "x")]).await, ["credentials.username"]);
    let both = [("username", "x"), ("password", "y"), ("token", "z")];
    assert_eq!(faults(url(), &both).await, ["credentials.token"]);
    assert_eq!(faults(json!({ "path": "a" }), &[("token", "x")]).await, ["credentials"]);
}

#[tokio::test]
async fn a_good_config_is_reached_before_it_is_kept() {
    let mut world = World::new();
    world.commit("one");
    let mut source = world.source();
    source.connector.validate(source.job()).await.unwrap();
    source.config["branch"] = json!("gone");
    assert_eq!(source.refusal().await, "config.branch: there is no such branch");
    source.config = json!({ "path": "data" });
    assert!(source.refusal().await.starts_with("config.path: "));
}

#[test]
fn where_credentials_go_is_the_url_and_only_a_url_is_for_workers_elsewhere() {
    let git = Git::default();
    assert_eq!(git.destinations(), ["url"]);
    assert!(git.is_remote(&json!({ "url": "https://a.b/c" })));
    assert!(!git.is_remote(&json!({ "path": "a" })));
}
