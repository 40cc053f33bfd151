from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from made_judges import sleeper

from tuili.explanation.explain import explain
from tuili.explanation.marked import pieces
from tuili.explanation.render_html import render_html
from tuili.explanation.render_text import render_markdown, render_terminal
from tuili.types import Evidence, Label, Pair, Span

PAIR = Pair("The old man is sleeping on a bench.", "Some man is running quickly.")
HOSTILE = Pair(
    "<script>alert('x')</script> a man is sleeping & \x1b[31mred\x1b[0m \u202eevil **bold** [a](javascript:x)",
    'He is running" onmouseover="alert(1)',
)


class Page(HTMLParser):
    """What a browser would see."""

    VOID = ("meta",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in set(self.open):
            self.text[tag] = self.text.get(tag, "") + data


def test_pieces_put_together_are_the_text():
    evidence = [
        Evidence("premise", Span(4, 7), "old", Label.NEUTRAL, 0.5),
        Evidence("premise", Span(5, 11), "ld man", Label.NEUTRAL, 0.5),
        Evidence("hypothesis", Span(0, 4), "Some", Label.NEUTRAL, 0.5),
    ]
    cut = pieces(PAIR.premise, evidence, "premise")
    assert "".join(piece.text for piece in cut) == PAIR.premise
    assert [piece.text for piece in cut if piece.evidence] == ["old"]


def test_the_terminal_shows_evidence_without_colour_too():
    found = explain(sleeper(), PAIR, edit=True)
    plain = render_terminal(found)
    assert "The old man is [sleeping] on a bench." in plain
    assert "Some man is [running] quickly." in plain
    assert plain.splitlines()[0].startswith("contradiction  0.900")
    assert "\x1b" not in plain
    coloured = render_terminal(found, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_no_text_can_steer_the_terminal():
    shown = render_terminal(explain(sleeper(), HOSTILE))
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_markdown_is_escaped():
    shown = render_markdown(explain(sleeper(), HOSTILE))
    assert "**sleeping**" in shown
    assert "<script>" not in shown
    assert "](javascript" not in shown
    assert "\\*\\*bold\\*\\*" in shown


@pytest.mark.parametrize("pair", [PAIR, HOSTILE, Pair("\n\nsleeping\ttight\n", "running]]> <!-- -->")])
def test_the_page_is_well_formed_and_holds_the_text_and_nothing_from_it(pair):
    page = Page(render_html(explain(sleeper(), pair, edit=True)))
    assert page.open == []
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "link", "iframe", "b", "a"}
    attributes = [name for _, given in page.tags for name in given]
    assert not [name for name in attributes if name.startswith("on") or name in {"src", "href"}]
    assert "sleeping" in page.text["mark"]
    assert "running" in page.text["mark"]


def test_the_page_fetches_nothing_and_names_its_language():
    page = render_html(explain(sleeper(), PAIR), language="de")
    assert not re.search(r"https?:|url\(|@import", page)
    assert '<html lang="en">' in page
    assert page.count('lang="de"') == 2
    assert 'lang="&quot;' in render_html(explain(sleeper(), PAIR), language='"x')


def test_evidence_is_told_without_colour_and_to_screen_readers():
    page = Page(render_html(explain(sleeper(), PAIR)))
    assert "[evidence for contradiction, weight 1.00: sleeping]" in page.text["mark"]
    assert "underline" in page.text["style"]


def test_an_explanation_without_evidence_is_shown_too():
    found = explain(sleeper(), PAIR)
    bare = replace(found, verdict=replace(found.verdict, evidence=()), faithfulness=None)
    assert "Tested" not in render_html(bare)
    assert "[" not in render_terminal(bare)
    assert "**sleeping**" not in render_markdown(bare)
