"""Runs over files and streams of pairs: rows in, lines of verdicts out, whole after any interruption.

`file_run` is a run in one process, `sharded_run` one in shards that others may judge; both write through `run_files`,
which knows whose files they are, and judge by `rows`. `poison` finds the rows at which a judge fails.
"""
