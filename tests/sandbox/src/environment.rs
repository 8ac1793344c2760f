//! The variables of a job: GitLab's ("Predefined CI/CD variables reference") or GitHub's
//! ("Default environment variables"), as far as they say who and where the job is.

use std::path::Path;

use crate::claims::TokenClaims;
use crate::job::{Job, split_ref};
use crate::oidc::Oidc;
use crate::public::PublicIndex;
use crate::world::World;

/// What a job of GitLab has.
pub(crate) fn gitlab(world: &World, directory: &Path) -> Vec<Variable> {
    let (job, urls) = (&world.job, &world.urls);
    let (host, port) = job.fqdn.split_once(':').unwrap_or((&job.fqdn, "80"));
    let (kind, name) = split_ref(&job.git_ref).unwrap_or(("branch", &job.git_ref));
    let of_ref = if kind == "tag" { "CI_COMMIT_TAG" } else { "CI_COMMIT_BRANCH" };
    let mut variables = vec![
        ("CI", "true".to_owned()),
        ("CI_API_V4_URL", format!("{}/api/v4", urls.gitlab)),
        ("CI_COMMIT_REF_NAME", name.to_owned()),
        ("CI_COMMIT_SHA", job.commit.clone()),
        (of_ref, name.to_owned()),
        ("CI_DEFAULT_BRANCH", Job::DEFAULT_BRANCH.to_owned()),
        ("CI_JOB_TOKEN", job.token.clone()),
        ("CI_PIPELINE_SOURCE", "push".to_owned()),
        ("CI_PROJECT_ID", Job::PROJECT_ID.to_owned()),
        ("CI_PROJECT_NAME", job.project_name().to_owned()),
        ("CI_PROJECT_PATH", job.project.clone()),
        ("CI_PROJECT_URL", format!("{}/{}", urls.gitlab, job.project)),
        ("CI_PROJECT_VISIBILITY", job.visibility.clone()),
        ("CI_SERVER_FQDN", job.fqdn.clone()),
        ("CI_SERVER_HOST", host.to_owned()),
        ("CI_SERVER_PORT", port.to_owned()),
        ("CI_SERVER_PROTOCOL", "http".to_owned()),
        ("CI_SERVER_URL", urls.gitlab.clone()),
        ("GITLAB_CI", "true".to_owned()),
    ];
    // The issuer's key has signed every token in the directory by now.
    let token = world.oidc.mint(&TokenClaims::gitlab());
    variables.extend(token.map(|token| ("SIGSTORE_ID_TOKEN", token)));
    variables.extend(sandbox(world, directory));
    variables
}

/// What a job of GitHub with the permission `id-token: write` has: it asks for its token itself.
pub(crate) fn github(world: &World, directory: &Path) -> Vec<Variable> {
    let (job, urls) = (&world.job, &world.urls);
    let (kind, name) = split_ref(&job.git_ref).unwrap_or(("branch", &job.git_ref));
    let url = format!("{}{}?api-version=2.0", urls.gitlab, Oidc::GITHUB_TOKEN);
    let mut variables = vec![
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", world.oidc.request_token.clone()),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", url),
        ("CI", "true".to_owned()),
        ("GITHUB_ACTIONS", "true".to_owned()),
        ("GITHUB_EVENT_NAME", "push".to_owned()),
        ("GITHUB_REF", job.git_ref.clone()),
        ("GITHUB_REF_NAME", name.to_owned()),
        ("GITHUB_REF_TYPE", kind.to_owned()),
        ("GITHUB_REPOSITORY", job.project.clone()),
        ("GITHUB_SERVER_URL", "https://github.com".to_owned()),
        ("GITHUB_SHA", job.commit.clone()),
    ];
    variables.extend(sandbox(world, directory));
    variables
}

/// A name and its value.
pub(crate) type Variable = (&'static str, String);

/// What no CI system has.
fn sandbox(world: &World, directory: &Path) -> [Variable; 5] {
    let index = &world.urls.public;
    [
        ("PYSIGN_SANDBOX", directory.display().to_string()),
        ("PYSIGN_SANDBOX_INDEX", index.clone()),
        ("PYSIGN_SANDBOX_TOKEN", world.job.private_token.clone()),
        ("PYSIGN_SANDBOX_TUF", world.urls.tuf.clone()),
        ("PYSIGN_SANDBOX_UPLOAD", format!("{index}{}", PublicIndex::UPLOAD)),
    ]
}

#[cfg(test)]
mod tests {
    use crate::Setup;
    use crate::fault::Service;
    use crate::http::Request;

    #[test]
    fn a_job_knows_its_ref_by_one_name() {
        for (setup, named, other) in [
            (Setup::default().branch("x"), ("CI_COMMIT_BRANCH", "x"), "CI_COMMIT_TAG"),
            (Setup::default().tag("v1"), ("CI_COMMIT_TAG", "v1"), "CI_COMMIT_BRANCH"),
        ] {
            let env = setup.start().unwrap().env();
            assert!(env.contains(&(named.0, named.1.to_owned())));
            assert!(env.iter().all(|(name, _)| *name != other));
        }
    }

    #[test]
    fn the_api_is_below_the_server_and_the_token_is_the_jobs() {
        let sandbox = Setup::default().project("a/b-c").start().unwrap();
        let env = sandbox.env();
        let value = |name: &str| {
            env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap()
        };
        assert_eq!(value("CI_API_V4_URL"), format!("{}/api/v4", value("CI_SERVER_URL")));
        assert_eq!(value("CI_SERVER_URL"), format!("http://{}", value("CI_SERVER_FQDN")));
        assert_eq!(value("CI_PROJECT_NAME"), "b-c");
        let identity = sandbox.world.fulcio.identify(&value("SIGSTORE_ID_TOKEN")).unwrap();
        assert!(identity.challenge.starts_with("project_path:a/b-c:"));
    }
    #[test]
    fn a_job_of_github_asks_for_its_token() {
        let sandbox = Setup::default().tag("v1").github().start().unwrap();
        let env = sandbox.env();
        let value = |name: &str| {
            env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
        };
        assert_eq!((value("GITHUB_REF_TYPE"), value("GITHUB_REF_NAME")), (Some("tag"), Some("v1")));
        assert_eq!((value("SIGSTORE_ID_TOKEN"), value("GITLAB_CI")), (None, None));
        let url = value("ACTIONS_ID_TOKEN_REQUEST_URL").unwrap();
        let target = url.strip_prefix(sandbox.url("oidc").unwrap()).unwrap();
        let mut request = Request::new("GET", &format!("{target}&audience=sigstore"));
        let token = value("ACTIONS_ID_TOKEN_REQUEST_TOKEN").unwrap();
        request.headers.push(("authorization".into(), format!("bearer {token}")));
        let answer = sandbox.world.answer(Service::Oidc, &request);
        let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let token = answer["value"].as_str().unwrap();
        assert!(sandbox.world.fulcio.identify(token).unwrap().challenge.ends_with("refs/tags/v1"));
    }
}
