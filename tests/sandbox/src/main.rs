//! `pysign-sandbox`: run a command as a GitLab job that has a whole Sigstore on this machine.
fn main() -> std::process::ExitCode {
    pysign_sandbox::main()
}
