"""The ways that `peers.py` runs side by side, and the texts that it runs them on."""
