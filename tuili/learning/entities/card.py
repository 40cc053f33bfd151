"""The card of an entity model."""

CARD = """# {name}

Finds names in English text: {types}. The lowest {layers} layers of {base} ({base_licence}), {pieces} pieces of its
vocabulary, an embedding of how each word is written, and one tag for each word; int8. It reads {window} tokens at once.

**Trained on {data}: {data_licence}.** Whoever uses these weights for something else should train their own; the recipe
takes any tagged documents.

## Figures

On the dev documents, which also chose the weights and the temperature, so they flatter. An entity is right if its ends
and its type are (conlleval). With weights in float32; int8 is within a few tenths of a point.

| type | precision | recall | F1 | entities |
|---|---:|---:|---:|---:|
{rows}

## Limits

{knows} A type of name that its data did not tag, it does not find. The casing of a text tells it
much: in text without capitals it finds less.
"""
