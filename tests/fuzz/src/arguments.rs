//! The command line, and what is said at the end.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::overseer::{self, Outcome};
use crate::target::{Target, Verdict};
use crate::targets;
use crate::worker::{self, Order};

const HELP: &str = "\
pysign-fuzz: try every reader on mutated documents

usage: pysign-fuzz [--count N] [--seconds N] [--seed N] [READER…]
       pysign-fuzz --input FILE READER

  --count N    inputs for each reader (20000), fewer where each takes long
  --seconds N  or so many as fit into this time, if they are fewer
  --seed N     the same number gives the same inputs (1)
  --input FILE what one reader says of one file; its name begins with that of its seed and a ~
  -h, --help   this text

Inputs that are found lie in target/fuzz/READER afterwards, and the status is 1. A reader without
documents to begin with is skipped: most are external vectors (PYSIGN_TESTDATA).
";

struct Arguments {
    count: u64,
    seconds: Option<u64>,
    seed: u64,
    input: Option<PathBuf>,
    worker: bool,
    readers: Vec<String>,
}

/// Runs the command line.
pub(crate) fn main() -> ExitCode {
    let run = parse().map_err(|error| io::Error::other(error.to_string())).and_then(|arguments| {
        let Some(arguments) = arguments else {
            io::stdout().write_all(HELP.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        };
        arguments.run()
    });
    run.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "pysign-fuzz: {error}");
        ExitCode::from(2)
    })
}

fn parse() -> Result<Option<Arguments>, lexopt::Error> {
    let mut arguments = Arguments {
        count: 20_000,
        seconds: None,
        seed: 1,
        input: None,
        worker: false,
        readers: Vec::new(),
    };
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("count") => arguments.count = parser.value()?.parse()?,
            Arg::Long("seconds") => arguments.seconds = Some(parser.value()?.parse()?),
            Arg::Long("seed") => arguments.seed = parser.value()?.parse()?,
            Arg::Long("input") => arguments.input = Some(parser.value()?.into()),
            // The overseer's way to start one.
            Arg::Long("worker") => arguments.worker = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            Arg::Value(name) => {
                let name = name.string()?;
                if targets::find(&name).is_none() {
                    let names: Vec<&str> = targets::names().collect();
                    return Err(format!("no reader '{name}': {}", names.join(" ")).into());
                }
                arguments.readers.push(name);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(arguments))
}

/// Where inputs are kept.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fuzz")
}

impl Arguments {
    fn run(&self) -> io::Result<ExitCode> {
        match (self.readers.as_slice(), &self.input) {
            ([name], Some(input)) => judged(name, input),
            (_, Some(_)) => Err(io::Error::other("--input goes with one reader")),
            ([name], None) if self.worker => self.work(name),
            (readers, None) => {
                let chosen =
                    |name: &&str| readers.is_empty() || readers.iter().any(|one| one == name);
                let names: Vec<&str> = targets::names().filter(chosen).collect();
                tell(&overseer::run(&names, &self.for_workers(), &directory())?)
            }
        }
    }

    fn for_workers(&self) -> Vec<String> {
        let mut words = vec![format!("--count={}", self.count), format!("--seed={}", self.seed)];
        words.extend(self.seconds.map(|seconds| format!("--seconds={seconds}")));
        words
    }

    fn work(&self, name: &str) -> io::Result<ExitCode> {
        let order = Order {
            seed: self.seed,
            count: self.count / targets::cost(name),
            time: self.seconds.map(Duration::from_secs),
            directory: directory().join(name),
        };
        let report = match target(name)? {
            target if target.seeds.is_empty() => serde_json::json!({"skipped": true}),
            target => {
                worker::remember_panics();
                worker::run(&order, &target)?
            }
        };
        writeln!(io::stdout(), "{report}")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn target(name: &str) -> io::Result<Target> {
    targets::find(name).ok_or_else(|| io::Error::other("no such reader")).map(|make| make())
}

fn judged(name: &str, input: &Path) -> io::Result<ExitCode> {
    let target = target(name)?;
    worker::remember_panics();
    let verdict = targets::judge_file(&target, input)?;
    writeln!(io::stdout(), "{verdict:?}")?;
    Ok(if matches!(verdict, Verdict::Wrong(_)) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// One line for each reader, the changes that were accepted, and what was found.
fn tell(outcomes: &[Outcome]) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let (mut tried, mut found) = (0, 0);
    writeln!(
        out,
        "{:<20} {:>9} {:>8} {:>9} {:>9} {:>8} {:>11}",
        "reader", "inputs", "seconds", "accepted", "outcomes", "slowest", "growth"
    )?;
    for Outcome { name, report, seconds } in outcomes {
        if report["skipped"] == true {
            writeln!(out, "{name:<20} skipped: no documents to begin with")?;
            continue;
        }
        let number = |member: &str| report[member].as_u64().unwrap_or_default();
        let kinds = report["accepted"].as_object();
        let accepted: u64 =
            kinds.into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum();
        tried += number("tried");
        writeln!(
            out,
            "{name:<20} {:>9} {seconds:>8.1} {accepted:>9} {:>9} {:>5} ms {:>7} KiB",
            number("tried"),
            number("outcomes"),
            number("slowest_ms"),
            number("growth_kib"),
        )?;
        for (kind, count) in kinds.into_iter().flatten().filter(|(kind, _)| *kind != "well-formed")
        {
            writeln!(out, "  accepted {count:>7}  {kind}")?;
        }
        for finding in report["findings"].as_array().into_iter().flatten() {
            found += 1;
            let text = |member: &str| finding[member].as_str().unwrap_or_default();
            writeln!(out, "  FOUND {}\n        {}", text("fact"), text("file"))?;
        }
    }
    writeln!(out, "{tried} inputs, {found} found")?;
    Ok(if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
