//! The keys of the configured issuer: fetched seldom, kept through its outages, and one fetch at a time.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use agentcy_core::{Clock, ErrorCode, Timestamp};
use agentcy_egress::Egress;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use tokio::sync::{Mutex, OwnedMutexGuard};
use url::Url;

use crate::{Error, Result};

/// How long keys are good without asking again.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// How long they are used while the issuer does not answer.
const STALE: TimeDelta = TimeDelta::hours(24);
/// The least time between two fetches, whatever tokens say.
const PAUSE: TimeDelta = TimeDelta::seconds(10);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 256 * 1024;
const MAX_KEYS: usize = 100;
/// The fewest bytes of an RSA modulus: 2048 bits.
const RSA_BYTES: usize = 256;

/// A key and the one algorithm it is for.
#[derive(Clone)]
pub(crate) struct IssuerKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

struct Keys {
    by_id: HashMap<String, IssuerKey>,
    fetched_at: Timestamp,
}

impl Keys {
    /// The key of this name; without a name only where there is no choice.
    fn find(&self, id: Option<&str>) -> Option<IssuerKey> {
        let found = match id {
            Some(id) => self.by_id.get(id),
            None if self.by_id.len() == 1 => self.by_id.values().next(),
            None => None,
        };
        found.cloned()
    }
}

/// The last attempt to fetch.
#[derive(Clone, Copy)]
struct Attempt {
    at: Timestamp,
    answered: bool,
}

/// The keys of one issuer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Jwks {
    url: Url,
    egress: Egress,
    clock: Arc<dyn Clock>,
    keys: Arc<RwLock<Option<Arc<Keys>>>>,
    last: Arc<Mutex<Option<Attempt>>>,
}

impl Jwks {
    pub(crate) fn new(url: Url, egress: Egress, clock: Arc<dyn Clock>) -> Self {
        Self { url, egress, clock, keys: Arc::default(), last: Arc::default() }
    }

    /// The key of this name, or `None` when the issuer has no such key.
    ///
    /// Errors: `upstream_unavailable` when the issuer does not answer and no kept key helps.
    pub(crate) async fn key(&self, id: Option<&str>) -> Result<Option<IssuerKey>> {
        if let Some(key) = self.held(FRESH).and_then(|keys| keys.find(id)) {
            return Ok(Some(key));
        }
        let stale = self.held(STALE).and_then(|keys| keys.find(id));
        let answered = match (&stale, Arc::clone(&self.last).try_lock_owned()) {
            // Somebody fetches already: who has a key need not wait for it.
            (Some(_), Err(_)) => return Ok(stale),
            (_, Ok(last)) => self.refresh(last, id).await,
            (None, Err(_)) => {
                let last = Arc::clone(&self.last).lock_owned().await;
                self.refresh(last, id).await
            }
        };
        match self.held(STALE).and_then(|keys| keys.find(id)) {
            // A fresh set without the key means that the issuer took it back.
            Some(key) => Ok(Some(key)),
            None if answered => Ok(None),
            None => Err(Error::refused(
                ErrorCode::UpstreamUnavailable,
                "the issuer's keys cannot be fetched, so the token cannot be checked",
            )),
        }
    }

    fn held(&self, age: TimeDelta) -> Option<Arc<Keys>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        (self.clock.now() - keys.fetched_at < age).then_some(keys)
    }

    /// Fetches the keys unless that was just done. Tells whether the issuer answered last time.
    async fn refresh(&self, mut last: OwnedMutexGuard<Option<Attempt>>, id: Option<&str>) -> bool {
        let now = self.clock.now();
        if self.held(FRESH).is_some_and(|keys| keys.find(id).is_some()) {
            return true;
        }
        if let Some(attempt) = last.filter(|attempt| now - attempt.at < PAUSE) {
            return attempt.answered;
        }
        let this = self.clone();
        // A task of its own: whoever hangs up early must not keep the keys from everybody else.
        #[expect(clippy::disallowed_methods, reason = "it ends by itself within its timeout")]
        let fetching = tokio::spawn(async move {
            let fetched = this.fetch().await;
            *last = Some(Attempt { at: now, answered: fetched.is_ok() });
            match fetched {
                Ok(by_id) => {
                    let keys = Arc::new(Keys { by_id, fetched_at: now });
                    *this.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(keys);
                    true
                }
                Err(reason) => {
                    tracing::warn!(reason, "the keys of the issuer cannot be fetched");
                    false
                }
            }
        });
        fetching.await.unwrap_or(false)
    }

    async fn fetch(&self) -> Result<HashMap<String, IssuerKey>, String> {
        let http = self.egress.http().map_err(|error| error.to_string())?;
        let call = http.get(self.url.clone()).timeout(TIMEOUT).follow(2);
        let answer = call.send().await.map_err(|error| error.to_string())?;
        if !answer.status().is_success() {
            return Err(format!("the answer is {}", answer.status()));
        }
        let body = answer.read_bounded(MAX_BYTES).await.map_err(|error| error.to_string())?;
        let keys = read(&body)?;
        if keys.is_empty() {
            Err("there is no key for RS256 or ES256".to_owned())
        } else {
            Ok(keys)
        }
    }
}

/// The keys of a set that tokens may be signed with; others are passed over.
fn read(body: &[u8]) -> Result<HashMap<String, IssuerKey>, String> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<serde_json::Value>,
    }
    let set: Set = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if set.keys.len() > MAX_KEYS {
        return Err(format!("there are more than {MAX_KEYS} keys"));
    }
    let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok(jwks
        .filter_map(|jwk| Some((jwk.common.key_id.clone().unwrap_or_default(), usable(&jwk)?)))
        .collect())
}

fn usable(jwk: &Jwk) -> Option<IssuerKey> {
    if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if is_long(&rsa.n) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        _ => return None,
    };
    if jwk.common.key_algorithm.is_some_and(|own| own != named) {
        return None;
    }
    Some(IssuerKey { algorithm, key: DecodingKey::from_jwk(jwk).ok()? })
}

fn is_long(modulus: &str) -> bool {
    URL_SAFE_NO_PAD.decode(modulus).is_ok_and(|bytes| bytes.len() >= RSA_BYTES)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_signing_keys_of_the_two_algorithms_are_taken() {
        let n = URL_SAFE_NO_PAD.encode([0xff; RSA_BYTES]);
        let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
        let x = URL_SAFE_NO_PAD.encode([1; 32]);
        let set = json!({ "keys": [
            { "kid": "rsa", "kty": "RSA", "n": n, "e": "AQAB" },
            { "kid": "ec", "kty": "EC", "crv": "P-256", "x": x, "y": x, "use": "sig", "alg": "ES256" },
            { "kid": "short", "kty": "RSA", "n": short, "e": "AQAB" },
            { "kid": "enc", "kty": "RSA", "n": n, "e": "AQAB", "use": "enc" },
            { "kid": "ps", "kty": "RSA", "n": n, "e": "AQAB", "alg": "PS256" },
            { "kid": "oct", "kty": "oct", "k": "c2VjcmV0", "alg": "HS256" },
            { "kid": "p384", "kty": "EC", "crv": "P-384", "x": x, "y": x },
            { "kid": "odd", "kty": "unheard of" },
            "not even an object",
        ]});
        let keys = read(set.to_string().as_bytes()).unwrap();
        let mut names: Vec<_> = keys.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["ec", "rsa"]);
        assert_eq!(keys["ec"].algorithm, Algorithm::ES256);
    }

    #[test]
    fn a_set_beyond_its_bounds_or_without_form_is_refused() {
        let many = json!({ "keys": vec![json!({}); MAX_KEYS + 1] });
        assert!(read(many.to_string().as_bytes()).is_err());
        assert!(read(b"<html>").is_err());
        assert!(read(b"{}").is_err());
    }
}
