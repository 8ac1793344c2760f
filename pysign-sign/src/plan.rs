//! The signatures to make: what each is over (a file's bytes or a statement), which files it is about,
//! and the names under which it is written.

use std::path::{Path, PathBuf};

use pysign_attest::Certificate;
use pysign_host::{Failure, Sha256};
use pysign_manifest::{Manifest, Role, SignatureKind, sidecar_path};
use pysign_sigstore::{Subject, check_statement};

use crate::error::Error;
use crate::file::File;
use crate::forms::Forms;
use crate::statement::{self, Content, Given};

/// A signature to make.
#[derive(Debug)]
pub(crate) struct Planned<'f> {
    pub(crate) kind: SignatureKind,
    pub(crate) content: Content,
    /// The files that it is about; at least one.
    pub(crate) files: &'f [File],
    /// Where it is written: to one place, or to one beside each file.
    pub(crate) places: Vec<PathBuf>,
    /// Signature and certificate on their own, beside a bundle.
    pub(crate) pair: Option<[PathBuf; 2]>,
}

impl<'f> Planned<'f> {
    /// A signature that is written beside each file, with this suffix.
    fn beside(kind: SignatureKind, files: &'f [File], suffix: &str, content: Content) -> Self {
        let places = files.iter().map(|file| sidecar_path(&file.path, suffix)).collect();
        Self { kind, content, files, places, pair: None }
    }

    /// What its document is to the signature.
    pub(crate) fn role(&self) -> Role {
        match self.kind {
            SignatureKind::Attestation => Role::Attestation,
            _ => Role::Bundle,
        }
    }

    /// What a signature must be about. A statement's payload is compared as a whole, so one file is
    /// enough here: a wheel or sdist if there is one, because its name is compared too.
    pub(crate) fn subject(&self) -> Subject<'f> {
        let nothing = Subject { file: Path::new(""), digest: Sha256::of(b""), filename: None };
        let package = self.files.iter().find(|file| file.is_package);
        package.or(self.files.first()).map_or(nothing, File::subject)
    }

    /// What messages call it: the file that is signed, or the file that the statement becomes.
    pub(crate) fn shown(&self) -> String {
        let path = match (self.kind, self.files, self.places.as_slice()) {
            (SignatureKind::Bundle, [file], _) => &file.path,
            (_, _, [place, ..]) => place,
            _ => return String::new(),
        };
        path.file_name().unwrap_or_default().display().to_string()
    }

    /// Every name that it gets.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = &Path> {
        self.places.iter().chain(self.pair.iter().flatten()).map(PathBuf::as_path)
    }

    /// Each file that it is about, and the place of its document as that file lists it.
    pub(crate) fn listed(&self) -> impl Iterator<Item = (&'f File, &Path)> {
        let only = self.places.iter().cycle();
        self.files.iter().zip(only).map(|(file, place)| (file, place.as_path()))
    }

    /// Refuses a statement that would not be proven by this certificate, while it is not logged yet.
    pub(crate) fn check_against(&self, certificate: &Certificate) -> Result<(), Failure> {
        let subject = self.subject();
        let malformed = |cause| Error::Statement { file: subject.file.into(), cause };
        let Some(statement) = self.content.parse().map_err(malformed)? else { return Ok(()) };
        Ok(check_statement(&statement, &subject, Some(certificate))?)
    }

    /// Refuses to sign a file that is no longer what was read.
    pub(crate) fn check_unchanged(&self) -> Result<(), Failure> {
        self.files.iter().try_for_each(File::check_unchanged)
    }
}

/// Every signature to make of `files`, those of a file together. Forms that these files can't have are
/// refused here, before anything is signed.
pub(crate) fn plan<'f>(
    release: &Manifest,
    files: &'f [File],
    forms: &Forms,
    given: Option<&Given>,
) -> Result<Vec<Planned<'f>>, Failure> {
    let wants = |kind| forms.has(kind);
    if let Some(given) = given {
        given.check_subjects(files)?;
        given.check_use(forms)?;
    }
    if wants(SignatureKind::Attestation) || wants(SignatureKind::Release) {
        let strangers = files.iter().filter(|file| !file.is_package);
        let refused =
            strangers.map(|file| Err(Error::NotAPackage { file: file.path.clone() }.into()));
        Failure::collect::<()>(refused)?;
    }
    let mut plan = Vec::new();
    for file in files {
        let only = std::slice::from_ref(file);
        if wants(SignatureKind::Bundle) {
            let content = Content::File(file.sha256);
            let bundle = Planned::beside(SignatureKind::Bundle, only, ".sigstore.json", content);
            let half = |suffix| sidecar_path(&file.path, suffix);
            let pair = wants(SignatureKind::Pair).then(|| [half(".sig"), half(".crt")]);
            plan.push(Planned { pair, ..bundle });
        }
        if wants(SignatureKind::Attestation) {
            let provenance = given.filter(|given| given.is_provenance());
            let provenance = provenance.map(|given| (".slsa.attestation", given.about(file)));
            let publish = (".publish.attestation", statement::publish(file));
            plan.extend([publish].into_iter().chain(provenance).map(|(suffix, content)| {
                Planned::beside(SignatureKind::Attestation, only, suffix, content)
            }));
        }
    }
    if let Some(given) = given.filter(|_| wants(SignatureKind::Statement)) {
        let (kind, suffix) = (SignatureKind::Statement, ".statement.sigstore.json");
        plan.push(Planned::beside(kind, files, suffix, given.content()));
    }
    if wants(SignatureKind::Release) {
        plan.extend(release_statement(release, files)?);
    }
    Ok(plan)
}

/// The release's statement, which has one place for all files.
fn release_statement<'f>(
    release: &Manifest,
    files: &'f [File],
) -> Result<Option<Planned<'f>>, Failure> {
    let mut places = files.iter().filter_map(|file| Some((file, file.release.as_ref()?)));
    let Some((first, place)) = places.next() else { return Ok(None) };
    if let Some((file, _)) = places.find(|(_, other)| *other != place) {
        return Err(Error::Scattered { one: first.path.clone(), other: file.path.clone() }.into());
    }
    let content = statement::release(release, files);
    let malformed = |cause| Error::Statement { file: place.clone(), cause };
    content.parse().map_err(malformed)?;
    let (kind, places) = (SignatureKind::Release, vec![place.clone()]);
    Ok(Some(Planned { kind, content, files, places, pair: None }))
}
