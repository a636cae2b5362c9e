//! Where a token goes, and where it never does.

use agentcy_sdk::{Client, Error};

use crate::server::{Server, Step, json};

#[tokio::test]
async fn a_redirect_does_not_take_the_token_along() {
    let thief = Server::with([json(200, "{}")]).await;
    let location = format!("{}/api/v1/settings?from=you", thief.origin);
    for status in [301, 307, 308] {
        let step = Step::Answer(status, vec![("location", location.clone())], String::new());
        let server = Server::with([step]).await;
        let error = server.client().settings().await.unwrap_err();
        let Error::Redirected { to } = error else { panic!("{error:?}") };
        assert_eq!(to, thief.origin);
        assert_eq!(server.only().header("authorization"), Some("Bearer jwt-of-ada"));
    }
    assert!(thief.seen().is_empty());
}

#[tokio::test]
async fn nobody_prints_a_token_or_a_password() {
    let session = r#"{"token":"jwt-new","expires_at":"2026-01-01T00:00:00Z","user":{"id":"usr_1","email":"a@b","role":"owner","org_id":"org_1"}}"#;
    let server = Server::with([json(200, session)]).await;
    let client = server.client();
    let session = client.login("a@b", &"pass".into()).await.unwrap();
    for text in [format!("{client:?}"), format!("{session:?}"), format!("{:?}", client.users())] {
        assert!(!text.contains("jwt-"), "{text}");
    }
}

#[tokio::test]
async fn a_stale_token_does_not_stand_in_the_way_of_a_login() {
    let server = Server::with([json(200, r#"{"status":"ok"}"#)]).await;
    server.client().health().await.unwrap();
    assert_eq!(server.only().header("authorization"), None);
}

#[test]
fn an_address_that_is_none_is_refused() {
    for bad in ["ftp://host", "http://user:pass@host", "https://host?x=1", "data:text/plain,x"] {
        let error = Client::new(bad.parse().unwrap()).unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{bad}: {error:?}");
        assert!(!error.to_string().contains("pass@"));
    }
}

#[tokio::test]
async fn an_id_cannot_lead_to_another_path() {
    let server = Server::with([]).await;
    for bad in ["", "..", "usr_1/../me", "usr_1?x", "usr%2f"] {
        let error = server.client().remove_user(bad).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{bad}: {error:?}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_token_with_a_line_break_is_not_sent() {
    let server = Server::with([]).await;
    let client = server.client().with_token("jwt-x\r\nhost: evil".into());
    let error = client.settings().await.unwrap_err();
    assert!(matches!(&error, Error::Invalid(text) if !text.contains("jwt-")), "{error:?}");
}

#[test]
fn a_client_of_an_https_server_needs_no_preparation() {
    Client::new("https://agentcy.example.com/below".parse().unwrap()).unwrap();
}
