"""Time: before and after, clock times, since and until, days and lengths of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuili.learning.synthesis.draw import DAYS
from tuili.learning.synthesis.grammar import NounPhrase, number
from tuili.learning.synthesis.pair import CONTRADICTION, ENTAILMENT, NEUTRAL, Draft, Family
from tuili.learning.synthesis.worlds import Orders, label_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuili.learning.synthesis.draw import Draw
    from tuili.learning.synthesis.worlds import Worlds

FAMILY = Family(
    "temporal", "Before and after, also over several steps; clock times, since and until, opening hours, days"
)
WHY = {
    ENTAILMENT: "it holds in every order of events that the premise allows",
    NEUTRAL: "the premise allows orders of events in which it holds and others in which it does not",
    CONTRADICTION: "it holds in no order of events that the premise allows",
}


@FAMILY.pattern()
def two_events(draw: Draw) -> Iterator[Draft]:
    """Before and after, turned round."""
    a, b = draw.people(2)
    p, q = draw.verb_phrases(2, place=0.15)
    one, two = f"{a} {p.past}", f"{b} {q.past}"
    worlds = Orders(2)
    order = worlds.before(0, 1)
    premises = [
        (f"{one} before {two}", order), (f"{two} after {one}", order), (f"after {one}, {two}", order),
        (f"before {two}, {one}", order), (f"first {one}, then {two}", order),
        (f"{one}, and some time later {two}", order),
        (f"{one}, and on the same day {two}", worlds.every), (f"both happened: {one} and {two}", worlds.every),
    ]  # fmt: skip
    for premise, told in draw.some(premises, 4):
        for hypothesis, asked, form in (
            (f"{one} before {two}", order, "before"), (f"{two} before {one}", worlds.every & ~order, "before"),
            (f"{one} after {two}", worlds.every & ~order, "after"), (f"{two} after {one}", order, "after"),
        ):  # fmt: skip
            if hypothesis != premise:
                label = label_of(told, asked)
                yield Draft(premise, hypothesis, label, WHY[label], form)


def _chain(premise_verb: str, people: list[NounPhrase]) -> Iterator[tuple[str, Worlds]]:
    a, b, c = people
    worlds = Orders(3)
    ab, bc = worlds.before(0, 1), worlds.before(1, 2)
    yield f"{a} {premise_verb} before {b}, and {b} {premise_verb} before {c}", ab & bc
    yield f"{c} {premise_verb} after {b}, but {a} {premise_verb} before {b}", ab & bc
    yield f"{a} {premise_verb} before {b} and before {c}", ab & worlds.before(0, 2)
    yield f"{b} and {c} {premise_verb} after {a}", ab & worlds.before(0, 2)
    yield f"{a} {premise_verb} first, followed by {b} and later by {c}", ab & bc
    yield f"{a} and {b} {premise_verb} before {c}", bc & worlds.before(0, 2)


@FAMILY.pattern(framed=False)
def three_events(draw: Draw) -> Iterator[Draft]:
    """Order over a step between."""
    people = draw.people(3, plural=False)
    verb = draw.one(["arrived", "left", "spoke", "sang", "finished", "resigned", "retired", "woke up", "got married"])
    worlds = Orders(3)
    for premise, told in draw.some(list(_chain(verb, people)), 3):
        for i in range(3):
            for j in range(3):
                if i != j:
                    label = label_of(told, worlds.before(i, j))
                    yield Draft(premise, f"{people[i]} {verb} before {people[j]}", label, WHY[label], "before")
                    label = label_of(told, worlds.before(j, i))
                    yield Draft(premise, f"{people[i]} {verb} after {people[j]}", label, WHY[label], "after")
            for word, asked in (("first", worlds.first(i)), ("last", worlds.last(i))):
                label = label_of(told, asked)
                yield Draft(premise, f"of the three, {people[i]} {verb} {word}", label, WHY[label], word)


@FAMILY.pattern()
def clock(draw: Draw) -> Iterator[Draft]:
    """Two times of day."""
    a, b = draw.people(2, plural=False)
    verb = draw.one(["arrived", "left", "called", "got up", "had lunch", "went home", "came back"])
    x, y = draw.some(range(6 * 4, 22 * 4), 2)
    times = {n: f"{n // 4}:{n % 4 * 15:02d}" for n in (x, y)}
    premise = f"{a} {verb} at {times[x]} and {b} at {times[y]}"
    vague = f"{a} {verb} at {times[x]}, and {b} did so on the same day"
    for told, text in (("full", premise), ("vague", vague)):
        for first, second, earlier in ((a, b, x < y), (b, a, y < x)):
            for word in ("earlier", "later"):
                holds = earlier == (word == "earlier")
                label = NEUTRAL if told == "vague" else ENTAILMENT if holds else CONTRADICTION
                why = (
                    f"{times[min(x, y)]} is earlier than {times[max(x, y)]}"
                    if told == "full"
                    else "only one time is given"
                )
                yield Draft(text, f"{first} {verb} {word} than {second}", label, why, word)
    hour = x // 4 + draw.one([-2, -1, 0, 1, 2])
    for word, holds in (("before", x < hour * 4), ("after", x > hour * 4)):
        if x != hour * 4:
            label = ENTAILMENT if holds else CONTRADICTION
            why = f"{times[x]} is {'before' if x < hour * 4 else 'after'} {hour} o'clock"
            yield Draft(premise, f"{a} {verb} {word} {hour}:00", label, why, f"{word}-hour")
            yield Draft(vague, f"{b} {verb} {word} {hour}:00", NEUTRAL, "that time is not given", f"{word}-hour")


@FAMILY.pattern()
def since_and_until(draw: Draw) -> Iterator[Draft]:
    """What has gone on since a year, or went on until one."""
    who = draw.people(1, plural=False)[0]
    city = draw.cities(1)[0]
    start = draw.rng.randint(1985, 2008)
    end = start + draw.rng.randint(4, 12)
    inside, early, late = (
        draw.rng.randint(start + 1, end - 1),
        start - draw.rng.randint(1, 9),
        end + draw.rng.randint(1, 9),
    )
    (works, worked, working), at = draw.one(
        [
            (("works", "worked", "worked"), f"for {draw.one(draw.lexicon.organisations)}"),
            (("lives", "lived", "lived"), f"in {city}"),
            (("teaches", "taught", "taught"), f"at a school in {city}"),
            (("runs", "ran", "run"), f"a bakery in {city}"),
        ]
    )
    since = f"{who} has {working} {at} since {start}, without a break"
    until = f"{who} {worked} {at} until {end} and then left for good"
    both = f"{who} {worked} {at} from {start} to {end}, and at no other time"
    year = inside
    for premise, at_year in (
        (since, {year: ENTAILMENT, early: NEUTRAL, late: ENTAILMENT}),
        (until, {year: NEUTRAL, early: NEUTRAL, late: CONTRADICTION}),
        (both, {year: ENTAILMENT, early: CONTRADICTION, late: CONTRADICTION}),
    ):
        for asked, label in at_year.items():
            why = {
                ENTAILMENT: f"{asked} lies within the time",
                CONTRADICTION: f"{asked} lies outside the time",
                NEUTRAL: f"the premise says nothing about {asked}",
            }[label]
            yield Draft(premise, f"{who} {worked} {at} in {asked}", label, why, "in")
            flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}.get(label, label)
            yield Draft(
                premise,
                f"{who} did not {'run' if works == 'runs' else works[:-1].replace('teache', 'teach')} {at} in {asked}",
                flipped,
                why,
                "not-in",
            )
        now = {since: ENTAILMENT, until: CONTRADICTION, both: CONTRADICTION}[premise]
        yield Draft(
            premise, f"{who} still {works} {at}", now, "since goes on until now, until and from … to do not", "still"
        )
        flipped = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}[now]
        yield Draft(
            premise,
            f"{who} no longer {works} {at}",
            flipped,
            "since goes on until now, until and from … to do not",
            "no-longer",
        )


@FAMILY.pattern()
def opening_hours(draw: Draw) -> Iterator[Draft]:
    """Open from, open until."""
    city = draw.cities(1)[0]
    place = f"the {draw.one(draw.lexicon.kind('building'))} in {city}"
    start, end = draw.rng.randint(7, 11), draw.rng.randint(15, 21)
    day = draw.days(1)[0]
    premise = f"on {day}s {place} is open from {start}:00 to {end}:00 and closed for the rest of the day"
    vague = f"on {day}s {place} opens at {start}:00"
    for hour in (draw.rng.randint(start + 1, end - 1), start - draw.rng.randint(1, 3), end + draw.rng.randint(1, 2)):
        inside = start < hour < end
        why = f"{hour}:00 is {'within' if inside else 'outside'} the hours"
        for word, holds in (("open", inside), ("closed", not inside)):
            hypothesis = f"on {day}s {place} is {word} at {hour}:00"
            yield Draft(premise, hypothesis, ENTAILMENT if holds else CONTRADICTION, why, word)
            if hour > start + 2:
                yield Draft(vague, hypothesis, NEUTRAL, "the premise does not say when it closes", word)


@FAMILY.pattern()
def days_later(draw: Draw) -> Iterator[Draft]:
    """Counting days."""
    a, b = draw.names(2)
    start, step, off = draw.rng.randrange(7), draw.rng.randint(1, 5), draw.rng.randint(1, 6)
    verb = draw.one(["arrived", "left", "called", "paid", "replied", "finished"])
    word = "the next day" if step == 1 else f"{number(step)} days later"
    target = DAYS[(start + step) % 7]
    wrong = DAYS[(start + step + off) % 7]
    premise = f"{a} {verb} on {DAYS[start]}, and {b} {verb} {word}"
    vague = f"{a} {verb} on {DAYS[start]}, and {b} {verb} some days later"
    why = f"{word} after {DAYS[start]} is {target}" if step > 1 else f"the day after {DAYS[start]} is {target}"
    for day in (target, wrong):
        yield Draft(premise, f"{b} {verb} on a {day}", ENTAILMENT if day == target else CONTRADICTION, why, "on")
        flipped = CONTRADICTION if day == target else ENTAILMENT
        yield Draft(premise, f"{b} did not {_base(verb)} on a {day}", flipped, why, "not-on")
        if DAYS[start] != day:
            yield Draft(vague, f"{b} {verb} on a {day}", NEUTRAL, "the premise does not say how many days", "on")
            yield Draft(
                vague,
                f"{b} did not {_base(verb)} on a {day}",
                NEUTRAL,
                "the premise does not say how many days",
                "not-on",
            )


def _base(verb: str) -> str:
    return {
        "arrived": "arrive",
        "left": "leave",
        "called": "call",
        "paid": "pay",
        "replied": "reply",
        "finished": "finish",
    }[verb]


@FAMILY.pattern()
def how_long(draw: Draw) -> Iterator[Draft]:
    """From then to then is so long."""
    event = draw.event()
    start, hours = draw.rng.randint(8, 18), draw.rng.randint(1, 4)
    half = draw.chance(0.5)
    minutes = hours * 60 + 30 * half
    end = f"{start + hours}:{'30' if half else '00'}"
    premise = f"{event} began at {start}:00 and ended at {end}"
    vague = f"{event} began at {start}:00"
    other = minutes + draw.one([-30, 30, 60, -15, 45])
    limit = minutes + draw.one([-30, 30, 60, -20])
    for told, label in ((premise, None), (vague, NEUTRAL)):
        why = (
            f"from {start}:00 to {end} it is {minutes} minutes"
            if label is None
            else "the premise does not say when it ended"
        )
        for length in (minutes, other):
            is_it = ENTAILMENT if length == minutes else CONTRADICTION
            yield Draft(told, f"{event} lasted exactly {length} minutes", label or is_it, why, "exactly")
        if limit != minutes:
            longer = ENTAILMENT if minutes > limit else CONTRADICTION
            shorter = CONTRADICTION if minutes > limit else ENTAILMENT
            yield Draft(told, f"{event} lasted more than {limit} minutes", label or longer, why, "more")
            yield Draft(told, f"{event} lasted less than {limit} minutes", label or shorter, why, "less")
