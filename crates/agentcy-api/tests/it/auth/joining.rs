//! How somebody new gets in.

use agentcy_core::Role;
use agentcy_platform::setup::Registration;
use agentcy_testkit::{app::TestApp, reply::Reply};
use serde_json::{Value, json};

use super::{INVITES, LOGIN, ME, REGISTER};

const PASSWORD: &str = "one that nobody guesses";

fn with_token(token: &str) -> Value {
    json!({ "email": "ada@example.org", "password": PASSWORD, "name": "Ada", "invite_token": token })
}

fn with_org() -> Value {
    json!({ "email": "ada@example.org", "password": PASSWORD, "name": "Ada", "org_name": "Engines" })
}

async fn register(app: &TestApp, body: Value) -> Reply {
    app.anonymous().post(REGISTER, body).await
}

#[tokio::test]
async fn an_invitation_leads_into_the_org_with_its_role_and_realms() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let admin = app.member(org, Role::Admin).await;
    let invite =
        json!({ "email": "ada@example.org", "role": "member", "realms": ["crm", "design"] });
    let made = admin.post(INVITES, invite).await.expecting(201);
    let token = made.text_at("/token").to_owned();
    let listed = admin.get(INVITES).await.expecting(200);
    assert!(!listed.text.contains(&token), "the token is shown once");

    let reply = register(&app, with_token(&token)).await.expecting(201);
    assert_eq!(reply.text_at("/user/role"), "member");
    let client = app.bearer(reply.text_at("/token"));
    let me = client.get(ME).await.expecting(200);
    assert_eq!(me.text_at("/org/id"), org.to_string());
    assert_eq!(me.text_at("/role"), "member");
    assert_eq!(me.body["realms"], json!(["crm", "design"]));
    client.get(reply.header("location").unwrap()).await.expecting(200);

    let mut again = with_token(&token);
    again["email"] = json!("eve@example.org");
    let refused = register(&app, again).await;
    assert!((400..=403).contains(&refused.status), "{}", refused.text);
    let body = json!({ "email": "ada@example.org", "password": PASSWORD });
    app.anonymous().post(LOGIN, body).await.expecting(200);
}

#[tokio::test]
async fn an_invitation_that_was_withdrawn_leads_nowhere() {
    let app = TestApp::new().await;
    let org = app.stage.org().await;
    let admin = app.member(org, Role::Admin).await;
    let invite = json!({ "email": "ada@example.org", "role": "viewer" });
    let made = admin.post(INVITES, invite).await.expecting(201);
    let path = format!("{INVITES}/{}", made.text_at("/id"));
    admin.delete(&path).await.expecting(204);
    let withdrawn = register(&app, with_token(made.text_at("/token"))).await;
    let guessed = register(&app, with_token("inv_guessed")).await;
    assert!((400..=403).contains(&guessed.status), "{}", guessed.text);
    assert_eq!(withdrawn.masked(), guessed.masked());
    assert!(
        app.stage.database.rows("select * from users where email like 'ada%'").await.is_empty()
    );
}

#[tokio::test]
async fn where_registration_is_closed_nobody_gets_in_even_when_invited() {
    let app = TestApp::with(|rules| rules.auth.registration = Registration::Closed, |_| {}).await;
    for body in [with_token("inv_any"), with_org()] {
        register(&app, body).await.expecting_error(403, "insufficient_role");
    }
    let config = app.anonymous().get("/api/v1/auth/config").await.expecting(200);
    assert_eq!(config.text_at("/registration"), "closed");
}

#[tokio::test]
async fn without_an_invitation_one_gets_in_only_where_registration_is_open() {
    let app = TestApp::new().await;
    register(&app, with_org()).await.expecting_error(403, "insufficient_role");

    let app = TestApp::with(|rules| rules.auth.registration = Registration::Open, |_| {}).await;
    let reply = register(&app, with_org()).await.expecting(201);
    let client = app.bearer(reply.text_at("/token"));
    let me = client.get(ME).await.expecting(200);
    assert_eq!((me.text_at("/role"), me.text_at("/org/name")), ("owner", "Engines"));
    assert_eq!(me.body["platform_admin"], false);
    let realms = client.get("/api/v1/realms/available").await.expecting(200);
    assert_eq!(realms.body["items"].as_array().unwrap().len(), 5);
    register(&app, with_org()).await.expecting_error(409, "taken");
}
