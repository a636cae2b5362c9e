//! An OpenID Connect issuer on this machine: publishes keys, signs tokens, changes keys, goes down.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test whose stage cannot be set has failed"
)]

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};
use url::Url;

/// What its tokens say in `iss`.
pub const ISSUER: &str = "https://issuer.example.org";
/// What its tokens say in `aud`.
pub const AUDIENCE: &str = "agentcy";

/// A key that the issuer may sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerKey {
    /// RS256.
    RsaOne,
    /// RS256, another.
    RsaTwo,
    /// ES256.
    EcOne,
    /// ES256, another.
    EcTwo,
}

impl IssuerKey {
    /// Its name in the key set and in tokens.
    pub const fn kid(self) -> &'static str {
        match self {
            Self::RsaOne => "rsa-one",
            Self::RsaTwo => "rsa-two",
            Self::EcOne => "ec-one",
            Self::EcTwo => "ec-two",
        }
    }

    /// The one algorithm it is for.
    pub const fn algorithm(self) -> Algorithm {
        match self {
            Self::RsaOne | Self::RsaTwo => Algorithm::RS256,
            Self::EcOne | Self::EcTwo => Algorithm::ES256,
        }
    }

    /// What it signs with.
    pub fn signing(self) -> EncodingKey {
        match self {
            Self::RsaOne => {
                EncodingKey::from_rsa_der(&der(include_str!("../fixtures/rsa-one.pem")))
            }
            Self::RsaTwo => {
                EncodingKey::from_rsa_der(&der(include_str!("../fixtures/rsa-two.pem")))
            }
            Self::EcOne => EncodingKey::from_ec_der(&der(include_str!("../fixtures/ec-one.pem"))),
            Self::EcTwo => EncodingKey::from_ec_der(&der(include_str!("../fixtures/ec-two.pem"))),
        }
    }

    /// Its public half, as the key set has it.
    pub fn jwk(self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.signing(), self.algorithm()).expect("a key");
        let mut jwk = serde_json::to_value(jwk).expect("JSON");
        jwk["kid"] = json!(self.kid());
        jwk["use"] = json!("sig");
        jwk
    }

    /// A token with these claims, signed by it.
    pub fn token(self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid().to_owned()), ..Header::new(self.algorithm()) };
        jsonwebtoken::encode(&header, claims, &self.signing()).expect("a token")
    }
}

fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(base64).expect("a PEM file")
}

#[derive(Debug)]
struct Issuer {
    keys: Mutex<Vec<IssuerKey>>,
    down: AtomicBool,
    fetches: AtomicUsize,
}

/// The issuer. Gone when dropped.
#[derive(Debug)]
pub struct FakeOidc {
    issuer: Arc<Issuer>,
    /// Where its keys are.
    pub jwks_url: Url,
    _server: JoinSet<std::io::Result<()>>,
}

impl FakeOidc {
    /// Starts it with these keys.
    pub async fn start(keys: &[IssuerKey]) -> Self {
        let issuer = Arc::new(Issuer {
            keys: Mutex::new(keys.to_vec()),
            down: AtomicBool::new(false),
            fetches: AtomicUsize::new(0),
        });
        let router = Router::new().route("/keys", get(serve)).with_state(Arc::clone(&issuer));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await });
        let jwks_url = Url::parse(&format!("http://{address}/keys")).expect("a URL");
        Self { issuer, jwks_url, _server: server }
    }

    /// Publishes these keys from now on.
    pub fn publish(&self, keys: &[IssuerKey]) {
        *self.issuer.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys.to_vec();
    }

    /// Answers 503 from now on, or no longer.
    pub fn set_down(&self, down: bool) {
        self.issuer.down.store(down, Ordering::SeqCst);
    }

    /// How often its keys were asked for, answered or not.
    pub fn fetches(&self) -> usize {
        self.issuer.fetches.load(Ordering::SeqCst)
    }
}

async fn serve(State(issuer): State<Arc<Issuer>>) -> Response {
    issuer.fetches.fetch_add(1, Ordering::SeqCst);
    if issuer.down.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let keys = issuer.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let keys: Vec<Value> = keys.into_iter().map(IssuerKey::jwk).collect();
    let body = json!({ "keys": keys }).to_string();
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
