"""Registration of single bones on films, side by side: Howship, OpenCV's ECC, phase-only correlation.

    python benches/film_side_by_side.py JOINTS PIPOC --example target/release/examples/serial_joints [--joints 60]

JOINTS is `Data/Dataset_cases_anonymization` of GitHub pokeblow/BLS-GAN (serial MCP joints with masks of both bones, no
licence: evaluated locally, never shipped, never trained on), PIPOC the folder `test_image` of the micrometer phantom of
GitHub yafeiou (truth: 0.500 mm). Joints are the odd-numbered ones of those with four visits; Howship's settings and its
gate were chosen on the even-numbered ones. All three see the same pairs in one run on one machine; speed is the time for
14 joints x 4 visits, all pairs of visits, both bones. Build the example first:
`cargo build --release -p howship-register --example serial_joints`. Needs numpy, scipy, opencv-python-headless, pillow.

Closure: the way from visit a to c against the way over b, composed, for the upper bone in the lower one's frame at the
centre of the joint space, along the axis. It sees mismatch, not tilt.
"""
import argparse, csv, glob, itertools, os, re, subprocess, sys, tempfile, time
import cv2
import numpy as np
from PIL import Image
from scipy import ndimage as ndi

cv2.setNumThreads(1)


def lay_out(source, target):
    """A folder per joint: film, upper and lower mask per visit as PGM."""
    for joint in sorted(os.listdir(source)):
        films = sorted(glob.glob(f"{source}/{joint}/*.jpg"))
        if joint.count("_") < 2 or len(films) < 4:
            continue
        os.makedirs(f"{target}/{joint}", exist_ok=True)
        for film in films[:4]:
            name = os.path.basename(film)[:-4]
            Image.open(film).convert("L").save(f"{target}/{joint}/{name}.pgm")
            for bone in ("upper", "lower"):
                Image.open(f"{film[:-4]}_mask_{bone}.bmp").convert("L").save(f"{target}/{joint}/{name}_{bone}.pgm")


def read(film):
    stem = film[:-4]
    return [np.asarray(Image.open(p), float) for p in (film, f"{stem}_upper.pgm", f"{stem}_lower.pgm")]


def joint_of(upper, lower):
    yu, xu = np.nonzero(upper > 127)
    yl, xl = np.nonzero(lower > 127)
    near_u, near_l = yu > np.percentile(yu, 80), yl < np.percentile(yl, 20)
    pu = np.array([xu[near_u].mean(), yu[near_u].mean()])
    pl = np.array([xl[near_l].mean(), yl[near_l].mean()])
    axis = np.array([xu.mean(), yu.mean()]) - pl
    return (pu + pl) / 2, axis / np.linalg.norm(axis)


def normalised(film, smooth=1.0, local=20.0):
    a = ndi.gaussian_filter(film, smooth)
    m = ndi.gaussian_filter(a, local)
    return ((a - m) / np.sqrt(ndi.gaussian_filter((a - m) ** 2, local) + 0.25)).astype(np.float32)


def ecc(a, b, mask_a, mask_b):
    """Euclidean ECC, masked per bone, started by phase correlation of the masked films; (3 x 3, correlation) or None."""
    wa, wb = [cv2.GaussianBlur((m > 127).astype(np.float32), (0, 0), 3) for m in (mask_a, mask_b)]
    (dx, dy), _ = cv2.phaseCorrelate(a * wa, b * wb)
    start = np.array([[1, 0, -dx], [0, 1, -dy]], np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-6)
    try:
        # The mask is of the input image: the fixed film is the input, and the motion found is turned over.
        score, warp = cv2.findTransformECC(b, a, start, cv2.MOTION_EUCLIDEAN, stop, (mask_a > 127).astype(np.uint8), 1)
    except cv2.error:
        return None
    m = np.eye(3)
    m[:2] = warp
    return np.linalg.inv(m), score


def poc(a, b, mask_a, mask_b):
    """Phase-only correlation of one bone under a Hann window, peak fitted by a parabola: a shift, nothing else."""
    h, w = a.shape
    window = np.outer(np.hanning(h), np.hanning(w))
    fa, fb = [np.fft.fft2(x * window * ndi.gaussian_filter((m > 127).astype(float), 3)) for x, m in ((a, mask_a), (b, mask_b))]
    cross = fb * np.conj(fa)
    r = np.real(np.fft.ifft2(cross / (np.abs(cross) + 1e-12)))
    r = ndi.gaussian_filter(r, 0.7, mode="wrap")
    y, x = np.unravel_index(r.argmax(), r.shape)

    def fine(values):
        p, q, s = values
        return 0.5 * (p - s) / (p - 2 * q + s) if p - 2 * q + s < 0 else 0.0

    dy = y + fine([r[(y - 1) % h, x], r[y, x], r[(y + 1) % h, x]])
    dx = x + fine([r[y, (x - 1) % w], r[y, x], r[y, (x + 1) % w]])
    m = np.eye(3)
    m[:2, 2] = [(dx + w / 2) % w - w / 2, (dy + h / 2) % h - h / 2]
    return m, float(r[y, x])


def ours(example, folder, joints, extra=()):
    with tempfile.NamedTemporaryFile(suffix=".csv") as out:
        text = subprocess.run([example, folder, "odd", "--joints", str(joints), "--csv", out.name, *extra], check=True,
                              capture_output=True, text=True).stdout
        fits = {}
        for row in csv.DictReader(open(out.name)):
            a, b = float(row["a11"]), float(row["b11"])
            m = np.array([[a, -b, float(row["shift_x"])], [b, a, float(row["shift_y"])], [0, 0, 1.0]])
            fits[row["joint"], int(row["a"]), int(row["b"]), row["bone"]] = (m, float(row["joint_se_px"]))
    return text, fits


def closures(fits, geometry, keep):
    """Share of pairs kept and closures of triangles of kept pairs."""
    joints = sorted({k[0] for k in geometry})
    pairs = [(j, a, b) for j in joints for a, b in itertools.combinations(range(4), 2)]
    kept = {p for p in pairs if all((*p, k) in fits and fits[(*p, k)] is not None for k in ("upper", "lower")) and keep(p)}
    gaps = []
    for j in joints:
        for a, b, c in itertools.combinations(range(4), 3):
            if not {(j, a, b), (j, b, c), (j, a, c)} <= kept:
                continue
            m = lambda x, y, k: fits[j, x, y, k][0]
            point, axis = geometry[j, a]
            p = np.append(point, 1)
            inv = np.linalg.inv
            direct = inv(m(a, c, "lower")) @ m(a, c, "upper") @ p
            over = inv(m(a, b, "lower")) @ inv(m(b, c, "lower")) @ m(b, c, "upper") @ m(a, b, "upper") @ p
            gaps.append(axis @ (direct - over)[:2])
    return len(kept) / len(pairs), np.abs(gaps)


def line(name, kept, gaps):
    if len(gaps) < 5:
        return print(f"{name:46s} kept {100 * kept:3.0f} %: too few triangles")
    print(f"{name:46s} kept {100 * kept:3.0f} %  robust SD per pair {1.4826 * np.median(gaps) / 3**.5:.3f} px  "
          f"rms {np.sqrt((gaps**2).mean() / 3):.3f}  P95 of |closure| {np.percentile(gaps, 95):.3f} px  ({len(gaps)} triangles)")


def micrometer(example, folder):
    """The phantom whose joint space was set from 1.20 to 1.70 mm."""
    errors = []
    for name, mm in (("RadiographyAir", 0.15), ("RadiographyWater", 0.15), ("TomosynthesisAir", 0.26), ("TomosynthesisWater", 0.26)):
        with tempfile.TemporaryDirectory() as t:
            os.makedirs(f"{t}/{name}")
            mask = np.asarray(Image.open(f"{folder}/{name}/segmentation.bmp"))
            ys = [np.nonzero(mask == k)[0].mean() for k in (0, 1)]
            up = 0 if ys[0] < ys[1] else 1
            for k, film in enumerate(("1.20mm(3.75mm).bmp", "1.70mm(4.25mm).bmp")):
                Image.open(f"{folder}/{name}/{film}").convert("L").save(f"{t}/{name}/{k}.pgm")
                for bone, value in (("upper", up), ("lower", 1 - up)):
                    Image.fromarray(((mask == value) * 255).astype(np.uint8)).save(f"{t}/{name}/{k}_{bone}.pgm")
            factor = mm / (22 / 256)
            text = subprocess.run([example, t, "--moves", str(factor)], check=True, capture_output=True, text=True).stdout
            moved = float(re.search(r"widening (\S+)", text).group(1)) * mm
            se = float(re.search(r"SE (\S+)", text).group(1)) * mm
            errors.append(moved - 0.5)
            print(f"  {name:20s} {moved:.4f} mm (stated error {se:.4f}), truth 0.5000")
    print(f"  bias {np.mean(errors):+.4f} mm, SD {np.std(errors, ddof=1):.4f} mm; films alone: bias {np.mean(errors[:2]):+.4f} mm")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("joints_folder")
    parser.add_argument("pipoc_folder")
    parser.add_argument("--example", required=True)
    parser.add_argument("--joints", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lay_out(arguments.joints_folder, folder)
        names = sorted(os.listdir(folder))[1::2][: arguments.joints]
        text, own = ours(arguments.example, folder, arguments.joints)
        print(text)
        geometry, other, clock = {}, {"ECC": {}, "POC": {}}, {"ECC": 0.0, "POC": 0.0}
        first = {}
        for i, joint in enumerate(names):
            start = time.perf_counter()
            films = [read(f) for f in sorted(f for f in glob.glob(f"{folder}/{joint}/*.pgm") if not f.endswith(("_upper.pgm", "_lower.pgm")))]
            ready = [normalised(f[0]) for f in films]
            for v, f in enumerate(films):
                geometry[joint, v] = joint_of(f[1], f[2])
            shared = time.perf_counter() - start
            for method, fit in (("ECC", ecc), ("POC", poc)):
                start = time.perf_counter()
                for a, b in itertools.combinations(range(4), 2):
                    for k, bone in ((1, "upper"), (2, "lower")):
                        other[method][joint, a, b, bone] = fit(ready[a], ready[b], films[a][k], films[b][k])
                clock[method] += time.perf_counter() - start + shared
            if i == 13:
                first = dict(clock)
        line("Howship, all", *closures(own, geometry, lambda p: True))
        gate = float(re.search(r"SE < (\S+) px \(fixed\)", text).group(1))
        se = lambda p: np.hypot(own[(*p, "upper")][1], own[(*p, "lower")][1])
        line(f"Howship, SE < {gate} px (fixed before)", *closures(own, geometry, lambda p: se(p) < gate))
        for method, fits in other.items():
            line(f"{method}, all", *closures(fits, geometry, lambda p: True))
            worse = lambda p: min(fits[(*p, k)][1] for k in ("upper", "lower"))
            scores = sorted((worse(p) for p in {k[:3] for k in fits} if all(fits[(*p, k)] for k in ("upper", "lower"))), reverse=True)
            for share in (0.82, 0.56):
                n = int(share * len({k[:3] for k in fits}))
                limit = scores[min(n, len(scores)) - 1]
                line(f"{method}, best {100 * share:.0f} % by its own score", *closures(fits, geometry, lambda p: worse(p) >= limit))
        text, _ = ours(arguments.example, folder, 14)
        seconds = float(re.search(r", ([0-9.]+) s \(", text).group(1))
        print(f"14 joints x 4 visits, all pairs, both bones: Howship {seconds:.2f} s (forward and backward, {os.cpu_count()} cores); "
              f"ECC {first.get('ECC', float('nan')):.2f} s, {first.get('ECC', float('nan')) / seconds:.1f} times; "
              f"POC {first.get('POC', float('nan')):.2f} s, {first.get('POC', float('nan')) / seconds:.1f} times (one core each)")
    print("micrometer phantom, joint space set from 1.20 to 1.70 mm:")
    micrometer(arguments.example, arguments.pipoc_folder)


if __name__ == "__main__":
    sys.exit(main())
