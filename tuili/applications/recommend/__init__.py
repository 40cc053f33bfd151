"""Recommend: what reviews say of the aspects of things becomes profiles, and every reason quotes the review it is from.

`tuili.Recommender` is in `recommender`. `reviews` are what goes in, `aspects` what may be said of a thing, `opinions`
asks the judge, `profiles` is what users and items have in common, `saved` keeps it all in a directory.
"""
