#!/usr/bin/env python3
"""Howship's stepper beside libRoadRunner, in one run on one machine: Lemaire 2004, a year, PTH 1e3 pM/day.

    python3 -m venv v && v/bin/pip install libroadrunner antimony numpy scipy
    cargo build --release -p howship-mechanism --example lemaire_year
    v/bin/python benches/mechanism_side_by_side.py target/release/examples/lemaire_year

Both integrate the same equations from the same steady state with the same tolerances (absolute: 1e-6 of the relative
one) and give 366 daily rows, then 2 rows. Errors are against DOP853 at 1e-13 with steps of at most a quarter of a day.
A ratio is libRoadRunner's time over Howship's; the best of many short rounds each.
"""
import json
import subprocess
import sys
import time

import antimony
import numpy as np
import roadrunner
from scipy.integrate import solve_ivp

DRIVER = sys.argv[1] if len(sys.argv) > 1 else "target/release/examples/lemaire_year"
PTH = 1e3


def howship(rows, relative):
    """Microseconds per run, states by the example, and the steady state that it starts from."""
    out = subprocess.run([DRIVER, str(rows), repr(relative)], check=True, capture_output=True, text=True).stdout
    result = json.loads(out)
    return result["microseconds"], np.array(result["states"]), result["steady_state"], result["steps"]


def rates(_, y):
    r, b, c = y
    pi_c = (c + 2.5e-4) / (c + 5e-3)
    pi_p = (PTH / 86 + 250 / 86) / (PTH / 86 + 150)
    pi_l = 5.8e-4 / 1.7e-2 * 3e6 * pi_p * b / (1 + 5.8e-3 / 1.7e-2 + 1e-2 / 3.5 * 2e5 * r / pi_p)
    return [7e-4 * pi_c - 0.035 / pi_c * r, 0.035 / pi_c * r - 0.189 * b, 2.1e-3 * pi_l - 0.7 * pi_c * c]


def model(start):
    text = """model lemaire
  R = %.16e; B = %.16e; C = %.16e; IP = %g;
  Pc := (C+2.5e-4)/(C+5e-3); PP := (IP/86+250/86)/(IP/86+150);
  PL := (5.8e-4/1.7e-2*3e6*PP*B)/(1+5.8e-3/1.7e-2+1e-2/3.5*2e5*R/PP);
  R' = 7e-4*Pc-0.035/Pc*R; B' = 0.035/Pc*R-0.189*B; C' = 2.1e-3*PL-0.7*Pc*C;
end""" % (*start, PTH)
    antimony.clearPreviousLoads()
    antimony.loadAntimonyString(text)
    runner = roadrunner.RoadRunner(antimony.getSBMLString("lemaire"))
    runner.timeCourseSelections = ["time", "R", "B", "C"]
    return runner


def roadrunner_time(runner, rows, relative):
    runner.integrator.relative_tolerance = relative
    runner.integrator.absolute_tolerance = relative * 1e-6
    best, states = float("inf"), None
    # Single runs: on a busy machine the best of them was not interrupted, as Howship's short rounds are not.
    for _ in range(1000):
        start = time.perf_counter()
        runner.reset()
        states = runner.simulate(0, 365, rows)
        best = min(best, time.perf_counter() - start)
    return best * 1e6, np.asarray(states)[:, 1:]


def main():
    steady = howship(2, 1e-6)[2]
    days = np.linspace(0, 365, 366)
    truth = solve_ivp(rates, (0, 365), steady, method="DOP853", rtol=1e-13, atol=1e-20, t_eval=days, max_step=0.25).y.T
    runner = model(steady)
    print("libRoadRunner", roadrunner.__version__)
    print(f"{'rows':>5} {'rtol':>6} {'howship µs':>11} {'steps':>6} {'error':>9} {'libRR µs':>9} {'error':>9} {'ratio':>6}")
    for rows in (366, 2):
        for relative in (1e-6, 1e-9):
            # Several processes, spread over as long a time as the other takes.
            tries = [howship(rows, relative) for _ in range(25)]
            ours, states, _, steps = min(tries, key=lambda t: t[0])
            theirs, peers = roadrunner_time(runner, rows, relative)
            exact = truth if rows == 366 else truth[[0, -1]]
            error = lambda y: np.abs(y / exact - 1).max()
            print(f"{rows:>5} {relative:>6.0e} {ours:>11.1f} {steps:>6} {error(states):>9.1e} {theirs:>9.1f} {error(peers):>9.1e} {theirs / ours:>6.1f}")


if __name__ == "__main__":
    main()
