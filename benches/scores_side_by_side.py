#!/usr/bin/env python3
"""Howship beside pingouin and psych on the same readers' scores: time, memory, and that the numbers agree.

1. Agreement with a patient-cluster bootstrap of 10,000 draws, 500 patients x 44 joints x 2 readers x 2 visits.
   - howship: `howship scores agree`, the whole command: start, reading and checking the CSV, everything it reports
     (patients' sums and joints, both visits and the change), the 10,000 draws, printing.
   - pingouin: per draw, patients are resampled and `pingouin.intraclass_corr` is called on the six tables that
     Howship resamples too: status at both visits and change, of patients' sums (500 x 2) and of joints (22,000 x 2).
   - psych: the same with `psych::ICC(lmer = FALSE)` on patients' sums and `psych::cohen.kappa` on joints.
   The peers would take hours, so a fraction of their draws is timed and scaled up; start and reading are not
   counted for them. Ratios are of processor seconds, Howship on one thread, so that what else runs on the machine
   does not tell; wall seconds stand beside them.
2. A table of 1,000,000 scores validated and totalled, on one thread: wall time and largest resident set (what
   `/usr/bin/time -v` prints). pandas reading the same file and adding up without any check stands beside it.

Install, then run this file with that Python (everything happens in this one run):

    pip install pingouin==0.6.1
    apt-get install r-base-core r-cran-psych     (R, or leave --rscript out)
    cargo build --release

    python benches/scores_side_by_side.py --howship target/release/howship --rscript "$(which Rscript)" --work WORK

Results are printed and written to WORK/results.json. Unix only (`os.wait4`).
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

FEATURE = "erosion"
VISITS = ("M0", "M12")
READERS = ("R1", "R2")


def main():
    args = arguments()
    args.work.mkdir(parents=True, exist_ok=True)
    results = {"machine": machine(args), "agreement": agreement(args), "million": million(args)}
    args.work.joinpath("results.json").write_text(json.dumps(results, indent=1))
    print(", ".join(f"{k} {v}" for k, v in results["machine"].items()))
    report(results)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--howship", type=Path, required=True, help="the release binary")
    parser.add_argument("--rscript", type=Path, help="Rscript with psych; left out where not given")
    parser.add_argument("--work", type=Path, required=True, help="folder for the tables and results")
    parser.add_argument("--draws", type=int, default=10_000, help="bootstrap draws of Howship")
    parser.add_argument("--peer-draws", type=int, default=50, help="draws of the peers that are timed; a tenth of them for joints")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the large table")
    parser.add_argument("--repeats", type=int, default=3, help="repeats of Howship; the fastest counts")
    args = parser.parse_args()
    args.howship = args.howship.resolve()
    return args


def machine(args):
    found = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "howship": output([args.howship, "--version"]).strip(),
        "python": platform.python_version(),
    }
    for name in ("pingouin", "pandas", "numpy"):
        found[name] = __import__(name).__version__
    if args.rscript:
        found["R, psych"] = output(
            [args.rscript, "-e", 'cat(as.character(getRversion()), as.character(packageVersion("psych")))']
        ).strip()
    return found


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def output(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def timed(command, stdout=None):
    """Wall seconds, processor seconds and largest resident set (MiB) of a command."""
    started = time.perf_counter()
    with open(stdout or os.devnull, "wb") as out:
        process = subprocess.Popen([str(c) for c in command], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    scale = 1 if sys.platform == "darwin" else 1024
    return {
        "wall_s": wall,
        "processor_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss * scale / 2**20,
    }


def fastest(args, command, stdout=None):
    return min((timed(command, stdout) for _ in range(args.repeats)), key=lambda t: t["wall_s"])


def table(args, name, preset, changes):
    """A table of readers' scores from a changed preset of the phantom."""
    spec = output([args.howship, "phantom", "readers", "--preset", preset, "--print-spec"])
    for old, new in changes:
        if old not in spec:
            sys.exit(f"the preset has no `{old}`")
        spec = spec.replace(old, new)
    path = args.work / f"{name}.toml"
    path.write_text(spec)
    out = args.work / name
    output([args.howship, "--quiet", "phantom", "readers", path, "-o", out, "--force"])
    return out / "scores.csv"


# --- agreement ---------------------------------------------------------------------------------------------------


def agreement(args):
    changes = [
        ("subjects = 178", "subjects = 500"),
        ("readings = 2", "readings = 1"),
        ("not_scorable = 0.0375", "not_scorable = 0.0"),
        # Without it both readers say the same of first films, which leaves the peers dividing by 0.
        ("level_noise = 0.0", "level_noise = 0.3"),
    ]
    scores = table(args, "agreement", "lukas", changes)
    found = {"draws": args.draws, "peer_draws": args.peer_draws}
    command = ["--quiet", "scores", "agree", scores, "--feature", FEATURE, "--draws", args.draws, "--json"]
    answer = args.work / "agree.json"
    found["howship, 1 thread"] = fastest(args, [args.howship, "--threads", 1, *command], answer)
    found["howship, all threads"] = fastest(args, [args.howship, *command], answer)
    found["howship ICC(A,1) of change"] = howship_icc(json.loads(answer.read_text()))
    found["pingouin"], found["pingouin ICC(A,1) of change"] = pingouin(args, scores)
    if args.rscript:
        found["psych"], found["psych ICC(A,1) of change"] = psych(args, scores)
    return found


def howship_icc(answer):
    """ICC(A,1) of the change of patients' sums, wherever it stands in the answer."""
    if isinstance(answer, list):
        return next((v for v in map(howship_icc, answer) if v is not None), None)
    if not isinstance(answer, dict):
        return None
    if answer.get("quantity") == "change" and isinstance(answer.get("icc"), dict):
        return next(f["value"] for f in answer["icc"]["forms"] if f["form"] == "ICC(A,1)")
    return howship_icc(list(answer.values()))


def tables(scores):
    """(subjects, joints, readers, visits) of scores."""
    import pandas

    frame = pandas.read_csv(scores)
    frame = frame[frame["feature"] == FEATURE]
    frame["joint"] = frame["side"] + "." + frame["site"]
    shape = [frame[c].nunique() for c in ("subject", "joint", "reader", "visit")]
    frame = frame.sort_values(["subject", "joint", "reader", "visit"])
    assert len(frame) == shape[0] * shape[1] * shape[2] * shape[3], "the table is not complete"
    assert sorted(frame["visit"].unique()) == sorted(VISITS) and sorted(frame["reader"].unique()) == sorted(READERS)
    return frame["score"].to_numpy(float).reshape(shape)


def pingouin(args, scores):
    import numpy
    import pandas
    import pingouin as pg

    cube = tables(scores)
    changes = numpy.concatenate([cube, cube[..., 1:] - cube[..., :1]], axis=-1)
    sums = changes.sum(axis=1)
    rng = numpy.random.default_rng(1)

    def icc(values):
        targets, readers = values.shape
        long = pandas.DataFrame(
            {
                "target": numpy.repeat(numpy.arange(targets), readers),
                "reader": numpy.tile(numpy.arange(readers), targets),
                "score": values.ravel(),
            }
        )
        return pg.intraclass_corr(long, targets="target", raters="reader", ratings="score")

    def part(values_of, draws):
        wall, processor = time.perf_counter(), time.process_time()
        for _ in range(draws):
            drawn = rng.integers(0, len(cube), len(cube))
            for quantity in range(3):
                icc(values_of(drawn, quantity))
        spent = (time.perf_counter() - wall, time.process_time() - processor)
        return [seconds / draws for seconds in spent]

    icc(sums[..., 2])  # loads what is loaded late
    patients = part(lambda drawn, q: sums[drawn][..., q], args.peer_draws)
    joints = part(lambda drawn, q: changes[drawn][..., q].reshape(-1, len(READERS)), joint_draws(args))
    full = icc(sums[..., 2])
    row = full[full["Type"].isin(["ICC(A,1)", "ICC2"])]
    return scaled(args, patients, joints), float(row["ICC"].iloc[0])


def joint_draws(args):
    """Tables of 22,000 joints are slow and vary less."""
    return -(-args.peer_draws // 10)


def psych(args, scores):
    script = Path(__file__).with_suffix(".R")
    draws = [str(args.peer_draws), str(joint_draws(args))]
    answer = output([args.rscript, script, scores, *draws, FEATURE])
    found = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
    patients, joints = ([float(x) for x in found[part].split(",")] for part in ("patients", "joints"))
    return scaled(args, patients, joints), float(found["icc_change"])


def scaled(args, patients, joints):
    """Of a draw to all draws; each part is [wall, processor] seconds of a draw."""
    return {
        "timed_draws": [args.peer_draws, joint_draws(args)],
        "wall_s": args.draws * (patients[0] + joints[0]),
        "processor_s": args.draws * (patients[1] + joints[1]),
        "patients_processor_s": args.draws * patients[1],
        "joints_processor_s": args.draws * joints[1],
    }


# --- a million rows ----------------------------------------------------------------------------------------------


def million(args):
    """Two visits, two readers, 86 items: 344 rows a patient."""
    subjects = -(-args.rows // 344)
    spec = [("subjects = 212\nhealing = 0.004", f"subjects = {subjects}\nhealing = 0.004")]
    for size, healing in ((212, "0.012"), (218, "0.031")):
        spec.append((f"subjects = {size}\nhealing = {healing}", f"subjects = 0\nhealing = {healing}"))
    scores = table(args, "million", "tempo", spec)
    with open(scores, "rb") as file:
        rows = sum(1 for _ in file) - 1
    found = {"rows": rows, "mib": scores.stat().st_size / 2**20}
    one = [args.howship, "--threads", 1, "--quiet", "scores"]
    found["howship scores validate"] = fastest(args, [*one, "validate", scores])
    found["howship scores totals"] = fastest(args, [*one, "totals", scores])
    import pandas

    started, processor = time.perf_counter(), time.process_time()
    frame = pandas.read_csv(scores)
    frame.groupby(["subject", "visit", "reader", "feature"])["score"].sum()
    found["pandas, no checks"] = {
        "wall_s": time.perf_counter() - started,
        "processor_s": time.process_time() - processor,
    }
    return found


# --- in words ----------------------------------------------------------------------------------------------------


def report(results):
    found = results["agreement"]
    print(f"\nAgreement, {found['draws']} draws over 500 patients x 44 joints x 2 readers x 2 visits")
    print(f"{'program':22}{'wall s':>10}{'processor s':>14}{'ratio':>10}{'ICC(A,1) of change':>22}")
    one = found["howship, 1 thread"]["processor_s"]
    for name in ("howship, 1 thread", "howship, all threads", "pingouin", "psych"):
        if name not in found:
            continue
        took, icc = found[name], found[name.split(",")[0] + " ICC(A,1) of change"]
        ratio = took["processor_s"] / one
        print(f"{name:22}{took['wall_s']:10.2f}{took['processor_s']:14.2f}{ratio:10.1f}{icc:22.8f}")
        if "timed_draws" in took:
            parts = [took[f"{part}_processor_s"] / one for part in ("patients", "joints")]
            print(
                f"    scaled from {took['timed_draws'][0]} draws of patients' sums (ratio {parts[0]:.0f}) and"
                f" {took['timed_draws'][1]} of joints (ratio {parts[1]:.0f})"
            )
    large = results["million"]
    print(f"\n{large['rows']} rows ({large['mib']:.0f} MiB), one thread")
    for name in ("howship scores validate", "howship scores totals"):
        took = large[name]
        print(f"{name:24}{took['wall_s']:8.2f} s wall{took['processor_s']:8.2f} s processor{took['peak_mib']:8.0f} MiB")
    took = large["pandas, no checks"]
    print(f"{'pandas, no checks':24}{took['wall_s']:8.2f} s wall{took['processor_s']:8.2f} s processor")


if __name__ == "__main__":
    main()
