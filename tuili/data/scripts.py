"""Letters of one script that pass for letters of another: Cyrillic а in a Latin word.

The letters are those of Latin, Cyrillic, Greek and Armenian that most typefaces draw alike, a part of Unicode's
confusables.txt (UTS 39). A word that mixes scripts is no finding by itself: TNFα, Tシャツ and µm are written so.
"""

from __future__ import annotations

import re

_LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1d00-\u1d25\u1e00-\u1eff\u2c60-\u2c7f\ua722-\ua787"
_GREEK, _CYRILLIC, _ARMENIAN = "\u0370-\u03ff\u1f00-\u1fff", "\u0400-\u0481\u048a-\u052f", "\u0531-\u0587"
_CHEROKEE = "\u13a0-\u13ff\uab70-\uabbf"
_MARK = "\u0300-\u036f\u0483-\u0489"
_FOREIGN = re.compile(f"[{_GREEK}{_CYRILLIC}{_ARMENIAN}{_CHEROKEE}]")
_WORD = re.compile(f"[{_LATIN}{_GREEK}{_CYRILLIC}{_ARMENIAN}{_CHEROKEE}{_MARK}]+")
_ALPHABETS = {
    "latin": re.compile(f"[{_LATIN}]"),
    "greek": re.compile(f"[{_GREEK}]"),
    "cyrillic": re.compile(f"[{_CYRILLIC}]"),
    "armenian": re.compile(f"[{_ARMENIAN}]"),
    "cherokee": re.compile(f"[{_CHEROKEE}]"),
}
_ALIKE = {
    "cyrillic": frozenset("асеһіјԛорѕԝхуүԁАВСЕԌНІЈКМОРЅТԜХУҮ"),
    "greek": frozenset("αγικνορυΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϲϳ"),
    "armenian": frozenset("ցհոօսքզԼՍՕ"),
    "cherokee": frozenset("ᎠᎡᎢᎥᎩᎪᎫᎬᎳᎵᎷᎻᎽᏀᏂᏃᏎᏏᏒᏔᏕᏙᏚᏞᏟᏢᏦᏧᏴ"),
}
"""Of each script, the letters that pass for Latin ones."""
_LATIN_ALIKE = {
    "cyrillic": frozenset("aceijopsxyABCEHIJKMOPTXY"),
    "greek": frozenset("iopuvABEZHIKMNOPTYX"),
}
"""Of Latin, the letters that pass for ones of another script."""


def look_alikes(text: str) -> list[int]:
    """Offsets of letters that pass for letters of the script they stand among, in order.

    Two ways: a word mixes Latin and another script, and all letters of one of the two pass for the other's; or all
    of a word's letters pass for Latin ones, in a text that is mostly Latin and has nothing else in that script.
    """
    if not _FOREIGN.search(text):
        return []
    found: list[int] = []
    pure: dict[str, list[tuple[int, str]]] = {}  # words of one foreign script
    latin = 0
    for match in _WORD.finditer(text):
        word, start = match[0], match.start()
        scripts = _scripts(word)
        if list(scripts) == ["latin"]:
            latin += len(word)
        elif len(scripts) == 1:
            pure.setdefault(next(iter(scripts)), []).append((start, word))
        else:
            found += [start + place for place in _among(word, scripts)]
    for script, words in pure.items():
        foreign = "".join(word for _, word in words)
        if len(foreign) <= latin and all(letter in _ALIKE[script] for letter in foreign):
            found += [place for start, word in words for place in _whole(start, word, script)]
    return sorted(found)


def _scripts(word: str) -> dict[str, list[int]]:
    """Places of the letters, by script."""
    places: dict[str, list[int]] = {}
    if word.isascii():
        return {"latin": list(range(len(word)))}
    for place, letter in enumerate(word):
        for script, alphabet in _ALPHABETS.items():
            if alphabet.match(letter):
                places.setdefault(script, []).append(place)
                break
    return places


def _among(word: str, scripts: dict[str, list[int]]) -> list[int]:
    """Places of the letters of a mixed word that pass for the others."""
    found: list[int] = []
    latin = scripts.get("latin", [])
    for script, places in scripts.items():
        if script == "latin" or not latin:
            continue
        if all(word[place] in _ALIKE[script] for place in places) and not _is_notation(word, script, places):
            found += places
        elif len(places) > len(latin) and all(word[place] in _LATIN_ALIKE.get(script, ()) for place in latin):
            found += latin
    return sorted(set(found))


def _is_notation(word: str, script: str, places: list[int]) -> bool:
    """Small Greek letters beside capitals, or in a word of two letters: TNFα, NFκB, hν."""
    if script != "greek":
        return False
    return all(
        word[place].islower()
        and (len(word) < 3 or not any(c.islower() and c.isascii() for c in word[max(0, place - 1) : place + 2]))
        for place in places
    )


def _whole(start: int, word: str, script: str) -> range:
    """Places of a word whose letters all pass for Latin ones, unless it is likely a sign of a formula."""
    if script == "greek" and (len(word) < 2 or any(letter.islower() and letter not in "ορ" for letter in word)):
        return range(0)  # α, ν and γ stand alone in any English text with a formula in it
    return range(start, start + len(word))
