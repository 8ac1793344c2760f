use super::*;

const OF_GITHUB: [(&str, &str); 3] = [
    ("GITHUB_ACTIONS", "true"),
    ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary"),
    ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://a.example//t?api-version=2.0"),
];

fn find(pairs: &[(&str, &str)]) -> Result<Source, NoSource> {
    System::source(&Env::from_pairs(pairs), "sigstore", || None).map(|(_, source)| source)
}

fn names(systems: &[&System]) -> Vec<&'static str> {
    systems.iter().map(|system| system.name).collect()
}

fn request(pairs: &[(&str, &str)]) -> Request {
    let Ok(Source::Request(request)) = find(pairs) else { panic!("no request") };
    request
}

#[test]
fn a_job_is_known_by_its_systems_mark() {
    let of = |pairs: &[(&str, &str)]| names(&System::of_job(&Env::from_pairs(pairs)));
    for (system, mark) in SYSTEMS.iter().filter_map(|system| Some((*system, system.mark?))) {
        assert_eq!(of(&[(mark, "true")]), [system.name]);
        assert!(of(&[(mark, "")]).is_empty());
    }
    let both = of(&[("GITHUB_ACTIONS", "true"), ("BUILDKITE", "true"), ("CI", "true")]);
    assert_eq!(both, [GITHUB.name, BUILDKITE.name]);
}

#[test]
fn a_machine_of_google_says_so_itself() {
    let says_so = |pairs: &[(&str, &str)], product: Option<&str>| {
        is_google(&Env::from_pairs(pairs), || product.map(str::to_owned))
    };
    assert!(says_so(&[], Some("Google Compute Engine\n")));
    assert!(says_so(&[("GCE_METADATA_HOST", "169.254.169.254")], None));
    assert!(!says_so(&[], Some("Google Compute Engine Lookalike")));
    assert!(!says_so(&[], None));
    assert!(!says_so(&[("NO_GCE_CHECK", "true")], Some("Google")));
}

#[test]
fn a_variable_comes_before_every_system() {
    let mut pairs = OF_GITHUB.to_vec();
    pairs.extend([("BUILDKITE", "true"), ("SIGSTORE_ID_TOKEN", "canary")]);
    assert!(matches!(find(&pairs), Ok(Source::Variable(name)) if name == "SIGSTORE_ID_TOKEN"));
}

#[test]
fn github_is_asked_with_its_own_secret() {
    let asked = request(&OF_GITHUB);
    assert_eq!(asked.url, "https://a.example//t?api-version=2.0&audience=sigstore");
    assert_eq!(asked.bearer.unwrap().expose(), "canary");
    assert_eq!((asked.header, asked.member), (None, Some("value")));
    for missing in 1..=2 {
        let mut pairs = OF_GITHUB.to_vec();
        pairs.remove(missing);
        assert!(
            matches!(find(&pairs), Err(NoSource::NotGranted(system)) if system.name == GITHUB.name)
        );
    }
    let mut pairs = OF_GITHUB.to_vec();
    pairs[2].1 = "https://a.example/t";
    assert!(matches!(find(&pairs), Err(NoSource::Variable(_))));
}

#[test]
fn the_commands_are_those_of_the_systems() {
    let command = |mark| match find(&[(mark, "true")]) {
        Ok(Source::Command(command)) => {
            format!("{} {}", command.program, command.arguments.join(" "))
        }
        _ => String::new(),
    };
    assert_eq!(command("BUILDKITE"), "buildkite-agent oidc request-token --audience sigstore");
    assert_eq!(command("CIRCLECI"), r#"circleci run oidc get --claims {"aud":"sigstore"}"#);
}

#[test]
fn a_machine_vouches_only_outside_of_every_job() {
    let google = ("GCE_METADATA_HOST", "127.0.0.1:1");
    assert_eq!(
        request(&[google]).url,
        "http://127.0.0.1:1/computeMetadata/v1/instance/service-accounts/default/identity\
         ?audience=sigstore&format=full"
    );
    for host in ["evil.example", "127.0.0.1:x"] {
        assert!(matches!(find(&[("GCE_METADATA_HOST", host)]), Err(NoSource::Variable(_))));
    }
    let job = find(&[google, ("GITLAB_CI", "true")]);
    assert!(matches!(job, Err(NoSource::NotGranted(system)) if system.name == GITLAB.name));
    assert!(matches!(find(&[]), Err(NoSource::Unknown)));
}

#[test]
fn two_systems_are_one_too_many() {
    let Err(NoSource::Several(systems)) = find(&[("CIRCLECI", "true"), ("GITLAB_CI", "true")])
    else {
        panic!("one was chosen")
    };
    assert_eq!(names(&systems), [GITLAB.name, CIRCLECI.name]);
}

#[test]
fn a_text_has_the_values_of_its_claims() {
    let fill = |text| {
        Claims::fill(text, |name| if name == "no" { Err(name) } else { Ok(name.to_uppercase()) })
    };
    assert_eq!(fill("https://{a/b}/{c}:x"), Ok("https://A/B/C:x".to_owned()));
    assert_eq!(fill("{no|default}/{c|x}"), Ok("default/C".to_owned()));
    assert_eq!(fill("{a}{no}"), Err("no"));
}

#[test]
fn a_pipeline_is_named_by_the_options_of_its_system() {
    let preset = |repository: &str, definition: &str, git_ref: &str, issuer: &str| {
        let signer = format!("{repository}{definition}@{git_ref}");
        System::preset(issuer, |name| match name {
            "source-repository-uri" => Some(repository),
            "source-repository-ref" => Some(git_ref),
            "build-signer-uri" => Some(signer.as_str()),
            _ => None,
        })
    };
    let (gitlab, github) = ("https://gitlab.com/acme/demo", "https://github.com/acme/demo");
    let usual = "https://gitlab.com";
    for ((repository, definition, git_ref, issuer), expected) in [
        (
            (gitlab, "//.gitlab-ci.yml", "refs/tags/v1", usual),
            Some("--gitlab acme/demo --ref refs/tags/v1"),
        ),
        (
            (gitlab, "//ci/my file.yml", "refs/heads/a'b", "https://id.example"),
            Some(
                r"--gitlab acme/demo --ref 'refs/heads/a'\''b' --config 'ci/my file.yml' --issuer https://id.example",
            ),
        ),
        (
            (
                "https://git.acme.org/a/b",
                "//.gitlab-ci.yml",
                "refs/tags/v1",
                "https://git.acme.org",
            ),
            Some("--gitlab https://git.acme.org/a/b --ref refs/tags/v1"),
        ),
        (
            (github, "/.github/workflows/release.yml", "refs/tags/v1", Repository::ISSUER),
            Some("--github acme/demo --ref refs/tags/v1 --workflow release.yml"),
        ),
        (("https://git.acme.org/a/b", "/.github/workflows/x.yml", "refs/tags/v1", usual), None),
        ((github, "/x/release.yml", "refs/tags/v1", Repository::ISSUER), None),
    ] {
        let found = preset(repository, definition, git_ref, issuer);
        assert_eq!(found.as_deref(), expected, "{repository}{definition}");
    }
    let foreign = |name: &str| match name {
        "build-signer-uri" => Some("https://gitlab.com/acme/ci//x.yml@refs/tags/v1"),
        "source-repository-uri" => Some("https://gitlab.com/acme/demo"),
        _ => Some("refs/tags/v1"),
    };
    assert_eq!(System::preset(usual, foreign), None);
}
