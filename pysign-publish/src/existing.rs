//! What to do with a package's sidecars where the target has some already. An earlier run may have been
//! interrupted, and a signature of the same bytes is different in every run.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_attest::Bundle;
use pysign_host::{Failure, Sha256};
use pysign_manifest::Role;

use crate::release::Package;
use crate::sidecar::SidecarFile;
use crate::step::{Item, Outcome, Step};
use crate::target::Target;

/// A step for each sidecar of `package`, or its conflict; an error, if the target can't be asked.
pub(crate) fn steps<'r>(
    target: &dyn Target,
    package: &Package,
) -> Result<Vec<Result<Step<'r>, Failure>>, Failure> {
    let theirs: Result<Vec<_>, Failure> =
        package.sidecars.iter().map(|file| target.read(file)).collect();
    let theirs = theirs?;
    let existing = Existing::of(package, &theirs);
    let steps = package.sidecars.iter().zip(theirs).map(|(ours, theirs)| {
        let (bytes, outcome, reason) = match theirs {
            None => match existing.completed(ours) {
                Some(made) => (made, None, Some("made from the signature that is there already")),
                None => (ours.bytes.clone(), None, None),
            },
            Some(theirs) if theirs == ours.bytes => (theirs, Some(Outcome::Kept), None),
            Some(theirs) if existing.accepts(ours, &theirs) => {
                (theirs, Some(Outcome::Kept), Some("a different signature of the same file"))
            }
            Some(theirs) => {
                let item = Item::Sidecar(ours.clone());
                let found = format!("sha256:{}", Sha256::of(&theirs));
                return Err(item.conflict(target.url(&item), found).into());
            }
        };
        let item = Item::Sidecar(SidecarFile { bytes, ..ours.clone() });
        Ok(Step { url: target.url(&item), item, outcome, reason })
    });
    Ok(steps.collect())
}

fn signer(bundle: &Bundle) -> Option<(String, String)> {
    let certificate = bundle.certificate().ok()?;
    Some((certificate.identity().to_owned(), certificate.issuer().to_owned()))
}

/// Our bundle of a package, and the one that the place has.
struct Existing {
    ours: Option<Bundle>,
    /// A bundle of the same bytes and the same signer, other than ours.
    theirs: Option<Bundle>,
}

impl Existing {
    /// `theirs` is what the place has under the names of the package's sidecars, in their order.
    fn of(package: &Package, theirs: &[Option<Vec<u8>>]) -> Self {
        let mut files = package.sidecars.iter().zip(theirs);
        let Some((file, found)) = files.find(|(file, _)| file.is_bundle()) else {
            return Self { ours: None, theirs: None };
        };
        let ours = Bundle::parse(&file.bytes).ok();
        let theirs = found.as_ref().filter(|bytes| **bytes != file.bytes);
        let theirs = theirs.and_then(|bytes| Bundle::parse(bytes).ok()).filter(|theirs| {
            let same_signer = || ours.as_ref().and_then(signer) == signer(theirs);
            theirs.digest() == Some(package.sha256) && same_signer()
        });
        Self { ours, theirs }
    }

    /// Whether `bytes`, found under the name of `file`, are as good as what we have.
    fn accepts(&self, file: &SidecarFile, bytes: &[u8]) -> bool {
        if file.is_bundle() {
            return self.theirs.is_some();
        }
        if let Some((ours, statement)) = file.envelope(&file.bytes) {
            // The same statement by the same signer.
            return file.envelope(bytes).is_some_and(|(theirs, other)| {
                statement.payload == other.payload && signer(&ours) == signer(&theirs)
            });
        }
        let bundle = self.theirs.as_ref().or(self.ours.as_ref());
        bundle.is_some_and(|bundle| file.is_half_of(bundle, bytes))
    }

    /// The bytes for `file`, which the target lacks, that match the bundle it has; `None`, if ours do.
    fn completed(&self, file: &SidecarFile) -> Option<Vec<u8>> {
        let (ours, theirs) = (self.ours.as_ref()?, self.theirs.as_ref()?);
        if !file.is_half_of(ours, &file.bytes) {
            return None;
        }
        if matches!(file.part, Some((_, Role::Signature))) {
            return Some(STANDARD.encode(theirs.signature()).into_bytes());
        }
        Some(theirs.certificate().ok()?.pem().into_bytes())
    }
}

#[cfg(test)]
mod tests;
