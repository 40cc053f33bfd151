"""How models are made: objectives, the training loop, its checkpoints, and what comes out of it, a bundle.

`loop` knows nothing of tasks: it takes a model, batches in a known order, and an objective. What a pair, a token or a
masked word is, the forms say (`prefix_form`, `joint_form`).
"""
