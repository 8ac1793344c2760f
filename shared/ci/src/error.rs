//! What can be wrong with a job's variables.

/// Why the variables of a job can't be used. The values are not shown: a URL may hold a password.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A variable has a value that its system never gives it.
    Malformed {
        /// The variable.
        variable: &'static str,
        /// What its value must be.
        expected: &'static str,
    },
    /// The job has no such variable although its system always sets it.
    Missing {
        /// The variable.
        variable: &'static str,
    },
}

pysign_host::problem! { Error {
    Self::Malformed { variable, expected } => Input "ci-variable-malformed"
        ("the variable '{variable}' is not {expected}");
    Self::Missing { variable } => Input "ci-variable-missing"
        ("the variable '{variable}' is not set in this GitLab job");
} }
