//! What went wrong, in the form that every crate's errors share.

use std::error::Error;
use std::path::Path;

/// What a problem means to the script that called us; `pysign-cli` turns it into an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Standard input, or a file given by `-m`, was empty: the stage before failed.
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

/// All that a diagnostic says about a problem beside its message.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The stable name of this kind of problem.
    pub code: &'static str,
    /// What it means to the caller.
    pub status: Status,
    /// The file it is about.
    pub file: Option<&'a Path>,
    /// One thing to type, or to put into the CI file. It never widens trust.
    pub hint: Option<String>,
    /// Expected and found.
    pub evidence: Option<Evidence>,
    /// The error behind this one.
    pub cause: Option<&'a (dyn Error + 'static)>,
}

impl<'a> Facts<'a> {
    /// A code and a status; the rest is added by the methods below.
    pub fn new(status: Status, code: &'static str) -> Self {
        Self { code, status, file: None, hint: None, evidence: None, cause: None }
    }

    /// Another status than that of the problem whose facts these are.
    #[must_use]
    pub fn status(self, status: Status) -> Self {
        Self { status, ..self }
    }

    /// The file it is about.
    #[must_use]
    pub fn file(self, file: &'a (impl AsRef<Path> + ?Sized)) -> Self {
        Self { file: Some(file.as_ref()), ..self }
    }

    /// The file it is about, if there is one.
    #[must_use]
    pub fn file_if(self, file: Option<&'a Path>) -> Self {
        Self { file, ..self }
    }

    /// One thing to type.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// One thing to type, if there is one.
    #[must_use]
    pub fn hint_if(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// The two values whose difference is the problem.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a row of the macro hands on what it has")]
    pub fn evidence(self, expected: impl ToString, found: impl ToString) -> Self {
        let evidence = Evidence { expected: expected.to_string(), found: found.to_string() };
        Self { evidence: Some(evidence), ..self }
    }

    /// The error behind this one.
    #[must_use]
    pub fn cause(self, cause: &'a (dyn Error + 'static)) -> Self {
        Self { cause: Some(cause), ..self }
    }

    /// The error behind this one, if there is one.
    #[must_use]
    pub fn cause_if(self, cause: &'a Option<impl Error + 'static>) -> Self {
        Self { cause: cause.as_ref().map(|cause| -> &(dyn Error + 'static) { cause }), ..self }
    }
}

/// An error that can be reported: its `Display` names the file and the fact in one line. The types
/// of this workspace get it, with `Display` and `Error`, from [`problem!`](crate::problem).
pub trait Problem: Error + Send + Sync + 'static {
    /// Code, status, file, hint and evidence.
    fn facts(&self) -> Facts<'_>;
}

/// Makes an error type a [`Problem`]: one row says all about a variant.
///
/// A row is a pattern, a [`Status`], a code and, in parentheses, the message as `format!` takes it;
/// then any of the methods of [`Facts`]. Rows under `from` hand on what another problem says, with a
/// message and facts of their own where they follow; where all rows do, `codes` may name the list of
/// the other's codes. `Display`, `Error`, `Problem` and the list `CODES` all come from the rows.
///
/// ```
/// #[derive(Debug)]
/// enum Error {
///     Absent { file: std::path::PathBuf },
///     File(pysign_host::FileError),
/// }
///
/// pysign_host::problem! { Error {
///     Self::Absent { file } => Input "thing-absent" ("'{}' has no thing", file.display()),
///         file(file), hint("to make one: thing new");
/// } from {
///     Self::File(error) => error;
/// } }
///
/// assert_eq!(Error::CODES, ["thing-absent"]);
/// assert_eq!(Error::Absent { file: "a".into() }.to_string(), "'a' has no thing");
/// ```
#[macro_export]
macro_rules! problem {
    ($type:ty {
        $($pattern:pat $(if $guard:expr)? => $status:ident $code:literal ($($message:tt)+)
            $(, $fact:ident($($value:expr),+))*;)*
    } $(from {
        $($outer:pat $(if $test:expr)? => $inner:expr
            $(, ($($words:tt)+))? $(, $more:ident($($given:expr),+))*;)*
    } $(codes $codes:expr)?)?) => {
        impl $type {
            /// Every code of this type.
            pub const CODES: &'static [&'static str] =
                $crate::problem!(@codes [$($code),*] $($($codes)?)?);
        }

        #[allow(unused_variables)]
        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $($pattern $(if $guard)? => ::std::write!(f, $($message)+),)*
                    $($($outer $(if $test)? => $crate::problem!(@message f, $inner, $(($($words)+))?),)*)?
                }
            }
        }

        impl ::std::error::Error for $type {
            fn source(&self) -> ::std::option::Option<&(dyn ::std::error::Error + 'static)> {
                $crate::Problem::facts(self).cause
            }
        }

        #[allow(unused_variables)]
        impl $crate::Problem for $type {
            fn facts(&self) -> $crate::Facts<'_> {
                match self {
                    $($pattern $(if $guard)? =>
                        $crate::Facts::new($crate::Status::$status, $code)$(.$fact($($value),+))*,)*
                    $($($outer $(if $test)? => $crate::Problem::facts($inner)$(.$more($($given),+))*,)*)?
                }
            }
        }
    };
    (@codes $own:tt) => { &$own };
    (@codes [] $codes:expr) => { $codes };
    (@message $f:ident, $inner:expr, ) => { ::std::fmt::Display::fmt($inner, $f) };
    (@message $f:ident, $inner:expr, ($($words:tt)+)) => { ::std::write!($f, $($words)+) };
}

/// What lies behind an error, outermost first.
pub fn causes(error: &dyn Error) -> Vec<String> {
    std::iter::successors(error.source(), |&cause| cause.source())
        .map(ToString::to_string)
        .collect()
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
    pub fn merge(mut self, other: Self) -> Self {
        self.append(other);
        self
    }

    /// Each problem replaced by what `change` makes of it: one that names the file around it, say.
    #[must_use]
    pub fn map(self, change: impl Fn(Box<dyn Problem>) -> Box<dyn Problem>) -> Self {
        Self { first: change(self.first), rest: self.rest.into_iter().map(change).collect() }
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
        self.problems().map(|problem| problem.facts().status).max().unwrap_or(Status::Input)
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
        let files: Vec<_> = failure.problems().filter_map(|problem| problem.facts().file).collect();
        assert_eq!(files, [Path::new("a"), Path::new("b")]);
    }

    #[test]
    fn without_a_problem_the_values_come_back() {
        assert_eq!(Failure::collect([Ok(1), Ok(2)]).unwrap(), [1, 2]);
    }

    #[test]
    fn problems_are_mapped_one_by_one() {
        let changed = |file: &str| FileError::Changed { file: file.into() };
        let change = |problem: Box<dyn Problem>| -> Box<dyn Problem> {
            let file = problem.facts().file.unwrap().display().to_string();
            Box::new(changed(&format!("{file}!")))
        };
        let mapped = missing("a").merge(missing("b")).map(change);
        let texts: Vec<_> = mapped.problems().map(ToString::to_string).collect();
        assert_eq!(texts, [changed("a!").to_string(), changed("b!").to_string()]);
    }

    #[test]
    fn the_worst_status_wins() {
        let changed: Failure = FileError::Changed { file: "c".into() }.into();
        assert_eq!(missing("a").merge(changed).status(), Status::Refused);
        assert!(Status::Usage > Status::Refused && Status::Refused > Status::Input);
        assert!(Status::Input > Status::Denied && Status::Denied > Status::Unavailable);
    }
}
