"""The families of patterns, one file each. A pattern draws words and yields drafts of pairs that share them."""

from tuili.learning.synthesis.families import (
    adjectives,
    apposition,
    comparatives,
    conditionals,
    coordination,
    entities,
    factive,
    lexical,
    negation,
    numbers,
    overlap,
    quantifiers,
    relative,
    spatial,
    temporal,
    voice,
)

FAMILIES = tuple(
    module.FAMILY
    for module in (
        overlap,
        voice,
        negation,
        quantifiers,
        numbers,
        coordination,
        conditionals,
        relative,
        lexical,
        temporal,
        spatial,
        factive,
        apposition,
        entities,
        adjectives,
        comparatives,
    )
)
"""All families, in the order in which they are listed."""
