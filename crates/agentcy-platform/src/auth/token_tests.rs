use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

fn now() -> Timestamp {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn tokens() -> Tokens {
    Tokens::new(&SECRET.into(), None)
}

fn subject() -> Subject {
    Subject {
        user: Uuid::from_u128(1).into(),
        org: Uuid::from_u128(2).into(),
        session: Uuid::from_u128(3).into(),
        generation: 4,
    }
}

fn good() -> String {
    let token = tokens().sign(subject(), now(), now() + TimeDelta::hours(1)).unwrap();
    token.expose_secret().to_owned()
}

/// A token with this header and these claims, signed as well as HS256 can with the secret.
fn forged(header: &Value, claims: &Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn header() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

fn claims() -> Value {
    let payload = good().split('.').nth(1).map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    serde_json::from_slice(&payload.unwrap()).unwrap()
}

fn with(mut base: Value, key: &str, value: Value) -> Value {
    base.as_object_mut().unwrap().insert(key.to_owned(), value);
    base
}

#[test]
fn a_token_of_ours_says_what_was_signed() {
    let claims = tokens().check(&good(), now()).unwrap();
    assert_eq!((claims.sub, claims.org), (subject().user, subject().org));
    assert_eq!((claims.sid, claims.generation), (subject().session, 4));
}

#[test]
fn a_token_that_is_forged_as_in_these_tests_would_pass_unchanged() {
    assert!(tokens().check(&forged(&header(), &claims(), SECRET), now()).is_some());
}

#[test]
fn the_previous_secret_still_checks_and_no_longer_signs() {
    let rotated = Tokens::new(&OTHER.into(), Some(&SECRET.into()));
    assert!(rotated.check(&good(), now()).is_some());
    let fresh = rotated.sign(subject(), now(), now() + TimeDelta::hours(1)).unwrap();
    assert!(tokens().check(fresh.expose_secret(), now()).is_none());
    assert!(Tokens::new(&OTHER.into(), None).check(&good(), now()).is_none());
}

#[test]
fn a_token_is_good_until_its_end_and_the_leeway_after_it() {
    let end = now() + TimeDelta::hours(1);
    assert!(tokens().check(&good(), end + TimeDelta::seconds(LEEWAY - 1)).is_some());
    assert!(tokens().check(&good(), end + TimeDelta::seconds(LEEWAY)).is_none());
    assert!(tokens().check(&good(), now() - TimeDelta::seconds(LEEWAY + 1)).is_none());
}

#[test]
fn no_algorithm_but_the_one_is_taken() {
    let payload = good().split('.').nth(1).unwrap().to_owned();
    for alg in ["none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "hs256", ""] {
        let header = json!({ "alg": alg, "typ": "JWT" });
        assert!(tokens().check(&forged(&header, &claims(), SECRET), now()).is_none(), "{alg}");
        let bare = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(header.to_string()));
        assert!(tokens().check(&bare, now()).is_none(), "{alg} without a signature");
    }
}

#[test]
fn no_header_says_where_the_key_is_or_what_else_to_do() {
    let jwk = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(OTHER) });
    for (name, value) in [
        ("kid", json!("../../dev/null")),
        ("kid", json!("1' union select 'secret")),
        ("jku", json!("https://example.org/keys")),
        ("jwk", jwk),
        ("x5u", json!("https://example.org/cert")),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("anything", json!(1)),
    ] {
        for secret in [SECRET, OTHER, ""] {
            let token = forged(&with(header(), name, value.clone()), &claims(), secret);
            assert!(tokens().check(&token, now()).is_none(), "{name}");
        }
    }
}

#[test]
fn another_issuer_audience_or_claim_is_refused() {
    for (name, value) in [
        ("iss", json!("https://issuer.example.org")),
        ("iss", json!(["agentcy"])),
        ("aud", json!("somebody")),
        ("aud", json!(["agentcy", "somebody"])),
        ("exp", json!("never")),
        ("exp", json!(null)),
        ("sub", json!("admin")),
        ("role", json!("owner")),
    ] {
        let token = forged(&header(), &with(claims(), name, value.clone()), SECRET);
        assert!(tokens().check(&token, now()).is_none(), "{name} {value}");
    }
    for name in ["iss", "aud", "exp", "iat", "sub", "org", "sid", "gen"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(name);
        assert!(tokens().check(&forged(&header(), &without, SECRET), now()).is_none(), "{name}");
    }
}

#[test]
fn a_changed_payload_or_signature_is_refused() {
    let token = good();
    let parts: Vec<&str> = token.split('.').collect();
    let raised = URL_SAFE_NO_PAD.encode(with(claims(), "gen", json!(5)).to_string());
    assert!(tokens().check(&format!("{}.{raised}.{}", parts[0], parts[2]), now()).is_none());
    assert!(tokens().check(&format!("{}.{}.", parts[0], parts[1]), now()).is_none());
    assert!(tokens().check(&forged(&header(), &claims(), OTHER), now()).is_none());
    for bad in ["", ".", "..", "...", "a.b.c", &format!("{token}.x"), &format!("{token}=")] {
        assert!(tokens().check(bad, now()).is_none(), "{bad}");
    }
}

#[test]
fn a_huge_token_is_not_looked_at() {
    let huge = forged(&header(), &with(claims(), "pad", json!("x".repeat(MAX_BYTES))), SECRET);
    assert!(tokens().check(&huge, now()).is_none());
    assert_eq!(issuer_of(&huge), None);
}

#[test]
fn the_issuer_chooses_the_verifier() {
    assert_eq!(issuer_of(&good()).as_deref(), Some(ISSUER));
    assert_eq!(issuer_of("a.b.c"), None);
    assert_eq!(issuer_of(&"x".repeat(100)), None);
}
