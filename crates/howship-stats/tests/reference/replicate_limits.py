"""Limits of agreement of single readings from replicated ones, by the formulas of Bland and Altman (Stat Methods Med Res
1999;8:135, section 5): values kept in replicate_limits.json.

Within-subject variances are the residual mean squares of a one-way analysis of variance of each method, made with
indicator columns and least squares; harmonic means of the numbers of replicates are over the subjects that both methods
read. The values are also those of agree_reps of the R package SimplyAgree (Zou 2013), whose interval is another one.

python3 -m pip install numpy scipy; python3 replicate_limits.py
"""

import json
import pathlib

import numpy as np
from scipy.stats import t as student

here = pathlib.Path(__file__).parent
draw = np.random.default_rng(41)
MULTIPLE = 1.96


def readings(subjects, counts, sd, bias, grid):
    """counts(method) gives the number of replicates of a subject; 0: not read by that method."""
    truth = draw.exponential(8, subjects)
    both = []
    for method in range(2):
        values = [truth[s] + bias * method + draw.normal(0, sd[method], counts(method)) for s in range(subjects)]
        both.append([[round(float(x) / grid) * grid for x in row] for row in values])
    return both


sets = {
    "two and two": readings(15, lambda m: 2, (1.5, 2.5), 1.0, 0.01),
    "three and two": readings(24, lambda m: 3 - m, (3.0, 1.0), -2.0, 0.01),
    "one to four": readings(30, lambda m: int(draw.integers(1, 5)), (2.0, 2.0), 0.5, 0.01),
    "whole scores": readings(40, lambda m: 2, (0.8, 1.2), 0.0, 1.0),
    "five subjects": readings(5, lambda m: 3, (1.0, 2.0), 3.0, 0.01),
    "some by one method only": readings(28, lambda m: int(draw.choice([0, 2, 3])), (2.0, 1.0), -1.0, 0.5),
}


def within(rows):
    rows = [r for r in rows if r]
    values = np.concatenate(rows)
    indicators = np.zeros((len(values), len(rows)))
    indicators[np.arange(len(values)), np.repeat(np.arange(len(rows)), [len(r) for r in rows])] = 1
    fit, *_ = np.linalg.lstsq(indicators, values, rcond=None)
    freedom = len(values) - len(rows)
    return float(np.sum((values - indicators @ fit) ** 2) / freedom), freedom


out = {}
for name, (first, second) in sets.items():
    pairs = [(a, b) for a, b in zip(first, second) if a and b]
    differences = np.array([np.mean(a) - np.mean(b) for a, b in pairs])
    n = len(pairs)
    of_means = float(np.var(differences, ddof=1))
    parts = [(of_means, n - 1)]
    for method, rows in enumerate((first, second)):
        variance, freedom = within(rows)
        harmonic = n / sum(1 / len(p[method]) for p in pairs)
        parts.append(((1 - 1 / harmonic) * variance, freedom))
    total = sum(v for v, _ in parts)
    # Satterthwaite's degrees of freedom of the sum.
    freedom = total**2 / sum(v**2 / f for v, f in parts)
    half = student.ppf(0.975, n - 1) * np.sqrt(of_means / n + MULTIPLE**2 * total / (2 * freedom))
    bias, sd = float(np.mean(differences)), float(np.sqrt(total))
    out[name] = {
        "first": first,
        "second": second,
        "subjects": n,
        "bias": bias,
        "sd_of_means": float(np.sqrt(of_means)),
        "sd": sd,
        "lower": bias - MULTIPLE * sd,
        "upper": bias + MULTIPLE * sd,
        "half": float(half),
    }

text = json.dumps(out).replace('}, "', '},\n"')
(here / "replicate_limits.json").write_text(text + "\n")
