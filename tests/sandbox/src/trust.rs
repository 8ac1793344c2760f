//! The files that tell a client whom to trust and where to sign, in the form of Sigstore's
//! protobuf JSON that its Go, Python and Rust clients take.

use std::path::Path;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::pem::LineEnding;
use der::{DateTime, Encode as _, EncodePem as _};
use serde_json::{Value, json};

use crate::Error;
use crate::merkle::Hash;
use crate::pki::{Authority, Key, ORGANIZATION, PAST};
use crate::world::World;

/// Writes the documents, and the certificates and keys by themselves for what reads only these.
pub(crate) fn write(directory: &Path, world: &World) -> Result<(), Error> {
    let start = SystemTime::now().checked_sub(PAST).ok_or(Error::Crypto)?;
    let valid = json!({"start": DateTime::from_system_time(start)?.to_string()});
    let root = trusted_root(world, &valid)?;
    let config = signing_config(world, &valid, &world.urls.rekor, 1);
    let config2 = signing_config(world, &valid, &world.urls.rekor2, 2);
    let both = |config: &Value| {
        json!({
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "signingConfig": config,
            "trustedRoot": root,
        })
    };
    let (fulcio, tsa) = (&world.fulcio, &world.tsa);
    let public = |key: &Key| Ok::<_, Error>(key.spki().to_pem(LineEnding::LF)?);
    for (name, text) in [
        ("trusted_root.json", format!("{root:#}\n")),
        ("signing_config.json", format!("{config:#}\n")),
        ("signing_config.v2.json", format!("{config2:#}\n")),
        ("trust_config.json", format!("{:#}\n", both(&config))),
        ("trust_config.v2.json", format!("{:#}\n", both(&config2))),
        ("fulcio.pem", fulcio.intermediate.pem()? + &fulcio.root.pem()?),
        ("tsa.pem", tsa.leaf.pem()? + &tsa.root.pem()?),
        ("ct.pem", public(&world.ct.key)?),
        ("rekor.pem", public(&world.rekor.key)?),
    ] {
        std::fs::write(directory.join(name), text).map_err(Error::io("write a trust file"))?;
    }
    Ok(())
}

fn trusted_root(world: &World, valid: &Value) -> Result<Value, Error> {
    let urls = &world.urls;
    let (ct, rekor) = (&world.ct.key, &world.rekor.key);
    let (p256, ed25519) = ("PKIX_ECDSA_P256_SHA_256", "PKIX_ED25519");
    let rekor_key = rekor.spki().to_der()?;
    let (fulcio, tsa) = (&world.fulcio, &world.tsa);
    Ok(json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [
            log(&urls.rekor, p256, &rekor_key, &rekor.id(), valid),
            log(&urls.rekor2, ed25519, &world.rekor2.spki()?, &world.rekor2.id(), valid),
        ],
        "ctlogs": [log(&urls.ct, p256, &ct.spki().to_der()?, &ct.id(), valid)],
        "certificateAuthorities": [
            authority(&urls.fulcio, "sandbox-fulcio", [&fulcio.intermediate, &fulcio.root], valid)?,
        ],
        "timestampAuthorities": [
            authority(&urls.tsa(), "sandbox-tsa", [&tsa.leaf, &tsa.root], valid)?,
        ],
    }))
}

fn log(url: &str, details: &str, spki: &[u8], id: &Hash, valid: &Value) -> Value {
    json!({
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "logId": {"keyId": BASE64.encode(id)},
        "publicKey": {"keyDetails": details, "rawBytes": BASE64.encode(spki), "validFor": valid},
    })
}

fn authority(url: &str, name: &str, chain: [&Authority; 2], valid: &Value) -> Result<Value, Error> {
    let raw = |authority: &Authority| -> Result<Value, Error> {
        Ok(json!({"rawBytes": BASE64.encode(authority.cert.to_der()?)}))
    };
    let [first, last] = chain;
    Ok(json!({
        "certChain": {"certificates": [raw(first)?, raw(last)?]},
        "subject": {"commonName": name, "organization": ORGANIZATION},
        "uri": url,
        "validFor": valid,
    }))
}

/// One version of Rekor each: a client that is offered both takes the newer.
fn signing_config(world: &World, valid: &Value, rekor: &str, version: u8) -> Value {
    let service = |url: &str, version: u8| {
        json!([{
            "majorApiVersion": version,
            "operator": ORGANIZATION,
            "url": url,
            "validFor": valid,
        }])
    };
    json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": service(&world.urls.fulcio, 1),
        "oidcUrls": service(&world.urls.gitlab, 1),
        "rekorTlogConfig": {"selector": "ANY"},
        "rekorTlogUrls": service(rekor, version),
        "tsaConfig": {"selector": "ANY"},
        "tsaUrls": service(&world.urls.tsa(), 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sandbox;

    #[test]
    fn the_documents_agree_with_each_other_and_with_the_services() {
        let sandbox = Sandbox::start().unwrap();
        let read = |name: &str| -> Value {
            let text = std::fs::read(sandbox.directory().join(name)).unwrap();
            serde_json::from_slice(&text).unwrap()
        };
        let root = read("trusted_root.json");
        for (suffix, service, version, log) in [("", "rekor", 1, 0), (".v2", "rekor2", 2, 1)] {
            let config = read(&format!("signing_config{suffix}.json"));
            let rekor = &config["rekorTlogUrls"][0];
            assert_eq!(rekor["url"], sandbox.url(service).unwrap());
            assert_eq!(rekor["majorApiVersion"], version);
            assert_eq!(root["tlogs"][log]["baseUrl"], rekor["url"]);
            let both = read(&format!("trust_config{suffix}.json"));
            assert!(both["trustedRoot"] == root && both["signingConfig"] == config);
        }
        let certificates = &root["certificateAuthorities"][0]["certChain"]["certificates"];
        let intermediate = sandbox.world.fulcio.intermediate.cert.to_der().unwrap();
        assert_eq!(certificates[0]["rawBytes"], BASE64.encode(intermediate));
        assert_eq!(root["ctlogs"][0]["logId"]["keyId"], BASE64.encode(sandbox.world.ct.key.id()));
    }
}
