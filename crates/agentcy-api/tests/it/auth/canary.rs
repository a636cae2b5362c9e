//! Nothing that opens a door is ever written down in the clear.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use agentcy_core::Role;
use agentcy_platform::setup::Registration;
use agentcy_testkit::{
    app::{Client, TestApp},
    platform::PASSWORD,
    reply::Reply,
};
use serde_json::{Value, json};
use tracing_subscriber::{EnvFilter, fmt, fmt::format::FmtSpan};

use super::{INVITES, KEYS, LOGIN, LOGOUT, ME, REFRESH, REGISTER, TICKET};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// What must stand nowhere, and what was refused along the way.
#[derive(Default)]
struct Secrets {
    hidden: Vec<(&'static str, String)>,
    refused: Vec<String>,
}

impl Secrets {
    fn hide(&mut self, what: &'static str, text: &str) -> String {
        self.hidden.push((what, text.to_owned()));
        text.to_owned()
    }

    fn refused(&mut self, reply: &Reply) {
        assert!(reply.status >= 400, "{}", reply.text);
        self.refused.push(format!("{:?} {}", reply.headers, reply.text));
    }

    fn assert_absent(&self, place: &str, text: &str) {
        for (what, secret) in &self.hidden {
            let hex = hex(secret);
            // The last part of a token or key is its secret; the others may be ids.
            let parts = [secret.as_str(), hex.as_str(), secret.rsplit(['.', '_']).next().unwrap()];
            for part in parts {
                let found = text.find(part).map(|at| &text[at.saturating_sub(200)..at]);
                assert!(found.is_none(), "{what} stands in {place} after {found:?}");
            }
        }
    }
}

/// As bytes are written by the database.
fn hex(text: &str) -> String {
    text.bytes()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|n| char::from_digit(n.into(), 16))
        .collect()
}

#[tokio::test]
async fn no_secret_is_logged_told_in_an_error_audited_or_stored() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = fmt()
        .with_env_filter(EnvFilter::new("debug,agentcy=trace"))
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // While there is one subscriber alone, tracing asks the thread that comes by first whether a place is logged at all,
    // and that may be another test's thread, which has none.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);
    let rules = |rules: &mut agentcy_platform::Setup| rules.auth.registration = Registration::Open;
    let app = TestApp::with(rules, |_| {}).await;
    let mut secrets = Secrets::default();
    people_come(&app, &mut secrets).await;
    keys_and_settings(&app, &mut secrets).await;

    let text = log.text();
    assert!(
        text.contains("request served") && text.contains("api.auth.login"),
        "nothing was logged"
    );
    secrets.assert_absent("the log", &text);
    secrets.assert_absent("an error", &secrets.refused.join("\n"));
    let audit = app.stage.database.rows("select * from audit").await;
    let audit: Vec<String> = audit.iter().map(Value::to_string).collect();
    secrets.assert_absent("the audit", &audit.join("\n"));
    secrets.assert_absent("the database", &app.stage.database.everything().await);
    for action in [
        "session.create",
        "session.refresh",
        "session.end",
        "user.register",
        "user.update",
        "invite.create",
        "password.change",
        "api_key.create",
        "api_key.rotate",
        "api_key.revoke",
        "profile.update",
        "settings.update",
    ] {
        let name = format!("\"action\":\"{action}\"");
        assert!(audit.iter().any(|row| row.contains(&name)), "{action} is not among {audit:#?}");
    }
}

/// Signing in and out, tickets, invitations, passwords: each once right and once wrong.
async fn people_come(app: &TestApp, secrets: &mut Secrets) {
    let nobody = app.anonymous();
    let first = secrets.hide("a password", "canary-password-one");
    secrets.hide("a password", PASSWORD);
    let wrong = secrets.hide("a wrong password", "canary-password-two");
    let email = "ada@example.org";
    let body = json!({ "email": email, "password": first, "name": "Ada", "org_name": "Engines" });
    let reply = nobody.post(REGISTER, body.clone()).await.expecting(201);
    let owner = app.bearer(&secrets.hide("a token", reply.text_at("/token")));
    secrets.refused(&nobody.post(REGISTER, body).await);
    secrets.refused(&nobody.post(LOGIN, json!({ "email": email, "password": wrong })).await);
    secrets.refused(&nobody.post(LOGIN, json!({ "email": wrong, "password": wrong })).await);
    secrets.refused(&nobody.post(LOGIN, json!({ "email": email, "password": [wrong] })).await);
    secrets.refused(
        &nobody.post(LOGIN, json!({ "email": email, "password": first, "org_id": wrong })).await,
    );
    secrets.refused(&nobody.post(LOGIN, json!(wrong)).await);

    let invite = owner.post(INVITES, json!({ "email": "bob@example.org", "role": "admin" })).await;
    let invite = secrets.hide("an invitation", invite.expecting(201).text_at("/token"));
    let short =
        json!({ "email": "bob@example.org", "password": "x", "name": "", "invite_token": invite });
    secrets.refused(&nobody.post(REGISTER, short).await);
    let wrong_type =
        json!({ "email": "bob", "password": first, "name": 7, "invite_token": [invite] });
    secrets.refused(&nobody.post(REGISTER, wrong_type).await);
    let join = json!({ "email": "bob@example.org", "password": first, "name": "Bob", "invite_token": invite });
    let bob = nobody.post(REGISTER, join.clone()).await.expecting(201);
    let bob_id = bob.text_at("/user/id").to_owned();
    let bob = app.bearer(&secrets.hide("a token", bob.text_at("/token")));
    secrets.refused(&nobody.post(REGISTER, join).await);

    let fresh = Reply::of(bob.request("POST", REFRESH)).await.expecting(200);
    let fresh = app.bearer(&secrets.hide("a token", fresh.text_at("/token")));
    secrets.refused(&bob.get(ME).await);
    secrets.refused(&nobody.get(&format!("{ME}?token={}", bob.token())).await);
    let ticket = fresh.post(TICKET, json!({ "path": ME })).await.expecting(200);
    let ticket = secrets.hide("a ticket", ticket.text_at("/ticket"));
    let shown = format!("{ME}?token={ticket}");
    nobody.get(&shown).await.expecting(200);
    secrets.refused(&nobody.get(&shown).await);
    secrets.refused(&nobody.get(&format!("/api/v1/nothing?token={ticket}")).await);
    owner
        .patch(&format!("/api/v1/users/{bob_id}"), json!({ "role": "member" }))
        .await
        .expecting(200);

    let better = secrets.hide("a password", "canary-password-three");
    let path = "/api/v1/users/me/password";
    secrets
        .refused(&fresh.put(path, json!({ "old_password": wrong, "new_password": better })).await);
    secrets.refused(
        &fresh.put(path, json!({ "old_password": first, "new_password": 7, "x": better })).await,
    );
    fresh.put(path, json!({ "old_password": first, "new_password": better })).await.expecting(204);
    fresh.patch("/api/v1/users/me", json!({ "name": "Robert" })).await.expecting(200);
    let cookie = json!({ "email": email, "password": first, "session": "cookie" });
    let cookie = nobody.post(LOGIN, cookie).await.expecting(200);
    let cookie = cookie.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    secrets.hide("a cookie", cookie.split_once('=').unwrap().1);
    let foreign = nobody.request("POST", LOGOUT).header("cookie", &cookie);
    secrets.refused(&Reply::of(foreign.header("origin", "https://evil.example")).await);
    Reply::of(fresh.request("POST", LOGOUT)).await.expecting(204);
}

/// API keys, and the key of a model provider.
async fn keys_and_settings(app: &TestApp, secrets: &mut Secrets) {
    let org = app.stage.org().await;
    let owner = app.member(org, Role::Owner).await;
    secrets.hide("a token", owner.token());
    let create = async |key: &str, name: &str| -> Reply {
        let request = owner.request("POST", KEYS).header("idempotency-key", key);
        Reply::of(request.json(&json!({ "name": name, "role": "admin" }))).await
    };
    let made = create("k1", "ci").await.expecting(201);
    let key: Client = app.bearer(&secrets.hide("a key", made.text_at("/key")));
    secrets.refused(&create("k1", "other").await);
    create("k1", "ci").await.expecting(201);
    key.get(ME).await.expecting(200);
    secrets.refused(&key.post(KEYS, json!({ "name": key.token(), "role": "viewer" })).await);
    let path = format!("{KEYS}/{}", made.text_at("/id"));
    let rotated = owner.post(&format!("{path}/rotate"), json!({})).await.expecting(200);
    secrets.hide("a key", rotated.text_at("/key"));
    owner.delete(&path).await.expecting(204);
    secrets.refused(&key.get(ME).await);

    owner.patch("/api/v1/settings", json!({ "name": "Engines" })).await.expecting(200);
    let provider = secrets.hide("a provider's key", "canary-provider-key");
    let llm = json!({
        "provider": "openai", "base_url": "http://127.0.0.1:1/v1", "model": "m", "api_key": provider,
    });
    let reply = owner.put("/api/v1/settings/llm", llm).await;
    assert!(reply.status < 500, "{}", reply.text);
    secrets.assert_absent("the settings", &reply.text);
    let read = owner.get("/api/v1/settings/llm").await.expecting(200);
    secrets.assert_absent("the settings", &read.text);
    let wrong = json!({ "provider": "openai", "model": 7, "api_key": provider, "x": provider });
    secrets.refused(&owner.put("/api/v1/settings/llm", wrong).await);
}
