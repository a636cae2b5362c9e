//! Config and credentials of a source together with its connector, and how they are tried.

use std::{fmt, sync::Arc, time::Duration};

use agentcy_core::{
    By, ErrorCode,
    id::{OrgId, SourceId},
};
use agentcy_sources::{Connector, Content, Credentials, Error as SourceError, Job};
use agentcy_store::sources as store;
use serde_json::Value;

use super::{StoredContent, credentials};
use crate::{Error, Platform, Result, error::Faults, text};

/// How long the other side may take, in all.
const PATIENCE: Duration = Duration::from_secs(25);
/// The most that a config holds, in bytes of JSON.
const MAX_CONFIG: usize = 64 * 1024;

/// What a connector works with.
pub(crate) struct Settings {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) config: Value,
    pub(crate) credentials: Credentials,
}

// Shows no secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("source_type", &self.connector.source_type())
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Settings that somebody sent.
    pub(super) fn new(
        platform: &Platform,
        source_type: &str,
        config: Value,
        credentials: Credentials,
    ) -> Result<Self> {
        let connector = connector(platform, source_type)?;
        Ok(Self { connector, config, credentials })
    }

    /// Settings as they are kept.
    pub(crate) fn stored(platform: &Platform, org: OrgId, source: &store::Source) -> Result<Self> {
        let sealed = source.credentials.as_deref();
        let credentials = credentials::open(&platform.sealer, org, source.id, sealed)?;
        Self::new(platform, &source.source_type, source.config.clone(), credentials)
    }

    /// The credentials as the database keeps them.
    pub(super) fn seal(
        &self,
        platform: &Platform,
        org: OrgId,
        source: SourceId,
    ) -> Result<Option<Vec<u8>>> {
        credentials::seal(&platform.sealer, org, source, &self.credentials)
    }
}

/// The connector of a kind that a stored source may still name after it left the product.
fn connector(platform: &Platform, source_type: &str) -> Result<Arc<dyn Connector>> {
    platform.connectors.get(source_type).cloned().ok_or_else(|| {
        let message = format!("this server has no connector {source_type}");
        Error::refused(ErrorCode::SourceValidationFailed, message)
    })
}

/// Refuses what no config can be, whatever the connector.
pub(super) fn check_config(config: &Value, faults: &mut Faults) {
    faults.require(config.is_object(), "config", "an object");
    faults.require(!text::holds_nul(config), "config", "without NUL characters");
    faults.require(config.to_string().len() <= MAX_CONFIG, "config", "at most 64 KiB");
}

/// Checks the settings and reaches the other side.
pub(super) async fn try_out(
    platform: &Platform,
    by: &By,
    settings: &Settings,
    content: Option<StoredContent>,
) -> Result<()> {
    let files = platform.files_of(by.org_id()).await?;
    let job = Job {
        config: &settings.config,
        credentials: &settings.credentials,
        egress: &platform.egress,
        files: &files,
        content: content.as_ref().map(|content| content as &dyn Content),
        cursor: None,
        cache: None,
    };
    let tried = tokio::time::timeout(PATIENCE, settings.connector.validate(job)).await;
    tried.map_err(|_| too_slow())?.map_err(refusal)
}

/// What a client is told when the other side took too long.
pub(super) fn too_slow() -> Error {
    Error::refused(ErrorCode::UpstreamUnavailable, "the source did not answer in time")
}

/// What a client is told of a connector's failure.
pub(super) fn refusal(error: SourceError) -> Error {
    let upstream = |code, message, words: String| {
        Error::refused(code, message).with_details(serde_json::json!({ "upstream": words }))
    };
    match error {
        SourceError::Invalid(fields) => {
            let message = match fields.as_slice() {
                [only] => format!("{}: {}", only.path, only.message),
                many => format!("{} settings are wrong", many.len()),
            };
            Error::Refused {
                code: ErrorCode::SourceValidationFailed,
                message: message.into(),
                fields,
                details: None,
            }
        }
        SourceError::UnknownTool(_) => Error::not_found("tool"),
        SourceError::Refused(words) => {
            upstream(ErrorCode::UpstreamRefused, "the source refused", words)
        }
        SourceError::Unavailable(cause) => upstream(
            ErrorCode::UpstreamUnavailable,
            "the source cannot be reached",
            cause.to_string(),
        ),
    }
}
