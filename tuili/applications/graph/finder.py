"""A finder of entities by rules: runs of capitalised words, acronyms, dates, numbers; typed by the words about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tuili.applications.graph.mentions import ANY, Mention
from tuili.applications.graph.words import words
from tuili.types import Span

MAX_WORDS = 12
"""The longest run of capitalised words that can be one name; what goes on is cut."""

_DOUBTFUL = 0.4
_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:[-'’&][^\W_]+)*|\S")
_YEAR = re.compile(r"(?:1[0-9]|20)\d\d")
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_JOINS = frozenset(
    {"of", "the", "and", "for", "de", "del", "della", "von", "van", "der", "la", "le", "du", "da", "al", "bin", "&"}
)
_PARTICLES = frozenset({"de", "del", "della", "von", "van", "der", "la", "le", "du", "da", "al", "bin"})
_SPLITS = frozenset({"and", "for", "of", "the", "&"})
_SHORT = frozenset(
    {"st", "mt", "ft", "dr", "mr", "mrs", "ms", "jr", "sr", "lt", "gen", "col", "gov", "sen", "rep", "rev"}
)
_PLACE_BEFORE = frozenset({"in", "at", "near", "from", "outside", "toward", "towards", "into", "across", "around"})


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    text: str

    @property
    def lower(self) -> str:
        return self.text.lower()


class RuleFinder:
    """Finds names in English text without a model, in linear time.

    It sees capitalised words, so lower-case names are lost and texts all in capitals are noise. Types come from titles,
    cue words ("University", "River"), a small gazetteer and the word before. A name that nothing types is
    `entity`.

    Relations: `TrainedFinder` finds more and types better; this one is faster and needs no weights.
    """

    def find(self, text: str) -> list[Mention]:
        """The mentions of a text, in order, disjoint."""
        tokens = [_Token(m.start(), m.end(), m[0]) for m in _TOKEN.finditer(text)]
        found: list[Mention] = []
        place = 0
        while place < len(tokens):
            step, mention = _value(tokens, place) or _name(text, tokens, place) or (1, None)
            found += [mention] if mention is not None else []
            place += step
        return _sure(text, found)


def _sure(text: str, found: list[Mention]) -> list[Mention]:
    """Without the doubtful single words that no longer name of the same text holds."""
    held = {word for mention in found if mention.score > 0 for word in mention.text(text).split()[1:]}
    kept = (mention for mention in found if mention.text(text).strip())
    return [
        mention if mention.score > 0 else replace(mention, score=_DOUBTFUL)
        for mention in kept
        if mention.score > 0 or mention.text(text) in held
    ]


def _value(tokens: list[_Token], at: int) -> tuple[int, Mention] | None:
    """A date or a number beginning here, and how many tokens it takes."""
    months = words("months")
    token = tokens[at]
    if token.text[0].isupper() and token.lower in months and at + 1 < len(tokens):
        end = at + 1
        end += end < len(tokens) and tokens[end].text == "."
        last = at
        if end < len(tokens) and re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", tokens[end].text):
            last, end = end, end + 1
        comma = end < len(tokens) and tokens[end].text == ","
        if end + comma < len(tokens) and _YEAR.fullmatch(tokens[end + comma].text):
            last = end + comma
        if last > at:
            return last - at + 1, Mention(Span(token.start, tokens[last].end), "date", 0.9)
        return None
    if not token.text[0].isdigit():
        return None
    if re.fullmatch(r"\d{1,2}", token.text) and at + 1 < len(tokens) and tokens[at + 1].lower in months:
        last = at + 1
        if at + 2 < len(tokens) and _YEAR.fullmatch(tokens[at + 2].text):
            last = at + 2
        return last - at + 1, Mention(Span(token.start, tokens[last].end), "date", 0.9)
    if _YEAR.fullmatch(token.text):
        return 1, Mention(Span(token.start, token.end), "date", 0.7)
    last = at
    while (
        last + 2 < len(tokens)
        and tokens[last + 1].text in {",", "."}
        and tokens[last + 2].text.isdigit()
        and tokens[last].end == tokens[last + 1].start
        and tokens[last + 1].end == tokens[last + 2].start
    ):
        last += 2
    return last - at + 1, Mention(Span(token.start, tokens[last].end), "number", 0.9)


def _capital(token: _Token) -> bool:
    return token.text[0].isupper()


def _name(text: str, tokens: list[_Token], at: int) -> tuple[int, Mention | None] | None:
    """A run of capitalised words beginning here; its mention is None where it names nothing."""
    if not _capital(tokens[at]):
        return None
    end = at + 1
    while end < len(tokens) and end - at < MAX_WORDS:
        if tokens[end - 1].lower.endswith(("'s", "’s")):
            break
        grows = _capital(tokens[end]) and _touching(text, tokens, end)
        if grows or (tokens[end].text == "." and _abbreviates(tokens, end)):
            end += 1
        elif (joined := _joined(text, tokens, at, end)) > end:
            end = joined
        else:
            break
    run = tokens[at:end]
    if run[-1].text == "." and not (
        run[-2].lower + "." in words("places") or len(run[-2].text) == 1 or run[-2].lower in {"jr", "sr"}
    ):
        run = run[:-1]
    return end - at, _typed(text, tokens, at, run)


def _touching(text: str, tokens: list[_Token], at: int) -> bool:
    """Whether only spaces part this token from the one before: a line break ends a name."""
    return text[tokens[at - 1].end : tokens[at].start].strip(" ") == ""


def _abbreviates(tokens: list[_Token], at: int) -> bool:
    before = tokens[at - 1]
    if before.end != tokens[at].start:
        return False
    return (
        len(before.text) == 1
        or before.lower in _SHORT
        or before.lower in words("titles")
        or before.lower + "." in words("places")
    )


def _joined(text: str, tokens: list[_Token], begin: int, at: int) -> int:
    """The end of the run after joining words, or `at`: "University of the South", "Bank of China", "Ludwig van"."""
    end = at
    while end < len(tokens) and end - at < 2 and tokens[end].lower in _JOINS and _touching(text, tokens, end):
        end += 1
    if end == at or end >= len(tokens) or not _capital(tokens[end]) or not _touching(text, tokens, end):
        return at
    joins = {token.lower for token in tokens[at:end]}
    if joins & _PARTICLES:
        return end + 1
    last = tokens[at - 1].lower
    heads = words("organization_words+event_words+work_words")
    if "of" in joins and (
        (last in heads and last not in words("places")) or last in {"republic", "kingdom", "gulf", "bay", "isle"}
    ):
        return end + 1
    inside = any(token.lower in words("organization_words") for token in tokens[begin:at])
    follows = any(token.lower in words("organization_words") for token in tokens[end : end + 3])
    if joins & {"and", "&", "for"} and ((inside and "for" in joins) or "&" in joins or (follows and at - begin == 1)):
        return end + 1
    return at


def _typed(text: str, tokens: list[_Token], at: int, run: list[_Token]) -> Mention | None:
    """The mention that a run stands for, without the words that are no name; its words and its place tell the type."""
    titled = False
    if len(run) > 2 and run[0].lower in words("places") and run[1].lower in words("titles"):
        run, at = run[1:], at + 1  # "U.S. President John Adams"
    while run and (run[0].lower in words("never") or run[0].text == "."):
        run, at = run[1:], at + 1
    while len(run) > 1 and run[0].lower.rstrip(".") in words("titles"):
        titled = True
        run, at = run[1:], at + 1
        while run and run[0].text == ".":
            run, at = run[1:], at + 1
    while run and (run[-1].lower in words("never") or run[-1].lower in _SPLITS):
        run = run[:-1]
    if not run or not any(character.isalpha() for token in run for character in token.text):
        return None
    span = Span(run[0].start, run[-1].end)
    name = text[span.start : span.end]
    for ending in ("'s", "’s"):
        if name.lower().endswith(ending):
            span = Span(span.start, span.end - len(ending))
            name = name[: -len(ending)]
    if len(run) == 1 and (name.lower() in words("titles") or len(name) == 1 or name.lower() in words("months")):
        return None
    before = tokens[at - 1].lower if at else ""
    after = tokens[at + len(run)].lower if at + len(run) < len(tokens) else ""
    kind, score = _kind(name, [re.sub("['’]s$", "", token.lower) for token in run], before, after, titled=titled)
    alone = len(run) == 1 and kind == ANY
    if alone and _opens_sentence(tokens, at) and not name.isupper():
        score = 0.0  # any word has a capital there
    return Mention(span, kind, score)


def _opens_sentence(tokens: list[_Token], at: int) -> bool:
    return at == 0 or tokens[at - 1].text in {".", "!", "?", '"', "“", ":", ";", "-"}


def _kind(name: str, run: list[str], before: str, after: str, *, titled: bool) -> tuple[str, float]:
    """Type and score. The rules stand in the order of their trust."""
    lower, last = name.lower(), run[-1].strip(".")
    if lower in words("organizations"):
        return "organization", 0.9
    if lower in words("places"):
        return "place", 0.9
    if any(word in words("event_words") for word in run) and len(run) > 1:
        return "event", 0.7
    if titled and last not in words("organization_words"):
        return "person", 0.95
    given = words("female_names+male_names")
    if last in words("organization_words") or (
        len(run) > 1 and any(word in words("organization_words") for word in run)
    ):
        return "organization", 0.85
    if last in words("place_words") or (run[0] in words("place_beginnings") and len(run) > 1 and run[0] not in given):
        return "place", 0.8
    if run[0] in given:
        return "person", 0.85 if len(run) > 1 else 0.6
    if name.isupper() and name.isalpha() and 2 <= len(name) <= 6:
        return "organization", 0.6
    if before in _PLACE_BEFORE and len(run) <= 2:
        return "place", 0.6
    if after in words("said") or before in words("said"):
        return "person", 0.6
    if 2 <= len(run) <= 4 and all(word.replace(".", "").isalpha() or word in "-." for word in run):
        return "person", 0.5
    return ANY, 0.4
