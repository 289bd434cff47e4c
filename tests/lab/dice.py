# SPDX-License-Identifier: GPL-2.0-or-later
"""Chance that falls the same way at every run."""

import random


class Dice:
    """Of the random module only random() is promised to give the same numbers in every version of Python."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, limit):
        return int(self.random() * limit)

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def one_of(self, things):
        return things[self.below(len(things))]

    def shuffled(self, things):
        things = list(things)
        for last in range(len(things) - 1, 0, -1):
            other = self.below(last + 1)
            things[last], things[other] = things[other], things[last]
        return things

    def times(self, count, first, last):
        """So many, in order; the last one is last."""
        return sorted(self.between(first, last) for _ in range(count - 1)) + [last]
