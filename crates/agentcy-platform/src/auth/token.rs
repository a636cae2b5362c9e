//! Our own tokens: JWT signed with HS256, and nothing that a token says of itself decides how it is checked.

use agentcy_core::{
    Timestamp,
    id::{OrgId, SessionId, UserId},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Who our tokens say has made them.
pub(crate) const ISSUER: &str = "agentcy";
/// Whom they are for.
const AUDIENCE: &str = "agentcy";
/// The longest token that is looked at, in bytes.
pub(crate) const MAX_BYTES: usize = 8 * 1024;
/// How far two clocks may be apart, in seconds.
pub(crate) const LEEWAY: i64 = 30;

/// What our tokens say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: UserId,
    pub(crate) org: OrgId,
    pub(crate) sid: SessionId,
    #[serde(rename = "gen")]
    pub(crate) generation: i32,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
}

/// Of which session a token is to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) user: UserId,
    pub(crate) org: OrgId,
    pub(crate) session: SessionId,
    pub(crate) generation: i32,
}

/// Signs and checks.
pub(crate) struct Tokens {
    signing: EncodingKey,
    /// The present key, and the one before.
    checking: Vec<DecodingKey>,
    validation: Validation,
}

/// The whole header that our tokens have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnHeader {
    alg: String,
    typ: String,
}

impl Tokens {
    pub(crate) fn new(secret: &SecretString, previous: Option<&SecretString>) -> Self {
        let checking = std::iter::once(secret)
            .chain(previous)
            .map(|secret| DecodingKey::from_secret(secret.expose_secret().as_bytes()))
            .collect();
        let mut validation = unclocked(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        let signing = EncodingKey::from_secret(secret.expose_secret().as_bytes());
        Self { signing, checking, validation }
    }

    /// Signs a token for a session.
    pub(crate) fn sign(
        &self,
        of: Subject,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<SecretString> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: of.user,
            org: of.org,
            sid: of.session,
            generation: of.generation,
            iat: from.timestamp(),
            exp: until.timestamp(),
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .map_err(|error| Error::internal("a token could not be signed", error))?;
        Ok(token.into())
    }

    /// What a token says, if we signed it and its time is now.
    pub(crate) fn check(&self, token: &str, now: Timestamp) -> Option<Claims> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let header: OwnHeader = header_of(token)?;
        if header.alg != "HS256" || header.typ != "JWT" {
            return None;
        }
        let claims = self
            .checking
            .iter()
            .find_map(|key| jsonwebtoken::decode::<Claims>(token, key, &self.validation).ok())?
            .claims;
        let now = now.timestamp();
        (claims.exp > now - LEEWAY && claims.iat <= now + LEEWAY).then_some(claims)
    }
}

/// Checks everything but the time, which comes from our own clock.
pub(crate) fn unclocked(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.leeway = 0;
    validation
}

/// The header of a token, unchecked.
pub(crate) fn header_of<T: serde::de::DeserializeOwned>(token: &str) -> Option<T> {
    let (header, rest) = token.split_once('.')?;
    let (_, signature) = rest.split_once('.')?;
    if signature.contains('.') {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()
}

/// Who a token says has made it: chooses the verifier, and is checked again by it.
pub(crate) fn issuer_of(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Issued {
        iss: String,
    }
    if token.len() > MAX_BYTES {
        return None;
    }
    let payload = token.split('.').nth(1)?;
    let issued: Issued = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    Some(issued.iss)
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
