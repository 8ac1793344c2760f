//! A value that can't be printed by accident.

/// A token or password. It has neither `Debug` nor `Display`: to show it one has to write
/// [`Secret::expose`], which is easy to look for.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`, which the caller should not keep.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}
