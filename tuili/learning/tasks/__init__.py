"""What may be learnt: a kind of task each, declared by a card, behind one small interface (`task`).

A task knows its rows, its model and how good that is. The run (`training_run`) knows the loop, the checkpoints and the
log, and nothing of tasks.
"""
