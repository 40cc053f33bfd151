"""What a finished model says of new rows, a module for each way of saying it: a label or a score, a text, names.

`tuili.learning.predict` finds the one that a model needs. Judges of pairs are none of these: the engine has them.
"""
