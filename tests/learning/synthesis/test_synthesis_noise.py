from __future__ import annotations

import random
import re

import pytest

from tuili.errors import UsageError
from tuili.learning.synthesis import Lexicon, distract, generate
from tuili.learning.synthesis.distract import free_of
from tuili.learning.synthesis.noise import TRANSFORMS, noise, noisy

TEXT = "Without a ticket, the journalist didn't photograph exactly three elephants, although nobody watched."


@pytest.mark.parametrize("kind", sorted(TRANSFORMS))
def test_noise_changes_the_text_and_is_the_same_for_the_same_seed(kind):
    results = [noise(TEXT, random.Random(seed), kinds=[kind]) for seed in range(30)]
    assert results == [noise(TEXT, random.Random(seed), kinds=[kind]) for seed in range(30)]
    assert sum(result != TEXT for result in results) > 20


@pytest.mark.parametrize("kind", sorted(TRANSFORMS))
def test_noise_spares_the_words_that_decide_a_label(kind):
    for seed in range(200):
        words = set(re.findall(r"[a-z]+", noise(TEXT, random.Random(seed), kinds=[kind]).lower()))
        assert {"without", "exactly", "three", "although", "nobody", "didn"} <= words


def test_typing_errors_change_one_word_only():
    for seed in range(50):
        changed = noise(TEXT, random.Random(seed), kinds=["typos"]).split()
        assert sum(a != b for a, b in zip(changed, TEXT.split(), strict=True)) <= 1


def test_noise_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="mud"):
        noise(TEXT, random.Random(1), kinds=["mud"])
    with pytest.raises(UsageError):
        noise(TEXT, random.Random(1), kinds=[])
    with pytest.raises(UsageError):
        noisy([], seed=1, share=2)


def test_a_share_of_pairs_gets_noise_and_no_label_changes():
    pairs = list(generate(400, seed=1, families=["voice"]))
    changed = list(noisy(pairs, seed=2, share=0.5))
    assert changed == list(noisy(pairs, seed=2, share=0.5))
    assert [pair.label for pair in pairs] == [pair.label for pair in changed]
    touched = sum((a.premise, a.hypothesis) != (b.premise, b.hypothesis) for a, b in zip(pairs, changed, strict=True))
    assert 120 < touched < 240
    assert list(noisy(pairs, seed=2, share=0)) == pairs


def test_a_distracted_premise_holds_the_premise_and_whole_sentences_around_it():
    sentences = Lexicon.general().distractors
    for seed in range(50):
        longer = distract("A goat slept.", sentences, random.Random(seed))
        assert "A goat slept." in longer
        before, _, after = longer.partition("A goat slept.")
        rest = [part for part in re.split(r"(?<=\.) ", f"{before} {after}".strip()) if part.strip()]
        assert 1 <= len(rest) <= 2
        assert {part.strip() for part in rest} <= set(sentences)
    assert distract("A goat slept.", [], random.Random(1)) == "A goat slept."


def test_distractors_share_no_word_with_the_pair():
    sentences = ["The museum is free.", "Fog lay over the valley."]
    assert free_of(sentences, "Ben left the museum.", "Ben left.") == ["Fog lay over the valley."]


def test_a_share_of_the_premises_gets_distractors():
    plain = list(generate(200, seed=6, families=["voice"]))
    assert sum(len(pair.premise) for pair in generate(200, seed=6, families=["voice"], distractors=1.0)) > 1.3 * sum(
        len(pair.premise) for pair in plain
    )
