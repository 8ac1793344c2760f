//! What a sandbox is told before it starts.

use crate::gitlab::Options;
use crate::job::Job;
use crate::{Error, Sandbox};

/// A sandbox to be started: a push to the branch `main` of the public project `acme/demo`, unless
/// a method says other.
#[derive(Clone, Debug)]
pub struct Setup {
    pub(crate) project: String,
    pub(crate) git_ref: String,
    pub(crate) commit: String,
    pub(crate) visibility: &'static str,
    pub(crate) options: Options,
    pub(crate) github: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            project: "acme/demo".to_owned(),
            git_ref: "refs/heads/main".to_owned(),
            commit: Job::COMMIT.to_owned(),
            visibility: "public",
            options: Options::default(),
            github: false,
        }
    }
}

impl Setup {
    /// The job's project is `GROUP/PROJECT`.
    #[must_use]
    pub fn project(mut self, path: &str) -> Self {
        path.clone_into(&mut self.project);
        self
    }

    /// The job's pipeline runs for this branch.
    #[must_use]
    pub fn branch(mut self, name: &str) -> Self {
        self.git_ref = format!("refs/heads/{name}");
        self
    }

    /// The job's pipeline runs for this tag.
    #[must_use]
    pub fn tag(mut self, name: &str) -> Self {
        self.git_ref = format!("refs/tags/{name}");
        self
    }

    /// The job's pipeline runs for this commit.
    #[must_use]
    pub fn commit(mut self, sha: &str) -> Self {
        sha.clone_into(&mut self.commit);
        self
    }

    /// The project is private: its packages are read with a credential only.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.visibility = "private";
        self
    }

    /// The job is one of GitHub and not of GitLab. The registries are there all the same.
    #[must_use]
    pub fn github(mut self) -> Self {
        self.github = true;
        self
    }

    /// GitLab serves files itself instead of redirecting to the object store.
    #[must_use]
    pub fn direct_downloads(mut self) -> Self {
        self.options.direct_downloads = true;
        self
    }

    /// An unknown project is 404 and not forwarded to the public index.
    #[must_use]
    pub fn no_forwarding(mut self) -> Self {
        self.options.forwarding = false;
        self
    }

    /// The generic registry takes a file name once.
    #[must_use]
    pub fn no_generic_duplicates(mut self) -> Self {
        self.options.generic_duplicates = false;
        self
    }

    /// GitLab's simple pages come as JSON to a client that prefers it.
    #[must_use]
    pub fn simple_json(mut self) -> Self {
        self.options.simple_json = true;
        self
    }

    /// Starts it.
    pub fn start(self) -> Result<Sandbox, Error> {
        Sandbox::with(&self)
    }
}
