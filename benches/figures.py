"""Figures as the record has them: the median of some runs, with the least and the greatest."""

import statistics


def rounded(value):
    """Four digits are more than any run repeats."""
    return float(f"{value:.4g}")


def spread(values):
    """Median, least, greatest and number; `None` if nothing was measured."""
    values = [value for value in values if value is not None]
    if not values:
        return None
    return {
        "median": rounded(statistics.median(values)),
        "min": rounded(min(values)),
        "max": rounded(max(values)),
        "runs": len(values),
    }


def turns(ways, rounds):
    """The ways in every round, each time beginning with another: no place in a round is always the same one's."""
    ways = list(ways)
    for number in range(rounds):
        first = number % len(ways) if ways else 0
        yield from ways[first:] + ways[:first]
