//! Directories that go when the test does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// An empty directory of the test's own.
///
/// ```
/// let scratch = pysign_testkit::Scratch::new();
/// let file = scratch.write("a", b"text");
/// assert_eq!(scratch.names(), ["a"]);
/// drop(scratch);
/// assert!(!file.exists());
/// ```
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Default for Scratch {
    fn default() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pysign-test-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }
}

impl Scratch {
    /// A new directory below the system's for temporary files.
    pub fn new() -> Self {
        Self::default()
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file in it with these bytes.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// What is in it, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if fs::remove_dir_all(&self.0).is_err() {
            // The test has taken the right to write away.
            let _ = Command::new("chmod").arg("-R").arg("u+rwX").arg(&self.0).status();
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
