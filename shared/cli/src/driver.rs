//! From `main` to the exit status.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use pysign_host::{Clock, Env, Failure, FileError, Host, Notes, Staging, Status};

use crate::report::Report;
use crate::terminal::width;
use crate::{
    Input, InputError, Manifest, Matches, Spec, Takes, Tool, Usage, complete, exit_code, help, man,
    parse,
};

/// Fewer columns have no room for a flag.
const MIN_WIDTH: usize = 40;

/// Longer lines are hard to read.
const MAX_WIDTH: usize = 100;

/// Runs one program. Its result is put in place and then printed, or every problem is reported and
/// nothing is printed.
pub fn main<T: Tool>() -> ExitCode {
    let env = Env::from_process();
    let mut matches = Matches::default();
    let parsed = parse::parse(&T::SPEC, std::env::args_os().skip(1), &mut matches);
    let report = match Report::new(T::SPEC.name, &matches, &env) {
        Ok(report) => Arc::new(report),
        Err(usage) => return fail(&Report::plain(T::SPEC.name), &usage.into()),
    };
    if let Err(usage) = parsed {
        return fail(&report, &usage.into());
    }
    match said::<T>(&matches) {
        Ok(Some(text)) => return print(&text, &report),
        Ok(None) => {}
        Err(usage) => return fail(&report, &usage.into()),
    }
    let listener = Arc::clone(&report);
    let host = Host {
        tool: format!("{}/{}", T::SPEC.name, env!("CARGO_PKG_VERSION")),
        env,
        clock: Clock::system(),
        notes: Notes::new(Box::new(move |note| listener.note(note))),
        out: Staging::new(matches.is_set("force")),
    };
    match work::<T>(&matches, &host) {
        Ok(None) => {
            report.close();
            ExitCode::SUCCESS
        }
        Ok(Some(line)) => {
            let code = print(&line, &report);
            if code == ExitCode::SUCCESS {
                report.close();
            }
            code
        }
        Err(failure) => {
            host.out.discard();
            fail(&report, &failure)
        }
    }
}

/// What is printed instead of doing the work.
fn said<T: Tool>(matches: &Matches) -> Result<Option<String>, Usage> {
    let spec = T::SPEC;
    if matches.is_set("help") {
        let columns = width(io::stdout()).clamp(MIN_WIDTH, MAX_WIDTH);
        return Ok(Some(help::page(&spec, columns)));
    }
    if matches.is_set("version") {
        return Ok(Some(format!("{}\n", help::version(&spec))));
    }
    let generated = matches.choice("generate")?.map(|what| match what {
        "man" => man::page(&spec),
        shell => complete::script(&spec, shell),
    });
    Ok(generated)
}

/// The work itself: everything is understood before anything is read, and done before anything is
/// put in place.
fn work<T: Tool>(matches: &Matches, host: &Host) -> Result<Option<String>, Failure> {
    parse::check(&T::SPEC, matches)?;
    let args = T::args(matches)?;
    if let Some(directory) = matches.path("directory") {
        std::env::set_current_dir(&directory)
            .map_err(|cause| FileError::on_open(&directory, cause))?;
    }
    let input = Input::read(&T::SPEC, matches)?;
    let result = T::run(args, input, host)?;
    let encode = |mut manifest: Manifest| {
        manifest.add_tool(&host.tool);
        manifest.encode()
    };
    let line = result.map(encode).transpose()?;
    host.out.commit()?;
    Ok(line)
}

/// The single write to standard output. A manifest that nobody received is no success, and whoever
/// closed the pipe needs no message.
fn print(text: &str, report: &Report) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::from(exit_code(Status::Input))
        }
        Err(cause) => fail(report, &OutputError::Unwritable { cause }.into()),
    }
}

/// Why the result did not get out.
#[derive(Debug)]
#[non_exhaustive]
pub enum OutputError {
    /// Standard output can't be written.
    Unwritable {
        /// What the system said.
        cause: io::Error,
    },
}

pysign_host::problem! { OutputError {
    Self::Unwritable { cause } => Input "stdout-unwritable" ("standard output can't be written"),
        cause(cause);
} }

fn fail(report: &Report, failure: &Failure) -> ExitCode {
    report.failure(failure);
    ExitCode::from(exit_code(failure.status()))
}

impl Spec {
    /// Every code that a diagnostic of the program can have.
    pub fn all_codes(&self) -> impl Iterator<Item = &'static str> + use<> {
        let input = if self.input == Takes::Nothing { &[] } else { InputError::CODES };
        let common = [Usage::CODES, OutputError::CODES, input];
        self.codes.iter().copied().chain(common).flatten().copied()
    }
}
