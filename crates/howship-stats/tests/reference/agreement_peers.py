"""Agreement of six sets of readings by other programs: values kept in agreement_peers.json.

AC1, AC2 and their intervals: irrCAC (Gwet's own R package in Python). Alpha: krippendorff. Concordance over repeated
visits: the double sum of King, Chinchilli and Carrasco (Stat Med 2007), term by term. Lin's concordance and the limits of
single readings: agreement_peers.R (epiR; Bland, Altman 1999) reads the sets from the same file.

python3 -m pip install irrCAC krippendorff numpy pandas; python3 agreement_peers.py
"""

import json
import pathlib

import krippendorff
import numpy as np
import pandas as pd
from irrCAC.raw import CAC

here = pathlib.Path(__file__).parent
draw = np.random.default_rng(20)


def grades(targets, raters, shares, noise, most, holes):
    truth = draw.choice(len(shares), size=targets, p=shares)
    rows = []
    for t in truth:
        row = [int(np.clip(t + draw.choice([-1, 0, 1], p=[noise / 2, 1 - noise, noise / 2]), 0, most)) for _ in range(raters)]
        rows.append([None if draw.random() < holes else x for x in row])
    return rows


sets = {
    "two readers, all grades": grades(40, 2, [0.3, 0.2, 0.2, 0.15, 0.1, 0.05], 0.3, 5, 0.0),
    "two readers, seldom eroded": grades(120, 2, [0.93, 0.05, 0.02], 0.04, 2, 0.0),
    "three readers with holes": grades(60, 3, [0.5, 0.2, 0.1, 0.1, 0.1], 0.25, 4, 0.15),
    "five readers": grades(25, 5, [0.2, 0.2, 0.2, 0.2, 0.2], 0.5, 4, 0.0),
    "two readers, two grades": grades(80, 2, [0.8, 0.2], 0.2, 1, 0.0),
    # Krippendorff's four observers and twelve units.
    "four observers of Krippendorff": [
        [1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4],
        [1, 1, 2, 1], [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1], [None, 3, None, None],
    ],
}

out = {}
for name, rows in sets.items():
    frame = pd.DataFrame(rows, dtype=float)
    found = {"ratings": rows}
    for weights in ["identity", "linear", "quadratic"]:
        got = CAC(frame, weights=weights, digits=12).gwet()["est"]
        found[f"gwet {weights}"] = {
            "value": float(got["coefficient_value"]),
            "lower": float(got["confidence_interval"][0]),
            "upper": float(got["confidence_interval"][1]),
            "observed": float(got["pa"]),
            "expected": float(got["pe"]),
        }
    matrix = frame.to_numpy().T
    for level in ["nominal", "ordinal", "interval"]:
        found[f"alpha {level}"] = float(krippendorff.alpha(reliability_data=matrix, level_of_measurement=level))
    out[name] = found

repeated = {}
for visits in [1, 2, 4]:
    n = 15
    level = draw.normal(20, 8, size=n)
    x = level[:, None] + draw.normal(0, 2, size=(n, visits)) + np.arange(visits)
    y = level[:, None] + draw.normal(1, 2, size=(n, visits)) + np.arange(visits)
    x, y = x.round(1), y.round(1)
    within = np.mean([np.sum((x[i] - y[i]) ** 2) for i in range(n)])
    apart = np.sum([np.sum((x[i] - y[j]) ** 2) for i in range(n) for j in range(n) if i != j]) / (n * (n - 1))
    repeated[str(visits)] = {"x": x.tolist(), "y": y.tolist(), "value": 1 - within / apart}
out["repeated"] = repeated

(here / "agreement_peers.json").write_text(json.dumps(out, indent=1) + "\n")
