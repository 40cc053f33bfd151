"""Why a judge said what it said: evidence, attribution, the smallest edit that flips it, and how far to believe it.

Every explanation is a guess about a model, so each is tested on the verdict it explains: text is cut and read anew.
"""
