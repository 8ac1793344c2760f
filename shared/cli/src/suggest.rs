//! What was meant by a flag that a program does not have.

use crate::Spec;

/// Flags of other programs for the same job (cosign, sigstore-python, gh, twine, uv, pip and build),
/// and ours. Those that check less have none of ours.
const OTHERS: [(&str, &str); 25] = [
    ("cert", "certificate"),
    ("cert-identity", "identity"),
    ("cert-identity-regex", "identity-regexp"),
    ("cert-oidc-issuer", "issuer"),
    ("certificate-chain", "trusted-root"),
    ("certificate-github-workflow-ref", "ref"),
    ("certificate-github-workflow-repository", "github"),
    ("certificate-github-workflow-sha", "claim"),
    ("certificate-github-workflow-trigger", "claim"),
    ("custom-trusted-root", "trusted-root"),
    ("dest", "output"),
    ("identity-token", "token-file"),
    ("index-url", "index"),
    ("max-workers", "jobs"),
    ("outdir", "output"),
    ("output-directory", "output"),
    ("overwrite", "force"),
    ("publish-url", "to"),
    ("python-version", "python"),
    ("repo", "github"),
    ("repository-url", "to"),
    ("source-ref", "ref"),
    ("timestamp-certificate-chain", "trusted-root"),
    ("timestamp-server-url", "tsa-url"),
    ("use-signed-timestamps", "require-tsa"),
];

/// The flag of `spec` that `typed`, without its hyphens, comes nearest to.
pub(crate) fn nearest(spec: &Spec, typed: &str) -> Option<&'static str> {
    let has = |name: &str| spec.all_flags().any(|flag| flag.name == name);
    if let Some((_, ours)) = OTHERS.into_iter().find(|(other, ours)| *other == typed && has(ours)) {
        return Some(ours);
    }
    let few = typed.chars().count().div_ceil(4).min(3);
    let distances = spec.all_flags().map(|flag| {
        let begins = typed.len() > 2 && flag.name.starts_with(typed);
        (if begins { 0 } else { distance(typed, flag.name) }, flag.name)
    });
    distances.filter(|(distance, _)| *distance <= few).min().map(|(_, name)| name)
}

/// How many letters have to be added, dropped, changed or swapped with their neighbour (the optimal
/// string alignment of Damerau and Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    let cell = |rows: &[Vec<usize>], i: usize, j: usize| {
        rows.get(i).and_then(|row: &Vec<usize>| row.get(j)).copied().unwrap_or(usize::MAX / 2)
    };
    for i in 1..=a.len() {
        rows.push(vec![i]);
        for j in 1..=b.len() {
            let differs = usize::from(a.get(i - 1) != b.get(j - 1));
            let mut least = (cell(&rows, i - 1, j) + 1)
                .min(cell(&rows, i, j - 1) + 1)
                .min(cell(&rows, i - 1, j - 1) + differs);
            if i > 1 && j > 1 && a.get(i - 1) == b.get(j - 2) && a.get(i - 2) == b.get(j - 1) {
                least = least.min(cell(&rows, i - 2, j - 2) + 1);
            }
            if let Some(row) = rows.last_mut() {
                row.push(least);
            }
        }
    }
    cell(&rows, a.len(), b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_change() {
        for (a, b, expected) in
            [("issuer", "issuer", 0), ("isuser", "issuer", 1), ("ref", "refs", 1), ("", "ab", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn no_flag_of_others_is_listed_twice() {
        assert!(OTHERS.is_sorted_by(|(a, _), (b, _)| a < b));
    }
}
