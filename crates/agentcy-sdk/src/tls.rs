//! TLS as the machine trusts it, with a provider of our own, so that the application need not install one.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;
use url::Url;

use crate::Error;

/// The settings for calls to this server in one of these protocols.
pub(crate) fn config(server: &Url, protocols: &[&[u8]]) -> Result<ClientConfig, Error> {
    let failed = |error| Error::invalid(format!("TLS cannot be set up: {error}"));
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    // Without TLS nothing is trusted, and a machine without certificates will do.
    let config = if server.scheme() == "https" {
        config.with_platform_verifier().map_err(failed)?
    } else {
        config.with_root_certificates(RootCertStore::empty())
    };
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}
