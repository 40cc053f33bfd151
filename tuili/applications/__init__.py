"""What it is for: check, answer, classify, match, graph, recommend.

Each turns its question into hypotheses, asks one judge in one batch, and returns a frozen result with verdicts,
quotes and provenance. None knows which model answers. The functions themselves are `tuili.check` and so on; here they
would hide the modules of their names.
"""
