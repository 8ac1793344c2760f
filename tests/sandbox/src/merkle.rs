//! The Merkle tree of a log (RFC 6962, section 2.1): leaves are only added, roots and proofs are
//! computed when they are asked for.

use std::collections::HashMap;

use crate::pki::sha256;

/// The hash of a leaf or a node.
pub(crate) type Hash = [u8; 32];

/// A growing tree.
#[derive(Default)]
pub(crate) struct Tree {
    leaves: Vec<Hash>,
    /// Where each leaf is.
    places: HashMap<Hash, usize>,
}

impl Tree {
    pub(crate) fn push(&mut self, leaf: Hash) {
        self.places.entry(leaf).or_insert(self.leaves.len());
        self.leaves.push(leaf);
    }

    pub(crate) fn size(&self) -> usize {
        self.leaves.len()
    }

    /// Where a leaf is.
    pub(crate) fn position(&self, leaf: &Hash) -> Option<usize> {
        self.places.get(leaf).copied()
    }

    pub(crate) fn root(&self) -> Hash {
        root(&self.leaves)
    }

    /// The inclusion proof of the leaf at `index`: the siblings from the leaf up.
    pub(crate) fn inclusion(&self, index: usize) -> Vec<Hash> {
        let (mut leaves, mut index, mut path) = (self.leaves.as_slice(), index, Vec::new());
        while leaves.len() > 1 {
            let (left, right) = halves(leaves);
            if index < left.len() {
                path.push(root(right));
                leaves = left;
            } else {
                path.push(root(left));
                index -= left.len();
                leaves = right;
            }
        }
        path.reverse();
        path
    }
}

/// The hash of a leaf that holds `data`.
pub(crate) fn leaf_hash(data: &[u8]) -> Hash {
    sha256(&[&[0], data].concat())
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[[1].as_slice(), left, right].concat())
}

/// Two or more leaves, split after the largest power of two that is smaller than their number.
fn halves(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    leaves.split_at(leaves.len().next_power_of_two() / 2)
}

fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(b""),
        [leaf] => *leaf,
        many => {
            let (left, right) = halves(many);
            node_hash(&root(left), &root(right))
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The root that a proof leads to by the algorithm for verifiers (RFC 9162, section 2.1.3.2),
    /// which knows nothing of how the tree is split.
    pub(crate) fn climb(leaf: Hash, index: usize, size: usize, path: &[Hash]) -> Option<Hash> {
        let (mut node, mut last, mut hash) = (index, size.checked_sub(1)?, leaf);
        for sibling in path {
            if node % 2 == 1 || node == last {
                hash = node_hash(sibling, &hash);
                while node % 2 == 0 && node != 0 {
                    (node, last) = (node / 2, last / 2);
                }
            } else {
                hash = node_hash(&hash, sibling);
            }
            (node, last) = (node / 2, last / 2);
        }
        (last == 0).then_some(hash)
    }

    fn tree(size: usize) -> Tree {
        let mut tree = Tree::default();
        (0..size).for_each(|number| tree.push(leaf_hash(&number.to_be_bytes())));
        tree
    }

    #[test]
    fn every_leaf_of_every_size_is_proven() {
        for size in 1..40 {
            let tree = tree(size);
            for index in 0..size {
                let leaf = leaf_hash(&index.to_be_bytes());
                assert_eq!(tree.position(&leaf), Some(index));
                let root = climb(leaf, index, size, &tree.inclusion(index));
                assert_eq!(root, Some(tree.root()), "leaf {index} of {size}");
            }
        }
    }

    #[test]
    fn a_proof_is_for_one_leaf() {
        let tree = tree(7);
        let other = leaf_hash(&4_usize.to_be_bytes());
        assert_ne!(climb(other, 3, 7, &tree.inclusion(3)), Some(tree.root()));
    }

    #[test]
    fn the_known_roots_of_small_trees() {
        // RFC 6962, section 2.1: the hash of an empty tree is the hash of nothing.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(tree(0).root()), empty);
        let nothing = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hex::encode(leaf_hash(b"")), nothing);
    }
}
