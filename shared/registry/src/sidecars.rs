//! Where the sidecars and the marker of a release are, seen from an index.

use std::str::FromStr;

use pysign_ci::Job;
use pysign_index::{File, Location};

use crate::gitlab::is_project;
use crate::{DIRECTORY, Error, GITLAB, GitlabProject};

/// No more is read of a marker or sidecar: it holds the list of a release of 10,000 files.
pub const MAX_MARKER: u64 = 16 << 20;

/// Where the command line says that signatures are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signatures {
    /// Where publish puts them.
    Auto,
    /// In the generic registry of this project, or of the index's own, or of the job's.
    Gitlab(Option<String>),
    /// Nowhere.
    None,
    /// Beside each file.
    Sibling,
}

impl FromStr for Signatures {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "auto" => Ok(Self::Auto),
            "gitlab" => Ok(Self::Gitlab(None)),
            "none" => Ok(Self::None),
            "sibling" => Ok(Self::Sibling),
            _ => match text.strip_prefix("gitlab:") {
                Some(project) if is_project(project) => Ok(Self::Gitlab(Some(project.to_owned()))),
                _ => Err("expected auto, gitlab, gitlab:PROJECT, sibling or none"),
            },
        }
    }
}

/// Where the sidecars and the marker of a release are.
#[derive(Clone, Debug)]
pub enum Sidecars {
    /// In the generic registry of a project.
    Gitlab(GitlabProject),
    /// Nowhere.
    None,
    /// Beside each file, under its name with a suffix.
    Sibling,
}

impl Signatures {
    /// Finds that place, for an index that is the GitLab project `index`, if it is one.
    pub fn resolve(
        &self,
        index: Option<&GitlabProject>,
        job: Option<&Job>,
    ) -> Result<Sidecars, Error> {
        let own = match (self, index, job) {
            (Self::None, ..) => return Ok(Sidecars::None),
            (Self::Sibling, ..) | (Self::Auto, None, _) => return Ok(Sidecars::Sibling),
            (_, Some(own), _) => own.clone(),
            (_, None, Some(job)) => GitlabProject::of_job(job)?,
            (_, None, None) => return Err(Error::NoJob { flag: "--signatures" }),
        };
        Ok(Sidecars::Gitlab(match self {
            Self::Gitlab(Some(project)) => GitlabProject::at(own.api().clone(), project),
            _ => own,
        }))
    }
}

impl Sidecars {
    /// Where the sidecar or marker of this name is for `file`; `None`, if none are looked for.
    pub fn locate(&self, file: &File, name: &str) -> Result<Option<Location>, Error> {
        let (project, version) = (file.filename.project(), file.filename.version());
        Ok(match (self, &file.location) {
            (Self::None, _) => None,
            (Self::Gitlab(gitlab), _) => {
                Some(Location::Url(gitlab.sidecar(project, version, name)))
            }
            (Self::Sibling, Location::Url(at)) => {
                Some(Location::Url(at.join(".")?.with_path_segments(&[name])))
            }
            (Self::Sibling, Location::Within(path)) => {
                let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
                Some(Location::Within(format!("{directory}/{name}")))
            }
        })
    }

    /// The word in a manifest for the target that publish sends them to.
    pub fn target(&self) -> &'static str {
        if matches!(self, Self::Gitlab(_)) { GITLAB } else { DIRECTORY }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_have_a_place_or_none() {
        assert_eq!("gitlab:a/b".parse(), Ok(Signatures::Gitlab(Some("a/b".to_owned()))));
        assert_eq!("gitlab:5".parse(), Ok(Signatures::Gitlab(Some("5".to_owned()))));
        for text in ["", "gitlab:", "gitlab:demo", "gitlab:../5", "beside", "https://a.example/"] {
            assert!(text.parse::<Signatures>().is_err(), "{text}");
        }
    }
}
