"""The page, in a real browser without a head."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
playwright = pytest.importorskip("playwright.sync_api")

from live import live  # noqa: E402

from tuili.reasoning.scripted import Scripted  # noqa: E402

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SOURCE = "The shop opens at nine. It is closed on Sundays 🌞. Bread is sold there."
ANSWER = "The shop opens at nine. The shop is open on Sundays. The shop sells <b>cars</b>."

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium"),
    # the browser's driver leaves its event loop and pipes to the collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def says(premise: str, hypothesis: str) -> dict[str, float]:
    if "nine" in hypothesis:
        return {"entailment": 0.9, "neutral": 0.08, "contradiction": 0.02}
    if "Sunday" in hypothesis:
        return {"entailment": 0.05, "neutral": 0.2, "contradiction": 0.75}
    return {"entailment": 0.1, "neutral": 0.8, "contradiction": 0.1}


@pytest.fixture(scope="module")
def served():
    with live(Scripted(says)) as server:
        yield server


@pytest.fixture
def browser():
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


def opened_page(browser, served, **options):
    page = browser.new_page(**options)
    page.asked, page.faults = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if "Content Security" in message.text else None)
    page.goto(served.url)
    return page


def check(page, source=SOURCE, answer=ANSWER):
    page.fill("#source", source)
    page.fill("#answer", answer)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".claim", timeout=20_000)


def keep(page, name):
    """A picture for whoever wants to look: set TUILI_SCREENSHOTS to a directory."""
    if folder := os.environ.get("TUILI_SCREENSHOTS"):
        page.wait_for_timeout(400)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def classes(page):
    return [one.get_attribute("class") for one in page.query_selector_all(".claim")]


def test_claims_are_coloured_and_marked_with_their_evidence(browser, served):
    page = opened_page(browser, served, viewport={"width": 1280, "height": 900})
    check(page)
    assert classes(page) == ["claim supported", "claim contradicted", "claim not-found"]
    marks = page.evaluate("[...document.querySelectorAll('.claim')].map(c => getComputedStyle(c, '::before').content)")
    assert marks == ['"✓"', '"✗"', '"?"']  # not by colour alone
    page.keyboard.press("Tab")
    page.click(".claim.contradicted")
    strong = page.text_content("#shown-source mark.strong")
    assert strong in SOURCE
    assert page.text_content("#shown-source") == SOURCE
    assert page.text_content("#claims") == ANSWER  # as text, never as HTML
    rows = page.query_selector_all("#detail .row")
    assert [row.query_selector(".number").text_content() for row in rows] == ["0.050", "0.200", "0.750"]
    page.wait_for_function(
        """() => {
            const widths = [...document.querySelectorAll("#detail .fill")].map(f => f.getBoundingClientRect().width);
            return widths.length === 3 && widths[2] > widths[0];
        }"""
    )
    keep(page, "wide")
    assert page.faults == []


def test_the_threshold_shows_its_effect(browser, served):
    page = opened_page(browser, served)
    check(page)
    assert "1 supported, 1 contradicted, 1 not found" in page.text_content("#effect")
    page.evaluate(
        "t => { const s = document.getElementById('threshold'); s.value = t; s.dispatchEvent(new Event('input')); }",
        0.8,
    )
    assert classes(page) == ["claim supported", "claim not-found", "claim not-found"]
    assert "(1 not as at 0.37)" in page.text_content("#effect")


def test_it_can_be_used_with_the_keyboard_alone(browser, served):
    page = opened_page(browser, served)
    check(page)
    page.focus(".claim")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.claim") == "1"
    assert "Claim 2: contradicted" in page.text_content("#detail")
    page.keyboard.press("ArrowLeft")
    assert "Claim 1: supported" in page.text_content("#detail")


def test_history_and_export(browser, served):
    page = opened_page(browser, served)
    check(page)
    with page.expect_download() as download:
        page.click("#export")
    exported = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert exported["source"] == SOURCE
    assert [claim["status_at_threshold"] for claim in exported["claims"]] == ["supported", "contradicted", "not found"]
    page.reload()
    page.click("#history button")
    page.wait_for_selector(".claim", timeout=20_000)
    assert page.input_value("#answer") == ANSWER
    page.click("#forget")
    assert not page.is_visible("#history")


def test_it_fits_a_phone_and_the_dark(browser, served):
    page = opened_page(browser, served, viewport={"width": 375, "height": 700}, color_scheme="dark")
    check(page, answer=ANSWER + " " + "Longwordwithoutend" * 12 + " nine.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 25, 27)"
    keep(page, "phone-dark")


def test_it_asks_nobody_else(browser, served):
    page = opened_page(browser, served)
    check(page)
    assert page.asked
    assert all(url.startswith((served.url, "blob:")) for url in page.asked)
    assert page.faults == []


def test_characters_that_nobody_sees_are_told(browser, served):
    """I, P3"""
    page = opened_page(browser, served)
    check(page, answer="The shop opens at ni\u200bne.")
    assert "answer: 1 × invisible (U+200B at 20)" in page.text_content("#status")
    check(page)
    page.wait_for_function("!document.getElementById('status').textContent.includes('invisible')")
    assert page.faults == []


def test_what_went_wrong_is_told(browser, served):
    page = opened_page(browser, served)
    page.fill("#source", " ")
    page.fill("#answer", "x")
    page.click("#check")
    page.wait_for_selector("#status.failed", timeout=20_000)
    assert "blank" in page.text_content("#status")
