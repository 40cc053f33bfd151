"""A handful of reviews, a user, and someone who only says what they want."""

import tuili

REVIEWS = [
    ("ann", "amp", 5, "The sound is warm and clear. I play it every night."),
    ("ann", "cable", 4, "A sturdy cable, and the sound is clean."),
    ("bob", "amp", 5, "The sound is wonderful."),
    ("bob", "cable", 5, "The price is fair for such a cable."),
    ("bob", "pedal", 5, "The sound of this pedal is rich and full."),
    ("cat", "stand", 2, "The stand wobbles and the price is far too high."),
    ("dan", "practice amp", 5, "This is a quiet little amp, just right for a small flat."),
]

reviews = [dict(zip(("user", "item", "rating", "text"), review, strict=True)) for review in REVIEWS]
recommender = tuili.Recommender(tuili.load()).fit(reviews)
print("for ann:")
for found in recommender.recommend("ann", n=2):
    print(f"  {found.item}: {[reason.quote for reason in found.reasons]}")
print("for someone who wants a quiet amp for a flat:")
for found in recommender.for_request("I want a quiet amp for a flat", n=2):
    print(f"  {found.item}: {[reason.quote for reason in found.reasons]}")
