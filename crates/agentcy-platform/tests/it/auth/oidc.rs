use agentcy_core::{Caller, Clock, Credential, ErrorCode, Principal, Role, id::OrgId};
use agentcy_platform::{
    Result,
    auth::{Presented, Stands, arrive, authenticate, create_ticket, logout, refresh},
    setup::OidcSetup,
    users,
};
use agentcy_testkit::{
    fake_oidc::{AUDIENCE, FakeOidc, ISSUER, IssuerKey},
    platform::TestPlatform,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{audited, code, showing};

const ORG: &str = "https://agentcy.dev/org_id";
const ROLE: &str = "https://agentcy.dev/role";

async fn stage(keys: &[IssuerKey]) -> (TestPlatform, FakeOidc) {
    let issuer = FakeOidc::start(keys).await;
    let jwks_url = issuer.jwks_url.clone();
    let test = TestPlatform::with(|setup| {
        setup.auth.oidc = Some(OidcSetup {
            jwks_url,
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            org_claim: ORG.to_owned(),
            role_claim: ROLE.to_owned(),
        });
    })
    .await;
    (test, issuer)
}

/// An org whose settings name the issuer.
async fn trusting(test: &TestPlatform) -> OrgId {
    let org = test.org().await;
    let id = org.to_string();
    let uuid = id.trim_start_matches("org_");
    test.database
        .execute(&format!("update orgs set oidc_issuer = '{ISSUER}' where id = '{uuid}'"))
        .await;
    org
}

fn claims(test: &TestPlatform, more: &Value) -> Value {
    let now = test.clock.now().timestamp();
    let mut claims = json!({
        "iss": ISSUER, "aud": ["other", AUDIENCE], "sub": "ada", "email": "ada@example.org",
        "name": "Ada", "iat": now, "nbf": now, "exp": now + 100_000,
    });
    let all = claims.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            all.remove(name);
        } else {
            all.insert(name.clone(), value.clone());
        }
    }
    claims
}

async fn show(test: &TestPlatform, token: &str) -> Result<Caller> {
    authenticate(&test.platform, &showing(&format!("Bearer {token}"))).await
}

async fn come(test: &TestPlatform, key: IssuerKey, more: Value) -> Result<Caller> {
    show(test, &key.token(&claims(test, &more))).await
}

#[tokio::test]
async fn both_algorithms_are_taken_from_the_key_that_is_for_them() {
    let (test, issuer) = stage(&[IssuerKey::RsaOne, IssuerKey::EcOne]).await;
    let org = trusting(&test).await;
    for key in [IssuerKey::RsaOne, IssuerKey::EcOne] {
        let caller = come(&test, key, json!({ ORG: org })).await.unwrap();
        assert_eq!(
            (caller.org_id, caller.role, caller.credential),
            (org, Role::Member, Credential::Oidc)
        );
    }
    assert_eq!(issuer.fetches(), 1);
    assert_eq!(test.database.rows("select id from users").await.len(), 1);
    assert_eq!(audited(&test, "user.provision", "allowed").await, 1);
}

#[tokio::test]
async fn no_token_chooses_how_it_is_checked() {
    let (test, _issuer) = stage(&[IssuerKey::RsaOne, IssuerKey::EcOne]).await;
    let org = trusting(&test).await;
    let good = claims(&test, &json!({ ORG: org }));
    let signed =
        |header: Header, key: &EncodingKey| jsonwebtoken::encode(&header, &good, key).unwrap();
    let named = |alg, kid: &str| Header { kid: Some(kid.to_owned()), ..Header::new(alg) };
    let public = IssuerKey::RsaOne.jwk().to_string();
    let modulus = IssuerKey::RsaOne.jwk()["n"].as_str().unwrap().to_owned();
    let modulus_bytes = URL_SAFE_NO_PAD.decode(&modulus).unwrap();
    let hs = |secret: &[u8]| {
        signed(named(Algorithm::HS256, "rsa-one"), &EncodingKey::from_secret(secret))
    };
    let none = format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"rsa-one"}"#),
        URL_SAFE_NO_PAD.encode(good.to_string()),
    );
    let rs = IssuerKey::RsaOne.signing();
    let with_jwk = Header {
        jwk: Some(serde_json::from_value(IssuerKey::RsaTwo.jwk()).unwrap()),
        ..named(Algorithm::RS256, "rsa-two")
    };
    let with_jku = Header {
        jku: Some("http://127.0.0.1:1/keys".to_owned()),
        ..named(Algorithm::RS256, "rsa-one")
    };
    let with_crit =
        Header { crit: Some(vec!["exp".to_owned()]), ..named(Algorithm::RS256, "rsa-one") };
    for (what, token) in [
        ("HS256 with the public key", hs(public.as_bytes())),
        ("HS256 with the modulus", hs(&modulus_bytes)),
        ("HS256 with our own secret", hs(b"a secret of the tests and of nothing else")),
        ("no algorithm", none),
        ("PS256", signed(named(Algorithm::PS256, "rsa-one"), &rs)),
        ("RS512", signed(named(Algorithm::RS512, "rsa-one"), &rs)),
        ("the key of another name", signed(named(Algorithm::RS256, "ec-one"), &rs)),
        (
            "a key that is not published",
            signed(named(Algorithm::RS256, "rsa-one"), &IssuerKey::RsaTwo.signing()),
        ),
        ("a key that it brings", signed(with_jwk, &IssuerKey::RsaTwo.signing())),
        ("a key from elsewhere", signed(with_jku, &rs)),
        ("a critical header", signed(with_crit, &rs)),
        ("a kid that is a path", signed(named(Algorithm::RS256, "../../../dev/null"), &rs)),
        ("no kid among several keys", signed(Header::new(Algorithm::RS256), &rs)),
    ] {
        assert_eq!(code(show(&test, &token).await), ErrorCode::Unauthenticated, "{what}");
    }
    assert!(come(&test, IssuerKey::RsaOne, json!({ ORG: org })).await.is_ok());
}

#[tokio::test]
async fn issuer_audience_and_time_are_checked() {
    let (test, _issuer) = stage(&[IssuerKey::EcOne]).await;
    let org = trusting(&test).await;
    let now = test.clock.now().timestamp();
    for more in [
        json!({ "iss": "https://elsewhere.example.org" }),
        json!({ "iss": null }),
        json!({ "aud": "somebody" }),
        json!({ "aud": null }),
        json!({ "exp": now - 31 }),
        json!({ "exp": null }),
        json!({ "nbf": now + 31 }),
        json!({ "sub": "" }),
        json!({ "sub": null }),
    ] {
        let mut claims = more.clone();
        claims[ORG] = json!(org);
        let outcome = come(&test, IssuerKey::EcOne, claims).await;
        assert_eq!(code(outcome), ErrorCode::Unauthenticated, "{more}");
    }
    let lenient = json!({ ORG: org, "nbf": now + 29 });
    assert!(come(&test, IssuerKey::EcOne, lenient).await.is_ok());
}

#[tokio::test]
async fn an_org_claim_counts_only_where_the_org_names_the_issuer() {
    let (test, _issuer) = stage(&[IssuerKey::EcOne]).await;
    let (mine, strange) = (trusting(&test).await, test.org().await);
    for more in [json!({}), json!({ ORG: strange }), json!({ ORG: "org_x" }), json!({ ORG: 7 })] {
        let outcome = come(&test, IssuerKey::EcOne, more.clone()).await;
        assert_eq!(code(outcome), ErrorCode::InsufficientRole, "{more}");
    }
    assert!(test.database.rows("select role from memberships").await.is_empty());
    assert_eq!(come(&test, IssuerKey::EcOne, json!({ ORG: mine })).await.unwrap().org_id, mine);
    test.clock.advance_past_caches();
    assert_eq!(come(&test, IssuerKey::EcOne, json!({})).await.unwrap().org_id, mine);
    let meant_for_another = come(&test, IssuerKey::EcOne, json!({ ORG: strange })).await;
    assert_eq!(code(meant_for_another), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn an_org_that_names_the_issuer_no_more_lets_none_of_its_people_in() {
    let (test, _issuer) = stage(&[IssuerKey::EcOne]).await;
    let (org, other) = (trusting(&test).await, trusting(&test).await);
    let token = IssuerKey::EcOne.token(&claims(&test, &json!({ ORG: org })));
    let caller = show(&test, &token).await.unwrap();
    let header = format!("Bearer {token}");
    let here = arrive(&test.platform, &showing(&header)).await.unwrap();
    assert!(matches!(here.stands(&test.platform).await.unwrap(), Stands::AsBefore));
    let ticket = create_ticket(&test.platform, &caller, "/ws").await.unwrap().ticket;

    let uuid = org.to_string();
    let uuid = uuid.trim_start_matches("org_");
    let forget = format!("update orgs set oidc_issuer = null where id = '{uuid}'");
    test.database.execute(&forget).await;
    test.clock.advance_past_caches();
    assert_eq!(code(show(&test, &token).await), ErrorCode::InsufficientRole);
    let unnamed = come(&test, IssuerKey::EcOne, json!({})).await;
    assert_eq!(code(unnamed), ErrorCode::InsufficientRole);
    assert!(matches!(here.stands(&test.platform).await.unwrap(), Stands::NoMore));
    let shown =
        Presented { query: Some(ticket.expose_secret()), path: "/ws", ..Presented::default() };
    assert_eq!(code(authenticate(&test.platform, &shown).await), ErrorCode::Unauthenticated);

    assert!(come(&test, IssuerKey::EcOne, json!({ ORG: other })).await.is_ok());
    test.clock.advance_past_caches();
    let elsewhere = come(&test, IssuerKey::EcOne, json!({})).await.unwrap();
    assert_eq!(elsewhere.org_id, other, "where nothing is claimed, an org that names the issuer");
}

#[tokio::test]
async fn a_role_claim_gives_admin_at_most_and_touches_no_owner() {
    let (test, _issuer) = stage(&[IssuerKey::EcOne]).await;
    let org = trusting(&test).await;
    let role = async |claim: &str| {
        test.clock.advance_past_caches();
        come(&test, IssuerKey::EcOne, json!({ ORG: org, ROLE: claim })).await.unwrap().role
    };
    assert_eq!(role("viewer").await, Role::Viewer);
    assert_eq!(role("owner").await, Role::Admin);
    assert_eq!(role("emperor").await, Role::Admin, "an unknown role changes nothing");
    assert_eq!(role("member").await, Role::Member);
    assert_eq!(audited(&test, "user.update", "allowed").await, 2);
    test.database.execute("update memberships set role = 'owner'").await;
    assert_eq!(role("viewer").await, Role::Owner);
}

#[tokio::test]
async fn nobody_is_linked_by_their_address() {
    let (test, _issuer) = stage(&[IssuerKey::EcOne]).await;
    let org = trusting(&test).await;
    let local = test.user(org, Role::Owner).await;
    let more = json!({ ORG: org, "email": local.email });
    let caller = come(&test, IssuerKey::EcOne, more).await.unwrap();
    assert_ne!(caller.principal, Principal::User(local.id));
    assert_eq!(caller.role, Role::Member);
    let other = come(&test, IssuerKey::EcOne, json!({ ORG: org, "sub": "eve" })).await.unwrap();
    assert_ne!(other.principal, caller.principal);
    let unnamed = json!({ ORG: org, "sub": "nobody", "email": null });
    assert_eq!(code(come(&test, IssuerKey::EcOne, unnamed).await), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn a_newcomer_who_comes_many_times_at_once_is_one_person() {
    let (test, _issuer) = stage(&[IssuerKey::EcOne]).await;
    let org = trusting(&test).await;
    let token =
        |n: i64| IssuerKey::EcOne.token(&claims(&test, &json!({ ORG: org, "jti": n.to_string() })));
    let tokens = [token(1), token(2), token(3)];
    let (one, two, three) =
        tokio::join!(show(&test, &tokens[0]), show(&test, &tokens[1]), show(&test, &tokens[2]));
    let people = [one.unwrap().principal, two.unwrap().principal, three.unwrap().principal];
    assert!(people.iter().all(|person| *person == people[0]));
    assert_eq!(audited(&test, "user.provision", "allowed").await, 1);
}

#[tokio::test]
async fn a_new_key_of_the_issuer_is_fetched_once_and_not_at_every_guess() {
    let (test, issuer) = stage(&[IssuerKey::RsaOne]).await;
    let org = trusting(&test).await;
    let come = async |key| {
        test.clock.advance_past_caches();
        come(&test, key, json!({ ORG: org })).await
    };
    assert!(come(IssuerKey::RsaOne).await.is_ok());
    issuer.publish(&[IssuerKey::RsaOne, IssuerKey::RsaTwo]);
    assert_eq!(code(come(IssuerKey::RsaTwo).await), ErrorCode::Unauthenticated);
    assert_eq!(issuer.fetches(), 1, "the last fetch was a moment ago");
    test.clock.advance(TimeDelta::seconds(10));
    assert!(come(IssuerKey::RsaTwo).await.is_ok());
    assert!(come(IssuerKey::RsaOne).await.is_ok());
    assert_eq!(issuer.fetches(), 2);
    for _ in 0..20 {
        assert_eq!(code(come(IssuerKey::EcTwo).await), ErrorCode::Unauthenticated);
    }
    assert!(issuer.fetches() <= 5, "{} fetches for 20 guesses in 20 s", issuer.fetches());
}

#[tokio::test]
async fn a_key_that_the_issuer_took_back_is_good_for_an_hour_at_most() {
    let (test, issuer) = stage(&[IssuerKey::RsaOne]).await;
    let org = trusting(&test).await;
    assert!(come(&test, IssuerKey::RsaOne, json!({ ORG: org })).await.is_ok());
    issuer.publish(&[IssuerKey::RsaTwo]);
    test.clock.advance(TimeDelta::minutes(59));
    assert!(come(&test, IssuerKey::RsaOne, json!({ ORG: org })).await.is_ok());
    test.clock.advance(TimeDelta::minutes(2));
    let outcome = come(&test, IssuerKey::RsaOne, json!({ ORG: org })).await;
    assert_eq!(code(outcome), ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn kept_keys_carry_through_an_outage_of_a_day() {
    let (test, issuer) = stage(&[IssuerKey::RsaOne]).await;
    let org = trusting(&test).await;
    issuer.set_down(true);
    let outcome = come(&test, IssuerKey::RsaOne, json!({ ORG: org })).await;
    assert_eq!(code(outcome), ErrorCode::UpstreamUnavailable);
    issuer.set_down(false);
    test.clock.advance(TimeDelta::seconds(11));
    assert!(come(&test, IssuerKey::RsaOne, json!({ ORG: org })).await.is_ok());
    issuer.set_down(true);
    test.clock.advance(TimeDelta::hours(23));
    assert!(come(&test, IssuerKey::RsaOne, json!({ ORG: org })).await.is_ok());
    let unknown = come(&test, IssuerKey::RsaTwo, json!({ ORG: org })).await;
    assert_eq!(code(unknown), ErrorCode::UpstreamUnavailable);
    test.clock.advance(TimeDelta::hours(1));
    let over = come(&test, IssuerKey::RsaOne, json!({ ORG: org })).await;
    assert_eq!(code(over), ErrorCode::UpstreamUnavailable);
}

#[tokio::test]
async fn whoever_hangs_up_during_the_fetch_keeps_the_keys_from_nobody() {
    let (test, issuer) = stage(&[IssuerKey::EcOne]).await;
    let org = trusting(&test).await;
    let first = come(&test, IssuerKey::EcOne, json!({ ORG: org, "jti": "1" }));
    assert!(tokio::time::timeout(std::time::Duration::ZERO, first).await.is_err());
    assert!(come(&test, IssuerKey::EcOne, json!({ ORG: org, "jti": "2" })).await.is_ok());
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn who_is_shut_out_stays_out_and_who_is_removed_comes_back_as_a_newcomer() {
    let (test, _issuer) = stage(&[IssuerKey::EcOne]).await;
    let org = trusting(&test).await;
    let come = async || {
        test.clock.advance_past_caches();
        come(&test, IssuerKey::EcOne, json!({ ORG: org })).await
    };
    let known = come().await.unwrap().principal;
    test.database.execute("update memberships set disabled_at = now(), realms = '{crm}'").await;
    assert_eq!(code(come().await), ErrorCode::InsufficientRole);
    let owner = test.caller(org, Role::Owner).await;
    let Principal::User(id) = known else { panic!("{known} is a key") };
    users::remove(&test.platform, &owner, id).await.unwrap();
    let back = come().await.unwrap();
    assert_eq!((back.principal, back.role), (known, Role::Member));
    assert_eq!(audited(&test, "user.join", "allowed").await, 2);
}

#[tokio::test]
async fn a_person_of_the_issuer_has_no_session_here_but_may_make_tickets() {
    let (test, _issuer) = stage(&[IssuerKey::EcOne]).await;
    let org = trusting(&test).await;
    let token = IssuerKey::EcOne.token(&claims(&test, &json!({ ORG: org })));
    let caller = show(&test, &token).await.unwrap();
    let header = format!("Bearer {token}");
    assert_eq!(code(refresh(&test.platform, &showing(&header)).await), ErrorCode::InsufficientRole);
    assert_eq!(code(logout(&test.platform, &caller).await), ErrorCode::InsufficientRole);
    let ticket = create_ticket(&test.platform, &caller, "/ws").await.unwrap().ticket;
    let shown =
        Presented { query: Some(ticket.expose_secret()), path: "/ws", ..Presented::default() };
    let by_ticket = authenticate(&test.platform, &shown).await.unwrap();
    assert_eq!(by_ticket.principal, caller.principal);
}
