//! `pysign-fetch`: get a release and its signatures, and execute nothing.
fn main() -> std::process::ExitCode {
    pysign_cli::main::<pysign_fetch::Fetch>()
}
