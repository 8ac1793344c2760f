//! Which variables hold tokens: read by the stage that needs one, kept from the code of a build.

use pysign_host::Env;

/// The audience that Fulcio wants in a token.
pub const SIGSTORE_AUDIENCE: &str = "sigstore";

/// Variables that hold a token or password, or a URL with one in it, in the CI systems and tools a
/// Python release meets. A build backend must not see them: neither a signing identity nor the
/// right to publish. [`holds_token`] also knows the ID tokens that a job names itself.
pub const TOKEN_VARIABLES: &[&str] = &[
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "BUILDKITE_AGENT_ACCESS_TOKEN",
    "BUILDKITE_AGENT_JOB_API_TOKEN",
    "BUILDKITE_AGENT_TOKEN",
    "CIRCLE_OIDC_TOKEN",
    "CIRCLE_OIDC_TOKEN_V2",
    "CIRCLE_TOKEN",
    "CI_BUILD_TOKEN",
    "CI_DEPENDENCY_PROXY_PASSWORD",
    "CI_DEPLOY_PASSWORD",
    "CI_JOB_JWT",
    "CI_JOB_JWT_V1",
    "CI_JOB_JWT_V2",
    "CI_JOB_TOKEN",
    "CI_REGISTRY_PASSWORD",
    "CI_REPOSITORY_URL",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
    "PYPI_ID_TOKEN",
    "SIGSTORE_ID_TOKEN",
    "SYSTEM_ACCESSTOKEN",
    "TESTPYPI_ID_TOKEN",
    "TWINE_PASSWORD",
    "UV_PUBLISH_PASSWORD",
    "UV_PUBLISH_TOKEN",
    "VAULT_TOKEN",
];

/// Whether a variable of this name holds a token: it is in [`TOKEN_VARIABLES`], or it ends in
/// `_ID_TOKEN`, GitLab's custom for what `id_tokens` in the CI file defines.
pub fn holds_token(name: &str) -> bool {
    TOKEN_VARIABLES.contains(&name) || name.ends_with("_ID_TOKEN")
}

/// The variables of `env` that hold a token, by name, in order. Empty ones don't count.
pub fn tokens_in(env: &Env) -> Vec<&str> {
    env.iter()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, _)| name.to_str())
        .filter(|name| holds_token(name))
        .collect()
}

/// The variable in which a GitLab job is given its ID token for `audience`, by the custom that
/// uv, sigstore's clients and twine share: upper case, anything but letters and digits as `_`.
pub fn id_token_variable(audience: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = audience.chars().map(letter).collect();
    format!("{name}_ID_TOKEN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_name_twice() {
        assert!(TOKEN_VARIABLES.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn an_audience_has_its_variable() {
        assert_eq!(id_token_variable(SIGSTORE_AUDIENCE), "SIGSTORE_ID_TOKEN");
        assert_eq!(id_token_variable("my.index-1"), "MY_INDEX_1_ID_TOKEN");
    }

    #[test]
    fn tokens_are_found_by_name_and_only_when_they_hold_something() {
        let env = Env::from_pairs(&[
            ("ACME_ID_TOKEN", "x"),
            ("CI_JOB_TOKEN", "x"),
            ("CI_PROJECT_ID", "5"),
            ("TWINE_PASSWORD", ""),
        ]);
        assert_eq!(tokens_in(&env), ["ACME_ID_TOKEN", "CI_JOB_TOKEN"]);
    }
}
