"""The patient-cluster bootstrap of agreement with pingouin's and statsmodels' own functions, for comparison with
`cargo run --release -p howship-scores --example agreement_speed`.

    python agreement_speed.py [draws] [subjects] [joints]

A draw resamples patients, then takes pingouin.intraclass_corr of status at both visits and of change, and statsmodels'
cohens_kappa (linear and quadratic weights, and none) of the joints' status, change and sign of change. The time of
10,000 draws is that of the draws measured, times their number.
"""
import sys
import time

import numpy as np
import pandas as pd
import pingouin
from statsmodels.stats.inter_rater import cohens_kappa


def simulate(subjects, joints, rng):
    level = 4 * rng.random(subjects) ** 3
    truth = level[:, None] * rng.random((subjects, joints))
    change = (rng.random((subjects, joints)) < 0.08).astype(float)
    scores = np.empty((subjects, joints, 2, 2))
    for visit in range(2):
        for reader in range(2):
            error = rng.random((subjects, joints)) - 0.5
            scores[:, :, visit, reader] = np.clip(np.round(truth + change * visit + error), 0, 5)
    return scores


def icc(values):
    n = len(values)
    frame = pd.DataFrame(
        {"target": np.repeat(np.arange(n), 2), "rater": np.tile([0, 1], n), "score": values.ravel()}
    )
    return pingouin.intraclass_corr(frame, "target", "rater", "score")


def kappas(a, b):
    grades = np.unique(np.concatenate([a, b]))
    table = np.zeros((len(grades), len(grades)))
    np.add.at(table, (np.searchsorted(grades, a), np.searchsorted(grades, b)), 1)
    return [cohens_kappa(table, wt=w, return_results=False) for w in (None, "linear", "quadratic")]


def draw(scores, rng):
    sample = scores[rng.integers(0, len(scores), len(scores))]
    totals = sample.sum(axis=1)
    icc(totals[:, 0])
    icc(totals[:, 1])
    icc(totals[:, 1] - totals[:, 0])
    for visit in range(2):
        kappas(sample[:, :, visit, 0].ravel(), sample[:, :, visit, 1].ravel())
    change = sample[:, :, 1] - sample[:, :, 0]
    kappas(change[:, :, 0].ravel(), change[:, :, 1].ravel())
    kappas(np.sign(change[:, :, 0]).ravel(), np.sign(change[:, :, 1]).ravel())


def main():
    draws, subjects, joints = (int(a) for a in (sys.argv[1:] + ["20", "500", "44"][len(sys.argv) - 1:])[:3])
    rng = np.random.default_rng(1)
    scores = simulate(subjects, joints, rng)
    draw(scores, rng)
    start, work = time.perf_counter(), time.process_time()
    for _ in range(draws):
        draw(scores, rng)
    wall, work = (time.perf_counter() - start) / draws, (time.process_time() - work) / draws
    print(f"pingouin {pingouin.__version__}: a draw {1000 * wall:.1f} ms of wall time, {1000 * work:.1f} ms of "
          f"processor time; 10,000 draws {10000 * wall:.0f} s, {10000 * work:.0f} s")


if __name__ == "__main__":
    main()
