"""A few hundred words that exclude one another: what to put in a word's place so that a verdict may turn.

Written by hand for this purpose. Pairs go both ways; within a row of a ring each word excludes the others.
"""

from __future__ import annotations

import re

_OPPOSITES = """
man woman; men women; boy girl; boys girls; male female; he she; him her; his her; father mother; son daughter;
brother sister; husband wife; king queen; uncle aunt; gentleman lady; old young; older younger; big small; large tiny;
tall short; long short; high low; hot cold; warm cool; wet dry; clean dirty; full empty; open closed; opened closed;
inside outside; indoors outdoors; up down; above below; over under; before after; early late; first last; left right;
near far; front back; top bottom; day night; morning evening; summer winter; happy sad; laughing crying;
smiling frowning; alone together; awake asleep; alive dead; rich poor; strong weak; fast slow; quickly slowly;
loud quiet; light dark; black white; empty crowded; easy hard; safe dangerous; true false; right wrong; good bad;
better worse; best worst; more less; many few; most few; all none; everyone nobody; everybody nobody; someone nobody;
something nothing; always never; often rarely; with without; increase decrease; increased decreased;
increases decreases; rise fall; rose fell; rises falls; rising falling; win lose; won lost; wins loses; winning losing;
buy sell; bought sold; buying selling; push pull; pushing pulling; arrive leave; arrived left; arriving leaving;
start end; started ended; begins ends; accept reject; accepted rejected; allow forbid; allowed forbidden; love hate;
loves hates; likes dislikes; remember forget; remembered forgot; north south; east west; northern southern;
eastern western; standing sitting; stands sits; stand sit; sleeping running; sleeps runs; sleep run; walking running;
walks runs; swimming cycling; eating reading; eats reads; playing working; plays works; singing sleeping;
adult child; adults children; indoor outdoor; land water; street beach; city countryside; cat dog; cats dogs
"""

_RINGS = """
red blue green yellow orange purple brown pink; black white grey; two three four five six seven eight nine ten;
monday tuesday wednesday thursday friday saturday sunday; spring summer autumn winter;
january february march april may june july august september october november december;
car bicycle train boat bus; guitar piano drums violin; football tennis baseball basketball
"""

_NEGATABLE = frozenset("is are was were will can could would should must may might has have had does do did".split())
_NEGATIONS = {"not": "", "never": "always", "no": "some", "nobody": "somebody", "none": "all", "cannot": "can"}
_NUMBER = re.compile(r"\d{1,9}")


def _table() -> dict[str, tuple[str, ...]]:
    table: dict[str, dict[str, None]] = {}
    for entry in _OPPOSITES.split(";"):
        first, second = entry.split()
        table.setdefault(first, {})[second] = None
        table.setdefault(second, {})[first] = None
    for ring in _RINGS.split(";"):
        names = ring.split()
        for place, name in enumerate(names):
            # two others are enough: candidates are read one by one
            for step in (1, len(names) // 2):
                table.setdefault(name, {})[names[(place + step) % len(names)]] = None
    table["one"] = {"two": None}
    return {word: tuple(others) for word, others in table.items()}


_TABLE = _table()


def substitutes(word: str) -> list[str]:
    """What may stand in a word's place: opposites, other numbers, a negation or none; written like the word.

    An empty string leaves the word out.
    """
    lower = word.casefold()
    found = list(_TABLE.get(lower, ()))
    if _NUMBER.fullmatch(word):
        found.append(str(int(word) + 1))
    if lower in _NEGATABLE:
        found.append(f"{lower} not")
    if lower in _NEGATIONS:
        found.append(_NEGATIONS[lower])
    return [_written_like(word, other) for other in dict.fromkeys(found)]


def _written_like(word: str, other: str) -> str:
    if len(word) > 1 and word.isupper():
        return other.upper()
    return other[:1].upper() + other[1:] if word[:1].isupper() else other
