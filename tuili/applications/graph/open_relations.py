"""Relations that nobody wrote into a schema: what a sentence itself says between two neighbouring names.

Patterns over plain words, no parser: a verb phrase ("X founded Y", "X, who founded Y", "X, based in Y"), a noun with
its complement ("X is the capital of Y", "X, mayor of Y"), a possessive ("Y's capital, X"). They propose; the statement
that they make is stored only if the judge says that the sentence entails it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from tuili.applications.graph.candidates import Candidate, may, quote_of
from tuili.applications.graph.coreference import by_sentence
from tuili.applications.graph.mentions import ANY
from tuili.applications.graph.schema import Relation
from tuili.applications.graph.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tuili.applications.graph.coreference import Named
    from tuili.applications.graph.schema import Schema
    from tuili.types import Span

MOST_WORDS = 6
"""Words of a relation."""

MOST_CHARACTERS = 80
"""Between the two names. What stands further apart is seldom subject and object."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NEXT = re.compile(r"\s*([\w'’-]+|\S)?")
_BEFORE = re.compile(r"([\w'’-]+)[ ]+(?:the[ ]+)?$", re.IGNORECASE)
_APPOSITION = re.compile(r",[ ]+(?:(?P<article>an?|the)[ ]+)?(?P<noun>[^,]+)")
_RELATIVE = re.compile(r",?[ ]+(?:who|which)[ ]+(?P<verb>[^,]+)")
_POSSESSIVE = re.compile(r"['’]s[ ]+(?P<noun>[^,]+?)(?P<comma>,?)[ ]*")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_HOLDS = "{head} %s {tail}."


def open_candidates(
    text: str, named: Sequence[Named], sentences: Sequence[Span], schema: Schema
) -> Iterator[list[Candidate]]:
    """What each sentence seems to say of two neighbouring names. Linear in the text.

    A relation that the schema has under the same name is that relation, so its types must fit.
    """
    known = {relation.name: relation for relation in schema.relations}
    for place, (inside, sentence) in enumerate(zip(by_sentence(named, sentences), sentences, strict=True)):
        found = []
        for one, other in pairwise(inside):
            if one.name.casefold() == other.name.casefold() or other.at.start - one.at.end > MOST_CHARACTERS:
                continue
            said = _said(text, one, other, sentence)
            if said is None:
                continue
            told, backward = said
            head, tail = (other, one) if backward else (one, other)
            relation = _relation(told, tail.type)
            if relation is not None and may(known.get(relation.name, relation), head, tail):
                quote = quote_of(head, tail, sentence, sentences[place - 1] if place else sentence)
                found.append(Candidate(relation, head, tail, quote, (), stated=True))
        if found:
            yield found


def _said(text: str, one: Named, other: Named, sentence: Span) -> tuple[list[str], bool] | None:
    """What the words between two names say, and whether they say it of the second."""
    middle = text[one.at.end : other.at.start]
    if found := _POSSESSIVE.fullmatch(middle):
        nouns = _noun(found["noun"])
        # "Oslo's mayor Ann Lee", "France's capital, Paris, is"; not "her visit, Ann Lee said"
        closed = text[other.at.end : other.at.end + 1] in {",", ".", ")", ""}
        if nouns is None or not (closed if found["comma"] else one.type != "person" and not _owns(text, other.at.end)):
            return None
        return ["is", "the", *nouns, "of"], True
    if not _subject(text, one, sentence) or not _object(text, other, sentence):
        return None
    if found := _RELATIVE.fullmatch(middle):
        said = _verb_phrase(found["verb"])
    elif found := _APPOSITION.fullmatch(middle):
        said = _apposition(found["article"], found["noun"])
    else:
        said = _verb_phrase(middle)
    return None if said is None else (said, False)


def _verb_phrase(middle: str) -> list[str] | None:
    """The words of "founded", "was born in", "is the capital of", or None where no verb begins them."""
    told = [word for word in _words(middle) if word.lower() not in words("adverbs")]
    first = next((word.lower() for word in told if not word.endswith("ly")), "")
    if len(told) > MOST_WORDS or not _verb(first):
        return None
    content = [word.lower() for word in told if word.lower() not in words("articles+auxiliaries")]
    if not content or content[-1] in words("tells") or content[-1] == "to":
        return None
    return told


def _apposition(article: str | None, phrase: str) -> list[str] | None:
    """`, mayor of`: is the mayor of. `, born in`: was born in."""
    told = _words(phrase)
    last = [told.pop()] if told and told[-1].lower() in words("articles") else []
    if not 2 <= len(told) <= MOST_WORDS - 2 or told[-1].lower() not in words("prepositions"):
        return None
    first = told[0].lower()
    if first in words("intransitive"):
        return None  # "Ann, 12, died in": the comma closes what was put in
    if article is None and (first.endswith("ed") or first in words("participles+lasting")):
        return ["is" if first in words("lasting") else "was", *told, *last]
    if _noun(" ".join(told[:-1])) is None:
        return None
    return ["is", article or "the", *told, *last]


def _noun(phrase: str) -> list[str] | None:
    """Words that may be a noun phrase: lower-case, none of them a verb, preposition or clause word."""
    told = _words(phrase)
    banned = words("prepositions+auxiliaries+articles+adverbs+participles")
    if not told or len(told) > 3 or any(word.lower() in banned or not word.islower() for word in told):
        return None
    if told[0].endswith("ing") or told[-1].endswith(("ed", "ing", "ly")) or told[-1] in words("tells+verbs"):
        return None
    return told


def _words(phrase: str) -> list[str]:
    """Its words, if it is nothing but words and none of them denies, doubts or begins a clause; else none."""
    told = phrase.split()
    if not all(_WORD.fullmatch(word) and word.lower() not in words("stops") for word in told):
        return []
    return [] if any(word.lower().endswith(("n't", "n’t", "'s", "’s")) for word in told) else told


def _verb(word: str) -> bool:
    return word in words("auxiliaries+verbs") or (word.endswith("ed") and len(word) > 4)


def _subject(text: str, one: Named, sentence: Span) -> bool:
    """Whether a name may be a subject: one after a preposition belongs to another noun, "the wife of X"."""
    before = _BEFORE.search(text, max(sentence.start, one.at.start - 24), one.at.start)
    return before is None or before[1].lower() not in words("prepositions")


def _object(text: str, other: Named, sentence: Span) -> bool:
    """Whether a name may end what is said: not in "bought X shares", "met X's brother", "said X will"."""
    if _owns(text, other.at.end):
        return False
    found = _NEXT.match(text, other.at.end, sentence.end)
    after = "" if found is None or found[1] is None else found[1].lower()
    return not after[:1].isalnum() or after in words("prepositions+adverbs+joints") or after.endswith("ly")


def _owns(text: str, end: int) -> bool:
    return text[end : end + 1] in {"'", "’"}


def _relation(said: list[str], tail: str) -> Relation | None:
    """The relation, named by what is said without `is` or `was`, articles and adverbs: `capital_of`, `born_in`."""
    bare = words("articles+auxiliaries")
    told = [word.lower() for word in said if word.lower() not in bare and not word.endswith("ly")]
    if tail == "date" and told and told[-1] == "in":
        told[-1] = "on"  # "born in Paris" and "born in 1912" are two relations; schemas write born_on
    name = "_".join(re.sub(r"[^a-z0-9]+", "_", word).strip("_") for word in told)
    if not _NAME.fullmatch(name):
        return None
    return Relation(name, (ANY,), (ANY, "date"), (_HOLDS % " ".join(said),))
