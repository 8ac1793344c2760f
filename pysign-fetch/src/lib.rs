//! Fetch a release with its signatures.
//!
//! Nothing that is fetched is executed, unpacked or believed: a file is stored if its bytes have the
//! digest that was claimed, and a signature is stored for `pysign-verify` to judge. No process is
//! started here.

mod download;
mod error;
mod flags;
mod marker;
mod run;
mod select;
mod signatures;
mod source;

pub(crate) use error::Error;
pub use flags::{Args, Fetch};

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// Every source file below `directory` of the workspace that can start a process.
    fn starters(directory: &str) -> Vec<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut directories = vec![root.join(directory).join("src")];
        let mut found = Vec::new();
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                    continue;
                }
                // `ci` has a type of this name, which is data.
                let text = fs::read_to_string(&path).unwrap();
                if [concat!("process", "::"), concat!("Command", "::new")]
                    .iter()
                    .all(|part| text.contains(part))
                {
                    found.push(path);
                }
            }
        }
        found
    }

    /// Without unsafe code the standard library's is the only way to do it.
    #[test]
    fn nothing_in_this_program_starts_a_process() {
        for name in [
            "attest", "ci", "cli", "host", "http", "index", "json", "manifest", "names", "registry",
        ] {
            assert_eq!(starters(&format!("shared/{name}")), Vec::<PathBuf>::new());
        }
        assert_eq!(starters("pysign-fetch"), Vec::<PathBuf>::new());
        assert!(!starters("pysign-build").is_empty(), "one that does is found");
    }
}
