//! The variables of a GitLab job ("Predefined CI/CD variables reference"), as far as they say who
//! and where the job is.

use std::path::Path;

use crate::claims::TokenClaims;
use crate::job::{Job, split_ref};
use crate::public::PublicIndex;
use crate::world::World;

pub(crate) fn variables(world: &World, directory: &Path) -> Vec<(&'static str, String)> {
    let (job, urls) = (&world.job, &world.urls);
    let address = job.fqdn.split_once(':');
    let (host, port) = address.unwrap_or((&job.fqdn, "80"));
    let (kind, name) = split_ref(&job.git_ref).unwrap_or(("branch", &job.git_ref));
    let of_ref = if kind == "tag" { "CI_COMMIT_TAG" } else { "CI_COMMIT_BRANCH" };
    let mut variables = vec![
        ("CI", "true".to_owned()),
        ("CI_API_V4_URL", format!("{}/api/v4", urls.gitlab)),
        ("CI_COMMIT_REF_NAME", name.to_owned()),
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
        ("PYSIGN_SANDBOX", directory.display().to_string()),
        ("PYSIGN_SANDBOX_INDEX", urls.public.clone()),
        ("PYSIGN_SANDBOX_UPLOAD", format!("{}{}", urls.public, PublicIndex::UPLOAD)),
        ("PYSIGN_SANDBOX_TOKEN", job.private_token.clone()),
    ];
    // A key that signs a token has signed those in the directory.
    if let Ok(token) = world.oidc.mint(&TokenClaims::gitlab()) {
        variables.push(("SIGSTORE_ID_TOKEN", token));
    }
    variables
}

#[cfg(test)]
mod tests {
    use crate::Setup;

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
}
