//! What a test wants a token to say: a sentence about a pipeline, turned into the claims that
//! GitLab, GitHub or a login would put into it.

use serde_json::{Map, Value, json};

use crate::job::{Job, split_ref};

/// The claims of a token to be minted. Each constructor is a token that Fulcio takes; each method
/// changes one thing about it.
#[derive(Clone, Debug)]
pub struct TokenClaims {
    pub(crate) issuer: Issuer,
    /// The signature is another text's.
    pub(crate) forged: bool,
    email: String,
    git_ref: Option<String>,
    project: Option<String>,
    config: Option<String>,
    reusable: Option<String>,
    trigger: String,
    lifetime: i64,
    changes: Vec<(String, Option<Value>)>,
}

/// Who vouches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Issuer {
    Buildkite,
    CircleCi,
    Email,
    GitHub,
    GitLab,
    /// Another GitLab instance on the same host, below a path.
    SecondGitLab,
    /// Google, for the service accounts of its machines.
    Google,
}

impl Issuer {
    /// Every issuer, with its path below the server's URL.
    pub(crate) const ALL: [(Self, &str); 7] = [
        (Self::GitLab, ""),
        (Self::GitHub, "/github"),
        (Self::Email, "/email"),
        (Self::SecondGitLab, "/second"),
        (Self::Buildkite, "/buildkite"),
        (Self::CircleCi, "/circleci"),
        (Self::Google, "/google"),
    ];

    pub(crate) fn path(self) -> &'static str {
        Self::ALL.iter().find(|(issuer, _)| *issuer == self).map_or("", |(_, path)| path)
    }
}

impl Default for TokenClaims {
    fn default() -> Self {
        Self::gitlab()
    }
}

impl TokenClaims {
    /// A push to the job's ref, as GitLab tells it.
    pub fn gitlab() -> Self {
        Self::new(Issuer::GitLab)
    }

    /// The same push in a project of the same path, as another GitLab instance tells it: all that
    /// differs is who vouches.
    pub fn second_gitlab() -> Self {
        Self::new(Issuer::SecondGitLab)
    }

    /// A push to the job's ref, as GitHub Actions tells it.
    pub fn github() -> Self {
        Self::new(Issuer::GitHub)
    }

    /// A job of a pipeline that has the project's path as its two names, as Buildkite tells it.
    pub fn buildkite() -> Self {
        Self::new(Issuer::Buildkite)
    }

    /// A push to the job's ref, as `CircleCI` tells it.
    pub fn circleci() -> Self {
        Self::new(Issuer::CircleCi)
    }

    /// The service account of a machine of Google's.
    pub fn google() -> Self {
        Self { email: SERVICE_ACCOUNT.to_owned(), ..Self::new(Issuer::Google) }
    }

    /// A login with a verified e-mail address.
    pub fn email(address: &str) -> Self {
        Self { email: address.to_owned(), ..Self::new(Issuer::Email) }
    }

    fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            forged: false,
            email: String::new(),
            git_ref: None,
            project: None,
            config: None,
            reusable: None,
            trigger: "push".to_owned(),
            lifetime: 3600,
            changes: Vec::new(),
        }
    }

    /// The pipeline runs for this branch.
    #[must_use]
    pub fn branch(mut self, name: &str) -> Self {
        self.git_ref = Some(format!("refs/heads/{name}"));
        self
    }

    /// The pipeline runs for this tag.
    #[must_use]
    pub fn tag(mut self, name: &str) -> Self {
        self.git_ref = Some(format!("refs/tags/{name}"));
        self
    }

    /// The pipeline is another project's: `group/project`.
    #[must_use]
    pub fn project(mut self, path: &str) -> Self {
        self.project = Some(path.to_owned());
        self
    }

    /// The pipeline is defined in this file instead of `.gitlab-ci.yml` or the workflow
    /// `release.yml`.
    #[must_use]
    pub fn config(mut self, path: &str) -> Self {
        self.config = Some(path.to_owned());
        self
    }

    /// What started the pipeline, instead of `push`: `schedule`, `web`, `workflow_dispatch`…
    #[must_use]
    pub fn trigger(mut self, source: &str) -> Self {
        source.clone_into(&mut self.trigger);
        self
    }

    /// The merge request of a fork whose source branch has this name, run in the parent project:
    /// every claim but the trigger says what a push to the parent's branch would.
    #[must_use]
    pub fn fork_merge_request(self, source_branch: &str) -> Self {
        self.branch(source_branch).trigger("merge_request_event")
    }

    /// A pipeline started by another one of the same project.
    #[must_use]
    pub fn child_pipeline(self) -> Self {
        self.trigger("parent_pipeline")
    }

    /// GitHub's job is defined by another repository's workflow:
    /// `owner/repo/.github/workflows/file.yml@refs/heads/main`.
    #[must_use]
    pub fn reusable_workflow(mut self, workflow_ref: &str) -> Self {
        self.reusable = Some(workflow_ref.to_owned());
        self
    }

    /// The job deploys to this environment.
    #[must_use]
    pub fn environment(self, name: &str) -> Self {
        self.claim("environment", name)
    }

    /// The token is for this audience instead of `sigstore`.
    #[must_use]
    pub fn audience(self, audience: &str) -> Self {
        self.claim("aud", audience)
    }

    /// The token says that this issuer made it.
    #[must_use]
    pub fn issued_by(self, issuer: &str) -> Self {
        self.claim("iss", issuer)
    }

    /// The token ends so many seconds after it was made.
    #[must_use]
    pub fn lifetime(mut self, seconds: i64) -> Self {
        self.lifetime = seconds;
        self
    }

    /// The token ended a minute ago.
    #[must_use]
    pub fn expired(self) -> Self {
        self.lifetime(-60)
    }

    /// The token's signature is not one over its claims.
    #[must_use]
    pub fn forged(mut self) -> Self {
        self.forged = true;
        self
    }

    /// One claim has this value, whatever it would have been.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.changes.push((name.to_owned(), Some(value.into())));
        self
    }

    /// One claim is missing.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.changes.push((name.to_owned(), None));
        self
    }

    /// The claims that a token made at `now` has.
    pub(crate) fn resolve(&self, job: &Job, now: u64) -> Value {
        let mut claims = match self.issuer {
            Issuer::Buildkite => self.buildkite_claims(job),
            Issuer::CircleCi => self.circleci_claims(job),
            Issuer::Email | Issuer::Google => Map::from_iter([
                ("email".to_owned(), json!(self.email)),
                ("email_verified".to_owned(), json!(true)),
                ("sub".to_owned(), json!("login-7")),
            ]),
            Issuer::GitHub => self.github_claims(job),
            Issuer::GitLab | Issuer::SecondGitLab => self.gitlab_claims(job),
        };
        let server = format!("{}{}", job.server_url, self.issuer.path());
        for (name, value) in [
            ("iss", json!(server)),
            ("aud", json!("sigstore")),
            ("iat", json!(now)),
            ("nbf", json!(now.saturating_sub(5))),
            ("exp", json!(now.saturating_add_signed(self.lifetime))),
        ] {
            claims.insert(name.to_owned(), value);
        }
        for (name, value) in &self.changes {
            match value {
                Some(value) => claims.insert(name.clone(), value.clone()),
                None => claims.remove(name),
            };
        }
        Value::Object(claims)
    }

    /// The full ref, whether it is a branch or a tag, and its name.
    fn git_ref<'a>(&'a self, job: &'a Job) -> (&'a str, &'static str, &'a str) {
        let full = self.git_ref.as_deref().unwrap_or(&job.git_ref);
        let (kind, name) = split_ref(full).unwrap_or(("branch", full));
        (full, kind, name)
    }

    /// GitLab's documentation, "`OpenID` Connect (OIDC) Authentication Using ID Tokens".
    fn gitlab_claims(&self, job: &Job) -> Map<String, Value> {
        let project = self.project.as_deref().unwrap_or(&job.project);
        let namespace = project.rsplit_once('/').map_or(project, |(group, _)| group);
        let (project_id, namespace_id) = ids(job, project);
        let (full, ref_type, ref_name) = self.git_ref(job);
        let config = self.config.as_deref().unwrap_or(".gitlab-ci.yml");
        object([
            ("ci_config_ref_uri", json!(format!("{}/{project}//{config}@{full}", job.fqdn))),
            ("ci_config_sha", json!(job.commit)),
            ("job_id", json!("9")),
            ("namespace_id", json!(namespace_id)),
            ("namespace_path", json!(namespace)),
            ("pipeline_id", json!("7")),
            ("pipeline_source", json!(self.trigger)),
            ("project_id", json!(project_id)),
            ("project_path", json!(project)),
            ("project_visibility", json!(job.visibility)),
            ("ref", json!(ref_name)),
            ("ref_path", json!(full)),
            ("ref_protected", json!("true")),
            ("ref_type", json!(ref_type)),
            ("runner_environment", json!("gitlab-hosted")),
            ("runner_id", json!(1)),
            ("sha", json!(job.commit)),
            ("sub", json!(format!("project_path:{project}:ref_type:{ref_type}:ref:{ref_name}"))),
            ("user_email", json!("dev@acme.example")),
            ("user_id", json!("2")),
            ("user_login", json!("dev")),
        ])
    }

    /// GitHub's documentation, "`OpenID` Connect reference".
    fn github_claims(&self, job: &Job) -> Map<String, Value> {
        let project = self.project.as_deref().unwrap_or(&job.project);
        let owner = project.split('/').next().unwrap_or_default();
        let (project_id, owner_id) = ids(job, project);
        let (full, ref_type, _) = self.git_ref(job);
        let file = self.config.as_deref().unwrap_or(".github/workflows/release.yml");
        let workflow = format!("{project}/{file}@{full}");
        let signer = self.reusable.as_ref().unwrap_or(&workflow);
        object([
            ("actor", json!("dev")),
            ("event_name", json!(self.trigger)),
            ("job_workflow_ref", json!(signer)),
            ("job_workflow_sha", json!(job.commit)),
            ("ref", json!(full)),
            ("ref_type", json!(ref_type)),
            ("repository", json!(project)),
            ("repository_id", json!(project_id)),
            ("repository_owner", json!(owner)),
            ("repository_owner_id", json!(owner_id)),
            ("repository_visibility", json!(job.visibility)),
            ("run_attempt", json!("1")),
            ("run_id", json!("7")),
            ("runner_environment", json!("github-hosted")),
            ("sha", json!(job.commit)),
            ("sub", json!(format!("repo:{project}:ref:{full}"))),
            ("workflow", json!("release")),
            ("workflow_ref", json!(workflow)),
            ("workflow_sha", json!(job.commit)),
        ])
    }

    /// Buildkite's documentation, "buildkite-agent oidc", "Claims".
    fn buildkite_claims(&self, job: &Job) -> Map<String, Value> {
        let project = self.project.as_deref().unwrap_or(&job.project);
        let (organization, pipeline) = project.split_once('/').unwrap_or((project, "demo"));
        let (full, _, name) = self.git_ref(job);
        let id = "0184990a-4782-42b5-afc1-16715b10b8ff";
        let run = format!("organization:{organization}:pipeline:{pipeline}:ref:{full}");
        object([
            ("build_branch", json!(name)),
            ("build_commit", json!(job.commit)),
            ("build_number", json!(7)),
            ("build_source", json!("webhook")),
            ("job_id", json!(id)),
            ("organization_slug", json!(organization)),
            ("pipeline_slug", json!(pipeline)),
            ("runner_environment", json!("self-hosted")),
            ("sub", json!(format!("{run}:commit:{}:step:sign", job.commit))),
        ])
    }

    /// `CircleCI`'s documentation, "Using `OpenID` Connect tokens in jobs".
    fn circleci_claims(&self, job: &Job) -> Map<String, Value> {
        let project = self.project.as_deref().unwrap_or(&job.project);
        let (full, ..) = self.git_ref(job);
        let (organization, id) = ("6f0a1c9e-0000-4000-8000-000000000001", CIRCLECI_PROJECT);
        object([
            ("oidc.circleci.com/job-id", json!("6f0a1c9e-0000-4000-8000-000000000003")),
            ("oidc.circleci.com/org-id", json!(organization)),
            ("oidc.circleci.com/pipeline-definition-id", json!(CIRCLECI_DEFINITION)),
            ("oidc.circleci.com/pipeline-id", json!("6f0a1c9e-0000-4000-8000-000000000005")),
            ("oidc.circleci.com/project-id", json!(id)),
            ("oidc.circleci.com/ssh-rerun", json!(false)),
            ("oidc.circleci.com/vcs-origin", json!(format!("github.com/{project}"))),
            ("oidc.circleci.com/vcs-ref", json!(full)),
            ("oidc.circleci.com/workflow-id", json!("6f0a1c9e-0000-4000-8000-000000000006")),
            ("sub", json!(format!("org/{organization}/project/{id}/user/u"))),
        ])
    }
}

const CIRCLECI_PROJECT: &str = "6f0a1c9e-0000-4000-8000-000000000002";
const CIRCLECI_DEFINITION: &str = "6f0a1c9e-0000-4000-8000-000000000004";

/// The service account that Google gives a machine.
const SERVICE_ACCOUNT: &str = "signer@acme.iam.gserviceaccount.com";

/// The numbers of a project and its group or owner.
fn ids(job: &Job, project: &str) -> (&'static str, &'static str) {
    if project == job.project { (Job::PROJECT_ID, Job::NAMESPACE_ID) } else { ("17", "11") }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
