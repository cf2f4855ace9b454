//! TLS: rustls with ring; the platform verifies certificates. Verification cannot be switched off.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;

use super::CaCertificates;

/// The variable in which Node.js programs name a file of additional CA certificates.
const NODE_EXTRA_CA_CERTS: &str = "NODE_EXTRA_CA_CERTS";

/// The TLS configuration. It sets its crypto provider itself, so nothing global has to be installed. `ca` is trusted in
/// addition to the system's CAs.
pub(super) fn client_config(ca: Option<CaCertificates>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(LazyVerifier {
        provider: Arc::clone(&provider),
        ca,
        trust: OnceLock::new(),
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    // Twenty itself only speaks HTTP/1.1, and HTTP/2 would add half a megabyte to the addon.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Loads the system's certificates at the first handshake. Loading takes milliseconds, and fails in a container without
/// certificates. Neither should affect users of plain HTTP.
struct LazyVerifier {
    provider: Arc<CryptoProvider>,
    ca: Option<CaCertificates>,
    trust: OnceLock<Result<Trust, Error>>,
}

/// The CAs trusted in addition to the system's, and the verifier that trusts both.
struct Trust {
    extra: Vec<CertificateDer<'static>>,
    verifier: Verifier,
}

impl LazyVerifier {
    fn get(&self) -> Result<&Trust, Error> {
        self.trust
            .get_or_init(|| {
                let mut extra = from_environment();
                if let Some(ca) = &self.ca {
                    extra.extend_from_slice(ca.certificates());
                }
                let provider = Arc::clone(&self.provider);
                let verifier = Verifier::new_with_extra_roots(extra.iter().cloned(), provider)?;
                Ok(Trust { extra, verifier })
            })
            .as_ref()
            .map_err(Clone::clone)
    }
}

/// The certificates of `NODE_EXTRA_CA_CERTS`. As in Node.js, an unreadable file is ignored.
fn from_environment() -> Vec<CertificateDer<'static>> {
    let file = std::env::var_os(NODE_EXTRA_CA_CERTS).filter(|file| !file.is_empty());
    let Some(pem) = file.and_then(|file| std::fs::read(file).ok()) else {
        return Vec::new();
    };
    CertificateDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
        .collect()
}

/// What to do about a rejected certificate.
pub(super) fn advice(error: &Error) -> Option<&'static str> {
    let why = match error {
        Error::InvalidCertificate(why) => why,
        Error::General(why) if why.starts_with("No CA certificates") => {
            return Some(
                "This machine has no CA certificates: install them, name their file in SSL_CERT_FILE, or pass the \
                server's CA certificate (PEM) as ca",
            );
        }
        _ => return None,
    };
    Some(match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "The server's certificate is self-signed, or this machine does not trust its CA: pass the CA certificate \
            (PEM) as ca, or name its file in NODE_EXTRA_CA_CERTS"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "The server's certificate has expired: renew it, or correct this machine's clock"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "The server's certificate is not valid yet: check its start date and this machine's clock"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "The server's certificate is for another host: use that host in baseUrl, or issue a certificate for this \
            one"
        }
        why if is_authority_itself(why) => {
            "The server's certificate is self-signed: pass it (PEM) as ca, or name its file in NODE_EXTRA_CA_CERTS"
        }
        _ => return None,
    })
}

/// Whether a server presents a CA certificate as its own, as servers with self-signed certificates often do.
fn is_authority_itself(why: &CertificateError) -> bool {
    matches!(why, CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity"))
}

impl fmt::Debug for LazyVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LazyVerifier")
    }
}

impl ServerCertVerifier for LazyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Trust { extra, verifier } = self.get()?;
        let verified =
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The caller passed this very certificate, so its signer does not matter. The verifier checked its dates
            // before its role, but not its names.
            Err(Error::InvalidCertificate(why))
                if is_authority_itself(&why) && extra.contains(end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.get()?
            .verifier
            .verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.get()?
            .verifier
            .verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
