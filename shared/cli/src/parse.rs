//! From the words of a command line to the rows of the table.

use std::ffi::OsString;

use lexopt::Arg;

use crate::suggest::nearest;
use crate::{Flag, Matches, Repeat, Spec, Takes, Usage};

/// Reads the words one by one into `matches`, so that what was understood before an error (the form
/// of diagnostics, say) still counts.
pub(crate) fn parse(
    spec: &Spec,
    words: impl IntoIterator<Item = OsString>,
    matches: &mut Matches,
) -> Result<(), Usage> {
    let mut words = lexopt::Parser::from_args(words);
    words.set_short_equals(false);
    while let Some(word) = words.next().map_err(explain)? {
        let flag = match word {
            Arg::Value(operand) => {
                matches.operands.push(operand);
                continue;
            }
            Arg::Long(name) => {
                let flag = spec.all_flags().find(|flag| flag.name == name);
                flag.ok_or_else(|| absent(spec, format!("--{name}")))?
            }
            Arg::Short(name) => {
                let flag = spec.all_flags().find(|flag| flag.short == Some(name));
                flag.ok_or_else(|| absent(spec, format!("-{name}")))?
            }
        };
        if flag.repeat == Repeat::Once && matches.is_set(flag.name) {
            return Err(Usage::Repeated { flag: flag.name });
        }
        let value = flag.value.map(|_| value(spec, flag, &mut words)).transpose()?;
        matches.given.push((flag, value));
    }
    Ok(())
}

/// The value of `flag`. A variable that is not set leaves an empty one, or none where it is not
/// quoted: then the next flag would be taken for it. Who means that writes `--flag=--value`.
fn value(spec: &Spec, flag: &Flag, words: &mut lexopt::Parser) -> Result<OsString, Usage> {
    let value = if let Some(value) = words.optional_value() {
        value
    } else {
        let value = words.value().map_err(explain)?;
        let text = value.to_str().unwrap_or_default();
        let name = text.strip_prefix("--").and_then(|name| name.split('=').next());
        let is_flag = |other: &Flag| {
            name.is_some_and(|name| name == other.name)
                || other.short.is_some_and(|short| text == format!("-{short}"))
        };
        if spec.all_flags().any(is_flag) {
            return Err(Usage::FlagAsValue { flag: flag.name, found: text.to_owned() });
        }
        value
    };
    if value.is_empty() {
        return Err(Usage::invalid(format!("--{}", flag.name), "", "it is empty"));
    }
    Ok(value)
}

/// What only the whole command line shows.
pub(crate) fn check(spec: &Spec, matches: &Matches) -> Result<(), Usage> {
    if spec.operands.is_none()
        && let Some(operand) = matches.operands.first()
    {
        return Err(Usage::Operand { value: operand.display().to_string() });
    }
    if let Some(name) = spec.instead.iter().find(|name| matches.is_set(name)) {
        let other = matches.operands.first().map(|operand| operand.display().to_string());
        let other = other.or_else(|| matches.is_set("manifest").then(|| "--manifest".to_owned()));
        if let Some(b) = other {
            return Err(Usage::conflict(format!("--{name}"), b));
        }
    }
    let readers = standard_input(spec, matches);
    match readers.as_slice() {
        [a, b, ..] => Err(Usage::conflict(a, b)),
        _ => Ok(()),
    }
}

/// Everything that is to be read from standard input, which can be read once.
fn standard_input(spec: &Spec, matches: &Matches) -> Vec<String> {
    let takes_dash = |flag: &&Flag| flag.value.is_some_and(|value| value.ends_with("|-"));
    let mut readers = Vec::new();
    for flag in spec.flags.iter().filter(takes_dash) {
        // A value may be `TARGET=-`.
        let dashes = matches
            .values(flag.name)
            .filter(|value| value.to_str().is_some_and(|text| text == "-" || text.ends_with("=-")));
        readers.extend(dashes.map(|_| format!("--{}", flag.name)));
    }
    let by_default = spec.input != Takes::Nothing
        && matches.operands.is_empty()
        && !matches.is_set("manifest")
        && !stands_in(spec, matches);
    if by_default {
        readers.push("the manifest on standard input".to_owned());
    }
    readers
}

/// Whether a flag was given that stands in the place of operands.
pub(crate) fn stands_in(spec: &Spec, matches: &Matches) -> bool {
    spec.instead.iter().any(|name| matches.is_set(name))
}

/// Why `flag`, as it was typed, is not in the table.
fn absent(spec: &Spec, flag: String) -> Usage {
    let hyphens = |name: &str| if name.chars().count() == 1 { "-" } else { "--" };
    let typed = |name: &&str| flag == format!("{}{name}", hyphens(name));
    if spec.later.iter().any(typed) {
        return Usage::NotOffered { flag };
    }
    let meant = flag.strip_prefix("--").and_then(|name| nearest(spec, name));
    Usage::Unknown { flag, meant }
}

fn explain(error: lexopt::Error) -> Usage {
    match error {
        lexopt::Error::MissingValue { option } => {
            Usage::MissingValue { flag: option.unwrap_or_default() }
        }
        lexopt::Error::UnexpectedValue { option, .. } => Usage::UnexpectedValue { flag: option },
        other => Usage::Unknown { flag: other.to_string(), meant: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags;
    use pysign_host::Problem as _;

    const ONCE: Flag = Flag {
        name: "identity",
        short: None,
        value: Some("ID"),
        repeat: Repeat::Once,
        about: "",
        detail: "",
    };
    const TOKEN: Flag = Flag { name: "token-file", value: Some("FILE|-"), ..ONCE };
    const DIGEST: Flag = Flag { name: "digest", ..ONCE };
    const SPEC: Spec = Spec {
        name: "t",
        about: "",
        description: "",
        operands: Some("FILE"),
        input: Takes::Files,
        instead: &["digest"],
        flags: &[flags::MANIFEST, flags::OUTPUT, ONCE, TOKEN, DIGEST],
        later: &["policy", "p"],
        sections: &[],
        examples: &[],
        environment: &[],
        codes: &[],
    };

    fn given(line: &str) -> Result<Matches, &'static str> {
        let mut matches = Matches::default();
        parse(&SPEC, line.split_whitespace().map(OsString::from), &mut matches)
            .and_then(|()| check(&SPEC, &matches))
            .map_err(|usage| usage.facts().code)?;
        Ok(matches)
    }

    #[test]
    fn values_stand_after_an_equals_sign_or_a_space() {
        for line in ["a --output=x", "--output x a", "-ox a", "-o x a", "a -vox"] {
            let matches = given(line).unwrap();
            assert_eq!(matches.value("output"), Some("x".as_ref()), "{line}");
            assert_eq!(matches.operands(), ["a"], "{line}");
        }
    }

    #[test]
    fn a_double_hyphen_ends_the_flags() {
        assert_eq!(given("-- --output").unwrap().operands(), ["--output"]);
    }

    #[test]
    fn the_last_of_a_scalar_counts_and_a_policy_is_given_once() {
        assert_eq!(given("a -o x -o y").unwrap().value("output"), Some("y".as_ref()));
        assert_eq!(given("a --identity x --identity y").unwrap_err(), "usage-repeated");
    }

    #[test]
    fn what_the_table_does_not_have_is_refused() {
        for (line, code) in [
            ("--polcy x", "usage-unknown"),
            ("-x", "usage-unknown"),
            ("--policy x", "usage-not-offered"),
            ("-p x", "usage-not-offered"),
            ("-vpx", "usage-not-offered"),
            ("--p x", "usage-unknown"),
            ("a --output", "usage-missing-value"),
            ("a --quiet=yes", "usage-unexpected-value"),
            ("a --identity=", "usage-invalid"),
            ("--identity --output a", "usage-missing-value"),
            ("--identity -o a", "usage-missing-value"),
            ("--identity --token-file=x a", "usage-missing-value"),
        ] {
            assert_eq!(given(line).unwrap_err(), code, "{line}");
        }
    }

    #[test]
    fn a_value_may_look_like_a_flag_where_it_can_not_be_one() {
        assert_eq!(given("a --identity=--output").unwrap().value("identity").unwrap(), "--output");
        assert_eq!(given("a --identity -- b").unwrap().value("identity").unwrap(), "--");
        assert_eq!(given("-m -").unwrap().value("manifest").unwrap(), "-");
    }

    #[test]
    fn what_was_probably_meant_is_suggested() {
        for (typed, meant) in [
            ("identitty", Some("identity")),
            ("tokne-file", Some("token-file")),
            ("ident", Some("identity")),
            ("cert-identity", Some("identity")),
            ("identity-token", Some("token-file")),
            ("overwrite", None),
            ("frobnicate", None),
            ("id", None),
        ] {
            assert_eq!(nearest(&SPEC, typed), meant, "{typed}");
        }
    }

    #[test]
    fn standard_input_is_read_once() {
        assert!(given("--token-file - a").is_ok());
        assert!(given("-m -").is_ok());
        assert_eq!(given("--token-file -").unwrap_err(), "usage-conflict");
        assert_eq!(given("-m - --token-file -").unwrap_err(), "usage-conflict");
        assert!(given("--digest x --token-file -").is_ok());
    }

    #[test]
    fn what_stands_in_the_place_of_operands_stands_alone() {
        assert!(given("--digest x").is_ok());
        assert_eq!(given("--digest x a").unwrap_err(), "usage-conflict");
        assert_eq!(given("--digest x -m m.json").unwrap_err(), "usage-conflict");
    }
}
