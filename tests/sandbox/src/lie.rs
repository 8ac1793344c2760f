//! The lies of the fault layer. A question is changed before the service sees it, so that the
//! answer is true and signed but for another question; or an answer is changed after, and signed
//! again where the liar would have the key; or a stand-in answers.
//!
//! A lie that a request gives no occasion for (a proof where none was asked for) leaves the true
//! answer as it is.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::asn1::{Int, OctetString};
use der::pem::LineEnding;
use der::{Decode as _, DecodePem as _, Encode as _, EncodePem as _};
use serde_json::{Value, json};
use x509_cert::Certificate;

use crate::claims::Issuer;
use crate::ct::SCT_LIST;
use crate::fault::{Lie, Service};
use crate::fulcio::{Fulcio, Window};
use crate::http::{Refused, Reply, Request, Response, refused};
use crate::pki::{self, Key, random, sha256};
use crate::rekor::Rekor;
use crate::rekor_entry::pae;
use crate::rekor2::Rekor2;
use crate::tsa::{TimeStampReq, Tsa};
use crate::world::{World, refusal};

mod lookup;
#[cfg(test)]
mod tests;

impl World {
    /// The answer to a request, wrong in one thing.
    pub(crate) fn lie(&self, lie: Lie, service: Service, request: &Request) -> Response {
        let asked = match lie {
            Lie::OtherEntry if service == Service::Rekor && lookup::is_lookup(request) => {
                self.asked_for_another(request)
            }
            Lie::OtherEntry => for_another_entry(service, request),
            Lie::WrongIdentity => self.for_other_claims(request, |claims| {
                for name in ["ci_config_ref_uri", "job_workflow_ref"] {
                    if let Some(Value::String(text)) = claims.get_mut(name) {
                        *text = another_definition(text);
                    }
                }
            }),
            Lie::WrongImprint | Lie::WrongNonce => with_another_query(lie, request),
            Lie::WrongIssuer => self.for_other_claims(request, |claims| {
                let url = format!("{}{}", self.job.server_url, Issuer::SecondGitLab.path());
                if let Some(issuer) = claims.get_mut("iss") {
                    *issuer = json!(url);
                }
            }),
            Lie::WrongKey => self.for_another_key(request),
            Lie::PostDated | Lie::ShortLived => {
                let window = if lie == Lie::PostDated { Window::LATER } else { Window::SHORT };
                let reply = self.fulcio.answer_for(request, window);
                return reply.unwrap_or_else(|reason| refusal(service, &reason));
            }
            Lie::UnknownSigner => {
                let reply = self.stand_in(service, request);
                return reply.unwrap_or_else(|reason| refusal(service, &reason));
            }
            _ => Ok(request.clone()),
        };
        // What gives no occasion for the lie, the service refuses or answers by itself.
        let answer = self.answer(service, asked.as_ref().unwrap_or(request));
        let changed = match lie {
            Lie::BadCheckpoint => in_json(&answer, broken_checkpoint),
            Lie::BadProof => in_json(&answer, broken_proof),
            Lie::BadSet => in_json(&answer, broken_promise),
            Lie::Behind => in_json(&answer, |body| self.with_an_older_head(body)),
            Lie::NoProof => in_json(&answer, |body| {
                member(body, ["/verification/inclusionProof"; 2]).map(|proof| *proof = Value::Null)
            }),
            Lie::ManyEntries => self.with_many_entries(request, &answer),
            Lie::OtherProof => self.with_another_proof(service, &answer),
            Lie::BadSct | Lie::NoSct => in_json(&answer, |body| self.with_another_sct(lie, body)),
            Lie::BadSignature | Lie::WrongBytes if answer.status < 300 => {
                let mut changed = answer.clone();
                // The signature is the last part of a time-stamp token.
                flip_last(&mut changed.body);
                Some(changed)
            }
            Lie::NoDigest | Lie::WrongDigest => Some(with_other_digests(lie, &answer)),
            _ => None,
        };
        changed.unwrap_or(answer)
    }

    /// Another authority or log of the same name answers.
    fn stand_in(&self, service: Service, request: &Request) -> Reply {
        let clock = self.clock(service);
        match service {
            Service::Fulcio => {
                let (oidc, ct) = (Arc::clone(&self.oidc), Arc::clone(&self.ct));
                Fulcio::new(oidc, ct, clock)?.answer(request)
            }
            Service::Rekor => Rekor::new(clock)?.answer(request),
            Service::Rekor2 => Rekor2::new(clock)?.answer(request),
            _ => Tsa::new(clock)?.answer(request),
        }
    }

    /// The request with a token that says something else, signed by the issuer.
    fn for_other_claims(
        &self,
        request: &Request,
        change: impl FnOnce(&mut Value),
    ) -> Result<Request, Refused> {
        let token = Fulcio::token(request)?;
        self.fulcio.identify(&token)?;
        let token = self.oidc.changed(&token, change)?;
        let mut changed = request.clone();
        let mut body = request.json()?;
        if let Some(credentials) = body.get_mut("credentials") {
            *credentials = json!({"oidcIdentityToken": token});
            changed.body = body.to_string().into_bytes();
        } else {
            changed.headers.retain(|(name, _)| name != "authorization");
            changed.headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        Ok(changed)
    }

    /// The request with another key and its proof.
    fn for_another_key(&self, request: &Request) -> Result<Request, Refused> {
        let key = Key::generate()?;
        let identity = self.fulcio.identify(&Fulcio::token(request)?)?;
        let proof = BASE64.encode(key.sign(identity.challenge.as_bytes())?);
        let pem = key.spki().to_pem(LineEnding::LF)?;
        let mut body = request.json()?;
        let members = body.as_object_mut().ok_or_else(|| refused("not an object"))?;
        members.retain(|name, _| name == "credentials");
        // Version 2 of the call reads the first, version 1 the others.
        members.insert(
            "publicKeyRequest".to_owned(),
            json!({"publicKey": {"content": pem}, "proofOfPossession": proof}),
        );
        members.insert("publicKey".to_owned(), json!({"content": BASE64.encode(&pem)}));
        members.insert("signedEmailAddress".to_owned(), json!(proof));
        Ok(Request { body: body.to_string().into_bytes(), ..request.clone() })
    }

    /// The leaf with a broken promise of the log or none, signed again.
    fn with_another_sct(&self, lie: Lie, body: &mut Value) -> Result<(), Refused> {
        let pointer = "/signedCertificateEmbeddedSct/chain/certificates/0";
        let leaf = body.pointer_mut(pointer).ok_or_else(|| refused("no certificate"))?;
        let cert = Certificate::from_pem(leaf.as_str().unwrap_or_default())?;
        let mut tbs = cert.tbs_certificate;
        let extensions = tbs.extensions.get_or_insert_default();
        if lie == Lie::NoSct {
            extensions.retain(|extension| extension.extn_id != SCT_LIST);
        }
        for extension in extensions.iter_mut().filter(|known| known.extn_id == SCT_LIST) {
            let mut value = extension.extn_value.as_bytes().to_vec();
            flip_last(&mut value);
            extension.extn_value = OctetString::new(value)?;
        }
        *leaf = json!(pki::pem(&pki::certificate(tbs, &self.fulcio.intermediate.key)?)?);
        Ok(())
    }
}

/// `.gitlab-ci.yml@REF` or `release.yml@REF` as another file of the same repository and ref.
fn another_definition(text: &str) -> String {
    let (path, git_ref) = text.split_once('@').unwrap_or((text, ""));
    let directory = path.rfind('/').and_then(|end| path.get(..=end)).unwrap_or_default();
    format!("{directory}not-asked-for.yml@{git_ref}")
}

/// A proposal for another artifact, signed by another key.
fn for_another_entry(service: Service, request: &Request) -> Result<Request, Refused> {
    let (key, artifact) = (Key::generate()?, random::<32>()?);
    let signature = BASE64.encode(key.sign(&artifact)?);
    let digest = sha256(&artifact);
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let body = if asked.pointer("/kind").is_some_and(|kind| kind == "dsse") {
        another_envelope(&key, &artifact)?
    } else if service == Service::Rekor {
        let pem = BASE64.encode(key.spki().to_pem(LineEnding::LF)?);
        json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": hex::encode(digest)}},
            "signature": {"content": signature, "publicKey": {"content": pem}},
        }})
    } else {
        let raw = BASE64.encode(key.spki().to_der()?);
        json!({"hashedRekordRequestV002": {
            "digest": BASE64.encode(digest),
            "signature": {"content": signature, "verifier": {
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "publicKey": {"rawBytes": raw},
            }},
        }})
    };
    Ok(Request { body: body.to_string().into_bytes(), ..request.clone() })
}

/// A proposal of the same kind as that for a statement: what is in the envelope is in no entry.
fn another_envelope(key: &Key, payload: &[u8]) -> Result<Value, Refused> {
    let kind = "application/vnd.in-toto+json";
    let signature = BASE64.encode(key.sign(&pae(kind, payload))?);
    let envelope = json!({
        "payload": BASE64.encode(payload),
        "payloadType": kind,
        "signatures": [{"sig": signature}],
    });
    let pem = BASE64.encode(key.spki().to_pem(LineEnding::LF)?);
    Ok(json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": {
        "proposedContent": {"envelope": envelope.to_string(), "verifiers": [pem]},
    }}))
}

fn with_another_query(lie: Lie, request: &Request) -> Result<Request, Refused> {
    let mut query = TimeStampReq::from_der(&request.body)?;
    if lie == Lie::WrongNonce {
        query.nonce = Some(Int::new(&pki::serial()?)?);
    } else {
        let mut hash = query.imprint.hash.as_bytes().to_vec();
        flip_last(&mut hash);
        query.imprint.hash = OctetString::new(hash)?;
    }
    Ok(Request { body: query.to_der()?, ..request.clone() })
}

/// An answer with a changed body; `None` where there is nothing to change.
fn in_json(
    answer: &Response,
    change: impl FnOnce(&mut Value) -> Result<(), Refused>,
) -> Option<Response> {
    let mut body = serde_json::from_slice(&answer.body).ok()?;
    change(&mut body).ok()?;
    Some(Response { body: body.to_string().into_bytes(), ..answer.clone() })
}

/// The one entry in an answer of Rekor v1 or the first in a list of them, or all of an answer of v2.
fn entry(body: &mut Value) -> &mut Value {
    if body.get(0).is_some() {
        return entry(&mut body[0]);
    }
    let key = body.as_object().and_then(|object| {
        object.iter().find(|(_, value)| value.get("verification").is_some()).map(|(key, _)| key)
    });
    match key.cloned() {
        Some(key) => &mut body[key],
        None => body,
    }
}

fn member<'a>(body: &'a mut Value, pointers: [&str; 2]) -> Result<&'a mut Value, Refused> {
    let entry = entry(body);
    let pointer = pointers.into_iter().find(|pointer| entry.pointer(pointer).is_some());
    let found = pointer.and_then(|pointer| entry.pointer_mut(pointer));
    found.ok_or_else(|| refused("there is no proof in this answer"))
}

fn broken_proof(body: &mut Value) -> Result<(), Refused> {
    let pointers = ["/verification/inclusionProof/hashes/0", "/inclusionProof/hashes/0"];
    let hash = member(body, pointers)?;
    let text = hash.as_str().unwrap_or_default();
    // Version 1 writes hexadecimal, version 2 base64.
    let broken = match hex::decode(text) {
        Ok(mut bytes) => {
            flip_last(&mut bytes);
            hex::encode(bytes)
        }
        Err(_) => flipped_base64(text)?,
    };
    *hash = json!(broken);
    Ok(())
}

fn broken_checkpoint(body: &mut Value) -> Result<(), Refused> {
    let pointers =
        ["/verification/inclusionProof/checkpoint", "/inclusionProof/checkpoint/envelope"];
    let checkpoint = member(body, pointers)?;
    let note = checkpoint.as_str().unwrap_or_default().trim_end();
    let (rest, signature) = note.rsplit_once(' ').ok_or_else(|| refused("no signature"))?;
    *checkpoint = json!(format!("{rest} {}\n", flipped_base64(signature)?));
    Ok(())
}

fn broken_promise(body: &mut Value) -> Result<(), Refused> {
    let pointer = "/verification/signedEntryTimestamp";
    let promise = member(body, [pointer; 2])?;
    *promise = json!(flipped_base64(promise.as_str().unwrap_or_default())?);
    Ok(())
}

fn flipped_base64(text: &str) -> Result<String, Refused> {
    let mut bytes = BASE64.decode(text)?;
    flip_last(&mut bytes);
    Ok(BASE64.encode(bytes))
}

fn flip_last(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
}

/// A page whose digests are all changed or gone; the digest within a file's URL stays.
fn with_other_digests(lie: Lie, answer: &Response) -> Response {
    const HEX: usize = 64;
    let page = String::from_utf8_lossy(&answer.body);
    let (mark, end) =
        if page.starts_with('{') { ("\"sha256\":\"", "\"") } else { ("#sha256=", "") };
    let mut parts = page.split(mark);
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digest, rest) = part.split_at_checked(HEX).unwrap_or((part, ""));
        if lie == Lie::NoDigest {
            changed.push_str(rest.strip_prefix(end).unwrap_or(rest));
        } else {
            let first = if digest.starts_with('0') { '1' } else { '0' };
            changed.push_str(mark);
            changed.push(first);
            changed.extend(digest.chars().skip(1));
            changed.push_str(rest);
        }
    }
    Response { body: changed.into_bytes(), ..answer.clone() }
}
