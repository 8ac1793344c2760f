//! The job that the sandbox pretends to be: the facts that variables, tokens and registries share.

/// A job of a GitLab pipeline.
pub(crate) struct Job {
    /// `CI_SERVER_URL`: `http://127.0.0.1:PORT`.
    pub(crate) server_url: String,
    /// `CI_SERVER_FQDN`: host, and port where it isn't the scheme's.
    pub(crate) fqdn: String,
    /// `CI_PROJECT_PATH`: `group/project`.
    pub(crate) project: String,
    /// Anyone may read a `public` project's packages.
    pub(crate) visibility: String,
    /// The full ref that the pipeline runs for.
    pub(crate) git_ref: String,
    /// The commit that the pipeline runs for: `CI_COMMIT_SHA`.
    pub(crate) commit: String,
    /// `CI_JOB_TOKEN`.
    pub(crate) token: String,
    /// A personal access token with the scope `api`.
    pub(crate) private_token: String,
}

impl Job {
    /// `CI_PROJECT_ID` of [`Job::project`].
    pub(crate) const PROJECT_ID: &str = "5";
    /// The project's group.
    pub(crate) const NAMESPACE_ID: &str = "3";
    /// `CI_DEFAULT_BRANCH`.
    pub(crate) const DEFAULT_BRANCH: &str = "main";
    /// The commit where no other is known.
    pub(crate) const COMMIT: &str = "c0ffee0000000000000000000000000000c0ffee";

    /// The last name of the project's path: `CI_PROJECT_NAME`.
    pub(crate) fn project_name(&self) -> &str {
        self.project.rsplit('/').next().unwrap_or_default()
    }

    pub(crate) fn is_public(&self) -> bool {
        self.visibility == "public"
    }
}

/// The parts of a full ref: `("tag", "v1")` of `refs/tags/v1`, `("branch", "main")` of
/// `refs/heads/main`.
pub(crate) fn split_ref(git_ref: &str) -> Option<(&'static str, &str)> {
    let tag = git_ref.strip_prefix("refs/tags/").map(|name| ("tag", name));
    let branch = || git_ref.strip_prefix("refs/heads/").map(|name| ("branch", name));
    tag.or_else(branch).filter(|(_, name)| !name.is_empty())
}
