"""A4: Merkle trees as in RFC 6962 and 9162, with the vectors of Certificate Transparency's own tests."""

from __future__ import annotations

import pytest
import second_verifier as second

from tuili.audit.merkle import (
    EMPTY,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A, B, C = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
D, E = (
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
)
INCLUSION = [  # index, size, path
    (0, 8, [A, B, C]),
    (5, 8, [D, E, ROOTS[3]]),
    (2, 3, [ROOTS[1]]),
    (1, 5, [ROOTS[0], B, D]),
]
CONSISTENCY = [  # earlier, later, path
    (1, 1, []),
    (1, 8, [A, B, C]),
    (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", E, ROOTS[3]]),
    (2, 5, [B, D]),
]
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]


def test_roots_are_the_known_ones():
    """A4: all sizes from 0 to 8."""
    tree = Tree()
    assert tree.root() == EMPTY
    for size, root in enumerate(ROOTS, 1):
        tree.append(LEAVES[size - 1])
        assert tree.root().hex() == root
        assert Tree(size, tree.frontier).root().hex() == root


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_inclusion_proofs_are_the_known_ones(index, size, path):
    """A4: inclusion."""
    assert [step.hex() for step in inclusion_proof(LEAVES[:size], index)] == path


@pytest.mark.parametrize(("earlier", "later", "path"), CONSISTENCY)
def test_consistency_proofs_are_the_known_ones(earlier, later, path):
    """A4: consistency."""
    assert [step.hex() for step in consistency_proof(LEAVES[:later], earlier)] == path


def test_every_proof_verifies_and_no_other_does():
    """A4: every index and every pair of sizes to 17; a changed step, root, index or size is refused; the second
    verifier makes the same proofs."""
    leaves = [leaf_hash(bytes([n])) for n in range(17)]
    for size in range(1, 18):
        root = root_of(leaves[:size])
        assert root == second.root(leaves[:size])
        for index in range(size):
            proof = inclusion_proof(leaves[:size], index)
            assert proof == second.path(index, leaves[:size])
            assert verify_inclusion(leaves[index], index, size, proof, root)
            assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, root)
            assert not verify_inclusion(leaves[index], index, size, [*proof, EMPTY], root)
            assert not verify_inclusion(leaves[index], (index + 1) % 17, size, proof, root) or size == 1 == index + 1
            assert not proof or not verify_inclusion(leaves[index], index, size, proof[1:], root)
        for earlier in range(1, size + 1):
            proof = consistency_proof(leaves[:size], earlier)
            old = root_of(leaves[:earlier])
            assert proof == second.consistency(earlier, leaves[:size])
            assert verify_consistency(earlier, size, proof, old, root)
            assert not verify_consistency(earlier, size, proof, EMPTY, root)
            assert not verify_consistency(earlier, size, proof, old, EMPTY)
            assert not verify_consistency(earlier, size, [*proof, EMPTY], old, root)


def test_a_frontier_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="frontier"):
        Tree(3, [EMPTY])
    for wrong in (-1, 8):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_proof(LEAVES, wrong)
    for wrong in (0, 9):
        with pytest.raises(ValueError, match="earlier"):
            consistency_proof(LEAVES, wrong)
