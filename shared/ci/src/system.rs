//! The CI systems whose jobs have an identity, and the signs by which a job knows where it runs.

use std::fmt;

use pysign_host::Env;

/// Who can vouch for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum System {
    /// Buildkite.
    Buildkite,
    /// `CircleCI`.
    CircleCi,
    /// GitHub Actions.
    GitHub,
    /// GitLab, gitlab.com or another instance.
    GitLab,
    /// A machine of Google Cloud, for its service account.
    Google,
}

impl System {
    /// Variables that a CI system sets to `true` in each of its jobs.
    const MARKS: [(Self, &'static str); 4] = [
        (Self::Buildkite, "BUILDKITE"),
        (Self::CircleCi, "CIRCLECI"),
        (Self::GitHub, "GITHUB_ACTIONS"),
        (Self::GitLab, "GITLAB_CI"),
    ];

    /// What the firmware of Google's machines calls them, in the file [`System::PRODUCT_NAME`].
    const PRODUCTS: [&'static str; 2] = ["Google", "Google Compute Engine"];

    /// Where Linux shows the product name that the firmware gives.
    pub const PRODUCT_NAME: &'static str = "/sys/class/dmi/id/product_name";

    /// Every CI system whose job this is, by its variables. A job that was started within another
    /// one's can be of two.
    pub fn of_job(env: &Env) -> Vec<Self> {
        let is_set = |name| env.var(name) == Some("true");
        Self::MARKS.into_iter().filter(|(_, name)| is_set(name)).map(|(system, _)| system).collect()
    }

    /// Whether this machine says that it is Google's, by the variable that Google's own clients
    /// read or by `product_name`: nothing is sent to find out. `NO_GCE_CHECK=true` is what these
    /// clients take for a no.
    pub fn is_google(env: &Env, product_name: impl FnOnce() -> Option<String>) -> bool {
        if env.var("NO_GCE_CHECK") == Some("true") {
            return false;
        }
        env.var(crate::sources::METADATA_HOST).is_some()
            || product_name().is_some_and(|name| Self::PRODUCTS.contains(&name.trim()))
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Buildkite => "Buildkite",
            Self::CircleCi => "CircleCI",
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab",
            Self::Google => "Google Cloud",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_known_by_its_systems_mark() {
        let of = |pairs: &[(&str, &str)]| System::of_job(&Env::from_pairs(pairs));
        for (system, mark) in System::MARKS {
            assert_eq!(of(&[(mark, "true")]), [system]);
            assert_eq!(of(&[(mark, "")]), []);
        }
        assert_eq!(of(&[("CI", "true")]), []);
        let both = of(&[("GITHUB_ACTIONS", "true"), ("BUILDKITE", "true")]);
        assert_eq!(both, [System::Buildkite, System::GitHub]);
    }

    #[test]
    fn a_machine_of_google_says_so_itself() {
        let is_google = |pairs: &[(&str, &str)], product: Option<&str>| {
            System::is_google(&Env::from_pairs(pairs), || product.map(str::to_owned))
        };
        assert!(is_google(&[], Some("Google Compute Engine\n")));
        assert!(is_google(&[("GCE_METADATA_HOST", "169.254.169.254")], None));
        assert!(!is_google(&[], Some("Google Compute Engine Lookalike")));
        assert!(!is_google(&[], None));
        assert!(!is_google(&[("NO_GCE_CHECK", "true")], Some("Google")));
    }
}
