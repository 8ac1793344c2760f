//! `pysign-sign`: sign the files of a release with the identity of a CI job.
fn main() -> std::process::ExitCode {
    pysign_cli::main::<pysign_sign::Sign>()
}
