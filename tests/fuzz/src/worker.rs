//! One reader, in a process of its own: mutated inputs one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{fs, io};

use pysign_testkit::{Random, mutate};
use serde_json::{Value, json};

use crate::slate::Slate;
use crate::target::{Seed, Target, Verdict};

/// A document of 1 MiB, which is what readers take at most, as a tree of values: 24 bytes for each
/// `[]` of two letters and their list, which doubles as it grows.
const MAX_GROWTH_KIB: u64 = 96 << 10;
/// Reading it takes longer than most inputs do.
const GROWTH_EVERY: u64 = 64;
/// Inputs that have led to something new are mutated further; the last so many.
const MAX_POOL: usize = 256;
/// Larger ones would make everything after them slow.
const MAX_POOLED: usize = 32 << 10;
/// More of them would say the same.
const MAX_FINDINGS: usize = 20;

/// What a worker is told.
pub(crate) struct Order {
    pub(crate) seed: u64,
    pub(crate) count: u64,
    pub(crate) time: Option<Duration>,
    /// A directory for the slate and for what is found.
    pub(crate) directory: PathBuf,
}

struct Worker<'a> {
    order: &'a Order,
    target: &'a Target,
    /// Seeds by number, and inputs made of them.
    pool: Vec<(usize, Vec<u8>)>,
    outcomes: BTreeSet<String>,
    accepted: BTreeMap<String, u64>,
    /// By what is alike in them: what is wrong, and the input.
    findings: BTreeMap<String, (String, PathBuf)>,
    tried: u64,
    slowest: Duration,
    growth: Growth,
}

/// Tries as many inputs as were ordered; gives the report.
pub(crate) fn run(order: &Order, target: &Target) -> io::Result<Value> {
    let mut worker = Worker {
        order,
        target,
        pool: Vec::new(),
        outcomes: BTreeSet::new(),
        accepted: BTreeMap::new(),
        findings: BTreeMap::new(),
        tried: 0,
        slowest: Duration::ZERO,
        growth: Growth::default(),
    };
    worker.seeds()?;
    worker.growth.begin();
    worker.inputs()?;
    Ok(worker.report())
}

static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// From here on panics are not shown but remembered, for [`judge`] to say where it was.
pub(crate) fn remember_panics() {
    panic::set_hook(Box::new(|panic| {
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = panic.to_string();
        }
    }));
}

/// Judges one input; a panic is an answer.
pub(crate) fn judge(target: &Target, seed: &Seed, input: &[u8]) -> Verdict {
    let judged = panic::catch_unwind(AssertUnwindSafe(|| (target.judge)(seed, input)));
    judged.unwrap_or_else(|_| {
        let last = LAST_PANIC.lock().map(|last| last.clone());
        Verdict::Wrong(format!("panic: {}", last.unwrap_or_default()))
    })
}

impl Worker<'_> {
    /// Good documents are good, or what is made of them would be refused for nothing.
    fn seeds(&mut self) -> io::Result<()> {
        for (number, seed) in self.target.seeds.iter().enumerate() {
            self.pool.push((number, seed.bytes.clone()));
            let refused = match judge(self.target, seed, &seed.bytes) {
                Verdict::Accepted(_) => continue,
                Verdict::Refused(why) | Verdict::Wrong(why) => why,
            };
            self.found(
                format!("the seed '{}' is refused: {refused}", seed.name),
                seed,
                &seed.bytes,
            )?;
        }
        Ok(())
    }

    fn inputs(&mut self) -> io::Result<()> {
        let mut slate = Slate::create(&self.order.directory.join("slate"))?;
        let mut random = Random::new(self.order.seed);
        let begin = Instant::now();
        let seeds = self.target.seeds.len();
        while self.tried < self.order.count
            && self.order.time.is_none_or(|time| begin.elapsed() < time)
        {
            // What was new half of the time, or its descendants would crowd out the seeds.
            let among = if random.once_in(2) { seeds } else { self.pool.len() };
            let (from, other) = (random.below(among), random.below(self.pool.len()));
            let (Some((number, base)), Some((_, other))) =
                (self.pool.get(from), self.pool.get(other))
            else {
                break;
            };
            let (number, input) = (*number, mutate(&mut random, base, other));
            let Some(seed) = self.target.seeds.get(number) else { break };
            slate.write(self.tried, &seed.name, &input)?;
            self.one(number, seed, input)?;
        }
        Ok(())
    }

    fn one(&mut self, number: usize, seed: &Seed, input: Vec<u8>) -> io::Result<()> {
        let begin = Instant::now();
        let verdict = judge(self.target, seed, &input);
        self.slowest = self.slowest.max(begin.elapsed());
        self.tried += 1;
        let outcome = match verdict {
            Verdict::Refused(why) => why,
            Verdict::Accepted(kind) => {
                *self.accepted.entry(kind.clone()).or_default() += 1;
                kind
            }
            Verdict::Wrong(fact) => {
                self.found(fact.clone(), seed, &input)?;
                fact
            }
        };
        if self.tried.is_multiple_of(GROWTH_EVERY) || input.len() > MAX_POOLED {
            let grown = self.growth.now();
            if grown > MAX_GROWTH_KIB {
                self.found(format!("growth by {grown} KiB"), seed, &input)?;
                self.growth.begin();
            }
        }
        if self.outcomes.insert(class(&outcome)) && input.len() <= MAX_POOLED {
            let seeds = self.target.seeds.len();
            if self.pool.len() >= seeds + MAX_POOL {
                self.pool.remove(seeds);
            }
            self.pool.push((number, input));
        }
        Ok(())
    }

    /// Keeps the input for whoever looks into it.
    fn found(&mut self, fact: String, seed: &Seed, input: &[u8]) -> io::Result<()> {
        if self.findings.len() >= MAX_FINDINGS || self.findings.contains_key(&class(&fact)) {
            return Ok(());
        }
        let name = format!("{}~{}", seed.name, self.findings.len());
        let file = self.order.directory.join(name);
        fs::write(&file, input)?;
        self.findings.insert(class(&fact), (fact, file));
        Ok(())
    }

    fn report(&self) -> Value {
        let findings: Vec<Value> = self
            .findings
            .values()
            .map(|(fact, file)| json!({"fact": fact, "file": file}))
            .collect();
        json!({
            "tried": self.tried,
            "accepted": self.accepted,
            "outcomes": self.outcomes.len(),
            "slowest_ms": u64::try_from(self.slowest.as_millis()).unwrap_or(u64::MAX),
            "growth_kib": self.growth.most,
            "findings": findings,
        })
    }
}

/// What is said without what is of this input alone: numbers, and letters past the first line.
fn class(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_ascii_digit() && c.is_ascii());
    plain.take_while(|c| *c != '\n').take(120).collect()
}

/// The most memory that the process has had at once, by the kernel's account (proc(5), `VmHWM`).
#[derive(Default)]
struct Growth {
    base: u64,
    most: u64,
}

impl Growth {
    /// Counts from here: what the process has now is what it needs.
    fn begin(&mut self) {
        // The kernel starts over with what is there now; where it may not, the mark stays high.
        let _ = fs::write("/proc/self/clear_refs", "5");
        self.base = high_water().unwrap_or_default();
    }

    /// The growth since then in KiB.
    fn now(&mut self) -> u64 {
        let grown = high_water().unwrap_or_default().saturating_sub(self.base);
        self.most = self.most.max(grown);
        grown
    }
}

fn high_water() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn order(name: &str, count: u64) -> Order {
        let name = format!("pysign-worker-{name}-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        Order { seed: 1, count, time: None, directory }
    }

    /// The memory of the process is that of all its tests: one at a time.
    static ALONE: Mutex<()> = Mutex::new(());

    fn tried(order: &Order, target: &Target) -> Value {
        let _alone = ALONE.lock();
        run(order, target).unwrap()
    }

    fn facts(report: &Value) -> String {
        report["findings"].to_string()
    }

    #[test]
    fn a_panic_is_found_once_with_its_input() {
        let order = order("panic", 300);
        let target = Target::new(vec![Seed::new("s", "[1]")], |_, input| {
            assert!(!input.contains(&b'n'), "{} bytes", input.len());
            Verdict::Accepted("short".to_owned())
        });
        let report = tried(&order, &target);
        assert_eq!(
            (report["tried"].as_u64(), report["findings"].as_array().unwrap().len()),
            (Some(300), 1)
        );
        assert!(facts(&report).contains("panic"), "{}", facts(&report));
        let input = fs::read(report["findings"][0]["file"].as_str().unwrap()).unwrap();
        assert!(input.contains(&b'n'));
        fs::remove_dir_all(&order.directory).unwrap();
    }

    #[test]
    fn growth_is_found() {
        let order = order("growth", GROWTH_EVERY);
        let reads = Cell::new(0);
        let target = Target::new(vec![Seed::new("s", "abc")], move |_, _| {
            reads.set(reads.get() + 1);
            // Written to, or the kernel would have given nothing yet.
            let large = vec![1_u8; if reads.get() == 10 { 128 << 20 } else { 1 }];
            Verdict::Accepted(large.last().map(u8::to_string).unwrap_or_default())
        });
        let report = tried(&order, &target);
        assert!(facts(&report).contains("growth by"), "{report}");
        fs::remove_dir_all(&order.directory).unwrap();
    }

    #[test]
    fn a_seed_that_is_refused_is_found() {
        let order = order("seed", 0);
        let refuse = |_: &Seed, _: &[u8]| Verdict::Refused("no".to_owned());
        let report = tried(&order, &Target::new(vec![Seed::new("s", "abc")], refuse));
        assert!(facts(&report).contains("the seed 's' is refused: no"), "{report}");
        fs::remove_dir_all(&order.directory).unwrap();
    }
}
