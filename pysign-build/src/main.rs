//! `pysign-build`: build a Python project into canonical archives.
fn main() -> std::process::ExitCode {
    pysign_cli::main::<pysign_build::Build>()
}
