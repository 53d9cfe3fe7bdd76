"""Do the intervals of `detect.repeats` hold what they say? Simulated trainings whose true values are known.

    OMP_NUM_THREADS=1 python -m benchmarks.repeat_coverage --simulations 600

takes a minute on one core. 131 patients have one lesion each; a row is 1, 3 or 5 trainings. A lesion is found where
patient + chance of this patient and training + training is above a limit: patients share `common` of the variance of
the first two, and the spread of training is the standard deviation of the last, in the same unit. Two rows are equally
good. The columns: how often the interval of one row holds its truth, and that of the difference 0; how often p < .05;
the bootstrap's standard deviation of the difference over the true one. 400 resamples each.
"""

import argparse
from statistics import NormalDist

import numpy as np
from tqdm import tqdm

from data.resampling import resample_weights
from data.significance import p_value
from detect.matching import FloatArray
from detect.repeats import mean_of_repeats

PATIENTS, RESAMPLES, LIMIT = 131, 400, 0.3
CASES = [(1, 0.0), (1, 0.1), (1, 0.3), (3, 0.0), (3, 0.1), (3, 0.3), (5, 0.0), (5, 0.1), (5, 0.3)]
"""Repeats, and standard deviation of training."""


def found(patient: FloatArray, repeats: int, training: float, common: float, rng: np.random.Generator) -> FloatArray:
    """Draw which lesions the repeats of a row find: (S, P) of 0 and 1."""
    both = rng.normal(size=(repeats, len(patient)))
    anew = training * rng.normal(size=(repeats, 1))
    return (patient * common**0.5 + both * (1 - common) ** 0.5 + anew > -LIMIT).astype(float)


def simulate(repeats: int, training: float, common: float, simulations: int) -> list[float]:
    """Return the four numbers of a line; the first three in percent."""
    rng, truth = np.random.default_rng(0), NormalDist().cdf(LIMIT / (1 + training**2) ** 0.5)
    one, both, significant, variances, values = 0, 0, 0, [], []
    for _ in range(simulations):
        patient = rng.normal(size=PATIENTS)
        weights = resample_weights(range(PATIENTS), RESAMPLES, int(rng.integers(2**31)))
        rows = [found(patient, repeats, training, common, rng) for _ in range(2)]
        first, second = (mean_of_repeats(row.mean(1), row @ weights.T / PATIENTS, rng) for row in rows)
        difference = second - first
        (low, high), (below, above) = first.interval("percentile"), difference.interval("percentile")
        one, both = one + (low <= truth <= high), both + (below <= 0 <= above)
        significant += (p_value(difference.samples, PATIENTS) or 1) < 0.05
        variances.append(difference.samples.var())
        values.append(difference.value)
    shares = [100 * count / simulations for count in (one, both, significant)]
    return [*shares, float(np.sqrt(np.mean(variances) / np.var(values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=600)
    parser.add_argument("--common", type=float, default=0.7)
    args = parser.parse_args()
    print("| trainings | spread of training | one row covers | difference covers | p < .05 | bootstrap / true sd |")
    print("|---|---|---|---|---|---|")
    for repeats, training in tqdm(CASES):
        one, both, significant, ratio = simulate(repeats, training, args.common, args.simulations)
        print(f"| {repeats} | {training} | {one:.1f} | {both:.1f} | {significant:.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
