//! Tokens that somebody made or changed, ours and those of an issuer.

use agentcy_core::{Clock, Role, id::OrgId};
use agentcy_platform::setup::OidcSetup;
use agentcy_testkit::{
    app::{Client, TestApp},
    fake_oidc::{AUDIENCE, FakeOidc, ISSUER, IssuerKey},
    reply::Reply,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::ME;

const ORG: &str = "https://agentcy.dev/org_id";

struct Stage {
    app: TestApp,
    org: OrgId,
    client: Client,
    secret: String,
    _issuer: FakeOidc,
}

/// A service that trusts an issuer, in an org that names it, with somebody signed in by password.
async fn stage() -> Stage {
    let issuer = FakeOidc::start(&[IssuerKey::RsaOne, IssuerKey::EcOne]).await;
    let jwks_url = issuer.jwks_url.clone();
    let mut secret = String::new();
    let rules = |rules: &mut agentcy_platform::Setup| {
        rules.auth.jwt_secret.expose_secret().clone_into(&mut secret);
        rules.auth.oidc = Some(OidcSetup {
            jwks_url,
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            org_claim: ORG.to_owned(),
            role_claim: "role".to_owned(),
        });
    };
    let app = TestApp::with(rules, |_| {}).await;
    let org = app.stage.org().await;
    let name = format!("update orgs set oidc_issuer = '{ISSUER}'");
    app.stage.database.execute(&name).await;
    let client = app.member(org, Role::Member).await;
    Stage { app, org, client, secret, _issuer: issuer }
}

impl Stage {
    async fn refuses(&self, what: &str, token: &str) {
        let reply = self.app.bearer(token).get(ME).await;
        assert_eq!(
            (reply.status, reply.code()),
            (401, "unauthenticated"),
            "{what}: {}",
            reply.text
        );
    }

    /// What the issuer says of somebody of the org.
    fn claims(&self) -> Value {
        let now = self.app.stage.clock.now().timestamp();
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "email": "ada@example.org", "name": "Ada",
            "iat": now, "exp": now + 3600, ORG: self.org,
        })
    }
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn written(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// What our token says with some of it changed; null takes a claim away.
fn changed(claims: &Value, with: &Value) -> Value {
    let mut claims = claims.clone();
    for (name, value) in with.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

#[tokio::test]
async fn a_token_of_ours_that_was_touched_is_nobodys() {
    let stage = stage().await;
    let token = stage.client.token().to_owned();
    let own = EncodingKey::from_secret(stage.secret.as_bytes());
    let claims = part(&token, 1);
    let signature = token.rsplit('.').next().unwrap();
    let sign = |header: &Header, claims: &Value, key: &EncodingKey| {
        jsonwebtoken::encode(header, claims, key).unwrap()
    };
    let hs256 = Header::new(Algorithm::HS256);
    let good = sign(&hs256, &claims, &own);
    stage.app.bearer(&good).get(ME).await.expecting(200);

    let owner =
        changed(&claims, &json!({ "sub": stage.app.stage.user(stage.org, Role::Owner).await.id }));
    let [head, body, _] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = written(&json!({ "alg": alg, "typ": "JWT" }));
        stage.refuses(alg, &format!("{header}.{body}.")).await;
        stage.refuses(alg, &format!("{header}.{body}.{signature}")).await;
    }
    let mut flipped = token.clone().into_bytes();
    let last = flipped.len() - 10;
    flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
    stage.refuses("another signature", &String::from_utf8(flipped).unwrap()).await;
    stage.refuses("another payload", &format!("{head}.{}.{signature}", written(&owner))).await;
    stage.refuses("no signature", &format!("{head}.{body}.")).await;
    stage.refuses("two parts", &format!("{head}.{body}")).await;
    stage.refuses("four parts", &format!("{token}.{signature}")).await;
    stage
        .refuses("a guessed secret", &sign(&hs256, &claims, &EncodingKey::from_secret(b"secret")))
        .await;
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        stage.refuses("another algorithm", &sign(&Header::new(algorithm), &claims, &own)).await;
    }
    for kid in ["", "rsa-one", "../../dev/null", "' or 1=1 --", "http://127.0.0.1:1/keys"] {
        let header = Header { kid: Some(kid.to_owned()), ..hs256.clone() };
        stage.refuses(kid, &sign(&header, &claims, &own)).await;
    }
    let crit = Header { crit: Some(vec!["exp".to_owned()]), ..hs256.clone() };
    stage.refuses("a critical header", &sign(&crit, &claims, &own)).await;
    let now = stage.app.stage.clock.now().timestamp();
    for with in [
        json!({ "iss": "elsewhere" }),
        json!({ "iss": ISSUER }),
        json!({ "iss": null }),
        json!({ "aud": "elsewhere" }),
        json!({ "aud": null }),
        json!({ "exp": now - 60 }),
        json!({ "exp": null }),
        json!({ "iat": now + 3600 }),
        json!({ "sid": null }),
        json!({ "gen": 2 }),
        json!({ "role": "owner" }),
    ] {
        stage.refuses(&with.to_string(), &sign(&hs256, &changed(&claims, &with), &own)).await;
    }
    let long = changed(&claims, &json!({ "aud": "x".repeat(9 * 1024) }));
    stage.refuses("9 KiB", &sign(&hs256, &long, &own)).await;
    stage.refuses("9 KiB of nothing", &"x".repeat(9 * 1024)).await;
    stage.app.bearer(&good).get(ME).await.expecting(200);
}

#[tokio::test]
async fn a_token_is_good_until_its_end() {
    let stage = stage().await;
    stage.app.stage.clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    stage.client.get(ME).await.expecting(200);
    stage.app.stage.clock.advance(TimeDelta::minutes(1));
    stage.client.get(ME).await.expecting_error(401, "unauthenticated");
}

#[tokio::test]
async fn two_headers_are_none_even_when_one_is_good() {
    let stage = stage().await;
    for other in ["Bearer nonsense", stage.client.token()] {
        let twice = stage.client.request("GET", ME).header("authorization", other);
        Reply::of(twice).await.expecting_error(401, "unauthenticated");
    }
}

#[tokio::test]
async fn tokens_of_the_issuer_open_the_org_that_names_it() {
    let stage = stage().await;
    for key in [IssuerKey::RsaOne, IssuerKey::EcOne] {
        let me = stage.app.bearer(&key.token(&stage.claims())).get(ME).await.expecting(200);
        assert_eq!(me.text_at("/org/id"), stage.org.to_string());
        assert_eq!((me.text_at("/credential"), me.text_at("/role")), ("oidc", "member"));
        assert_eq!(me.text_at("/user/email"), "ada@example.org");
    }
}

#[tokio::test]
async fn no_token_of_an_issuer_chooses_how_it_is_checked() {
    let stage = stage().await;
    let claims = stage.claims();
    let sign =
        |header: Header, key: &EncodingKey| jsonwebtoken::encode(&header, &claims, key).unwrap();
    let named =
        |algorithm, kid: &str| Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
    let public = IssuerKey::RsaOne.jwk();
    let modulus = URL_SAFE_NO_PAD.decode(public["n"].as_str().unwrap()).unwrap();
    let rsa = IssuerKey::RsaOne.signing();
    for key in [IssuerKey::RsaTwo, IssuerKey::EcTwo] {
        stage.refuses("a key of nobody", &key.token(&claims)).await;
    }
    for secret in [public.to_string().into_bytes(), modulus, stage.secret.clone().into_bytes()] {
        let key = EncodingKey::from_secret(&secret);
        stage.refuses("HS256", &sign(named(Algorithm::HS256, "rsa-one"), &key)).await;
    }
    let header = written(&json!({ "alg": "none", "kid": "rsa-one" }));
    stage.refuses("none", &format!("{header}.{}.", written(&claims))).await;
    let other = IssuerKey::RsaTwo.signing();
    stage.refuses("another's name", &sign(named(Algorithm::RS256, "rsa-one"), &other)).await;
    stage.refuses("RS512", &sign(named(Algorithm::RS512, "rsa-one"), &rsa)).await;
    for kid in ["ec-one", "../../dev/null", "' or 1=1 --", ""] {
        stage.refuses(kid, &sign(named(Algorithm::RS256, kid), &rsa)).await;
    }
    let crit = Header { crit: Some(vec!["b64".to_owned()]), ..named(Algorithm::RS256, "rsa-one") };
    stage.refuses("a critical header", &sign(crit, &rsa)).await;
    let jku =
        Header { jku: Some("http://127.0.0.1:1/".into()), ..named(Algorithm::RS256, "rsa-one") };
    stage.refuses("a key from elsewhere", &sign(jku, &rsa)).await;
    let now = stage.app.stage.clock.now().timestamp();
    for with in [
        json!({ "iss": "https://elsewhere.example.org" }),
        json!({ "aud": "elsewhere" }),
        json!({ "aud": null }),
        json!({ "exp": now - 60 }),
        json!({ "nbf": now + 60 }),
        json!({ "sub": null }),
    ] {
        let token = IssuerKey::EcOne.token(&changed(&claims, &with));
        stage.refuses(&with.to_string(), &token).await;
    }
}
