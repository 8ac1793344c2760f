//! What is mutated, and who judges it.

/// A reader and the documents that it takes.
pub(crate) struct Target {
    /// Good documents; each is accepted as it is.
    pub(crate) seeds: Vec<Seed>,
    /// Reads a document that was made of a seed.
    pub(crate) judge: Judge,
}

type Judge = Box<dyn Fn(&Seed, &[u8]) -> Verdict>;

/// A good document.
pub(crate) struct Seed {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// What a reader makes of a document.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It takes it; what the document says otherwise than its seed, in a few words.
    Accepted(String),
    /// It does not, for this reason.
    Refused(String),
    /// It takes what it must not, or contradicts itself.
    Wrong(String),
}

impl Target {
    pub(crate) fn new(seeds: Vec<Seed>, judge: impl Fn(&Seed, &[u8]) -> Verdict + 'static) -> Self {
        Self { seeds, judge: Box::new(judge) }
    }

    /// One whose reader says yes or no, and `Err` from `agrees` if it contradicts itself after a yes.
    pub(crate) fn reading<T, E: std::fmt::Display>(
        seeds: Vec<Seed>,
        read: impl Fn(&[u8]) -> Result<T, E> + 'static,
        agrees: impl Fn(&T) -> Result<(), String> + 'static,
    ) -> Self {
        Self::new(seeds, move |_, document| match read(document) {
            Err(error) => Verdict::Refused(error.to_string()),
            Ok(value) => match agrees(&value) {
                Ok(()) => Verdict::Accepted("well-formed".to_owned()),
                Err(fact) => Verdict::Wrong(fact),
            },
        })
    }
}

impl Seed {
    pub(crate) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}
