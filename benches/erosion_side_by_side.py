#!/usr/bin/env python3
"""Howship beside its peers on the same inserted lesions: error of volume and change, time, memory.

Every pair is the real scan with lesions of known volume, fresh noise at both visits and a motion of each bone
(`howship phantom insert`). All programs then get the same voxels, one after the other, in this one run:

- howship compare: the two volumes, nothing else; and again with one seed per lesion.
- howship compare --only remodelling: with the true masks, which is timelapsed-hrpqct's own job: both bones aligned,
  formed and resorbed bone of each. It measures no lesions either; its map is summed about lesions in the same way.
- BAM (ManskeLab/Bone_Analysis_Modules, void volume): its own `VoidVolumeLogic`, without 3D Slicer, on HU, with
  the true periosteal masks and the true seeds at both visits; at its default threshold (530 HU) and at 350 HU,
  the best one known. Its table of changes subtracts the two volumes, which is what is done here. A lesion that
  is absent at a visit counts as 0 there, without asking the program.
- timelapsed-hrpqct (`timelapse run --profile eth-uofc`): native AIM, the true mask of one bone, and the
  segmentation its profile describes (Gaussian 1.2 voxels, 320 mgHA/cm³). It measures no lesions; its resorbed
  minus formed bone, summed within a sphere about each true lesion, is the nearest number that it gives.

Install (Python 3.11), then run this file with that Python:

    pip install timelapsed-hrpqct==2.0.48 SimpleITK nibabel
    git clone https://github.com/ManskeLab/Bone_Analysis_Modules

    python benches/erosion_side_by_side.py --howship target/release/howship --scan SCAN.nii.gz \\
        --bam Bone_Analysis_Modules --timelapse "$(which timelapse)" --work WORK --seeds 1,2,3

Peers that are not given are left out, and with `--only-remodelling` all that looks for erosions; `--cores 1,2` runs
that job and timelapsed-hrpqct once for each number of cores that they may use. Time is wall and processor time of the program alone, reading and
writing included; memory is its largest resident set.
"""

import argparse
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

CALIBRATION = (8192.0, 0.2409, 1603.51904, -391.209015)
VISITS = ("M0", "M6")
# A measured volume below 0.3 mm³ of truth says little in per cent.
LEAST_MM3 = 0.3


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "bam-volumes":
        return bam_volumes(*sys.argv[2:])
    if len(sys.argv) > 1 and sys.argv[1] == "native-aim":
        return native_aim(*sys.argv[2:])
    args = arguments()
    if args.report:
        print(report(json.loads(args.report.read_text())))
        return 0
    args.work.mkdir(parents=True, exist_ok=True)
    pairs = []
    for seed in (int(s) for s in args.seeds.split(",")):
        pair = make_pair(args, seed)
        if pair is None:
            continue
        pair["runs"] = measure_pair(args, pair)
        pairs.append(pair)
        args.work.joinpath("results.json").write_text(json.dumps(pairs, indent=1))
        print(f"seed {seed} done", file=sys.stderr)
    if not pairs:
        return 1
    print(report(pairs))
    return 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", type=Path, help="only print the tables of an earlier run's results.json")
    parser.add_argument("--howship", help="the release binary")
    parser.add_argument("--scan", help="real scan in HU to put lesions into")
    parser.add_argument("--calibration", default=",".join(map(str, CALIBRATION)))
    parser.add_argument("--work", type=Path, help="folder for volumes and results")
    parser.add_argument("--seeds", default="1,2", help="one pair per seed")
    parser.add_argument("--lesions", type=int, default=4, help="lesions per pair")
    parser.add_argument("--motion", type=float, default=1.0, help="factor on all motions; small ones crop less")
    parser.add_argument("--bam", help="checkout of Bone_Analysis_Modules")
    parser.add_argument("--thresholds", default="530,350", help="BAM's thresholds, HU")
    parser.add_argument("--timelapse", help="the `timelapse` program")
    parser.add_argument("--timelapse-bones", default="1,2", help="bones to run it on, one run each")
    parser.add_argument("--only-remodelling", action="store_true", help="leave out what looks for erosions")
    parser.add_argument("--cores", default="", help="numbers of cores for what tells remodelling [default: all]")
    args = parser.parse_args()
    if not args.report and not (args.howship and args.scan and args.work):
        parser.error("--howship, --scan and --work are needed")
    return args


# The same pair for all ---------------------------------------------------------------------------------------


def specification(seed, lesions, motion):
    """TOML of a random pair: mouths of 1 to 2.8 mm; stable, healing, nearly healed, progressing and new lesions."""
    rng = random.Random(seed)

    def pose(degrees, mm):
        rotation = [rng.uniform(-degrees, degrees) * motion for _ in range(3)]
        translation = [rng.uniform(-mm, mm) * motion for _ in range(3)]
        return f"{{ rotation_deg = {rotation}, translation_mm = {translation} }}"

    text = [f"seed = {seed}"]
    for name in VISITS:
        text += ["[[visits]]", f'name = "{name}"', f"hand = {pose(3.0, 0.8)}"]
        bones = ", ".join(f"{{ label = {b}, pose = {pose(2.0, 0.4)} }}" for b in (1, 2))
        text.append(f"bones = [{bones}]")
    for i in range(lesions):
        width = rng.uniform(1.0, 2.8)
        depth = width * rng.uniform(0.55, 1.15)
        end = [1.0, rng.uniform(0.1, 0.9), rng.uniform(0.0, 0.15), rng.uniform(1.1, 2.0), math.inf][i % 5]
        volumes = (0.0, 1.0) if math.isinf(end) else (1.0, end)
        text += [
            "[[lesions]]",
            f"width_mm = {width}",
            f"length_mm = {width * rng.uniform(0.7, 1.2)}",
            f"depth_mm = {depth}",
            f"sink_mm = {0.25 * depth if rng.random() < 0.3 else 0.0}",
            f"irregularity = {rng.uniform(0.0, 0.2)}",
            f"depth_course = {[v ** (2 / 3) for v in volumes]}",
            f"width_course = {[v ** (1 / 6) for v in volumes]}",
        ]
    return "\n".join(text) + "\n"


def make_pair(args, seed):
    folder = args.work / f"pair{seed}"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    spec, series = folder / "spec.toml", folder / "series"
    # A joint has room for few large lesions: where there is none for all, the last is left out.
    for lesions in range(args.lesions, 1, -1):
        spec.write_text(specification(seed, lesions, args.motion))
        made = subprocess.run(
            [args.howship, "phantom", "insert", args.scan, spec, "--unit", "HU", "--calibration", args.calibration]
            + ["--format", "mha", "-o", series],
            capture_output=True,
            text=True,
        )
        if made.returncode == 0:
            break
    if made.returncode:
        print(f"seed {seed}: {made.stderr.strip()}", file=sys.stderr)
        return None
    truth = json.loads((series / "truth.json").read_text())
    lesions = []
    for lesion in truth["lesions"]:
        at = {v["visit"]: v for v in lesion["visits"]}
        size = [at[v].get("measurements", {}) if at[v]["found"] else {} for v in VISITS]
        lesions.append({
            "id": lesion["id"],
            "bone": int(lesion["bone"].split()[-1]),
            "centroid_mm": lesion["centroid_mm"],
            "volume": [s["volume"]["value"] if s else 0.0 for s in size],
            "reach_mm": max(max(s[k]["value"] for k in ("width", "depth3d", "diameter3d")) for s in size if s),
        })
    voxels = math.prod(truth["visits"][0]["size"])
    return {"seed": seed, "folder": str(folder), "voxels": voxels, "lesions": lesions}


def seeds_of(pair, visit):
    """Per lesion the voxel deepest inside its true label at that visit, and its place; None where it is absent."""
    import numpy as np
    import SimpleITK as sitk

    image = sitk.ReadImage(f"{pair['folder']}/series/truth/{visit}_lesions.nii.gz")
    image = sitk.Cast(image, sitk.sitkUInt16)
    found = {}
    for lesion in pair["lesions"]:
        inside = image == lesion["id"]
        depth = sitk.SignedMaurerDistanceMap(inside, insideIsPositive=True, squaredDistance=False)
        array = sitk.GetArrayViewFromImage(depth)
        z, y, x = (int(i) for i in np.unravel_index(array.argmax(), array.shape))
        if image[x, y, z] == lesion["id"]:
            found[lesion["id"]] = ((x, y, z), image.TransformIndexToPhysicalPoint((x, y, z)))
    return found


# Running -----------------------------------------------------------------------------------------------------


def run(command, log, cores=None):
    """Runs a program, on so many cores; its wall seconds, processor seconds and largest resident set in GB."""
    load = os.getloadavg()[0]
    own = sorted(os.sched_getaffinity(0))[:cores]
    with open(log, "w") as out:
        started = time.monotonic()
        process = subprocess.Popen(
            [str(c) for c in command],
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, own),
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    cost = {
        "wall_s": time.monotonic() - started,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "rss_gb": usage.ru_maxrss * 1024 / 1e9,
        "rc": process.returncode,
        "load": load,
    }
    if process.returncode:
        print(f"{command[0]} failed, see {log}", file=sys.stderr)
    return cost


def together(costs):
    """Runs that follow one another, as one."""
    total = {k: sum(c[k] for c in costs) for k in ("wall_s", "cpu_s", "rc")}
    return total | {key: max(c.get(key, 0.0) for c in costs) for key in ("rss_gb", "load")}


def measure_pair(args, pair):
    folder = Path(pair["folder"])
    seeds = {v: seeds_of(pair, v) for v in VISITS}
    runs = []
    if not args.only_remodelling:
        runs += [run_howship(args, pair, folder, seeds, given) for given in (False, True)]
        if args.bam:
            runs += [run_bam(args, pair, folder, seeds, int(t)) for t in args.thresholds.split(",")]
    for cores in [int(n) for n in args.cores.split(",") if n] or [None]:
        runs.append(run_remodelling(args, pair, folder, cores))
        if args.timelapse:
            runs += [run_timelapse(args, pair, folder, int(b), cores) for b in args.timelapse_bones.split(",")]
    return runs


def on_cores(name, cores):
    return name if cores is None else f"{name}, {cores} core{'s' if cores > 1 else ''}"


def run_howship(args, pair, folder, seeds, given):
    name = "howship, a seed per lesion" if given else "howship"
    out = folder / ("howship_seeds" if given else "howship")
    command = [args.howship, "compare", *(folder / f"series/{v}.mha" for v in VISITS), "-o", out]
    ids = [lesion["id"] for lesion in pair["lesions"]]
    if given:
        # Seeds are of the first visit: a lesion that comes later is seeded where its mouth will be.
        rows = [seeds["M0"][i][1] if i in seeds["M0"] else lesion["centroid_mm"] for i, lesion in zip(ids, pair["lesions"])]
        (folder / "seeds.csv").write_text("x,y,z\n" + "".join(f"{x},{y},{z}\n" for x, y, z in rows))
        command += ["--lesions", folder / "seeds.csv"]
    cost = run(command, folder / f"{out.name}.log")
    result = {"name": name, **cost, "lesions": {}}
    if cost["rc"]:
        return result
    verdicts = json.loads((out / "verdicts.json").read_text())
    return result | {"reported": len(verdicts["lesions"]), "lesions": matched(verdicts, pair, given)}


def run_remodelling(args, pair, folder, cores):
    """What timelapsed-hrpqct does, of both bones at once: the same voxels and the same masks."""
    out = folder / f"remodelling{cores or ''}"
    masks = ",".join(str(folder / f"series/truth/{v}_bones.nii.gz") for v in VISITS)
    command = [args.howship, "compare", *(folder / f"series/{v}.mha" for v in VISITS)]
    command += ["--mask", masks, "--only", "remodelling", "-o", out]
    result = {"name": on_cores(REMODELLING, cores), "same_job": cores or 0, "lesions": {}}
    result |= run(command, folder / f"{out.name}.log", cores)
    if result["rc"]:
        return result
    for bone in {lesion["bone"] for lesion in pair["lesions"]}:
        result["lesions"] |= changes_near(out / "remodelling.nii.gz", pair, bone, OWN_CODES)
    return result


def matched(verdicts, pair, given):
    """Per true lesion the nearest one reported: within 1.5 mm, or within the lesion's reach where it was asked for."""
    found = {}
    for lesion in pair["lesions"]:
        near = [(math.dist(l["centroid_mm"], lesion["centroid_mm"]), l) for l in verdicts["lesions"]]
        distance, match = min(near, key=lambda n: n[0], default=(math.inf, None))
        if distance > (lesion["reach_mm"] if given else 1.5):
            continue
        at = {v["visit"]: v.get("measurements", {}).get("volume") for v in match["visits"]}
        change = match.get("change", {}).get("volume")
        found[lesion["id"]] = {
            "volume": [at[v]["value"] if at.get(v) else None for v in VISITS],
            "change": change["value"] if change else None,
            "interval": change["interval"] if change else None,
            "verdict": match.get("verdict"),
        }
    return found


def run_bam(args, pair, folder, seeds, threshold):
    costs, volumes = [], {}
    for visit in VISITS:
        hu = folder / f"{visit}_hu.mha"
        if not hu.exists():
            subprocess.run(
                [args.howship, "convert", folder / f"series/{visit}.mha", hu, "--unit", "mgHA/cm3", "--to", "HU"]
                + ["--calibration", args.calibration],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        out = folder / f"bam_{threshold}_{visit}.json"
        places = json.dumps({str(i): s[0] for i, s in seeds[visit].items()})
        mask = folder / f"series/truth/{visit}_bones.nii.gz"
        command = [sys.executable, __file__, "bam-volumes", args.bam, hu, mask, places, threshold, out]
        costs.append(run(command, out.with_suffix(".log")))
        volumes[visit] = json.loads(out.read_text()) if out.exists() else None
    result = {"name": f"BAM void volume, {threshold} HU", **together(costs), "lesions": {}}
    for lesion in pair["lesions"]:
        key, pair_of = str(lesion["id"]), []
        for visit in VISITS:
            absent = lesion["id"] not in seeds[visit]
            pair_of.append(0.0 if absent else (volumes[visit] or {}).get(key))
        both = None not in pair_of
        merged = any(key in (volumes[v] or {}).get("merged", []) for v in VISITS)
        result["lesions"][lesion["id"]] = {
            "volume": pair_of,
            "change": pair_of[1] - pair_of[0] if both else None,
            "merged": merged,
        }
    return result


def bam_volumes(checkout, image, mask, places, threshold, out):
    """In a process of its own: BAM's void volumes, all seeds at once, set as its module sets them."""
    import SimpleITK as sitk

    sys.path.insert(0, str(Path(checkout) / "ErosionVolume/ErosionVolumeLib"))
    from VoidVolumeLogic import VoidVolumeLogic

    places = json.loads(places)
    scan, bones = sitk.ReadImage(image), sitk.Cast(sitk.ReadImage(mask), sitk.sitkUInt8)
    bones.CopyInformation(scan)
    logic = VoidVolumeLogic(lower=int(threshold))
    logic.setModelImage(scan)
    logic.setContourImage(bones)
    logic.setSeeds([tuple(p) for p in places.values()])
    logic.setErosionIds([int(i) for i in places])
    step = 1
    while logic.execute(step):
        step += 1
    labels = logic.getOutput()
    statistics_filter = sitk.LabelShapeStatisticsImageFilter()
    statistics_filter.Execute(sitk.Cast(labels, sitk.sitkUInt16))
    result, by_component = {"merged": []}, {}
    for seed, lesion in zip(logic._seeds_crop, logic.erosionIds):
        label = labels[seed]
        by_component.setdefault(label, []).append(str(lesion))
        # A seed outside every void found no erosion: 0 mm³.
        found = label > 0 and statistics_filter.HasLabel(label)
        result[str(lesion)] = statistics_filter.GetPhysicalSize(label) if found else 0.0
    for label, members in by_component.items():
        if label > 0 and len(members) > 1:
            result["merged"] += members
    sitk.WriteImage(labels, str(Path(out).with_suffix(".nrrd")), True)
    Path(out).write_text(json.dumps(result))
    return 0


def native_aim(image, bones, bone, raw, session):
    """Greyscale, bone mask and segmentation as native AIM files, named as timelapsed-hrpqct asks."""
    import numpy as np
    import py_aimio
    import SimpleITK as sitk

    scan = sitk.ReadImage(image, sitk.sitkFloat32)
    mask = sitk.GetArrayFromImage(sitk.ReadImage(bones)) == int(bone)
    smooth = sitk.GetArrayFromImage(sitk.DiscreteGaussian(scan, 1.2**2, 32, 0.01, False))
    scaling, water, slope, intercept = CALIBRATION
    log = (
        "! Processing Log\n!\n"
        f"Mu_Scaling                                 {scaling:.0f}\n"
        f"HU: mu water                               {water}\n"
        "Density: unit                 mg HA/ccm\n"
        f"Density: slope                             {slope}\n"
        f"Density: intercept                         {intercept}\n"
    )
    spacing, origin = scan.GetSpacing(), scan.GetOrigin()
    header = {
        "processing_log": log,
        "processing_log_raw": log,
        "element_size": spacing,
        "position": tuple(round(o / s) for o, s in zip(origin, spacing)),
    }
    native = (sitk.GetArrayFromImage(scan) - intercept) / slope * scaling
    native = np.clip(np.rint(native), -32768, 32767).astype(np.int16)
    # AIM masks are bytes, 127 where the mask holds.
    as_mask = lambda held: held.astype(np.int8) * 127
    for role, array in [
        ("", native),
        ("_FULL_MASK", as_mask(mask)),
        ("_SEG", as_mask(mask & (smooth >= 320.0))),
    ]:
        py_aimio.write_aim(f"{raw}/PAIR_DR_{session}{role}.AIM", array, header)
    return 0


def run_timelapse(args, pair, folder, bone, cores):
    import SimpleITK as sitk

    raw, out = folder / f"raw{bone}", folder / f"timelapse{bone}_{cores or ''}"
    if not raw.exists():
        raw.mkdir()
        for visit, session in zip(VISITS, ("T1", "T2")):
            inputs = [folder / f"series/{visit}.mha", folder / f"series/truth/{visit}_bones.nii.gz"]
            subprocess.run([sys.executable, __file__, "native-aim", *inputs, str(bone), raw, session], check=True)
    command = [args.timelapse, "run", raw, "--profile", "eth-uofc", "--output-root", out]
    result = {"name": f"timelapsed-hrpqct, bone {bone}", "bone": bone, "same_job": cores or 0, "cores": cores}
    result |= {"lesions": {}} | run(command, folder / f"{out.name}.log", cores)
    maps = sorted(p for p in out.rglob("*.nii.gz") if "remodel" in p.name.lower() and "full" in p.name.lower())
    if maps:
        result["map"] = maps[0].name
        result["lesions"] = changes_near(maps[0], pair, bone, PEER_CODES)
    return result


def changes_near(path, pair, bone, codes):
    """Per true lesion of a bone what a remodelling map shows about it, mm³: a hole grows by what is resorbed."""
    import SimpleITK as sitk

    labels, found = sitk.ReadImage(str(path)), {}
    for lesion in pair["lesions"]:
        if lesion["bone"] == bone:
            formed, resorbed = remodelled_near(labels, lesion, codes)
            found[lesion["id"]] = {
                "volume": [None, None],
                "change": resorbed - formed,
                "formed": formed,
                "resorbed": resorbed,
            }
    return found


def remodelled_near(labels, lesion, codes):
    """mm³ of formed and of resorbed bone within the lesion's reach of its mouth or centre at baseline."""
    import numpy as np
    import SimpleITK as sitk

    array = sitk.GetArrayViewFromImage(labels)
    origin, spacing = labels.GetOrigin(), labels.GetSpacing()
    # The maps keep the frame of their input: the same millimetres, axes along the world's.
    axes = [origin[a] + spacing[a] * np.arange(array.shape[2 - a]) - lesion["centroid_mm"][a] for a in range(3)]
    x, y, z = axes
    near = z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2 <= lesion["reach_mm"] ** 2
    voxel = math.prod(spacing)
    return tuple(float(np.count_nonzero(near & (array == k))) * voxel for k in codes)


REMODELLING = "howship --only remodelling, true masks"
# What formed and resorbed bone is called in a map.
OWN_CODES, PEER_CODES = (1, 2), (3, 1)


# The tables --------------------------------------------------------------------------------------------------


def bones_together(runs):
    """timelapsed-hrpqct takes one bone: its runs on the bones of a pair as one, after the first of them alone."""
    merged = []
    for r in runs:
        if "bone" not in r:
            merged.append(r)
            continue
        same = [o for o in runs if "bone" in o and o.get("cores") == r.get("cores")]
        if same[0] is not r:
            continue
        lesions = {key: value for o in same for key, value in o["lesions"].items()}
        one, both = (on_cores(f"timelapsed-hrpqct, {what}", r.get("cores")) for what in ("one bone", "a run per bone"))
        merged.append({**r, "name": one, "cost_only": True, "same_job": None})
        merged.append({**r, "name": both, **together(same), "lesions": lesions})
    return merged


def report(pairs):
    # JSON has text for keys.
    for pair in pairs:
        for r in pair["runs"]:
            r["lesions"] = {int(key): value for key, value in r["lesions"].items()}
        pair["runs"] = bones_together(pair["runs"])
    names = list(dict.fromkeys(run["name"] for pair in pairs for run in pair["runs"]))
    runs = {n: [(p, r) for p in pairs for r in p["runs"] if r["name"] == n] for n in names}
    measured = [n for n in names if not runs[n][0][1].get("cost_only")]
    accuracy = accuracy_table({n: runs[n] for n in measured})
    tables = [lesion_table(pairs, measured), accuracy, cost_table(runs), same_job(runs)]
    return "\n\n".join("\n".join(t) for t in tables if t)


def same_job(runs):
    """How much more timelapsed-hrpqct takes from masks to remodelling of both bones, pair by pair."""
    lines = [
        "From the same masks to remodelling, both bones, timelapsed-hrpqct over Howship; mean of the pairs, and each:",
        "",
        "| cores | wall | processor | memory |",
        "|---|---|---|---|",
    ]
    own = {cases[0][1]["same_job"]: cases for name, cases in runs.items() if name.startswith(REMODELLING)}
    peer = {c[0][1].get("same_job"): c for n, c in runs.items() if n.startswith("timelapsed") and "per bone" in n}
    for cores, cases in own.items():
        if cores not in peer:
            continue
        cells = []
        for key in ("wall_s", "cpu_s", "rss_gb"):
            each = [b[key] / a[key] for (_, a), (_, b) in zip(cases, peer[cores])]
            cells.append(f"{statistics.mean(each):.1f} ({', '.join(f'{e:.1f}' for e in each)})")
        lines.append(f"| {cores or 'all'} | " + " | ".join(cells) + " |")
    return lines if len(lines) > 4 else []


def lesion_table(pairs, names):
    lines = ["| pair | lesion | truth mm³ | change |" + "".join(f" {n} |" for n in names)]
    lines.append("|" + "---|" * (4 + len(names)))
    for pair in pairs:
        for lesion in pair["lesions"]:
            a, b = lesion["volume"]
            row = [str(pair["seed"]), str(lesion["id"]), f"{a:.2f} → {b:.2f}", f"{b - a:+.2f}"]
            by_name = {run["name"]: run for run in pair["runs"]}
            for name in names:
                row.append(cell(by_name.get(name, {}).get("lesions", {}).get(lesion["id"])))
            lines.append("| " + " | ".join(row) + " |")
    return lines


def cell(found):
    if not found:
        return "–"
    shown = lambda v: "–" if v is None else f"{v:.2f}"
    change = "" if found["change"] is None else f" ({found['change']:+.2f})"
    volumes = "" if found["volume"] == [None, None] else " → ".join(map(shown, found["volume"]))
    tags = [found["verdict"]] if found.get("verdict") else []
    tags += ["merged"] if found.get("merged") else []
    return (volumes + change + " " + ", ".join(tags)).strip()


def errors(cases):
    """Relative errors of volumes and absolute ones of changes, and what was missed."""
    volume, change, relative, missed, wrong, held = [], [], [], 0, 0, []
    for pair, run_ in cases:
        for lesion in pair["lesions"]:
            found = run_["lesions"].get(lesion["id"])
            if not found:
                missed += 1
                continue
            for value, truth in zip(found["volume"], lesion["volume"]):
                if value is not None and truth > LEAST_MM3:
                    volume.append(100 * (value / truth - 1))
            true = lesion["volume"][1] - lesion["volume"][0]
            if found["change"] is not None:
                change.append(found["change"] - true)
                if abs(true) > LEAST_MM3:
                    relative.append(100 * (found["change"] / true - 1))
            if found.get("interval"):
                low, high = found["interval"]
                held.append(low <= true <= high)
            wrong += found.get("verdict") == "healing" and true > 0 or found.get("verdict") == "progressing" and true < 0
    return volume, change, relative, missed, wrong, held


def accuracy_table(runs):
    middle = lambda v, f="{:.1f}": f.format(statistics.median(v)) if v else "–"
    absolute = lambda v: [abs(x) for x in v]
    lines = [
        "| program | lesions missed | volume: median error % | median abs. error % | worst % (n) "
        "| change: median abs. error mm³ | of the true change % | worst mm³ (n) | intervals that hold | wrong signs |",
        "|" + "---|" * 10,
    ]
    for name, cases in runs.items():
        volume, change, relative, missed, wrong, held = errors(cases)
        worst = lambda v, f: f.format(max(v, key=abs)) if v else "–"
        lines.append(
            f"| {name} | {missed} | {middle(volume, '{:+.1f}')} | {middle(absolute(volume))} "
            f"| {worst(volume, '{:+.0f}')} ({len(volume)}) | {middle(absolute(change), '{:.3f}')} "
            f"| {middle(absolute(relative))} | {worst(change, '{:+.2f}')} ({len(change)}) "
            f"| {f'{sum(held)} of {len(held)}' if held else '–'} | {wrong if held else '–'} |"
        )
    return lines


def cost_table(runs):
    mean = lambda cases, key: statistics.mean(r[key] for _, r in cases)
    own = next(iter(runs.values()))
    voxels = [p["voxels"] / 1e6 for p, _ in own]
    lines = [
        f"A pair of two volumes of {min(voxels):.1f} to {max(voxels):.1f} million voxels, {os.cpu_count()} cores. "
        "Where the load is above the cores, the wall time is that of the others too; the processor's is not:",
        "",
        "| program | pairs | wall s | × howship | processor s | × howship | memory GB | × howship | load before | failed |",
        "|" + "---|" * 10,
    ]
    for name, cases in runs.items():
        row = [name, str(len(cases))]
        for key in ("wall_s", "cpu_s", "rss_gb"):
            value = mean(cases, key)
            row += [f"{value:.2f}" if key == "rss_gb" else f"{value:.1f}", f"{value / mean(own, key):.1f}"]
        loads = [r["load"] for _, r in cases if r.get("load")]
        row.append(f"{statistics.mean(loads):.0f}" if loads else "–")
        row.append(str(sum(1 for _, r in cases if r["rc"])))
        lines.append("| " + " | ".join(row) + " |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
