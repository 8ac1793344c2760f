//! `pysign-bench PYSIGN-VERIFY PEERS [COUNT]`: how fast and how small verification is, against the
//! official clients in the directory PEERS and `sha256sum`, over the same files in the same run.
//!
//! Every figure is of whole processes, but for sigstore-python's rate over many files: that leaves
//! the start of its interpreter out. Rates per core are per second of processor time, so that a
//! busy machine does not change them. What is compared takes turns, and the least of several runs
//! is quoted. No test asserts a time.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod measure;
mod mirror;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use measure::{Taken, least, memory};
use mirror::{LARGE, Mirror};

/// Runs of what takes milliseconds.
const TURNS: usize = 20;
/// Runs of what takes seconds.
const FEW_TURNS: usize = 5;
/// The wheels that sigstore-python's rate is taken over; it takes as long for each further one.
const PYTHON_COUNT: u32 = 1000;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let words: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (program, peers, count) = match words.as_slice() {
        [program, peers] => (program, peers, 10_000),
        [program, peers, count] => (program, peers, count.to_string_lossy().parse()?),
        _ => return Err("usage: pysign-bench PYSIGN-VERIFY PEERS [COUNT]".into()),
    };
    let directory = std::env::temp_dir().join(format!("pysign-bench-{}", std::process::id()));
    let made = Mirror::make(&directory, count);
    let measured = made.and_then(|mirror| {
        let bench = Bench { mirror, program: fs::canonicalize(program)?, peers: peers.clone() };
        bench.run()
    });
    fs::remove_dir_all(&directory)?;
    measured
}

struct Bench {
    mirror: Mirror,
    program: PathBuf,
    peers: PathBuf,
}

impl Bench {
    fn run(&self) -> Outcome {
        self.one_bundle()?;
        self.many_files()?;
        self.large_file()?;
        let size = mega(fs::metadata(&self.program)?.len());
        say("the program, in MB", size, AtMost(8.0));
        Ok(())
    }

    /// One file and its bundle.
    fn one_bundle(&self) -> Outcome {
        let wheel = Mirror::wheel(0);
        let [ours, cosign] = least(TURNS, [self.ours(&[&wheel]), self.cosign(&wheel)])?;
        let [python] = least(FEW_TURNS, [self.python(&wheel)])?;
        let (ours, cosign, python) = (ours.wall, cosign.wall, python.wall);
        println!("one bundle: {ours:.4} s, cosign {cosign:.4} s, sigstore-python {python:.3} s");
        say("  of cosign's time", ours / cosign, AtMost(1.0 / 8.0));
        say("  of sigstore-python's time", ours / python, AtMost(1.0 / 150.0));
        Ok(())
    }

    /// All wheels in one run.
    fn many_files(&self) -> Outcome {
        let on = |jobs: &str| self.ours(&["-m", "manifest.json", "--jobs", jobs]);
        let none = Taken { wall: f64::INFINITY, cpu: f64::INFINITY };
        let (mut one, mut two, mut python) = (none, none, f64::INFINITY);
        for _ in 0..FEW_TURNS {
            let [now_one, now_two] = least(1, [on("1"), on("2")])?;
            (one, two) = (one.least(now_one), two.least(now_two));
            python = python.min(self.python_loop()?);
        }
        let count = f64::from(self.mirror.count);
        let (rate, of_python) = (count / one.cpu, f64::from(self.python_count()) / python);
        println!(
            "{count} files: {:.2} s, {:.2} s with two jobs; a second of a core: {rate:.0}, \
             sigstore-python {of_python:.0}",
            one.wall, two.wall
        );
        say("  of sigstore-python's rate", rate / of_python, AtLeast(2.5));
        say("  of one job's speed, with two jobs", one.wall / two.wall, AtLeast(1.6));
        Ok(())
    }

    /// A file of a GiB.
    fn large_file(&self) -> Outcome {
        let mut sum = self.command("sha256sum");
        sum.arg("large.bin");
        let [ours, sum] = least(FEW_TURNS, [self.ours(&["large.bin"]), sum])?;
        let (ours, sum) = (ours.wall, sum.wall);
        let most = memory(&mut self.ours(&["large.bin"]))?;
        println!("{} MiB: {ours:.3} s, sha256sum {sum:.3} s", LARGE >> 20);
        say("  of sha256sum's time", ours / sum, AtMost(1.3));
        say("  resident memory, in MiB", mega(most) / 1.048_576, AtMost(8.0));
        Ok(())
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.mirror.directory);
        command
    }

    fn ours(&self, words: &[&str]) -> Command {
        let mut command = self.command(&self.program);
        command.args(["--trusted-root", "trusted_root.json", "--identity", &self.mirror.identity]);
        command.args(["--issuer", &self.mirror.issuer]).args(words);
        command
    }

    fn cosign(&self, wheel: &str) -> Command {
        let mut command = self.command(self.peers.join("cosign-3.1.2/cosign"));
        command.args(["verify-blob", "--trusted-root", "trusted_root.json", "--bundle"]);
        command.args([&format!("{wheel}.sigstore.json"), wheel]);
        command.args(["--certificate-identity", &self.mirror.identity]);
        command.args(["--certificate-oidc-issuer", &self.mirror.issuer]);
        command
    }

    fn python(&self, wheel: &str) -> Command {
        let mut command = self.command(self.peers.join("sigstore-python-4.5.1/bin/sigstore"));
        command.args(["--trust-config", "trust_config.json", "verify", "identity", "--offline"]);
        command.args(["--bundle", &format!("{wheel}.sigstore.json"), wheel]);
        command.args(["--cert-identity", &self.mirror.identity]);
        command.args(["--cert-oidc-issuer", &self.mirror.issuer]);
        command
    }

    fn python_count(&self) -> u32 {
        self.mirror.count.min(PYTHON_COUNT)
    }

    /// The processor time of sigstore-python's loop, as it says itself.
    fn python_loop(&self) -> Result<f64, Box<dyn Error>> {
        let mut command = self.command(self.peers.join("sigstore-python-4.5.1/bin/python"));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python_rate.py");
        command.args([script, &self.python_count().to_string()]);
        let output = command.args([&self.mirror.identity, &self.mirror.issuer]).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
    }
}

/// What a figure has to be.
#[derive(Clone, Copy)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}
use Goal::{AtLeast, AtMost};

fn say(what: &str, figure: f64, goal: Goal) {
    let (words, goal, holds) = match goal {
        AtMost(goal) => ("at most", goal, figure <= goal),
        AtLeast(goal) => ("at least", goal, figure >= goal),
    };
    let verdict = if holds { "holds" } else { "MISSED" };
    println!("{what:<36} {figure:>8.4}  {words} {goal:.4}: {verdict}");
}

/// Millions.
fn mega(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0
}
