//! What went wrong, in the form that every crate's errors share.

use std::path::Path;

/// What a problem means to the script that called us; `pysign-cli` turns it into an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Standard input was empty: the stage before failed.
    Upstream,
    /// A service could not be reached or asks to come back later.
    Unavailable,
    /// A service said no for good, or there is no fit identity.
    Denied,
    /// A file or document is missing, malformed or can't be written.
    Input,
    /// The answer is no.
    Refused,
    /// The command line is wrong.
    Usage,
}

/// The two values whose difference is the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What should have been there.
    pub expected: String,
    /// What was.
    pub found: String,
}

/// An error that can be reported: its `Display` names the file and the fact in one line.
pub trait Problem: std::error::Error + Send + Sync + 'static {
    /// The stable name of this kind of problem.
    fn code(&self) -> &'static str;

    /// What it means to the caller.
    fn status(&self) -> Status;

    /// The file it is about.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// One thing to type, or to put into the CI file.
    fn hint(&self) -> Option<String> {
        None
    }

    /// Expected and found.
    fn evidence(&self) -> Option<Evidence> {
        None
    }
}

/// One problem or several: a run looks at every artifact before it fails.
#[derive(Debug)]
pub struct Failure {
    first: Box<dyn Problem>,
    rest: Vec<Box<dyn Problem>>,
}

impl<P: Problem> From<P> for Failure {
    fn from(problem: P) -> Self {
        Self { first: Box::new(problem), rest: Vec::new() }
    }
}

impl Failure {
    /// All values, or all problems in the order of the results.
    pub fn collect<T>(results: impl IntoIterator<Item = Result<T, Self>>) -> Result<Vec<T>, Self> {
        let mut values = Vec::new();
        let mut failure: Option<Self> = None;
        for result in results {
            match (result, &mut failure) {
                (Ok(value), _) => values.push(value),
                (Err(more), None) => failure = Some(more),
                (Err(more), Some(all)) => all.append(more),
            }
        }
        failure.map_or(Ok(values), Err)
    }

    /// This failure with the problems of `other` after its own.
    #[must_use]
    pub fn and_also(mut self, other: Self) -> Self {
        self.append(other);
        self
    }

    /// The same problems, each told in other words.
    #[must_use]
    pub fn told(self, tell: impl Fn(Box<dyn Problem>) -> Box<dyn Problem>) -> Self {
        Self { first: tell(self.first), rest: self.rest.into_iter().map(tell).collect() }
    }

    fn append(&mut self, other: Self) {
        self.rest.push(other.first);
        self.rest.extend(other.rest);
    }

    /// The problems in the order they were found; at least one.
    pub fn problems(&self) -> impl Iterator<Item = &dyn Problem> {
        std::iter::once(&*self.first).chain(self.rest.iter().map(|problem| &**problem))
    }

    /// The worst status: usage, then refused, input, denied, unavailable, upstream. A proven
    /// mismatch outranks an unreadable neighbour, and a retry is offered only if it can help.
    pub fn status(&self) -> Status {
        self.problems().map(Problem::status).max().unwrap_or(Status::Input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileError;

    fn missing(name: &str) -> Failure {
        FileError::Missing { file: name.into() }.into()
    }

    #[test]
    fn every_problem_is_kept_in_order() {
        let failure =
            Failure::collect([Err(missing("a")), Ok(1), Err(missing("b"))]).map(drop).unwrap_err();
        let files: Vec<_> = failure.problems().filter_map(Problem::file).collect();
        assert_eq!(files, [Path::new("a"), Path::new("b")]);
    }

    #[test]
    fn without_a_problem_the_values_come_back() {
        assert_eq!(Failure::collect([Ok(1), Ok(2)]).unwrap(), [1, 2]);
    }

    #[test]
    fn problems_are_told_in_other_words_one_by_one() {
        let changed = |file: &str| FileError::Changed { file: file.into() };
        let tell = |problem: Box<dyn Problem>| -> Box<dyn Problem> {
            let file = problem.file().unwrap().display().to_string();
            Box::new(changed(&format!("{file}!")))
        };
        let told = missing("a").and_also(missing("b")).told(tell);
        let texts: Vec<_> = told.problems().map(ToString::to_string).collect();
        assert_eq!(texts, [changed("a!").to_string(), changed("b!").to_string()]);
    }

    #[test]
    fn the_worst_status_wins() {
        let changed: Failure = FileError::Changed { file: "c".into() }.into();
        assert_eq!(missing("a").and_also(changed).status(), Status::Refused);
        assert!(Status::Usage > Status::Refused && Status::Refused > Status::Input);
        assert!(Status::Input > Status::Denied && Status::Denied > Status::Unavailable);
    }
}
