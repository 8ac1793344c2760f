//! The pipes that a child writes to, read without waiting: a process that left the child's group may
//! hold them open for ever.

use std::fs::File;
use std::io::{self, PipeReader, Read as _};
use std::process::Stdio;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// All that a person would look through; the rest went by while it was written.
pub(crate) const MAX_LOG: usize = 64 << 10;

/// No line that a person reads is longer; what is, is shown in pieces.
const MAX_LINE: usize = 64 << 10;

/// As much as is read at once.
const BLOCK: usize = 16 << 10;

/// So many blocks may be left in a pipe when the child is gone: 1 MiB, the most that Linux lets a
/// pipe hold. A process that escaped and still writes can't keep us.
const MAX_LEFT: usize = 64;

/// What becomes of a child's standard output.
#[derive(Debug)]
pub enum Stdout {
    /// It is written to a file.
    File(File),
    /// It is kept in memory; a child that writes more than so many bytes is killed.
    Kept(usize),
    /// It goes to the log, together with standard error.
    Log,
}

/// What a child has written so far.
pub(crate) struct Output<'a> {
    log: Pipe,
    tail: Vec<u8>,
    line: Vec<u8>,
    on_line: &'a dyn Fn(&str),
    answer: Pipe,
    kept: Vec<u8>,
    cap: usize,
}

impl<'a> Output<'a> {
    /// Gives the child's ends for standard output and standard error, too.
    pub(crate) fn new(
        stdout: Stdout,
        on_line: &'a dyn Fn(&str),
    ) -> io::Result<(Self, Stdio, Stdio)> {
        let (log, stderr) = Pipe::open()?;
        let (answer, stdout, cap) = match stdout {
            Stdout::File(file) => (Pipe(None), file.into(), 0),
            Stdout::Log => (Pipe(None), stderr.try_clone()?.into(), 0),
            Stdout::Kept(cap) => {
                let (answer, stdout) = Pipe::open()?;
                (answer, stdout.into(), cap)
            }
        };
        let (tail, line, kept) = (Vec::new(), Vec::new(), Vec::new());
        Ok((Self { log, tail, line, on_line, answer, kept, cap }, stdout, stderr.into()))
    }

    /// Waits until there is something to read, at most for `pause`.
    pub(crate) fn wait(&self, pause: Duration) {
        let open = [&self.log, &self.answer].into_iter().filter_map(|pipe| pipe.0.as_ref());
        let mut open: Vec<_> = open.map(|pipe| PollFd::new(pipe, PollFlags::IN)).collect();
        // Woken early or not at all, the caller looks at the child and comes again.
        let _ = poll(&mut open, Timespec::try_from(pause).ok().as_ref());
    }

    /// Reads what is there now, at most a block of each pipe; says whether anything was.
    pub(crate) fn read(&mut self) -> bool {
        let mut block = [0; BLOCK];
        let said = self.log.read(&mut block);
        self.tail.extend_from_slice(said);
        self.line.extend_from_slice(said);
        let any = !said.is_empty();
        if self.tail.len() > 2 * MAX_LOG {
            self.tail.drain(..self.tail.len() - MAX_LOG);
        }
        match self.line.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => self.show(last + 1),
            None if self.line.len() > MAX_LINE => self.show(self.line.len()),
            None => {}
        }
        let answer = self.answer.read(&mut block);
        self.kept.extend_from_slice(answer);
        any || !answer.is_empty()
    }

    fn show(&mut self, end: usize) {
        let rest = self.line.split_off(end);
        String::from_utf8_lossy(&self.line).lines().for_each(self.on_line);
        self.line = rest;
    }

    /// Whether there is more on standard output than is to be kept.
    pub(crate) fn is_too_much(&self) -> bool {
        self.kept.len() > self.cap
    }

    /// Reads what is left in the pipes of a child that is gone.
    pub(crate) fn read_rest(&mut self) {
        let _ = (0..MAX_LEFT).all(|_| self.read());
        self.show(self.line.len());
    }

    /// What was kept, and the end of the log.
    pub(crate) fn into_parts(mut self) -> (Vec<u8>, Vec<u8>) {
        (self.kept, self.tail.split_off(self.tail.len().saturating_sub(MAX_LOG)))
    }
}

/// The end of a pipe that is read from; `None` when everything was read.
struct Pipe(Option<PipeReader>);

impl Pipe {
    fn open() -> io::Result<(Self, io::PipeWriter)> {
        let (reader, writer) = io::pipe()?;
        rustix::io::ioctl_fionbio(&reader, true)?;
        Ok((Self(Some(reader)), writer))
    }

    fn read<'b>(&mut self, block: &'b mut [u8]) -> &'b [u8] {
        match self.0.as_mut().map(|pipe| pipe.read(block)) {
            Some(Ok(count)) if count > 0 => block.get(..count).unwrap_or_default(),
            Some(Err(error))
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                &[]
            }
            _ => {
                self.0 = None;
                &[]
            }
        }
    }
}
