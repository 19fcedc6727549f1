#!/usr/bin/env python3
"""What `howship compare` says of whole hands on which nothing changed.

Draws hands (size, stoutness, make-up, thumb's turn) and lays each down twice: roll and tilt within +-POSE degrees, the
thumb turned by up to 5 degrees besides, in the plane within 6. No erosion, no narrowing: every `progressing`, `healing`,
`narrower` or `wider` is wrong, and every erosion listed is a false find. The hands are found by the program. Needs
Python 3.9 and nothing else:

    python benches/unchanged_hands.py --howship target/release/howship --work WORK --first 1 --count 12 [--pose 4]
"""

import argparse
import json
import random
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

CALLS = ("progressing", "healing")


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stderr}")
    return done.stdout


def put(text, name, value):
    """Sets every `name = ...` line of a TOML text."""
    return re.sub(rf"(?m)^{name} = .*$", f"{name} = {value}", text)


def spec(preset, seed, pose):
    r = random.Random(seed)
    head, visit = preset.split("[[visits]]")
    head = put(head, "seed", seed)
    for name, low, high in [
        ("scale", 0.9, 1.08),
        ("stoutness", 0.9, 1.12),
        ("cortical_index", 0.3, 0.6),
        ("plate_mm", 0.35, 0.65),
        ("trabecular_ends", 0.12, 0.3),
        ("texture", 0.15, 0.35),
    ]:
        head = put(head, name, f"{r.uniform(low, high):.3f}")
    head = put(head, "widths", [round(r.uniform(0.92, 1.08), 3) for _ in range(5)])
    thumb = [r.uniform(0, 16), r.uniform(-80, -40)]
    visits = ""
    for name in ("M0", "M12"):
        v = put(visit, "name", f'"{name}"')
        v = put(v, "thumb_deg", [round(thumb[0] + r.uniform(-3, 3), 2), round(thumb[1] + r.uniform(-5, 5), 2)])
        v = put(v, "roll_deg", f"{r.uniform(-pose, pose):.2f}")
        v = put(v, "tilt_deg", f"{r.uniform(-pose, pose):.2f}")
        v = put(v, "in_plane_deg", f"{r.uniform(-6, 6):.2f}")
        visits += "[[visits]]" + v
    return head + visits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--howship", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--pose", type=float, default=4.0)
    a = parser.parse_args()
    preset = run(a.howship, "phantom", "film", "--preset", "healthy", "--print-spec")
    joints, finds, calls = Counter(), Counter(), Counter()
    for seed in range(a.first, a.first + a.count):
        place = a.work / str(seed)
        films, out = place / "films", place / "out"
        if not films.exists():
            place.mkdir(parents=True, exist_ok=True)
            (place / "spec.toml").write_text(spec(preset, seed, a.pose))
            run(a.howship, "phantom", "film", place / "spec.toml", "-o", films)
        shutil.rmtree(out, ignore_errors=True)
        run(a.howship, "compare", films / "M0.png", films / "M12.png", "-o", out)
        for j in json.loads((out / "verdicts.json").read_text())["joints"]:
            kind = "thumb" if j["joint"] in ("MCP1", "IP1") else j["joint"][:3]
            joints[kind] += 1
            last = [v.get("flags") for v in j["visits"]][-1:]
            joints[kind, "flagged"] += bool(last and last[0] and last[0]["raised"])
            for e in j["erosions"]:
                finds[kind, e["source"]] += 1
                calls[kind, "erosion"] += e["verdict"]["verdict"] in CALLS
                print(seed, j["joint"], e["source"], e["verdict"]["verdict"], e["verdict"]["reason"])
            for n in j["narrowing"]:
                calls[kind, "space"] += n["verdict"] in CALLS
                if n["verdict"] in CALLS:
                    print(seed, j["joint"], "space", n["change"])
    print("\nkind   joints flagged  found  new  erosions called  spaces called")
    for kind in ("MCP", "PIP", "DIP", "thumb"):
        row = [joints[kind], joints[kind, "flagged"], finds[kind, "found"], finds[kind, "new"], calls[kind, "erosion"], calls[kind, "space"]]
        print(f"{kind:6} {row[0]:6} {row[1]:7} {row[2]:6} {row[3]:4} {row[4]:16} {row[5]:14}")


if __name__ == "__main__":
    main()
