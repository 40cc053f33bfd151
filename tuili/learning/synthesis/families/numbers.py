"""Numbers: counts, ages, years, prices, lengths of time, shares, and comparisons with them.

A statement is a range of whole numbers; the label is how the ranges of the two sides lie to each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuili.learning.synthesis.grammar import NUMBER_WORDS, number
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw
    from tuili.types import Label

FAMILY = Family(
    "numbers", "Counts, ages, years, prices, durations and shares: exact, at least, more than, between, in all"
)


class Range(NamedTuple):
    """From `low` to `high`, both included, and how that is said."""

    low: int
    high: int
    text: str
    form: str


MOST = 10**9


def _label(premise: Range, hypothesis: Range) -> Label:
    if premise.low >= hypothesis.low and premise.high <= hypothesis.high:
        return ENTAILMENT
    return CONTRADICTION if premise.high < hypothesis.low or premise.low > hypothesis.high else NEUTRAL


def _written(draw: Draw, n: int) -> str:
    """In words or digits."""
    return str(n) if n < len(NUMBER_WORDS) and draw.chance(0.3) else number(n)


def _ranges(draw: Draw, n: int, spread: int) -> list[Range]:
    """Ways to say something about a quantity near `n`."""

    def near() -> int:
        return max(2, n + draw.rng.randint(-spread, spread))

    a, b, c, d, e, low = (near() for _ in range(6))
    high = low + draw.rng.randint(1, spread + 1)

    def write(k: int) -> str:
        return _written(draw, k)

    return [
        Range(a, a, f"exactly {write(a)}", "exactly"),
        Range(b, MOST, f"at least {write(b)}", "at least"),
        Range(c + 1, MOST, f"more than {write(c)}", "more"),
        Range(0, d, f"at most {write(d)}", "at most"),
        Range(0, e - 1, f"{draw.one(['fewer', 'less'])} than {write(e)}", "fewer"),
        Range(low, high, f"between {write(low)} and {write(high)}", "between"),
    ]


def _why(premise: Range, hypothesis: Range) -> str:
    return {
        ENTAILMENT: f"whatever is {premise.text} is {hypothesis.text}",
        CONTRADICTION: f"nothing is {premise.text} and {hypothesis.text}",
        NEUTRAL: f"what is {premise.text} may be {hypothesis.text} or not",
    }[_label(premise, hypothesis)]


def _crossed(draw: Draw, n: int, spread: int, frame: str, *, fewer: str = "fewer") -> Iterator[Draft]:
    """Two statements about one quantity, in one sentence frame with `{}` for the amount."""
    first, second = _ranges(draw, n, spread), _ranges(draw, n, spread)
    other = "less" if fewer == "fewer" else "fewer"

    def fix(text: str) -> str:
        return text.replace(f"{other} than", f"{fewer} than")

    told = draw.one(first)
    for asked in second:
        if (told.low, told.high) != (asked.low, asked.high) or told.form != asked.form:
            yield Draft(
                fix(frame.format(told.text)),
                fix(frame.format(asked.text)),
                _label(told, asked),
                fix(_why(told, asked)),
                f"{asked.form}",
            )


@FAMILY.pattern(framed=True)
def counts(draw: Draw) -> Iterator[Draft]:
    """How many of something."""
    who = draw.people(1, plural=False)[0]
    verb, (noun, _) = draw.transitive()
    at = f" {draw.place()}" if draw.chance(0.4) else ""
    frame = draw.one(
        [f"{who} {verb.past} {{}} {draw.lexicon.plural(noun)}{at}",
         f"there were {{}} {draw.lexicon.plural(noun)} {draw.place()}",
         f"{{}} {draw.lexicon.plural(noun)} were {verb.participle}{at}"]
    )  # fmt: skip
    yield from _crossed(draw, draw.rng.randint(4, 40), 4, frame)


@FAMILY.pattern()
def measures(draw: Draw) -> Iterator[Draft]:
    """Ages, prices, weights, distances, lengths of time."""
    who, thing = draw.people(1, plural=False)[0], draw.one(draw.things(2))
    frame, low, high, spread = draw.one(
        [
            (f"{who} is {{}} years old", 12, 80, 6),
            (f"the {thing} costs {{}} euros", 10, 400, 20),
            (f"the {thing} weighs {{}} grams", 100, 900, 60),
            (f"{draw.event()} lasted {{}} minutes", 20, 180, 20),
            (f"the road to {draw.cities(1)[0]} is {{}} kilometres long", 15, 300, 20),
            (f"{who} waited {{}} days for the {thing}", 3, 30, 4),
            (f"{who} paid {{}} pounds for the {thing}", 10, 300, 20),
        ]
    )
    yield from _crossed(draw, draw.rng.randint(low, high), spread, frame, fewer="less")


@FAMILY.pattern()
def exact_values(draw: Draw) -> Iterator[Draft]:
    """A bare value, and claims about it."""
    who, thing = draw.people(1, plural=False)[0], draw.one(draw.things(2))
    frame, low, high, spread = draw.one(
        [(f"{who} is {{}} years old", 12, 80, 5), (f"the {thing} costs {{}} euros", 10, 400, 15),
         (f"{draw.event()} lasted {{}} minutes", 20, 180, 15), (f"{who} is {{}} centimetres tall", 150, 200, 8),
         (f"the {thing} weighs {{}} kilos", 2, 60, 5)]
    )  # fmt: skip
    n = draw.rng.randint(low, high)
    told = Range(n, n, str(n), "bare")
    for asked in [*_ranges(draw, n, spread), *_ranges(draw, n, spread)]:
        hypothesis = frame.format(asked.text).replace("fewer than", "less than")
        yield Draft(
            frame.format(n), hypothesis, _label(told, asked), _why(told, asked).replace("fewer", "less"), asked.form
        )
        reverse = Range(asked.low, asked.high, asked.text, asked.form)
        label = _label(reverse, told)
        yield Draft(hypothesis, frame.format(n), label, _why(reverse, told).replace("fewer", "less"), "bare")
    yield Draft(frame.format(f"exactly {n}"), frame.format(n), ENTAILMENT, "it is the same number", "bare")


@FAMILY.pattern()
def years(draw: Draw) -> Iterator[Draft]:
    """When something happened: in, before, after, in the decade."""
    who = draw.people(1, plural=False)[0]
    organisation = draw.one(draw.lexicon.organisations)
    city = draw.cities(1)[0]
    frame = draw.one(
        [f"{who} was born {{}}", f"{organisation} was founded {{}}", f"the theatre in {city} was built {{}}",
         f"{who} moved to {city} for good {{}}", f"the first tram ran in {city} {{}}"]
    )  # fmt: skip
    year = draw.rng.randint(1905, 2018)

    def options() -> list[Range]:
        a, b, c = (year + draw.rng.randint(-7, 7) for _ in range(3))
        decade = (year + draw.rng.choice((-10, 0, 0, 10))) // 10 * 10
        century = draw.one([20, 21])
        return [
            Range(a, a, f"in {a}", "in"),
            Range(year, year, f"in {year}", "in"),
            Range(0, b - 1, f"before {b}", "before"),
            Range(c + 1, MOST, f"after {c}", "after"),
            Range(decade, decade + 9, f"in the {decade}s", "decade"),
            Range(century * 100 - 99, century * 100, f"in the {century}th century".replace("21th", "21st"), "century"),
            Range(min(a, b), max(a, b) + 1, f"between {min(a, b)} and {max(a, b) + 1}", "between"),
        ]

    told = draw.one([Range(year, year, f"in {year}", "in"), draw.one(options())])
    for asked in options():
        if asked.text != told.text:
            label = _label(told, asked)
            why = {
                ENTAILMENT: f'"{asked.text}" covers all that "{told.text}" allows',
                CONTRADICTION: f'"{told.text}" and "{asked.text}" have no year in common',
                NEUTRAL: f'"{told.text}" allows years that are and years that are not "{asked.text}"',
            }[label]
            yield Draft(frame.format(told.text), frame.format(asked.text), label, why, asked.form)


@FAMILY.pattern(framed=True)
def sums(draw: Draw) -> Iterator[Draft]:
    """Two counts that add up."""
    who, other = draw.people(2, plural=False)
    verb, (noun, _) = draw.transitive()
    many = draw.lexicon.plural(noun)
    red, blue = draw.some(["red", "blue", "old", "new", "large", "small"], 2)
    a, b = draw.rng.randint(2, 9), draw.rng.randint(2, 9)
    premise, frame = draw.one(
        [(f"{who} {verb.past} exactly {number(a)} {red} {many} and {number(b)} {blue} ones, and no others",
          f"{who} {verb.past} {{}} {many} in all"),
         (f"{who} {verb.past} exactly {number(a)} {many} and {other} exactly {number(b)} more",
          f"{who} and {other} together {verb.past} {{}} {many}"),
         (f"{who} {verb.past} {number(a)} {many} in the morning, another {number(b)} after lunch, and none after that",
          f"{who} {verb.past} {{}} {many} on that day")]
    )  # fmt: skip
    if {red, blue} in ({"old", "blue"}, {"old", "red"}):
        red = "old"
    total = Range(a + b, a + b, str(a + b), "total")
    wrong = a + b + draw.one([-2, -1, 1, 2, 3])
    yield Draft(premise, frame.format(f"exactly {number(a + b)}"), ENTAILMENT, f"{a} and {b} are {a + b}", "exactly")
    yield Draft(premise, frame.format(f"exactly {number(wrong)}"), CONTRADICTION, f"{a} and {b} are {a + b}", "exactly")
    for asked in _ranges(draw, a + b, 3):
        text = frame.format(asked.text).replace("less than", "fewer than")
        yield Draft(premise, text, _label(total, asked), f"{a} and {b} are {a + b}", asked.form)
    open_ended = frame.format(f"at least {number(a)}")
    for asked in _ranges(draw, a + b, 3):
        told = Range(a, MOST, f"at least {a}", "at least")
        text = frame.format(asked.text).replace("less than", "fewer than")
        if text != open_ended:
            yield Draft(open_ended, text, _label(told, asked), _why(told, asked).replace("less", "fewer"), asked.form)


@FAMILY.pattern(framed=True)
def more_than_the_other(draw: Draw) -> Iterator[Draft]:
    """Two amounts, compared."""
    a, b = draw.people(2, plural=False)
    verb, (noun, _) = draw.transitive()
    many = draw.lexicon.plural(noun)
    low = draw.rng.randint(2, 20)
    high = low + draw.rng.randint(1, 15)
    (first, x), (second, y) = draw.some([(a, low), (b, high)], 2)
    full = f"{first} {verb.past} exactly {number(x)} {many} and {second} exactly {number(y)}"
    worded = (
        f"{b} {verb.past} {draw.one(['several', number(high - low), 'twice as many', 'a few'])} {many} more than {a}"
    )
    worded = worded.replace(f"twice as many {many} more than", f"twice as many {many} as")
    single = f"{first} {verb.past} exactly {number(x)} {many}, and {second} counted them"
    for premise, label in (
        (full, ENTAILMENT),
        (worded.replace(f"{many} more", f"more {many}"), ENTAILMENT),
        (single, NEUTRAL),
    ):
        why = "the two amounts say it" if label is ENTAILMENT else "only one of the amounts is given"
        opposite = CONTRADICTION if label is ENTAILMENT else NEUTRAL
        yield Draft(premise, f"{b} {verb.past} more {many} than {a}", label, why, "more")
        yield Draft(premise, f"{a} {verb.past} more {many} than {b}", opposite, why, "more")
        yield Draft(premise, f"{a} {verb.past} fewer {many} than {b}", label, why, "fewer")
        yield Draft(premise, f"{b} {verb.past} fewer {many} than {a}", opposite, why, "fewer")
        yield Draft(premise, f"{a} and {b} {verb.past} the same number of {many}", opposite, why, "same")
    equal = f"{first} {verb.past} exactly {number(x)} {many}, and {second} did the same"
    yield Draft(
        equal, f"{a} and {b} {verb.past} the same number of {many}", ENTAILMENT, "both amounts are equal", "same"
    )
    yield Draft(equal, f"{b} {verb.past} more {many} than {a}", CONTRADICTION, "both amounts are equal", "more")


@FAMILY.pattern()
def places_in_a_contest(draw: Draw) -> Iterator[Draft]:
    """First, second, among the best three."""
    ordinals = "first second third fourth fifth sixth seventh eighth".split()
    a, b = draw.names(2)
    i, j = draw.some(range(7), 2)
    contest = draw.one(["the race", "the spelling contest", "the chess tournament", "the regatta", "the bake-off"])
    premise = f"{a} came {ordinals[i]} in {contest}, and {b} came {ordinals[j]}"
    lone = f"{a} came {ordinals[i]} in {contest}, and {b} took part as well"
    won, lost = (a, b) if i < j else (b, a)
    top = draw.rng.randint(2, 6)
    why = f"the places are {i + 1} and {j + 1}"
    yield Draft(premise, f"{won} did better than {lost} in {contest}", ENTAILMENT, why, "better")
    yield Draft(premise, f"{lost} did better than {won} in {contest}", CONTRADICTION, why, "better")
    if i:
        yield Draft(lone, f"{b} did better than {a} in {contest}", NEUTRAL, f"the place of {b} is not given", "better")
    for who, place in ((a, i), (b, j)):
        label = ENTAILMENT if place < top else CONTRADICTION
        hypothesis = f"{who} was among the best {number(top)} in {contest}"
        yield Draft(premise, hypothesis, label, f"{who} came {ordinals[place]}", "best")
        other = ordinals[(place + draw.rng.randint(1, 6)) % 7]
        yield Draft(premise, f"{who} came {other} in {contest}", CONTRADICTION, f"{who} came {ordinals[place]}", "came")
        yield Draft(premise, f"{who} came {ordinals[place]} in {contest}", ENTAILMENT, "the premise says so", "came")
    if i:
        yield Draft(
            lone, f"{b} was among the best {number(top)} in {contest}", NEUTRAL, "the place is not given", "best"
        )
        yield Draft(lone, f"{b} came {ordinals[i - 1]} in {contest}", NEUTRAL, f"the place of {b} is not given", "came")


@FAMILY.pattern()
def shares(draw: Draw) -> Iterator[Draft]:
    """Percentages and fractions of a known whole."""
    role = draw.lexicon.plural(draw.roles(1)[0])
    whole = draw.one([20, 40, 60, 80, 100, 200, 400])
    name, part = draw.one([("half", 2), ("a quarter", 4), ("a fifth", 5), ("a tenth", 10)])
    city = draw.cities(1)[0]
    percent = draw.one([f"{100 // part} per cent", f"exactly {name}"])
    n = whole // part
    wrong = draw.one([n + 5, n * 2 if part > 2 else n // 2, max(2, n - 4)])
    premise = f"{percent} of the {whole} {role} came from {city}"
    low = Range(n, n, str(n), "exactly")
    for asked in (
        Range(n, n, f"exactly {n}", "exactly"), Range(wrong, wrong, f"exactly {wrong}", "exactly"),
        Range(n + 1, MOST, f"more than {n}", "more"), Range(max(0, n - 1), MOST, f"more than {n - 2}", "more"),
        Range(0, n - 1, f"fewer than {n}", "fewer"), Range(0, n + 2, f"fewer than {n + 3}", "fewer"),
    ):  # fmt: skip
        why = f"{name} of {whole} is {n}"
        yield Draft(premise, f"{asked.text} of the {role} came from {city}", _label(low, asked), why, asked.form)
        vague = f"some of the {whole} {role} came from {city}"
        if asked.low > 1 and asked.high < MOST:
            yield Draft(
                vague, f"{asked.text} of the {role} came from {city}", NEUTRAL, "some gives no number", asked.form
            )
