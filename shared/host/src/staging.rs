//! Files appear whole or not at all.
//!
//! A [`Draft`] is a private temporary file beside its target. A [`Group`] puts the drafts of one
//! artifact in place together: `link` refuses to replace what is there, where `rename` would not.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::copy::copy;
use crate::{FileError, HashingWriter, Sha256, hash_regular};

/// What an output is to others, less what the umask takes: what was proven or signed is read by
/// everyone and changed by nobody else, even under a umask that lets them.
const FILE: u32 = 0o644;
const OUTPUT: u32 = 0o755;

mod directory;

pub use directory::NewDirectory;

/// Hands out drafts and groups, and holds those that wait for the end of the run.
#[derive(Debug)]
pub struct Staging {
    force: bool,
    waiting: Mutex<Vec<Waiting>>,
}

#[derive(Debug)]
enum Waiting {
    Group(Group),
    Directory(NewDirectory),
}

impl Staging {
    /// With `force`, an output may replace a file with other bytes.
    pub fn new(force: bool) -> Self {
        Self { force, waiting: Mutex::default() }
    }

    /// Whether an output may replace a file with other bytes.
    pub fn force(&self) -> bool {
        self.force
    }

    /// A private file beside `target`, whose directory is made if it is missing.
    pub fn draft(&self, target: &Path) -> Result<Draft, FileError> {
        Draft::create(target)
    }

    /// An empty group.
    pub fn group(&self) -> Group {
        Group { force: self.force, files: Vec::new() }
    }

    /// A new directory that becomes `target` when it is whole.
    pub fn directory(&self, target: &Path) -> Result<NewDirectory, FileError> {
        NewDirectory::create(target, self.force)
    }

    /// Keeps `group` until the run has gone well; otherwise it is dropped.
    pub fn later(&self, group: Group) {
        self.wait(Waiting::Group(group));
    }

    /// Keeps `directory` until the run has gone well; otherwise it is dropped.
    pub fn later_directory(&self, directory: NewDirectory) {
        self.wait(Waiting::Directory(directory));
    }

    fn wait(&self, one: Waiting) {
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(one);
    }

    /// Puts everything in place that waits. Only the driver calls it.
    pub fn commit(&self) -> Result<(), FileError> {
        let mut waiting = self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        waiting.drain(..).try_for_each(|one| match one {
            Waiting::Group(group) => group.commit(),
            Waiting::Directory(directory) => directory.commit(),
        })
    }

    /// Drops everything that waits. Only the driver calls it.
    pub fn discard(&self) {
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }
}

/// A file that is being written; it hashes what it takes. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct Draft {
    writer: Option<HashingWriter<File>>,
    temporary: Temporary,
    target: PathBuf,
}

impl Draft {
    fn create(target: &Path) -> Result<Self, FileError> {
        let unwritable = |cause| FileError::Unwritable { file: target.into(), cause };
        let made = make_parents(target).map_err(unwritable)?;
        let path = temporary_name(target);
        let temporary = Temporary { path, made };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(FILE)
            .open(&temporary.path)
            .map_err(unwritable)?;
        Ok(Self { writer: Some(HashingWriter::new(file)), temporary, target: target.into() })
    }

    /// What it will become.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where its bytes are until then.
    pub fn path(&self) -> &Path {
        &self.temporary.path
    }

    /// Copies what is left of `from`, the file at `path`, into it: at most `cap` bytes.
    pub fn fill(&mut self, from: impl Read, path: &Path, cap: u64) -> Result<(), FileError> {
        let target = self.target.clone();
        copy(from, path, cap, self, &target)
    }

    /// The end of the writing: the bytes are on the disk.
    pub fn finish(mut self) -> Result<Staged, FileError> {
        let unwritable = |cause| FileError::Unwritable { file: self.target.clone(), cause };
        let Some(writer) = self.writer.take() else {
            return Err(unwritable(io::ErrorKind::BrokenPipe.into()));
        };
        let (file, sha256, size) = writer.finish();
        file.sync_all().map_err(unwritable)?;
        Ok(Staged { temporary: self.temporary, target: self.target, sha256, size })
    }

    /// The error for a failed write to this file.
    pub fn unwritable(&self, cause: io::Error) -> FileError {
        FileError::Unwritable { file: self.target.clone(), cause }
    }
}

impl Write for Draft {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.writer.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |w| w.write(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// A whole file that is not in its place yet. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct Staged {
    temporary: Temporary,
    target: PathBuf,
    sha256: Sha256,
    size: u64,
}

impl Staged {
    /// The digest of its bytes.
    pub fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// Their number.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What it will become.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where its bytes are until then.
    pub fn path(&self) -> &Path {
        &self.temporary.path
    }

    /// Whether the target holds these very bytes already.
    fn is_there(&self, force: bool) -> Result<bool, FileError> {
        match hash_regular(&self.target, self.size) {
            Ok(found) if found == (self.sha256, self.size) => Ok(true),
            Err(FileError::Missing { .. }) => Ok(false),
            _ if force && !self.target.is_dir() => Ok(false),
            _ => Err(FileError::Exists { file: self.target.clone() }),
        }
    }

    fn place(&self, force: bool) -> Result<(), FileError> {
        let (from, to) = (&self.temporary.path, &self.target);
        let placed = if force { fs::rename(from, to) } else { fs::hard_link(from, to) };
        placed.map_err(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists => FileError::Exists { file: to.clone() },
            _ => FileError::Unwritable { file: to.clone(), cause },
        })
    }
}

/// The files of one artifact: all are put in place, or none.
#[derive(Debug)]
pub struct Group {
    force: bool,
    files: Vec<Staged>,
}

impl Group {
    /// Adds a whole file.
    pub fn add(&mut self, file: Staged) {
        self.files.push(file);
    }

    /// Adds a small file in one step; gives its digest.
    pub fn write(&mut self, target: &Path, bytes: &[u8]) -> Result<Sha256, FileError> {
        let mut draft = Draft::create(target)?;
        draft.write_all(bytes).map_err(|cause| draft.unwritable(cause))?;
        let staged = draft.finish()?;
        let digest = staged.sha256();
        self.files.push(staged);
        Ok(digest)
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Puts the files in place. A target that holds the same bytes already is left alone; one with
    /// other bytes is an error, unless forced, and then no file of the group stays behind.
    pub fn commit(self) -> Result<(), FileError> {
        let mut wanted = Vec::new();
        for file in &self.files {
            if !file.is_there(self.force)? {
                wanted.push(file);
            }
        }
        let mut placed: Vec<&Staged> = Vec::new();
        for file in wanted {
            if let Err(error) = file.place(self.force) {
                if !self.force {
                    for file in placed {
                        remove(&file.target);
                    }
                }
                return Err(error);
            }
            placed.push(file);
        }
        for file in placed {
            sync_parent(&file.target);
        }
        Ok(())
    }
}

/// A name that goes when its owner goes, with the directories that were made for it if they are
/// empty then.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
    made: Vec<PathBuf>,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        remove(&self.path);
        for directory in &self.made {
            // Fails, as it should, when something was put there.
            let _ = fs::remove_dir(directory);
        }
    }
}

/// What can't be removed is left: there is nobody to tell, and the name says what it is.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// The names are on the disk too. Not every file system can do it, and none promises more.
fn sync_parent(path: &Path) {
    if let Some(parent) = path.parent()
        && let Ok(directory) = File::open(or_current(parent))
    {
        let _ = directory.sync_all();
    }
}

fn or_current(directory: &Path) -> &Path {
    if directory.as_os_str().is_empty() { Path::new(".") } else { directory }
}

/// Makes the missing directories above `target`; gives them, deepest first.
fn make_parents(target: &Path) -> io::Result<Vec<PathBuf>> {
    let parent = target.parent().map_or(Path::new("."), or_current);
    let made = parent
        .ancestors()
        .map(or_current)
        .take_while(|directory| !directory.exists())
        .map(Path::to_path_buf)
        .collect();
    DirBuilder::new().recursive(true).mode(OUTPUT).create(parent)?;
    Ok(made)
}

/// A name beside `target` that no other process or thread uses. `create_new` guards it.
fn temporary_name(target: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |span| span.subsec_nanos());
    target.with_file_name(format!(".pysign-{}-{count}-{nanos:08x}.tmp", std::process::id()))
}

/// Removes the drafts in `directory` that killed processes have left. This process must have none
/// there: an earlier one may have had its number.
pub fn remove_abandoned(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let abandoned = entry.file_name().to_str().and_then(owner).is_some_and(is_dead);
        if abandoned && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            remove(&entry.path());
        }
    }
}

/// Whose draft has this name, by [`temporary_name`].
fn owner(name: &str) -> Option<u32> {
    let (owner, _) = name.strip_prefix(".pysign-")?.strip_suffix(".tmp")?.split_once('-')?;
    owner.parse().ok()
}

/// Without a list of processes nobody is.
fn is_dead(process: u32) -> bool {
    let listed = |name: &str| Path::new("/proc").join(name).exists();
    listed("self") && (process == std::process::id() || !listed(&process.to_string()))
}

#[cfg(test)]
mod tests;
