//! Signing in by password, at the cost that the product has without settings.

use std::time::Duration;

use agentcy_core::Role;
use agentcy_testkit::{app::TestApp, platform::PASSWORD};
use anyhow::Result;
use serde_json::{Value, json};

use crate::{
    load::{Load, Request},
    measure::{Party, alone},
};

struct SignIn {
    request: Request,
    part: Duration,
}

impl Party for SignIn {
    async fn work(&self) -> Result<Load> {
        self.request.repeat(self.part, |answer| answer.starts_with(b"HTTP/1.1 200")).await
    }
}

/// Measures it.
pub(crate) async fn measure(app: &TestApp, part: Duration) -> Result<Value> {
    let org = app.stage.org().await;
    let user = app.stage.user(org, Role::Member).await;
    let body = json!({ "email": user.email, "password": PASSWORD }).to_string();
    let head =
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    let bytes = format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into();
    let request = Request { address: app.address(), bytes };
    // Their hash is a cheap one of the tests; the first sign-in makes it anew at the present cost.
    request.once().await?;
    alone("signing in by password (Argon2id, 19 MiB, 2 passes)", &SignIn { request, part }).await
}
