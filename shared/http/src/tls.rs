//! Whom TLS trusts.

use std::path::Path;
use std::sync::Arc;

use pysign_host::read_named;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use crate::Error;

/// The whole of Mozilla's list in PEM is a quarter of this.
const MAX_AUTHORITIES: u64 = 1024 * 1024;

/// The platform's authorities; with `further`, its own roots and those in the file.
pub(crate) fn config(further: Option<&Path>) -> Result<TlsConfig, Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let roots = match further {
        None => RootCerts::PlatformVerifier,
        Some(file) => {
            let mut roots = platform();
            roots.extend(authorities(file)?);
            RootCerts::from(roots.into_iter())
        }
    };
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(roots)
        .build())
}

/// The platform's own roots, as far as they can be listed.
fn platform() -> Vec<Certificate<'static>> {
    let listed = rustls_native_certs::load_native_certs();
    listed.certs.iter().map(|root| Certificate::from_der(root.as_ref()).to_owned()).collect()
}

fn authorities(file: &Path) -> Result<Vec<Certificate<'static>>, Error> {
    let wrong = || Error::Authorities { file: file.to_owned() };
    let pem = read_named(file, MAX_AUTHORITIES)?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        match item.map_err(|_| wrong())? {
            PemItem::Certificate(certificate) => found.push(certificate),
            _ => return Err(wrong()),
        }
    }
    if found.is_empty() { Err(wrong()) } else { Ok(found) }
}
