"""`tuili synthesise`: labelled pairs out of a grammar and a vocabulary."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuili.cli.options import Json
from tuili.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuili.learning.synthesis.pair import SyntheticPair

SHOWN = 5


def synthesise(
    output: Annotated[Path | None, typer.Option("--output", help="Where the pairs go: .jsonl or .csv.")] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many pairs.")] = 10_000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same pairs.")] = 0,
    families: Annotated[
        str | None, typer.Option("--families", help="Families to use, separated by commas; all by default.")
    ] = None,
    leave_out: Annotated[
        str | None, typer.Option("--leave-out", help="Families not to use, separated by commas.")
    ] = None,
    lexicon: Annotated[Path | None, typer.Option("--lexicon", help="A vocabulary of your own, as TOML.")] = None,
    distractors: Annotated[
        float, typer.Option("--distractors", help="Share of premises that get unrelated sentences around them, 0 to 1.")
    ] = 0.0,
    noise: Annotated[
        float, typer.Option("--noise", help="Share of pairs with typing errors and the like, 0 to 1.")
    ] = 0.0,
    show: Annotated[bool, typer.Option("--show", help=f"Print {SHOWN} pairs of each pattern instead.")] = False,
    list_families: Annotated[bool, typer.Option("--list", help="List the families instead.")] = False,
    as_json: Json = False,
) -> None:
    """Make labelled pairs, each with its family and the reason for its label, and write them to a file."""
    from tuili.learning.synthesis import families as known
    from tuili.learning.synthesis.generate import generate
    from tuili.learning.synthesis.lexicon import Lexicon
    from tuili.learning.synthesis.noise import noisy
    from tuili.learning.synthesis.write import write_pairs

    if list_families:
        _print_families(known(), as_json=as_json)
        return
    words = Lexicon.general() if lexicon is None else Lexicon.read(lexicon)
    chosen, without = _names(families), _names(leave_out) or []
    if show:
        _print_sample(_sample(seed, chosen, without, words, distractors), as_json=as_json)
        return
    if output is None:
        raise UsageError("give --output: where the pairs go; or --show, or --list")
    pairs = generate(n, seed=seed, families=chosen, leave_out=without, lexicon=words, distractors=distractors)
    labels: Counter[str] = Counter()
    written = write_pairs(_counted(noisy(pairs, seed=seed, share=noise), labels), output)
    if as_json:
        typer.echo(json.dumps({"output": str(output), "n": written, "labels": dict(labels), "seed": seed}))
    else:
        shares = ", ".join(f"{count:,} {label}" for label, count in sorted(labels.items()))
        typer.echo(f"{output}: {written:,} pairs; {shares or 'none'}", err=True)


def _names(option: str | None) -> list[str] | None:
    return None if option is None else [name.strip() for name in option.split(",") if name.strip()]


def _counted(pairs: Iterable[SyntheticPair], labels: Counter[str]) -> Iterable[SyntheticPair]:
    for pair in pairs:
        labels[pair.label.value] += 1
        yield pair


def _sample(
    seed: int, families: list[str] | None, leave_out: list[str], lexicon: object, distractors: float
) -> list[SyntheticPair]:
    """`SHOWN` pairs of each pattern."""
    from tuili.learning.synthesis.generate import chosen_families, generate
    from tuili.learning.synthesis.lexicon import Lexicon

    words = lexicon if isinstance(lexicon, Lexicon) else None
    sample: list[SyntheticPair] = []
    for family in chosen_families(families, leave_out):
        left = {pattern.name: SHOWN for pattern in family.patterns}
        many = SHOWN * len(left) * 4
        for pair in generate(many, seed=seed, families=[family.name], lexicon=words, distractors=distractors):
            if left[pair.pattern]:
                left[pair.pattern] -= 1
                sample.append(pair)
    order = {(pair.family, pair.pattern): position for position, pair in reversed(list(enumerate(sample)))}
    return sorted(sample, key=lambda pair: order[pair.family, pair.pattern])


def _print_families(families: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(families))
        return
    width = max(len(name) for name in families)
    for name, description in families.items():
        typer.echo(f"{name:<{width}}  {description}")


def _print_sample(sample: list[SyntheticPair], *, as_json: bool) -> None:
    if as_json:
        for pair in sample:
            typer.echo(json.dumps(pair.to_dict(), ensure_ascii=False))
        return
    last = None
    for pair in sample:
        if (pair.family, pair.pattern) != last:
            typer.echo(f"{'' if last is None else chr(10)}{pair.family} · {pair.pattern}")
        last = (pair.family, pair.pattern)
        typer.echo(
            f"  {pair.label.value:<13} {pair.premise}\n  {'':<13} → {pair.hypothesis}\n  {'':<13}   {pair.reason}"
        )
