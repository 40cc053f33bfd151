"""Sort messages into classes that have a name and no examples."""

import tuili

MESSAGES = [
    "The parcel arrived broken and nobody answers the phone.",
    "Could you send me the invoice for March?",
    "Thank you, the new lamp is wonderful.",
]
LABELS = ["a complaint", "a request", "praise"]

engine = tuili.load()
for message in MESSAGES:
    result = tuili.classify(engine, message, LABELS, template="This message is {}.")
    print(f"{result.label:<12} {result.probability:.2f}  {message}")
