//! What must be so whoever signed: the time, the release, the kinds of signatures. Each of them can
//! only refuse, but for `--only`, which leaves signatures out and says so.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use pysign_manifest::{Artifact, ProjectName, SignatureKind, Version};

use super::PolicyError;

/// What is asked beside the signer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    pub(crate) after: Option<Timestamp>,
    pub(crate) before: Option<Timestamp>,
    pub(crate) require_tsa: bool,
    /// Each must be there.
    pub(crate) predicate_types: Vec<String>,
    pub(crate) project: Option<(ProjectName, Version)>,
    /// The kinds that are looked at; all, if none is named.
    pub(crate) only: Option<BTreeSet<SignatureKind>>,
    pub(crate) complete: bool,
}

impl Conditions {
    /// Refuses a file of another release than the one that was asked for, and of none.
    pub(crate) fn check_project(&self, artifact: &Artifact) -> Result<(), PolicyError> {
        let Some((project, version)) = &self.project else { return Ok(()) };
        let found = artifact.project.as_ref().zip(artifact.version.as_ref());
        if found == Some((project, version)) {
            return Ok(());
        }
        Err(PolicyError::Project {
            file: artifact.path.clone().unwrap_or_else(|| artifact.filename.clone().into()),
            expected: format!("{project}=={version}"),
            found: match found {
                Some((project, version)) => format!("{project}=={version}"),
                None => "a file of no project".to_owned(),
            },
        })
    }

    /// Refuses a signature of another time, or of none that is proven when one was asked for.
    /// `signed_at` is the earliest time at which it is proven to have been there.
    pub(crate) fn check_time(
        &self,
        file: &Path,
        signed_at: Option<Timestamp>,
        timestamps: usize,
    ) -> Result<(), PolicyError> {
        let required = |flag| PolicyError::TimestampRequired { file: file.into(), flag };
        if self.require_tsa && timestamps == 0 {
            return Err(required("--require-tsa"));
        }
        if let Some(after) = self.after {
            let found = signed_at.ok_or_else(|| required("--signed-after"))?;
            if found < after {
                return Err(PolicyError::SignedEarly { file: file.into(), after, found });
            }
        }
        if let Some(before) = self.before {
            let found = signed_at.ok_or_else(|| required("--signed-before"))?;
            if found > before {
                return Err(PolicyError::SignedLate { file: file.into(), before, found });
            }
        }
        Ok(())
    }

    /// Whether any of them is about signatures, so that a file without one does not meet it.
    pub(crate) fn ask_for_signatures(&self) -> bool {
        let timed = self.after.is_some() || self.before.is_some() || self.require_tsa;
        timed || !self.predicate_types.is_empty()
    }

    pub(crate) fn only(&self, kind: SignatureKind) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&kind))
    }
}

#[cfg(test)]
mod tests {
    use pysign_host::Problem as _;

    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn code(conditions: &Conditions, signed_at: Option<&str>, timestamps: usize) -> &'static str {
        let checked = conditions.check_time(Path::new("a.txt"), signed_at.map(time), timestamps);
        checked.map_or_else(|error| error.facts().code, |()| "")
    }

    #[test]
    fn bounds_include_their_own_time() {
        let bounded = |after: Option<&str>, before: Option<&str>| Conditions {
            after: after.map(time),
            before: before.map(time),
            ..Conditions::default()
        };
        let after = bounded(Some("2026-01-01T00:00:00Z"), None);
        assert_eq!(code(&after, Some("2026-01-01T00:00:00Z"), 0), "");
        assert_eq!(code(&after, Some("2025-12-31T23:59:59Z"), 0), "signed-too-early");
        let before = bounded(None, Some("2026-01-01T01:00:00+01:00"));
        assert_eq!(code(&before, Some("2026-01-01T00:00:00Z"), 0), "");
        assert_eq!(code(&before, Some("2026-01-01T00:00:01Z"), 0), "signed-too-late");
        for bounds in [after, before] {
            assert_eq!(code(&bounds, None, 0), "timestamp-required");
        }
        assert_eq!(code(&bounded(None, None), None, 0), "");
    }

    #[test]
    fn the_log_is_no_time_stamp_authority() {
        let required = Conditions { require_tsa: true, ..Conditions::default() };
        assert_eq!(code(&required, Some("2026-01-01T00:00:00Z"), 0), "timestamp-required");
        assert_eq!(code(&required, Some("2026-01-01T00:00:00Z"), 1), "");
    }

    #[test]
    fn every_file_is_of_the_release() {
        let project = Some(("Demo_Pkg".parse().unwrap(), "1.0".parse().unwrap()));
        let conditions = Conditions { project, ..Conditions::default() };
        let code = |name| {
            let artifact = Artifact::named(name).unwrap();
            conditions.check_project(&artifact).map_or_else(|error| error.facts().code, |()| "")
        };
        assert_eq!(code("demo_pkg-1.0.tar.gz"), "");
        assert_eq!(code("demo_pkg-1.0.0-py3-none-any.whl"), "");
        for other in
            ["demo_pkg-1.1.tar.gz", "demo-1.0.tar.gz", "demo_pkg-1.0+x.tar.gz", "notes.txt"]
        {
            assert_eq!(code(other), "project-mismatch", "{other}");
        }
    }

    #[test]
    fn kinds_that_are_not_named_are_not_looked_at() {
        let only = Some([SignatureKind::Bundle].into());
        let conditions = Conditions { only, ..Conditions::default() };
        assert!(conditions.only(SignatureKind::Bundle) && !conditions.only(SignatureKind::Pair));
        assert!(Conditions::default().only(SignatureKind::Pair));
    }
}
