"""The embedded model first; another judge only where it is in doubt.

With an address (`python examples/cascade.py openai:http://localhost:8000/v1#model`) the second judge is a language
model; without one, a script stands for it, so that this runs anywhere.
"""

import sys

import tuili
from tuili.engine.cascade import Cascade
from tuili.reasoning.scripted import Scripted

PAIRS = [
    ("Two dogs run along the beach.", "Animals are moving."),
    ("A man is asleep on a bench.", "The man is running."),
    ("The committee met on Tuesday and again on Friday.", "The committee met twice that week."),
    ("All but three of the nine boats came back.", "Six boats came back."),
]
SCRIPT = {PAIRS[2]: "neutral", PAIRS[3]: "entailment"}

first = tuili.load(threads=1)
second = tuili.load(sys.argv[1]) if len(sys.argv) > 1 else Scripted(SCRIPT, default="neutral", name="stand-in")

cascade = Cascade(first, second, when=0.8)
for (premise, hypothesis), verdict in zip(PAIRS, cascade.judge(PAIRS), strict=True):
    state = "decided" if verdict.decided else "undecided"
    print(f"{premise} / {hypothesis}\n    {verdict.label} {verdict.confidence:.2f}, {state}, by {verdict.model}")
print(f"asked the second judge about {cascade.asked} of {cascade.judged}; saved {cascade.share_saved:.0%}")
if len(sys.argv) > 1:
    print(second.usage)
