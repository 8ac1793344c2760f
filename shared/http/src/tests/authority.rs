//! A certificate authority and an https server for tests, as far as a handshake needs them.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{answer, read_request};

/// An authority that certifies servers.
pub(super) struct Authority {
    key: EcdsaKeyPair,
    certificate: Vec<u8>,
}

/// Whom a server's certificate names, and until when it is valid.
#[derive(Clone, Copy)]
pub(super) struct Server {
    pub(super) address: [u8; 4],
    pub(super) expiry: &'static [u8],
}

/// What a client that asks for `127.0.0.1` takes.
pub(super) const GOOD: Server = Server { address: [127, 0, 0, 1], expiry: b"20990101000000Z" };

impl Authority {
    pub(super) fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        // basicConstraints (RFC 5280 §4.2.1.9), critical: an authority.
        let extension = der(
            0x30,
            &[
                &der(0x06, &[b"\x55\x1d\x13"]),
                &der(0x01, &[b"\xff"]),
                &der(0x04, &[&der(0x30, &[&der(0x01, &[b"\xff"])])]),
            ],
        );
        let certificate = certificate(&key, &key, b"20990101000000Z", &extension);
        Self { key, certificate }
    }

    /// Its certificate, in PEM.
    pub(super) fn pem(&self) -> String {
        let lines: Vec<String> = crate::credential::base64(&self.certificate)
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8(line.to_vec()).unwrap())
            .collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// Answers one request in TLS, if it comes to that; gives the port.
    pub(super) fn serve(&self, server: Server) -> (u16, JoinHandle<bool>) {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        // subjectAltName (RFC 5280 §4.2.1.6): an address.
        let extension = der(
            0x30,
            &[
                &der(0x06, &[b"\x55\x1d\x11"]),
                &der(0x04, &[&der(0x30, &[&der(0x87, &[&server.address])])]),
            ],
        );
        let leaf = certificate(&self.key, &key, server.expiry, &extension);
        let private = PrivatePkcs8KeyDer::from(key.to_pkcs8v1().unwrap().as_ref().to_vec());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(leaf)], PrivateKeyDer::Pkcs8(private))
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let handshake = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(Arc::new(config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            while stream.conn.is_handshaking() {
                if stream.conn.complete_io(&mut stream.sock).is_err() {
                    return false;
                }
            }
            read_request(&mut stream);
            stream.write_all(answer("200 OK", "", "x").as_bytes()).is_ok()
        });
        (port, handshake)
    }
}

/// A certificate for the key `subject`, signed by `issuer` (RFC 5280 §4.1). Both have one name.
fn certificate(
    issuer: &EcdsaKeyPair,
    subject: &EcdsaKeyPair,
    expiry: &[u8],
    extension: &[u8],
) -> Vec<u8> {
    // ecdsa-with-SHA256.
    let algorithm = der(0x30, &[&der(0x06, &[b"\x2a\x86\x48\xce\x3d\x04\x03\x02"])]);
    let name = der(
        0x30,
        &[&der(0x31, &[&der(0x30, &[&der(0x06, &[b"\x55\x04\x03"]), &der(0x0c, &[b"test"])])])],
    );
    let public = subject.public_key().as_der().unwrap();
    let content = der(
        0x30,
        &[
            &der(0xa0, &[&der(0x02, &[b"\x02"])]),
            &der(0x02, &[b"\x01"]),
            &algorithm,
            &name,
            &der(0x30, &[&der(0x18, &[b"20200101000000Z"]), &der(0x18, &[expiry])]),
            &name,
            public.as_ref(),
            &der(0xa3, &[&der(0x30, &[extension])]),
        ],
    );
    let signature = issuer.sign(&SystemRandom::new(), &content).unwrap();
    der(0x30, &[&content, &algorithm, &der(0x03, &[b"\x00", signature.as_ref()])])
}

/// One element in DER: tag, length, content.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut length = content.len().to_be_bytes().to_vec();
    length.drain(..length.iter().take_while(|byte| **byte == 0).count());
    match length.as_slice() {
        [] => length = vec![0],
        [short] if *short < 0x80 => {}
        _ => length.insert(0, 0x80 | u8::try_from(length.len()).unwrap()),
    }
    [&[tag], length.as_slice(), &content].concat()
}
