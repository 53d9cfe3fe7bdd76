"""Do the intervals of Table 1 hold what they say? Simulated trainings whose true values are known.

    OMP_NUM_THREADS=1 python -m benchmarks.repeat_coverage --simulations 1000

takes a minute on one core. Each simulation is a whole table: two groups of six rows, all equally good, each trained
1, 3 or 5 times, tested on 131 patients with one lesion each. A lesion is found where patient + chance of this patient
and training + training is above a limit: patients share `common` of the variance of the first two, and the spread of
training is the standard deviation of the last, in the same unit. "0.1, one 0.3": the last row of each group spreads
more than the others.

The columns: how often the interval of the last row of a group holds its truth, and that of its difference to the first
row 0; how often p of that difference is below .05; the bootstrap's standard deviation of the difference over the true
one; and, of whole tables, how many have at least one difference to a baseline with p (Holm, over all ten) below .05, so
that the reading names it. 400 resamples each.
"""

import argparse
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from tqdm import tqdm

from detect.froc.matching import FloatArray
from detect.table1.repeats import deviations, mean_of_repeats
from reporting.estimate import Estimate
from reporting.resampling import resample_weights
from reporting.significance import holm, p_value

GROUPS, PATIENTS, RESAMPLES, LIMIT = 2, 131, 400, 0.3
CASES = [(1, 0.0), (1, 0.1), (1, 0.2), (1, 0.3), (3, 0.0), (3, 0.1), (3, 0.2), (3, 0.3), (5, 0.0), (5, 0.1), (5, 0.3)]
"""Repeats, and standard deviation of training."""
ODD_CASES = [(3, 0.0, 0.2), (3, 0.1, 0.3)]
"""Repeats, standard deviation of training, and that of the last row of each group."""


def found(patient: FloatArray, repeats: int, training: float, common: float, rng: np.random.Generator) -> FloatArray:
    """Draw which lesions the repeats of a row find: (S, P) of 0 and 1."""
    both = rng.normal(size=(repeats, len(patient)))
    anew = training * rng.normal(size=(repeats, 1))
    return (patient * common**0.5 + both * (1 - common) ** 0.5 + anew > -LIMIT).astype(float)


def group_means(rows: Sequence[FloatArray], weights: FloatArray, rng: np.random.Generator) -> list[Estimate]:
    """Average the repeats of each row (S, P) of a group as `detect.table1.evaluation` does."""
    pool = np.concatenate([deviations(row.mean(1)) for row in rows])
    return [mean_of_repeats(row.mean(1), row @ weights.T / PATIENTS, pool, rng) for row in rows]


def simulate(repeats: int, spreads: Sequence[float], common: float, simulations: int) -> list[float]:
    """Return the five numbers of a line, all but the fourth in percent; `spreads` has one of each row of a group."""
    rng, truth = np.random.default_rng(0), NormalDist().cdf(LIMIT / (1 + spreads[-1] ** 2) ** 0.5)
    counts, variances, values = np.zeros(4), [], []
    for _ in range(simulations):
        patient = rng.normal(size=PATIENTS)
        weights = resample_weights(range(PATIENTS), RESAMPLES, int(rng.integers(2**31)))
        differences = []
        for _ in range(GROUPS):
            rows = [found(patient, repeats, training, common, rng) for training in spreads]
            first, *others = group_means(rows, weights, rng)
            differences += [other - first for other in others]
        p = [p_value(difference.samples, PATIENTS) or 1.0 for difference in differences]
        (low, high), (below, above) = others[-1].interval("percentile"), differences[-1].interval("percentile")
        counts += low <= truth <= high, below <= 0 <= above, p[-1] < 0.05, min(holm(p)) < 0.05
        variances.append(differences[-1].samples.var())
        values.append(differences[-1].value)
    one, both, pair, table = (100 * counts / simulations).tolist()
    return [one, both, pair, float(np.sqrt(np.mean(variances) / np.var(values))), table]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--common", type=float, default=0.7)
    parser.add_argument("--rows", type=int, default=6, help="rows of a group (default 6)")
    args = parser.parse_args()
    columns = ("trainings", "spread of training", "one row covers", "difference covers", "p < .05")
    print(f"| {' | '.join(columns)} | bootstrap / true sd | whole table |")
    print("|---|---|---|---|---|---|---|")
    cases = [(repeats, [training] * args.rows, f"{training}") for repeats, training in CASES]
    for repeats, training, odd in ODD_CASES:
        cases.append((repeats, [training] * (args.rows - 1) + [odd], f"{training}, one {odd}"))
    for repeats, spreads, name in tqdm(cases):
        one, both, pair, ratio, table = simulate(repeats, spreads, args.common, args.simulations)
        print(f"| {repeats} | {name} | {one:.1f} | {both:.1f} | {pair:.1f} | {ratio:.2f} | {table:.1f} |", flush=True)


if __name__ == "__main__":
    main()
