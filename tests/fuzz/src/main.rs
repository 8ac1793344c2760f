//! `pysign-fuzz`: every reader of what strangers write, on documents that were good before they were
//! mutated. It fails if one of them panics, hangs or takes more memory than its caps allow, or if
//! what it accepts says something else than the good one.
//!
//! Each reader runs in a process of its own ([`worker`]), which writes down every input before it
//! tries it; so [`overseer`] knows what a dead or silent process was reading. The same seed gives the
//! same inputs, except for where a time limit ends them.

mod arguments;
mod overseer;
mod seeds;
mod slate;
mod target;
mod targets;
mod worker;

#[cfg(test)]
mod vectors;

fn main() -> std::process::ExitCode {
    arguments::main()
}
