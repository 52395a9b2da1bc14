"""The bench: measures every budget of the design and prints what holds and what does not (`make bench`).

Times are ratios against a yardstick of the same run on the same machine. Everything happens on a scratch database and
in a scratch folder of its own, which are gone afterwards.
"""
