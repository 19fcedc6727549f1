#!/usr/bin/env python3
"""Howship on the phantom series through coarser scanners: lesions found, errors, verdicts.

For every voxel size and seed `howship phantom joint` renders the demo's joint (one erosion heals, one is stable,
one progresses, at 0, 6 and 12 months, among decoys) with blur in proportion to the voxel and noise that falls
with the square root of its volume down to 15 mgHA/cm³, as `ScannerSpec::with_voxel` has it. `howship compare`
then sees the volumes alone, and once more with one seed per lesion. Needs Python 3.9 and nothing else:

    python benches/other_scanners.py --howship target/release/howship --work WORK
"""

import argparse
import json
import math
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

VISITS = ("M0", "M6", "M12")
LEAST_MM3 = 0.3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--howship", required=True, help="the release binary")
    parser.add_argument("--work", type=Path, required=True, help="folder for volumes and results")
    parser.add_argument("--voxels", default="60.7,82,250,400", help="voxel sizes, µm")
    parser.add_argument("--seeds", default="20,21,22")
    parser.add_argument("--modes", default="finds them,a seed per lesion", help="also: true bones and a seed per lesion")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    printed = subprocess.run([args.howship, "phantom", "joint", "--print-spec"], capture_output=True, text=True, check=True)
    rows = []
    for voxel in map(float, args.voxels.split(",")):
        cases = {mode: [] for mode in args.modes.split(",")}
        for seed in map(int, args.seeds.split(",")):
            folder = args.work / f"v{voxel:g}_s{seed}"
            truth = render(args, printed.stdout, voxel, seed, folder)
            for mode in cases:
                cases[mode].append((truth, compare(args, folder, truth, mode)))
            print(f"{voxel:g} µm, seed {seed} done", file=sys.stderr)
        rows += [row(voxel, mode, found) for mode, found in cases.items()]
    print(
        "| voxel µm | lesions | found | volume: median error % | median abs. error % (n) | change: median abs. error mm³ (n) "
        "| verdicts: right, uncertain, wrong | wrong signs | intervals of the change that hold | reported elsewhere, of which called "
        "| failures | s |\n|" + "---|" * 12
    )
    print("\n".join(rows))


def render(args, spec, voxel, seed, folder):
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    ratio = voxel / 60.7
    size = lambda mm: f"[{', '.join([str(mm)] * 3)}]"
    for field, value in [
        ("seed", seed),
        ("voxel_mm", size(voxel / 1000)),
        ("blur_fwhm_mm", size(0.14 * ratio)),
        ("sd", max(83.0 / ratio**1.5, 15.0)),
        ("correlation_mm", f"[{0.0596 * ratio}, {0.0596 * ratio}, {0.0528 * ratio}]"),
        ("highpass_mm", 0.239 * ratio if ratio < 3 else 0.0),
    ]:
        spec, n = re.subn(rf"^{field} = .*$", f"{field} = {value}", spec, flags=re.M)
        assert n == 1, field
    (folder / "spec.toml").write_text(spec)
    command = [args.howship, "phantom", "joint", folder / "spec.toml", "-o", folder / "series", "--format", "mha"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads((folder / "series/truth.json").read_text())


def compare(args, folder, truth, mode):
    out = folder / mode.replace(" ", "_")
    command = [args.howship, "compare", *(folder / f"series/{v}.mha" for v in VISITS), "-o", out]
    if "true bones" in mode:
        command += ["--mask", ",".join(str(folder / f"series/truth/{v}_bones.nii.gz") for v in VISITS)]
    if "seed" in mode:
        seeds = "".join("{},{},{}\n".format(*lesion["centroid_mm"]) for lesion in truth["lesions"])
        (folder / "seeds.csv").write_text("x,y,z\n" + seeds)
        command += ["--lesions", folder / "seeds.csv"]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.monotonic() - started
    if done.returncode:
        print(done.stderr.strip(), file=sys.stderr)
        return {"lesions": None, "seconds": seconds, "error": done.stderr.strip()}
    return {"lesions": json.loads((out / "verdicts.json").read_text())["lesions"], "seconds": seconds}


def volume_at(lesion, visit):
    at = next((v for v in lesion["visits"] if v["visit"] == visit), {})
    return (at.get("measurements") or {}).get("volume", {}).get("value")


def row(voxel, mode, cases):
    lesions = found = signs = failures = elsewhere = called = 0
    volume, change, held = [], [], []
    verdicts = {"right": 0, "uncertain": 0, "wrong": 0}
    for truth, result in cases:
        lesions += len(truth["lesions"])
        if result["lesions"] is None:
            failures += 1
            continue
        used = set()
        for true in truth["lesions"]:
            near = [(math.dist(l["centroid_mm"], true["centroid_mm"]), i) for i, l in enumerate(result["lesions"])]
            distance, index = min(near, default=(math.inf, 0))
            if distance > 1.5:
                continue
            found += 1
            used.add(index)
            match = result["lesions"][index]
            for visit in VISITS:
                measured, known = volume_at(match, visit), volume_at(true, visit)
                if measured is not None and known and known > LEAST_MM3:
                    volume.append(100 * (measured / known - 1))
            known = (volume_at(true, VISITS[-1]) or 0.0) - (volume_at(true, VISITS[0]) or 0.0)
            measured = (match.get("change") or {}).get("volume")
            if measured and measured["to"] == VISITS[-1]:
                change.append(measured["value"] - known)
                held.append(measured["interval"][0] <= known <= measured["interval"][1])
            verdict = match.get("verdict")
            kind = "right" if verdict == true["verdict"] else "uncertain" if verdict == "uncertain" else "wrong"
            verdicts[kind] += 1
            signs += (verdict == "healing" and known > 0) + (verdict == "progressing" and known < 0)
        others = [l for i, l in enumerate(result["lesions"]) if i not in used]
        elsewhere += len(others)
        called += sum(l.get("verdict") in ("healing", "progressing") for l in others)
    middle = lambda v, f: f.format(statistics.median(v)) if v else "–"
    absolute = lambda v: [abs(x) for x in v]
    return (
        f"| {voxel:g}, {mode} | {lesions} | {found} | {middle(volume, '{:+.1f}')} | {middle(absolute(volume), '{:.1f}')} ({len(volume)}) "
        f"| {middle(absolute(change), '{:.3f}')} ({len(change)}) | {verdicts['right']}, {verdicts['uncertain']}, {verdicts['wrong']} | {signs} "
        f"| {sum(held)} of {len(held)} | {elsewhere}, {called} | {failures} | {statistics.mean(r['seconds'] for _, r in cases):.0f} |"
    )


if __name__ == "__main__":
    main()
