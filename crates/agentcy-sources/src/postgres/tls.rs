//! TLS over a connection that the guarded dialer made.

use std::sync::Arc;

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::config::{Settings, Tls};
use crate::{Error, Result, settings::invalid};

/// A connection, protected or not.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// The message that asks for TLS.
const REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Protects a connection as the settings say.
pub(super) async fn protect(mut tcp: TcpStream, settings: &Settings) -> Result<Box<dyn Wire>> {
    if settings.tls == Tls::Disable {
        return Ok(Box::new(tcp));
    }
    let config = client(settings)?;
    tcp.write_all(&REQUEST).await.map_err(unavailable)?;
    // One byte and no more: what was sent ahead of the handshake is nobody's word.
    match tcp.read_u8().await.map_err(unavailable)? {
        b'S' => {
            let host = settings.host.trim_start_matches('[').trim_end_matches(']').to_owned();
            let name = ServerName::try_from(host)
                .map_err(|_| invalid("config.url", "a host that a certificate can name"))?;
            let connected = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
            Ok(Box::new(connected.map_err(handshake)?))
        }
        b'N' if settings.tls == Tls::Prefer => Ok(Box::new(tcp)),
        b'N' => Err(Error::Refused("the server offers no TLS".to_owned())),
        _ => Err(Error::Refused("the server is no PostgreSQL".to_owned())),
    }
}

fn unavailable(error: std::io::Error) -> Error {
    Error::Unavailable(error.into())
}

/// A certificate that does not hold will not hold the next time either.
fn handshake(error: std::io::Error) -> Error {
    match error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) {
        Some(cause) => Error::Refused(format!("TLS with the server failed: {cause}")),
        None => unavailable(error),
    }
}

fn client(settings: &Settings) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let unfit = |error: rustls::Error| Error::Unavailable(error.into());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(unfit)?;
    let builder = match (settings.tls, &settings.ca_certificates) {
        (Tls::VerifyFull, Some(pem)) => builder.with_root_certificates(roots(pem)?),
        (Tls::VerifyFull, None) => {
            let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(unfit)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
        (Tls::Disable | Tls::Prefer | Tls::Require, _) => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        }
    };
    Ok(builder.with_no_client_auth())
}

fn roots(pem: &str) -> Result<RootCertStore> {
    let wrong = || invalid("config.ca_certificates", "certificates as PEM");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.map_err(|_| wrong())?).map_err(|_| wrong())?;
    }
    if roots.is_empty() { Err(wrong()) } else { Ok(roots) }
}

/// What `prefer` and `require` mean since libpq: a secret from who listens, not from who sits in between.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
