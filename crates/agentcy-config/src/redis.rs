//! The bus: a Redis that exists, or the one in process.

use secrecy::SecretString;
use url::Url;

use crate::{
    fault::{Faulty, Objection, object},
    parse,
    reader::Reader,
    setting::Setting,
};

const URL: Setting = Setting::url(
    "REDIS_URL",
    "Redis or Valkey, such as redis://host:6379/0; unset: in process, one replica only.",
);

pub(crate) const SETTINGS: &[Setting] = &[URL];

/// The address of Redis; `None` means the bus in process.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Option<SecretString>, Faulty> {
    reader.optional(&URL, redis)
}

fn redis(text: &str) -> Result<SecretString, Objection> {
    let example = "redis://host:6379/0";
    if text.starts_with("rediss:") {
        return object(
            "asks for TLS, which this release does not speak to Redis",
            "use redis:// on a private network or through a TLS tunnel",
        );
    }
    let url: Url = parse::url(text, &["redis"], example)?;
    let database = url.path().trim_start_matches('/');
    if url.host().is_none() || !(database.is_empty() || database.parse::<u32>().is_ok()) {
        return object(
            "has no host, or a path that is no number",
            format!("write it like {example}"),
        );
    }
    Ok(SecretString::from(text))
}
