from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tuili.applications.windows import FINE, GATHERED, LONGEST, WIDE, SourceWindows, cut_long
from tuili.types import Span

texts = st.lists(
    st.sampled_from(["The mill stood. ", "word ", "\n\n", " " * 900, "x" * 3000, "Is it? ", "。", "磨坊。"])
).map("".join)


@settings(deadline=None, max_examples=50)
@given(st.lists(texts, min_size=1, max_size=3), st.sampled_from([FINE, WIDE]))
def test_places_hold_every_visible_character_of_every_source(sources, grid):
    windows = SourceWindows(sources, grid)
    for number, source in enumerate(sources):
        seen = [False] * len(source)
        for place in windows.places:
            if place.source == number:
                assert windows.text(place).strip() == windows.text(place) != ""
                seen[place.span.start : place.span.end] = [True] * (place.span.end - place.span.start)
        assert all(seen[at] for at, character in enumerate(source) if not character.isspace())


@settings(deadline=None, max_examples=50)
@given(texts, st.integers(1, 50))
def test_pieces_of_a_long_text_are_short_disjoint_and_lose_nothing(text, limit):
    pieces = cut_long(text, Span(0, len(text)), limit)
    assert all(0 < end - start <= limit for start, end in pieces)
    assert "".join("".join(text[start:end].split()) for start, end in pieces) == "".join(text.split())


FILLER = "Nothing of this has to do with it at all, and so it goes on for a while. " * 20


def test_the_best_windows_come_first_and_distant_sentences_are_gathered_in_their_order():
    windows = SourceWindows([f"The lamp was lit. {FILLER}The lamp is in Ashby harbour."], WIDE)
    *single, gathered = windows.readings("The lamp of Ashby harbour was lit.", 3)
    assert "Ashby" in single[0].premise
    assert len(single) == 3
    first, second = gathered.places
    assert first.span.end <= second.span.start
    assert gathered.premise == "The lamp was lit.\nThe lamp is in Ashby harbour."
    assert gathered.premise == f"{windows.text(first)}\n{windows.text(second)}"


def test_nothing_is_gathered_where_the_window_has_all_that_there_is():
    windows = SourceWindows([f"The lamp is in Ashby harbour. {FILLER}The lamp was lit."], WIDE)
    assert len(windows.readings("The lamp is in Ashby.", 1)) == 1
    assert len(windows.readings("The lamp is in Ashby, said Tom.", 1)) == 1
    assert len(windows.readings("Zebras sing.", 1)) == 1


@settings(deadline=None, max_examples=50)
@given(st.lists(texts, min_size=1, max_size=3), st.sampled_from([FINE, WIDE]))
def test_what_is_read_for_a_claim_is_short_however_long_the_source(sources, grid):
    for reading in SourceWindows(sources, grid).readings("The mill stood, word for word. xxx", 2):
        assert len(reading.premise) <= LONGEST + GATHERED
