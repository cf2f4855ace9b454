//! CA certificates that are trusted in addition to the system's (option `ca`).

use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::core::config::Options;
use crate::core::error::CrmError;

/// Checked certificates. Cloning is cheap.
#[derive(Clone)]
pub struct CaCertificates {
    certificates: Arc<[CertificateDer<'static>]>,
    digest: [u8; 32],
}

impl CaCertificates {
    /// From the option `ca`: PEM text, or a list of PEM texts.
    pub(crate) fn from_options(options: &Options) -> Result<Option<Self>, CrmError> {
        let refuse = || CrmError::validation("ca", "ca must be PEM text, or a list of PEM texts");
        let texts = match options.get("ca") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(texts)) => &texts[..],
            Some(text) => std::slice::from_ref(text),
        };
        let texts = texts.iter().map(|text| text.as_str().ok_or_else(refuse));
        Self::parse(texts.collect::<Result<Vec<_>, _>>()?).map(Some)
    }

    /// From PEM texts with one or more certificates each. Other sections, and text around them, are skipped, as in a
    /// bundle.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names `ca`, and which text and certificate is not valid.
    pub fn parse<'a>(pem_texts: impl IntoIterator<Item = &'a str>) -> Result<Self, CrmError> {
        let refuse = |why: String| Err(CrmError::validation("ca", format!("ca {why}")));
        let mut certificates = Vec::new();
        for (at, text) in pem_texts.into_iter().enumerate() {
            let text_number = at + 1;
            let before = certificates.len();
            for found in CertificateDer::pem_slice_iter(text.as_bytes()) {
                let number = certificates.len() - before + 1;
                let which = format!("certificate {number} of text {text_number}");
                let Ok(certificate) = found else {
                    return refuse(format!("is broken at {which}: it is not complete PEM text"));
                };
                if RootCertStore::empty().add(certificate.clone()).is_err() {
                    return refuse(format!(
                        "is broken at {which}: it is not an X.509 certificate"
                    ));
                }
                certificates.push(certificate);
            }
            if certificates.len() == before {
                return refuse(format!(
                    "holds no certificate in text {text_number}: give PEM text with -----BEGIN CERTIFICATE-----, not a \
                     file name"
                ));
            }
        }
        if certificates.is_empty() {
            return refuse("is empty: give PEM text, or leave it out".to_owned());
        }
        let mut hasher = Sha256::new();
        for certificate in &certificates {
            // The length comes first, so that two different lists never hash the same bytes.
            hasher.update((certificate.len() as u64).to_be_bytes());
            hasher.update(certificate);
        }
        Ok(Self {
            certificates: certificates.into(),
            digest: hasher.finalize().into(),
        })
    }

    /// The certificates, in the form that a handshake compares.
    pub(super) fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// Equal for equal certificates in equal order.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

impl fmt::Debug for CaCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaCertificates({})", self.certificates.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_certificates_are_refused_by_name() {
        let nothing: [&str; 0] = [];
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let open = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (texts, word) in [
            (&nothing[..], "is empty"),
            (&["/etc/ssl/ca.pem"][..], "not a file name"),
            (&[""][..], "text 1"),
            (&[broken][..], "not an X.509 certificate"),
            (&[open][..], "not complete PEM"),
            (&[key][..], "holds no certificate"),
        ] {
            let error = CaCertificates::parse(texts.iter().copied()).expect_err(word);
            assert_eq!(error.details["field"], "ca");
            assert!(error.message.contains(word), "{}", error.message);
        }
    }
}
