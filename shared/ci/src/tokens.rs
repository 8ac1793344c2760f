//! Which variables hold tokens: read by the stage that needs one, kept from the code of a build.

use pysign_host::Env;

use crate::systems::SYSTEMS;

/// Variables that hold a token or password, or a URL with one in it, in the tools that a Python
/// release meets; those of CI systems are in [`SYSTEMS`].
const OF_TOOLS: [&str; 7] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "SYSTEM_ACCESSTOKEN",
    "TWINE_PASSWORD",
    "UV_PUBLISH_PASSWORD",
    "UV_PUBLISH_TOKEN",
    "VAULT_TOKEN",
];

/// Whether a variable of this name holds a token, in the job of any system: a build backend must see
/// neither a signing identity nor the right to publish. Names that end in `_ID_TOKEN` are GitLab's
/// custom for what `id_tokens` in the CI file defines.
pub fn holds_token(name: &str) -> bool {
    OF_TOOLS.contains(&name)
        || name.ends_with("_ID_TOKEN")
        || SYSTEMS.iter().any(|system| system.secrets.contains(&name))
}

/// The variables of `env` that hold a token, by name, in order. Empty ones don't count.
pub fn tokens_in(env: &Env) -> Vec<&str> {
    env.iter()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, _)| name.to_str())
        .filter(|name| holds_token(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_by_name_and_only_when_they_hold_something() {
        let env = Env::from_pairs(&[
            ("ACME_ID_TOKEN", "x"),
            ("CI_JOB_TOKEN", "x"),
            ("CI_PROJECT_ID", "5"),
            ("GITHUB_TOKEN", "x"),
            ("TWINE_PASSWORD", ""),
        ]);
        assert_eq!(tokens_in(&env), ["ACME_ID_TOKEN", "CI_JOB_TOKEN", "GITHUB_TOKEN"]);
    }
}
