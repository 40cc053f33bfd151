"""Characters that a reader does not see as they are (trust.md, I and P3)."""

from __future__ import annotations

import string
import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuili.data.unusual import Unusual, in_words, kinds, unusual
from tuili.evaluation.perturb import unicode_edits
from tuili.types import Pair


def found(text):
    return [(one.kind.value, one.offset, f"{one.code_point:04X}") for one in unusual(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # invisible: with nothing beside it that needs it
        ("pay\u200bpal", [("invisible", 3, "200B")]),
        ("pay\u200dpal", [("invisible", 3, "200D")]),
        ("pay\u00adpal", [("invisible", 3, "00AD")]),
        ("\ufeffpay", [("invisible", 0, "FEFF")]),
        ("a\u2060b\u2063c", [("invisible", 1, "2060"), ("invisible", 3, "2063")]),
        ("pay\ufe0fpal", [("invisible", 3, "FE0F")]),
        ("two ❤️\ufe0f", [("invisible", 6, "FE0F")]),
        ("smuggled 😀\U000e0148\U000e0155", [("invisible", 10, "E0148"), ("invisible", 11, "E0155")]),
        ("한\u3164국", [("invisible", 1, "3164")]),
        ("x\u2800y", [("invisible", 1, "2800")]),
        # order
        ("\u202eabc\u202c", [("bidi", 0, "202E"), ("bidi", 4, "202C")]),
        ("a\u2067b\u2069", [("bidi", 1, "2067"), ("bidi", 3, "2069")]),
        ("admin\u200f", [("bidi", 5, "200F")]),
        ("שלום \u202eabc\u202c", [("bidi", 5, "202E"), ("bidi", 9, "202C")]),
        ("שלום \u2067abc", [("bidi", 5, "2067")]),  # not closed
        ("שלום\nabc\u200f", [("bidi", 8, "200F")]),  # another line
        # tags
        ("hi\U000e0041\U000e0042", [("tag", 2, "E0041"), ("tag", 3, "E0042")]),
        ("🏴\U000e0061\U000e007f", [("tag", 1, "E0061"), ("tag", 2, "E007F")]),
        ("\U000e0001x", [("tag", 0, "E0001")]),
        # controls
        ("a\bb\x1b[2J", [("control", 1, "0008"), ("control", 3, "001B")]),
        ("a\x85b\x7f", [("control", 1, "0085"), ("control", 3, "007F")]),
        # look-alikes
        ("pаypal", [("look_alike", 1, "0430")]),
        ("Αpple", [("look_alike", 0, "0391")]),
        ("gοοgle", [("look_alike", 1, "03BF"), ("look_alike", 2, "03BF")]),
        ("аdmіn", [("look_alike", 0, "0430"), ("look_alike", 3, "0456")]),
        ("Мoсква", [("look_alike", 1, "006F")]),  # a Latin letter in a Russian word
        ("the сор is here", [("look_alike", 4, "0441"), ("look_alike", 5, "043E"), ("look_alike", 6, "0440")]),
        ("Օne", [("look_alike", 0, "0555")]),
        ("ᎠᎡavid", [("look_alike", 0, "13A0"), ("look_alike", 1, "13A1")]),
    ],
)
def test_what_is_unusual_is_found_where_it_is(text, expected):
    assert found(text) == expected


ORDINARY = {
    "arabic": "قال المتحدث باسم الوزارة إن الاجتماع سيُعقد يوم الثلاثاء في القاهرة.",
    "arabic_marks": "يدعم الهاتف تقنية Bluetooth 5.0\u200f وشبكة Wi-Fi\u200e.",
    "arabic_isolate": "فتح أحمد الملف \u2066report (final).pdf\u2069 ثم أغلقه.",
    "arabic_embedding": "اسم الملف هو \u202areport.txt\u202c فقط.",
    "arabic_letter_mark": "التاريخ \u061c12/05\u061c محدد.",
    "persian": "او می\u200cخواهد کتاب\u200cهای تازه را بخواند.",
    "urdu": "وہ کل لاہور سے کراچی جا رہے ہیں۔",
    "hebrew": "הישיבה תתקיים ביום שלישי בשעה 10:00 בבניין\u200e Microsoft\u200f החדש.",
    "hebrew_line": "\u202bהדילוג על הבתים הבאים\n\u202bעוד שורה\u202c",
    "hebrew_points": "בְּרֵאשִׁית בָּרָא אֱלֹהִים",
    "hebrew_prefix": "קניתי מחשב חדש ב-Amazon והiPhone נשבר.",
    "hindi": "श्री वर्मा ने कहा कि क्\u200dष और र\u200c्य अलग लिखे जाते हैं।",
    "bengali": "র\u200d্যাব সদস্যরা সেখানে পৌঁছেছেন।",
    "sinhala": "ශ්\u200dරී ලංකාව දූපතකි.",
    "tamil": "அவர் நாளை சென்னைக்கு செல்கிறார்.",
    "thai": "เขา\u200bไป\u200bโรงเรียน",
    "khmer": "\u200b\u200bខ្ញុំ\u200bទៅ\u200b\u200bសាលា",
    "chinese": "他说：“好的。”然后走了。葛\U000e0100城",
    "japanese": "このTシャツは3,000円です。①番の㈱青空。〰️",
    "korean": "그는 K팝을 좋아한다.",
    "mongolian": "ᠮᠣᠩᠭᠣᠯ\u180e ᠤᠨ ᠪᠢᠴᠢᠭ\u180b",
    "russian": "Он купил SIM-карту и ноутбук с USB 3.0 в США, а SMSка не пришла.",
    "serbian": "Влада Републике Србије усвојила је предлог закона.",
    "russian_with_a_latin_letter": "КОНТЕКСТ: s",
    "ukrainian_with_a_name": "архів ustar",
    "ukrainian": "Її сім'я живе в Києві, і це добре.",
    "greek": "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας, ΤΟ ΚΟΜΜΑ ΝΙΚΗΣΕ.",
    "greek_in_english": "TNFα and IFNγ activate NFκB; Δx is 3 µm, α = 0.05 and hν is the energy.",
    "english_and_russian": "He wrote «Привет» and left; the word мир means peace.",
    "english_and_cyrillic_names": "She read Война и мир in Moscow.",
    "german": "Straße, Äpfel und Zürich: 5 °C.\f\tNeue Seite",
    "french": "L’été à Nîmes\u202f: «\u00a0bonjour\u00a0».",
    "vietnamese": "Tôi đang học tiếng Việt ở Hà Nội.",
    "turkish": "Işık İstanbul'da yaşıyor.",
    "polish": "Zażółć gęślą jaźń.",
    "emoji": "Great! 👍🏽 👩\u200d🚀 👨\u200d👩\u200d👧\u200d👦 ❤️\u200d🔥 🏳️\u200d🌈 ☎︎ ✈️",
    "keycaps": "Press 1️⃣ or #️⃣ for ©️ and ™️.",
    "flags": "🇩🇪 beat 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f and "
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f, 🏴.",
    "mathematics": "∀x ∈ ℝ: x² ≥ 0, ½ + ⅓",
    "braille": "⠠⠞⠓⠊⠎⠀⠊⠎⠀⠃⠗⠁⠊⠇⠇⠑",
    "decomposed": "cafe\u0301 and nai\u0308ve",
    "plain": "The quick brown fox\tjumps\r\nover the lazy dog.",
}


@pytest.mark.parametrize("language", ORDINARY)
def test_what_a_script_needs_is_no_finding(language):
    """P3: Arabic, Hebrew, Hindi, emoji and others as people write them."""
    assert found(ORDINARY[language]) == []


PAIRS = [
    Pair("The committee approved the new budget on Tuesday.", "A budget was accepted by a panel."),
    Pair("Two children are playing football in the park.", "Some people play outside."),
    Pair("Prices of copper have risen sharply since October.", "Copper is more expensive than before."),
]


@pytest.mark.parametrize("edits", [1, 3, 5])
@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        ("invisible", Unusual.INVISIBLE),
        ("look_alike", Unusual.LOOK_ALIKE),
        ("reordered", Unusual.BIDI),
        ("deleted", Unusual.CONTROL),
    ],
)
def test_every_edit_of_the_four_classes_is_found(edit, kind, edits):
    """P3: both sides, at any place."""
    perturb = unicode_edits(edit, edits)
    for seed in range(50):
        for pair in PAIRS:
            for before, after in zip(pair, perturb(pair, Random(seed)), strict=True):
                assert before != after
                assert kinds(before) == []
                assert kinds(after) == [kind.value]


HIDDEN = ["\u200b", "\u2060", "\u202e", "\u2066", "\U000e0041", "\x08", "\x7f", "\ufeff", "\u2063"]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=string.ascii_letters + " ,.", max_size=40), st.data())
def test_a_hidden_character_in_plain_text_is_found_at_its_offset_and_nothing_else(text, data):
    """P3: property over places and characters."""
    place = data.draw(st.integers(0, len(text)))
    hidden = data.draw(st.sampled_from(HIDDEN))
    [one] = unusual(text[:place] + hidden + text[place:])
    assert (one.offset, one.code_point) == (place, ord(hidden))


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_of_any_text_findings_are_in_order_inside_it_and_name_what_is_there(text):
    offsets = [one.offset for one in unusual(text)]
    assert offsets == sorted(set(offsets))
    assert all(ord(text[one.offset]) == one.code_point for one in unusual(text))
    assert kinds(text) == sorted({one.kind.value for one in unusual(text)})


@pytest.mark.parametrize(
    "unit",
    ["\u202e", "ש\u2067", "\u2069", "а", "aа", "\u200d", "🏴\U000e0067", "а b ", "א\u200e\n", "👩\u200d", "\x08", "Aα"],
)
def test_time_grows_linearly(unit):
    """I4"""

    def seconds(length):
        text = unit * (length // len(unit))
        start = time.process_time()
        unusual(text)
        return time.process_time() - start

    seconds(1_000)
    short, long = (min(seconds(length) for _ in range(3)) for length in (4_000, 40_000))
    assert long < 30 * short + 0.05


def test_a_finding_in_words_and_in_json():
    assert in_words(unusual("a\u200b\u200bb")) == "invisible character U+200B at position 1, and 1 more"
    assert in_words(unusual("pаy")) == "look-alike letter U+0430 at position 1"
    assert unusual("a\u202eb")[0].to_dict() == {"kind": "bidi", "offset": 1, "code_point": "U+202E"}
