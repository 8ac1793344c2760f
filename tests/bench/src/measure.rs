//! Commands as whole processes: how long one takes, and the most memory that it has.

use std::error::Error;
use std::fs;
use std::io;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a process is asked for its memory: what grows shows in its last second too.
const SAMPLING: Duration = Duration::from_millis(1);

/// What a run took, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Taken {
    /// From its start to its end.
    pub(crate) wall: f64,
    /// Of processors.
    pub(crate) cpu: f64,
}

impl Taken {
    /// The less of both.
    pub(crate) fn least(self, other: Self) -> Self {
        Self { wall: self.wall.min(other.wall), cpu: self.cpu.min(other.cpu) }
    }
}

/// The least of so many runs of each command, which take turns.
pub(crate) fn least<const N: usize>(
    turns: usize,
    mut commands: [Command; N],
) -> Result<[Taken; N], Box<dyn Error>> {
    let mut least = [Taken { wall: f64::INFINITY, cpu: f64::INFINITY }; N];
    for _ in 0..turns {
        for (command, least) in commands.iter_mut().zip(&mut least) {
            *least = least.least(taken(command)?);
        }
    }
    Ok(least)
}

/// What a command takes, which must succeed.
fn taken(command: &mut Command) -> Result<Taken, Box<dyn Error>> {
    let (began, before) = (Instant::now(), cpu_of_children()?);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    ended(&mut child, command)?;
    Ok(Taken { wall: began.elapsed().as_secs_f64(), cpu: cpu_of_children()? - before })
}

/// The processor time of all children that have ended: `cutime` and `cstime` of `proc_pid_stat(5)`,
/// which counts hundredths of a second.
fn cpu_of_children() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has no name")?;
    // The name is the second field, the state the third.
    let mut fields = fields.split_whitespace().skip(13);
    let mut next = || fields.next().and_then(|field| field.parse::<f64>().ok());
    let both = next().zip(next()).ok_or("/proc/self/stat is short")?;
    Ok((both.0 + both.1) / 100.0)
}

/// The most memory that a command had resident, in bytes: `VmHWM` of `proc_pid_status(5)`, which only
/// grows, until the process ends.
pub(crate) fn memory(command: &mut Command) -> Result<u64, Box<dyn Error>> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut most = 0;
    while child.try_wait()?.is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
        most = status.ok().as_deref().and_then(high_water_mark).unwrap_or(0).max(most);
        thread::sleep(SAMPLING);
    }
    ended(&mut child, command)?;
    Ok(most)
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

fn ended(child: &mut Child, command: &Command) -> io::Result<()> {
    let status = child.wait()?;
    let failed = || io::Error::other(format!("{}: {status}", command.get_program().display()));
    if status.success() { Ok(()) } else { Err(failed()) }
}
