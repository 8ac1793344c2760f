//! Completions for a shell, from the table.

use std::fmt::Write as _;

use crate::Spec;

/// A script for bash: names of flags, and files for everything else.
pub(crate) fn bash(spec: &Spec) -> String {
    let function = format!("_{}", spec.name.replace('-', "_"));
    let mut words = String::new();
    let mut valued = Vec::new();
    for flag in spec.all_flags() {
        let short = flag.short.map(|short| format!("-{short}"));
        let _ = write!(words, " --{}", flag.name);
        if flag.value.is_some() {
            valued.push(format!("--{}", flag.name));
            valued.extend(short);
        }
    }
    format!(
        "{function}() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
    case $before in
        {}) COMPREPLY=($(compgen -f -- \"$word\")); return ;;
    esac
    case $word in
        -*) COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;
        *) COMPREPLY=($(compgen -f -- \"$word\")) ;;
    esac
}}
complete -o filenames -F {function} {}
",
        valued.join("|"),
        words.trim_start(),
        spec.name
    )
}
