//! Completions for a shell, from the table: words where a flag has a choice, files and directories
//! where it takes them, nothing else where it takes something else.

use std::fmt::Write as _;

use crate::{Flag, Repeat, Spec, Takes};

/// What a value can be.
enum Values<'f> {
    Words(Vec<&'f str>),
    Files,
    Directories,
    Commands,
    Unknown,
}

fn values(flag: &Flag) -> Option<Values<'_>> {
    let value = flag.value?;
    let choices = flag.choices();
    Some(match value {
        _ if !choices.is_empty() => Values::Words(choices),
        "DIR" => Values::Directories,
        "EXE" => Values::Commands,
        _ if value.contains("FILE") => Values::Files,
        _ => Values::Unknown,
    })
}

/// Whether operands are files.
fn takes_files(spec: &Spec) -> bool {
    spec.operands.is_some() && spec.input != Takes::Requirements
}

/// The completions of `spec` for a shell: `bash`, `zsh` or `fish`.
pub(crate) fn script(spec: &Spec, shell: &str) -> String {
    match shell {
        "bash" => bash(spec),
        "zsh" => zsh(spec),
        _ => fish(spec),
    }
}

fn bash(spec: &Spec) -> String {
    let function = format!("_{}", spec.name.replace('-', "_"));
    let (mut flags, mut cases) = (String::new(), String::new());
    for flag in spec.all_flags() {
        let _ = write!(flags, " --{}", flag.name);
        let Some(values) = values(flag) else { continue };
        let found = match values {
            Values::Words(words) => {
                format!("IFS=' ' compgen -W '{}' -- \"$word\"", words.join(" "))
            }
            Values::Files => "compgen -f -- \"$word\"".to_owned(),
            Values::Directories => "compgen -d -- \"$word\"".to_owned(),
            Values::Commands => "compgen -c -- \"$word\"".to_owned(),
            Values::Unknown => String::new(),
        };
        let short = flag.short.map(|short| format!("|-{short}")).unwrap_or_default();
        let _ =
            writeln!(cases, "        --{}{short}) COMPREPLY=($({found})); return ;;", flag.name);
    }
    let operands = if takes_files(spec) { "compgen -f -- \"$word\"" } else { "" };
    // Bash parts '--flag=value' into three words.
    format!(
        "{function}() {{
    local IFS=$'\\n' word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
    if [[ $word == = ]]; then word=
    elif [[ $before == = ]]; then before=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
    case $before in
{cases}    esac
    case $word in
        -*) COMPREPLY=($(IFS=' ' compgen -W '{}' -- \"$word\")) ;;
        *) COMPREPLY=($({operands})) ;;
    esac
}}
complete -o filenames -F {function} {}
",
        flags.trim_start(),
        spec.name
    )
}

fn zsh(spec: &Spec) -> String {
    let quoted = |text: &str| text.replace('\'', r"'\''");
    let bracketed = |text: &str| quoted(text).replace('[', r"\[").replace(']', r"\]");
    let mut script = format!("#compdef {}\n\n_arguments -s -S", spec.name);
    for flag in spec.all_flags() {
        let action = match values(flag) {
            None => String::new(),
            Some(values) => {
                let action = match values {
                    Values::Words(words) => format!("({})", words.join(" ")),
                    Values::Files => "_files".to_owned(),
                    Values::Directories => "_files -/".to_owned(),
                    Values::Commands => "_command_names -e".to_owned(),
                    Values::Unknown => " ".to_owned(),
                };
                format!(":{}:{action}", quoted(&flag.value.unwrap_or_default().replace(':', r"\:")))
            }
        };
        let many = if flag.repeat == Repeat::Many { "*" } else { "" };
        let equals = if flag.value.is_some() { "=" } else { "" };
        let about = bracketed(flag.about);
        let _ = write!(script, " \\\n  '{many}--{}{equals}[{about}]{action}'", flag.name);
        if let Some(short) = flag.short {
            let plus = if flag.value.is_some() { "+" } else { "" };
            let _ = write!(script, " \\\n  '{many}-{short}{plus}[{about}]{action}'");
        }
    }
    if let Some(operand) = spec.operands {
        let action = if takes_files(spec) { "_files" } else { " " };
        let _ = write!(script, " \\\n  '*:{operand}:{action}'");
    }
    script + "\n"
}

fn fish(spec: &Spec) -> String {
    let name = spec.name;
    let quoted = |text: &str| format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"));
    let mut script = String::new();
    if !takes_files(spec) {
        let _ = writeln!(script, "complete -c {name} -f");
    }
    for flag in spec.all_flags() {
        let short = flag.short.map(|short| format!(" -s {short}")).unwrap_or_default();
        let value = match values(flag) {
            None => String::new(),
            Some(Values::Words(words)) => format!(" -x -a {}", quoted(&words.join(" "))),
            Some(Values::Files) => " -r -F".to_owned(),
            Some(Values::Directories) => " -x -a '(__fish_complete_directories)'".to_owned(),
            Some(Values::Commands) => " -x -a '(__fish_complete_command)'".to_owned(),
            Some(Values::Unknown) => " -x".to_owned(),
        };
        let about = quoted(flag.about);
        let _ = writeln!(script, "complete -c {name}{short} -l {}{value} -d {about}", flag.name);
    }
    script
}
