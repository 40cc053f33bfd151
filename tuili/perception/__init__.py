"""What is read: sentences, tokens and windows of a text."""

from tuili.perception.sentences import split_sentences
from tuili.perception.tokens import TokenisedText, Tokeniser
from tuili.perception.windows import Window, coverage, cut_windows

__all__ = ["TokenisedText", "Tokeniser", "Window", "coverage", "cut_windows", "split_sentences"]
