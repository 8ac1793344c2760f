use super::*;

/// A description with these words.
fn described(words: &[(&str, &str)]) -> Result<Option<Signer>, Fault> {
    let mut description = Description::default();
    for (name, value) in words {
        if let Some(claim) = name.strip_prefix("claim ") {
            description.claims.push((claim.to_owned(), vec![(*value).to_owned()]));
        } else {
            let (word, _) = WORDS.iter().find(|(word, _)| word == name).unwrap();
            description.words.insert(word, (*value).to_owned());
        }
    }
    description.signer()
}

const ALICE: [(&str, &str); 2] = [("identity", "a@example.org"), ("issuer", "https://i.example")];
const GITLAB: [(&str, &str); 2] = [("gitlab", "acme/demo"), ("ref", "refs/heads/main")];
const GITHUB: [(&str, &str); 2] = [("github", "acme/demo"), ("ref", "refs/heads/main")];

#[test]
fn a_signer_is_whole_or_none() {
    assert!(described(&[]).unwrap().is_none());
    assert!(described(&[("claim build-trigger", "push")]).unwrap().is_none());
    for whole in [ALICE, GITLAB, GITHUB] {
        assert!(described(&whole).unwrap().is_some());
        for half in whole {
            assert!(matches!(described(&[half]), Err(Fault::Missing { .. })), "{half:?}");
        }
    }
    for (word, value, needed) in [
        ("config", "ci.yml", "gitlab"),
        ("workflow", "ci.yml", "github"),
        ("ref", "refs/tags/v", "gitlab"),
    ] {
        let extra = [ALICE[0], ALICE[1], (word, value)];
        assert_eq!(
            described(&extra).unwrap_err(),
            Fault::Missing { word: needed, needed_by: word }
        );
    }
}

#[test]
fn what_excludes_each_other_is_no_signer() {
    let regexp = [ALICE[0], ALICE[1], ("issuer_regexp", "https://i\\..*")];
    assert_eq!(described(&regexp).unwrap_err(), Fault::Conflict("issuer", "issuer_regexp"));
    let both = [GITLAB[0], GITHUB[0], GITLAB[1]];
    assert_eq!(described(&both).unwrap_err(), Fault::Conflict("gitlab", "github"));
}

#[test]
fn a_value_that_can_not_be_one_is_named() {
    for (words, word) in [
        (vec![("identity", ""), ALICE[1]], "identity"),
        (vec![ALICE[0], ("issuer", "")], "issuer"),
        (vec![("identity_regexp", "("), ALICE[1]], "identity_regexp"),
        (vec![ALICE[0], ("issuer_regexp", "https://.*")], "issuer_regexp"),
        (vec![("gitlab", "demo"), GITLAB[1]], "gitlab"),
        (vec![GITLAB[0], ("ref", "main")], "ref"),
        (vec![GITLAB[0], GITLAB[1], ("config", "a@b")], "config"),
        (vec![GITHUB[0], GITHUB[1], ("workflow", ".github/workflows/x.yml")], "workflow"),
        (vec![GITHUB[0], GITHUB[1], ("workflow", "x")], "workflow"),
        (vec![ALICE[0], ALICE[1], ("claim colour", "red")], "claim"),
        (vec![ALICE[0], ALICE[1], ("claim build-trigger", "")], "claim"),
        (
            vec![
                ALICE[0],
                ALICE[1],
                ("claim build-trigger", "push"),
                ("claim 1.3.6.1.4.1.57264.1.20", "web"),
            ],
            "claim",
        ),
    ] {
        match described(&words).unwrap_err() {
            Fault::Invalid { word: found, .. } => assert_eq!(found, word, "{words:?}"),
            other => panic!("{words:?}: {other:?}"),
        }
    }
}
