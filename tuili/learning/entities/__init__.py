"""How the entity model is made: documents in, a bundle out.

`documents` reads what it is trained on, `model` is the encoder with a tag for each word, `graph` writes it down,
`train` does all of it in turn. Words, windows and decoding are those of `tuili.reasoning`, so that what is measured is
what runs.
"""
