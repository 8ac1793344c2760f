//! One process for each reader, so that none can take another with it: one that overflows its stack
//! ends without a word, and one that hangs says nothing either.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::slate;

/// The slowest input takes some tens of milliseconds; a busy machine a hundred times that.
const SILENCE: Duration = Duration::from_secs(20);
/// How often a worker is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// What came of one reader.
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) report: Value,
    pub(crate) seconds: f64,
}

/// Runs a worker for each of `names`, as many at once as there are processors.
pub(crate) fn run(
    names: &[&str],
    arguments: &[String],
    directory: &Path,
) -> io::Result<Vec<Outcome>> {
    let waiting: Mutex<VecDeque<&str>> = Mutex::new(names.iter().copied().collect());
    let next = || waiting.lock().ok()?.pop_front();
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let mut outcomes = BTreeMap::new();
    thread::scope(|scope| {
        let work = || -> io::Result<Vec<Outcome>> {
            let mut outcomes = Vec::new();
            while let Some(name) = next() {
                outcomes.push(one(name, arguments, &directory.join(name))?);
            }
            Ok(outcomes)
        };
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let done = worker.join().map_err(|_| io::Error::other("an overseer has failed"))??;
            outcomes.extend(done.into_iter().map(|outcome| (outcome.name.clone(), outcome)));
        }
        Ok(())
    })
    .map(|()| outcomes.into_values().collect())
}

fn one(name: &str, arguments: &[String], directory: &Path) -> io::Result<Outcome> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    fs::create_dir_all(directory)?;
    let report = directory.join("report.json");
    let begin = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--worker", name])
        .args(arguments)
        .stdout(File::create(&report)?)
        .spawn()?;
    let ended = watch(&mut child, &directory.join("slate"), SILENCE)?;
    let seconds = begin.elapsed().as_secs_f64();
    let report = match ended {
        Some(status) if status.success() => {
            serde_json::from_slice(&fs::read(&report)?).map_err(io::Error::other)?
        }
        ended => died(ended, directory)?,
    };
    Ok(Outcome { name: name.to_owned(), report, seconds })
}

/// How the worker ended; nothing if it was silent for too long and had to be ended.
fn watch(child: &mut Child, slate: &Path, silence: Duration) -> io::Result<Option<ExitStatus>> {
    let mut last = (slate::number(slate), Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let number = slate::number(slate);
        if number != last.0 {
            last = (number, Instant::now());
        } else if last.1.elapsed() > silence {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

/// The report of a worker that could not write its own.
fn died(ended: Option<ExitStatus>, directory: &Path) -> io::Result<Value> {
    let fact = match ended {
        Some(status) => format!("the process has died: {status}"),
        None => format!("no answer within {} s", SILENCE.as_secs()),
    };
    let slate = directory.join("slate");
    let file: Option<PathBuf> = match slate::input(&slate) {
        Some((seed, input)) => {
            let file = directory.join(format!("{seed}~last"));
            fs::write(&file, input)?;
            Some(file)
        }
        None => None,
    };
    let tried = slate::number(&slate).unwrap_or_default();
    Ok(serde_json::json!({"tried": tried, "findings": [{"fact": fact, "file": file}]}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slate::Slate;

    /// A worker that has written down an input and then does as this shell does.
    fn report(name: &str, script: &str) -> Value {
        let directory =
            std::env::temp_dir().join(format!("pysign-overseer-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let slate = directory.join("slate");
        Slate::create(&slate).unwrap().write(7, "seed", b"input").unwrap();
        let mut child = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let ended = watch(&mut child, &slate, Duration::from_millis(100)).unwrap();
        assert!(child.try_wait().unwrap().is_some(), "it is still there");
        let report = died(ended, &directory).unwrap();
        let file = report["findings"][0]["file"].as_str().unwrap();
        assert!(file.ends_with("seed~last"), "{file}");
        assert_eq!(fs::read(file).unwrap(), b"input");
        fs::remove_dir_all(&directory).unwrap();
        report
    }

    #[test]
    fn a_worker_that_hangs_is_ended_and_its_input_kept() {
        let report = report("hangs", "exec sleep 600");
        let fact = report["findings"][0]["fact"].as_str().unwrap();
        assert!(fact.starts_with("no answer within"), "{fact}");
    }

    #[test]
    fn a_worker_that_dies_leaves_its_input() {
        let report = report("dies", "kill -SEGV $$");
        let fact = report["findings"][0]["fact"].as_str().unwrap();
        assert!(fact.starts_with("the process has died: signal: 11"), "{fact}");
        assert_eq!(report["tried"], 7);
    }
}
