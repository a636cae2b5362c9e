//! The key under which stored secrets are encrypted.

use std::sync::Arc;

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::{ExposeSecret, SecretBox};

use crate::{
    Scope,
    fault::{Faulty, Objection, object},
    reader::Reader,
    setting::Setting,
    strength::distinct,
};

const KEY: Setting = Setting::secret(
    "AGENTCY_ENCRYPTION_KEY",
    "Encrypts stored secrets: 32 random bytes as base64 or hex. Lost with it: all of them.",
);
const PREVIOUS: Setting = Setting::secret(
    "AGENTCY_ENCRYPTION_KEY_PREVIOUS",
    "The key before this one, while it is being replaced.",
);

pub(crate) const SETTINGS: &[Setting] = &[KEY, PREVIOUS];

/// A key of 32 bytes that does not print.
#[derive(Clone)]
pub struct EncryptionKey(Arc<SecretBox<[u8; 32]>>);

/// A text that is no key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not 32 bytes in base64 or hex")]
pub struct InvalidKey;

impl EncryptionKey {
    /// Takes 32 bytes as a key.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Arc::new(SecretBox::new(Box::new(bytes))))
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

impl std::str::FromStr for EncryptionKey {
    type Err = InvalidKey;
    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let indifferent =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let bytes = if text.len() == 64 {
            hex::decode(text).map_err(|_| InvalidKey)?
        } else {
            let alphabet = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
            let engine = GeneralPurpose::new(&alphabet, indifferent);
            engine.decode(text).map_err(|_| InvalidKey)?
        };
        bytes.try_into().map(Self::new).map_err(|_| InvalidKey)
    }
}

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncryptionKey([REDACTED])")
    }
}

/// The key under which stored secrets are encrypted.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// The key; `None` only on a loopback address, where one is made and kept.
    pub encryption_key: Option<EncryptionKey>,
    /// The key before, which still opens what was not encrypted anew yet.
    pub encryption_key_previous: Option<EncryptionKey>,
}

impl Secrets {
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        exposed: bool,
        scope: Scope,
    ) -> Result<Self, Faulty> {
        let key = reader.optional(&KEY, parse);
        let previous = reader.optional(&PREVIOUS, parse);
        let (key, previous) = (key?, previous?);
        match &key {
            None if exposed && scope.listens() => {
                let wrong = "is not set, and others can reach this server";
                return Err(reader.fault(KEY.name, wrong, crate::RUN_INIT));
            }
            None if previous.is_some() => {
                return Err(reader.fault(
                    PREVIOUS.name,
                    "is set, but AGENTCY_ENCRYPTION_KEY is not",
                    "set both, or neither",
                ));
            }
            _ => {}
        }
        // 32 random bytes have about 30 different ones.
        let is_weak = |key: &EncryptionKey| exposed && distinct(key.expose()) < 16;
        let weak = [(&KEY, &key), (&PREVIOUS, &previous)]
            .into_iter()
            .find(|(_, key)| key.as_ref().is_some_and(is_weak));
        if let Some((setting, _)) = weak {
            return Err(reader.fault(setting.name, "repeats itself", crate::RUN_INIT));
        }
        Ok(Self { encryption_key: key, encryption_key_previous: previous })
    }
}

fn parse(text: &str) -> Result<EncryptionKey, Objection> {
    let mend = "run `agentcy init`, or make one with `openssl rand -base64 32`";
    text.parse().or_else(|error: InvalidKey| object(format!("is {error}"), mend))
}
