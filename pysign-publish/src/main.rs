//! `pysign-publish`: put a release and its signatures where others fetch them.
fn main() -> std::process::ExitCode {
    pysign_cli::main::<pysign_publish::Publish>()
}
