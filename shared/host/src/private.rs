//! Who can change a file beside us.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// Write permission of the group and of everyone (`inode(7)`).
const OTHERS_WRITE: u32 = 0o022;

/// Why someone else may have put what is in a file or directory: a link leads where others may be
/// at home, and an owner can change whatever the mode says. Nothing if only this user can.
pub fn distrusted(facts: &Metadata) -> Option<&'static str> {
    if facts.is_symlink() {
        Some("is a link")
    } else if facts.uid() != rustix::process::geteuid().as_raw() {
        Some("belongs to another user")
    } else if facts.mode() & OTHERS_WRITE != 0 {
        Some("can be written to by others")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use pysign_testkit::Scratch;

    use super::*;

    #[test]
    fn what_others_can_write_to_is_not_trusted() {
        let scratch = Scratch::new();
        let directory = scratch.path();
        let link = directory.join("link");
        std::os::unix::fs::symlink(directory, &link).unwrap();
        for (mode, trusted) in
            [(0o700, true), (0o755, true), (0o720, false), (0o702, false), (0o1777, false)]
        {
            fs::set_permissions(directory, fs::Permissions::from_mode(mode)).unwrap();
            let facts = fs::symlink_metadata(directory).unwrap();
            assert_eq!(distrusted(&facts).is_none(), trusted, "{mode:o}");
        }
        let facts = fs::symlink_metadata(&link).unwrap();
        assert_eq!(distrusted(&facts), Some("is a link"));
    }
}
