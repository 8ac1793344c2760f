//! `pysign-verify`: prove who signed each file of a release.
fn main() -> std::process::ExitCode {
    pysign_cli::main::<pysign_verify::Verify>()
}
