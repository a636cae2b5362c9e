//! Who gets in, with what, and for how long.

mod first_start;
mod keys;
mod login;
mod oidc;
mod password;
mod refresh;
mod register;
mod tickets;

use agentcy_core::{Caller, ErrorCode};
use agentcy_platform::{
    Error, Platform, Result,
    auth::{Kind, Login, Origin, Presented, Session, authenticate, login},
};
use agentcy_testkit::platform::{PASSWORD, TestPlatform, TestUser};
use secrecy::ExposeSecret;

fn from() -> Origin {
    Origin { ip: Some("192.0.2.1".parse().unwrap()), request_id: "req-1".to_owned() }
}

fn with(email: &str, password: &str) -> Login {
    Login { email: email.into(), password: password.into(), kind: Kind::Bearer, org_id: None }
}

async fn sign_in(test: &TestPlatform, user: &TestUser) -> Session {
    login(&test.platform, with(&user.email, PASSWORD), &from()).await.unwrap()
}

fn header(session: &Session) -> String {
    format!("Bearer {}", session.token.expose_secret())
}

fn showing(authorization: &str) -> Presented<'_> {
    Presented { authorization: Some(authorization), path: "/x", ..Presented::default() }
}

/// Who this process takes the holder of a session's token for.
async fn knock(platform: &Platform, session: &Session) -> Result<Caller> {
    authenticate(platform, &showing(&header(session))).await
}

fn code<T>(outcome: Result<T>) -> ErrorCode {
    match outcome {
        Ok(_) => panic!("it was not refused"),
        Err(Error::Refused { code, .. }) => code,
        Err(error) => panic!("a fault, not a refusal: {error:?}"),
    }
}

fn fields<T>(outcome: Result<T>) -> Vec<String> {
    match outcome {
        Err(Error::Refused { fields, .. }) => fields.into_iter().map(|field| field.path).collect(),
        Err(error) => panic!("a fault, not a refusal: {error:?}"),
        Ok(_) => panic!("it was not refused"),
    }
}

/// How often something was audited with this outcome.
async fn audited(test: &TestPlatform, action: &str, decision: &str) -> usize {
    let query =
        format!("select id from audit where action = '{action}' and decision = '{decision}'");
    test.database.rows(&query).await.len()
}
