//! The lies of a log about entries that it already has: it answers a search or a look-up with an
//! entry that is logged and proven, but is another artifact's; with too many; or with the proof of
//! another entry.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::{for_another_entry, in_json, member};
use crate::fault::Service;
use crate::http::{Refused, Reply, Request, Response, refused, text};
use crate::rekor::ENTRIES;
use crate::world::World;

/// How many ids or entries an answer has that has too many.
const MANY: usize = 1_000;

const SEARCH: &str = "/api/v1/index/retrieve";
const RETRIEVE: &str = "/api/v1/log/entries/retrieve";

/// Whether the request asks for what is logged, and does not log.
pub(super) fn is_lookup(request: &Request) -> bool {
    request.verb() == "GET" || [SEARCH, RETRIEVE].contains(&request.path.as_str())
}

/// Another artifact's entry in a log, and the hash of the artifact.
struct Other {
    uuid: String,
    entry: Value,
    hash: String,
}

impl World {
    /// Logs another artifact's entry in Rekor v1.
    fn another_entry(&self) -> Result<Other, Refused> {
        let proposal = for_another_entry(Service::Rekor, &Request::new("POST", ENTRIES))?;
        let logged = self.rekor.answer(&proposal)?;
        let answer: Value = serde_json::from_slice(&logged.body)?;
        let entries = answer.as_object().and_then(|all| all.iter().next());
        let (uuid, entry) = entries.ok_or_else(|| refused("the other entry is not logged"))?;
        let body: Value = serde_json::from_slice(&BASE64.decode(text(entry, "body")?)?)?;
        let hash = body.pointer("/spec/data/hash/value").and_then(Value::as_str);
        let hash = hash.unwrap_or_default().to_owned();
        Ok(Other { uuid: uuid.clone(), entry: entry.clone(), hash })
    }

    /// The tree head in the proof is the one of before the entry, as a log's that lags behind.
    pub(super) fn with_an_older_head(&self, body: &mut Value) -> Result<(), Refused> {
        let proof = member(body, ["/verification/inclusionProof"; 2])?;
        let index = proof.get("logIndex").and_then(Value::as_u64);
        let index = index.and_then(|index| usize::try_from(index).ok());
        let (size, root, checkpoint) =
            self.rekor.head_of(index.ok_or_else(|| refused("the proof has no index"))?)?;
        proof["treeSize"] = json!(size);
        proof["rootHash"] = json!(hex::encode(root));
        proof["checkpoint"] = json!(checkpoint);
        Ok(())
    }

    /// The same question about another artifact's entry.
    pub(super) fn asked_for_another(&self, request: &Request) -> Result<Request, Refused> {
        let Other { uuid, entry, hash } = self.another_entry()?;
        let mut asked = request.clone();
        let index = entry.get("logIndex").cloned().unwrap_or_default();
        match request.path.as_str() {
            SEARCH => asked.body = json!({"hash": format!("sha256:{hash}")}).to_string().into(),
            RETRIEVE => asked.body = json!({"entryUUIDs": [uuid]}).to_string().into(),
            ENTRIES => asked.query = vec![("logIndex".to_owned(), index.to_string())],
            path if path.starts_with(ENTRIES) => asked.path = format!("{ENTRIES}/{uuid}"),
            _ => {}
        }
        Ok(asked)
    }

    /// An answer with the inclusion proof of another entry.
    pub(super) fn with_another_proof(
        &self,
        service: Service,
        answer: &Response,
    ) -> Option<Response> {
        let other = self.another_answer(service).ok()?;
        let mut other: Value = serde_json::from_slice(&other.body).ok()?;
        let pointers = ["/verification/inclusionProof", "/inclusionProof"];
        let proof = member(&mut other, pointers).ok()?.clone();
        in_json(answer, |body| {
            *member(body, pointers)? = proof;
            Ok(())
        })
    }

    fn another_answer(&self, service: Service) -> Reply {
        let path = if service == Service::Rekor { ENTRIES } else { "/api/v2/log/entries" };
        let proposal = for_another_entry(service, &Request::new("POST", path))?;
        if service == Service::Rekor {
            self.rekor.answer(&proposal)
        } else {
            self.rekor2.answer(&proposal)
        }
    }

    /// A list of ids or entries that has very many before the true ones.
    pub(super) fn with_many_entries(
        &self,
        request: &Request,
        answer: &Response,
    ) -> Option<Response> {
        let Other { uuid, entry, .. } = self.another_entry().ok()?;
        let filler = match request.path.as_str() {
            SEARCH => json!(uuid),
            RETRIEVE => json!({uuid: entry}),
            _ => return None,
        };
        in_json(answer, |body| {
            let list = body.as_array_mut().ok_or_else(|| refused("not a list"))?;
            let missing = MANY.saturating_sub(list.len());
            list.splice(0..0, std::iter::repeat_n(filler, missing));
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Lie;
    use crate::{Forge, Sandbox};

    /// Every way to ask for the entry of `b"a"`.
    fn questions(sandbox: &Sandbox) -> Vec<Request> {
        let index = sandbox.forge(&Forge::file(b"a")).unwrap().log_index().unwrap();
        let hash = hex::encode(crate::pki::sha256(b"a"));
        let post = |path: &str, body: &Value| {
            let mut request = Request::new("POST", path);
            request.body = body.to_string().into_bytes();
            request
        };
        let search = post(SEARCH, &json!({"hash": hash}));
        let found = sandbox.world.answer(Service::Rekor, &search);
        let found: Vec<String> = serde_json::from_slice(&found.body).unwrap();
        vec![
            search,
            post(RETRIEVE, &json!({"entryUUIDs": found})),
            Request::new("GET", &format!("{ENTRIES}?logIndex={index}")),
            Request::new("GET", &format!("{ENTRIES}/{}", found[0])),
        ]
    }

    fn body(answer: &Response) -> Value {
        assert_eq!(answer.status, 200);
        serde_json::from_slice(&answer.body).unwrap()
    }

    #[test]
    fn another_entry_is_a_good_answer_to_another_question() {
        let sandbox = Sandbox::start().unwrap();
        for question in questions(&sandbox) {
            let right = body(&sandbox.world.answer(Service::Rekor, &question));
            let mut wrong = body(&sandbox.world.lie(Lie::OtherEntry, Service::Rekor, &question));
            assert_ne!(wrong, right, "{}", question.path);
            let set = "/verification/signedEntryTimestamp";
            assert_eq!(member(&mut wrong, [set; 2]).is_ok(), question.path != SEARCH);
        }
    }

    #[test]
    fn too_many_entries_end_with_the_right_one() {
        let sandbox = Sandbox::start().unwrap();
        for question in questions(&sandbox) {
            let right = body(&sandbox.world.answer(Service::Rekor, &question));
            let many = body(&sandbox.world.lie(Lie::ManyEntries, Service::Rekor, &question));
            let Some(many) = many.as_array() else { continue };
            assert_eq!(many.len(), MANY);
            let name = |found: &Value| match found.as_object() {
                Some(entry) => json!(entry.keys().collect::<Vec<_>>()),
                None => found.clone(),
            };
            assert_eq!(many.last().map(name), right.get(0).map(name));
        }
    }
}
