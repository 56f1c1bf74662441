"""A line of JSON for each thing measured, and medians of paired runs."""

import json
import operator
import statistics
import time

PAIRS = 7


def tell(*, what, engine, ratio, goal=None, **more):
    """Print one line. `goal` is a text such as `>= 0.3`."""
    line = {"what": what, "engine": engine, "ratio": round(ratio, 4)}
    if goal is not None:
        line |= {"goal": goal, "met": is_met(ratio, goal)}
    print(json.dumps(line | {key: rounded(value) for key, value in more.items()}), flush=True)


def is_met(ratio, goal):
    sign, number = goal.split()
    return {">=": operator.ge, "<=": operator.le, "==": operator.eq}[sign](ratio, float(number))


def rounded(value):
    return float(f"{value:.4g}") if isinstance(value, float) else value


def pairs_of(baseline, mine, pairs=PAIRS):
    """Run the two in turns, so that a slow machine slows both: [(baseline, mine)]."""
    return [(baseline(), mine()) for _ in range(pairs)]


def tell_pairs(found, *, what, engine, goal, unit="per_second", invert=False, **more):
    """The median ratio of mine to the baseline (or the other way round) with the medians of both."""
    ratios = [base / mine if invert else mine / base for base, mine in found]
    tell(
        what=what,
        engine=engine,
        ratio=statistics.median(ratios),
        goal=goal,
        **{
            unit: statistics.median(mine for _, mine in found),
            f"baseline_{unit}": statistics.median(base for base, _ in found),
        },
        pairs=len(found),
        lowest=min(ratios),
        highest=max(ratios),
        **more,
    )


def seconds(work):
    """How long it takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def percentile(values, share):
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
