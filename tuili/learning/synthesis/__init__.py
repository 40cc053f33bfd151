"""Labelled pairs out of a grammar and a vocabulary, each with the reason for its label.

    >>> from tuili.learning.synthesis import generate
    >>> pair = next(generate(1, seed=1, families=["voice"]))

Patterns write down what a sentence says; the labels follow from that (`worlds.py` works most of them out). Every form
of a hypothesis gets each of its labels equally often, with the same words. Standard library only.
"""

from tuili.learning.synthesis.distract import distract as distract
from tuili.learning.synthesis.generate import families as families
from tuili.learning.synthesis.generate import generate as generate
from tuili.learning.synthesis.lexicon import Lexicon as Lexicon
from tuili.learning.synthesis.pair import SyntheticPair as SyntheticPair
