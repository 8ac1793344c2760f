//! Symbolic links that stay in the sdist (PEP 721), on a system that follows links on the way.

use std::collections::BTreeSet;

use crate::error::Fault;
use crate::member::MemberPath;

/// Refuses links that are absolute, that lead out of the sdist's top directory, or whose way goes
/// through another link: `a -> b/..` is not where it seems if `b` is a link itself.
pub(crate) fn check(links: &[(MemberPath, String)]) -> Result<(), Fault> {
    let names: BTreeSet<&str> = links.iter().map(|(path, _)| path.as_str()).collect();
    for (path, target) in links {
        if !stays(path, target, &names) {
            let (member, target) = (path.to_string(), target.clone());
            return Err(Fault::Link { member, target });
        }
    }
    Ok(())
}

fn stays(path: &MemberPath, target: &str, links: &BTreeSet<&str>) -> bool {
    let odd = |c: char| c == '\\' || c.is_control();
    if target.is_empty() || target.starts_with('/') || target.contains(odd) {
        return false;
    }
    // From the link's directory, step by step.
    let mut at: Vec<&str> = path.as_str().split('/').collect();
    at.pop();
    let mut steps = target.split('/').filter(|step| !step.is_empty() && *step != ".").peekable();
    while let Some(step) = steps.next() {
        if step == ".." {
            at.pop();
        } else {
            at.push(step);
        }
        if at.is_empty() || (steps.peek().is_some() && links.contains(at.join("/").as_str())) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use pysign_host::Problem as _;

    use super::*;
    use crate::error::Format;

    fn check_all(links: &[(&str, &str)]) -> Result<(), Fault> {
        let parse = |path: &str| MemberPath::parse(Format::Tar, path.as_bytes()).unwrap();
        let links: Vec<_> =
            links.iter().map(|(path, to)| (parse(path), (*to).to_owned())).collect();
        check(&links)
    }

    #[test]
    fn links_within_the_sdist_are_kept() {
        for target in ["b", "./b", "../x", "../sub/x", "c/../d"] {
            assert!(check_all(&[("demo-1.0/sub/a", target)]).is_ok(), "{target}");
        }
    }

    #[test]
    fn links_out_of_the_sdist_are_refused() {
        for target in ["", "/etc/passwd", "../..", "../../other/x", "c/../../../x", "..\\x", "a\nb"]
        {
            let refused = check_all(&[("demo-1.0/sub/a", target)]).unwrap_err();
            assert_eq!(refused.facts().code, "tar-link", "{target}");
        }
    }

    #[test]
    fn a_way_through_another_link_is_refused() {
        let inner = ("demo-1.0/sub/up", "..");
        assert!(check_all(&[inner, ("demo-1.0/a", "sub/up")]).is_ok());
        assert!(check_all(&[inner, ("demo-1.0/a", "sub/up/..")]).is_err());
        assert!(check_all(&[inner, ("demo-1.0/a", "sub/up/../x")]).is_err());
    }
}
