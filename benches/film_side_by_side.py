"""Registration of single bones on films, side by side: Howship, OpenCV's ECC, phase-only correlation.

    cargo build --release --workspace --example serial_joints --example film_pairs
    python benches/film_side_by_side.py JOINTS PIPOC [--examples target/release/examples] [--joints 133] [--pairs 40]

JOINTS is `Data/Dataset_cases_anonymization` of GitHub pokeblow/BLS-GAN (serial MCP joints with masks of both bones, no
licence: evaluated locally, never shipped, never trained on), PIPOC the folder `test_image` of the micrometer phantom of
GitHub yafeiou/A_sub-pixel_accurate_quantification_of_JSN_progression_in_RA (truth: 0.500 mm). Needs numpy, scipy, pillow,
opencv-python-headless. All methods see the same pairs in one run on one machine:

1. Real serial joints, the odd-numbered ones of those with four visits; Howship's settings and its gate were chosen on
   the even-numbered ones. Closure: the way from visit a to c against the way over b, composed, for the upper bone in the
   lower one's frame at the centre of the joint space, along the axis. It sees mismatch, not tilt.
2. Films of formula joints laid down anew (turn, shift, lift, exposure, processing; joint space changed by up to 0.4 mm):
   error of the change of the joint space against the truth.
3. The micrometer phantom.
4. Time for 14 joints x 4 visits, all pairs of visits, both bones. Howship registers forward and backward; it is timed
   with one thread and with all (the median of five runs of tenths of a second), the others use one.
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


def ours(example, folder, joints, threads=0):
    with tempfile.NamedTemporaryFile(suffix=".csv") as out:
        text = subprocess.run([example, folder, "odd", "--joints", str(joints), "--csv", out.name], check=True,
                              capture_output=True, text=True, env={**os.environ, "RAYON_NUM_THREADS": str(threads)}).stdout
        fits = {}
        for row in csv.DictReader(open(out.name)):
            a, b = float(row["a11"]), float(row["b11"])
            m = np.array([[a, -b, float(row["shift_x"])], [b, a, float(row["shift_y"])], [0, 0, 1.0]])
            fits[row["joint"], int(row["a"]), int(row["b"]), row["bone"]] = (m, float(row["joint_se_px"]), row["passed"] == "true")
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


def widening(upper, lower, point, axis):
    """What the upper bone moved against the lower one at a point along the axis."""
    there = np.linalg.inv(lower) @ upper @ np.append(point, 1)
    return axis @ (there[:2] - point)


def phantom(examples, pairs, tilt):
    """Errors of the change of the joint space on formula joints, in mm."""
    mm = 0.1 / 1.013  # pixel at the detector over the magnification at 13 mm above it
    with tempfile.TemporaryDirectory() as t:
        subprocess.run([f"{examples}/film_pairs", t, "--joints", str(pairs), "--tilt", str(tilt)], check=True)
        text = subprocess.run([f"{examples}/serial_joints", t, "--moves", str(mm / (22 / 256))], check=True, capture_output=True, text=True).stdout
        own = {m[1]: (float(m[2]), m[3] == "true") for m in re.finditer(r"(\S+) widening (\S+) SE \S+ film pixels, passed (\w+)", text)}
        errors = {"Howship": [], "Howship, its gate": [], "ECC": [], "POC": []}
        for joint in sorted(os.listdir(t)):
            films = [read(f"{t}/{joint}/{k}.pgm") for k in (0, 1)]
            point, axis = joint_of(films[0][1], films[0][2])
            true = {}
            for row in csv.DictReader(open(f"{t}/{joint}/truth.csv")):
                true[row["bone"]] = np.array([[float(row[f"a{r}{c}"]) for c in (1, 2, 3)] for r in (1, 2)] + [[0, 0, 1.0]])
            # Howship states the widening along its own axis, up the film.
            if joint in own:
                error = (own[joint][0] - widening(true["upper"], true["lower"], point, np.array([0, -1.0]))) * mm
                errors["Howship"].append(error)
                if own[joint][1]:
                    errors["Howship, its gate"].append(error)
            truth = widening(true["upper"], true["lower"], point, axis)
            ready = [normalised(f[0]) for f in films]
            for name, fit in (("ECC", ecc), ("POC", poc)):
                fits = [fit(ready[0], ready[1], films[0][k], films[1][k]) for k in (1, 2)]
                if all(fits):
                    errors[name].append((widening(fits[0][0], fits[1][0], point, axis) - truth) * mm)
        for name, e in errors.items():
            e = np.array(e)
            if len(e) < 5:
                print(f"  {name:20s} {len(e)} of {pairs}: too few")
                continue
            size = np.abs(e)
            print(f"  {name:20s} {len(e)} of {pairs}: median error {np.median(size):.4f} mm, P95 {np.percentile(size, 95):.3f}, "
                  f"bias (median) {np.median(e):+.4f}")


def otsu(values):
    counts, edges = np.histogram(values, 256)
    middles = (edges[1:] + edges[:-1]) / 2
    below, moment = np.cumsum(counts), np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = moment / below - (moment[-1] - moment) / (below[-1] - below)
        between = np.nan_to_num(below * (below[-1] - below) * gap**2)
    return middles[between.argmax()]


def micrometer(example, folder):
    """The phantom whose joint space was set from 1.20 to 1.70 mm.

    Its file of regions parts the picture along the joint space; a bone is what is bright in its part, filled.
    """
    errors = []
    for name, mm in (("RadiographyAir", 0.15), ("RadiographyWater", 0.15), ("TomosynthesisAir", 0.26), ("TomosynthesisWater", 0.26)):
        with tempfile.TemporaryDirectory() as t:
            os.makedirs(f"{t}/{name}")
            parts = np.asarray(Image.open(f"{folder}/{name}/segmentation.bmp"))
            ys = [np.nonzero(parts == k)[0].mean() for k in (0, 1)]
            up = 0 if ys[0] < ys[1] else 1
            for k, film in enumerate(("1.20mm(3.75mm).bmp", "1.70mm(4.25mm).bmp")):
                grey = Image.open(f"{folder}/{name}/{film}").convert("L")
                grey.save(f"{t}/{name}/{k}.pgm")
                smooth = ndi.gaussian_filter(np.asarray(grey, float), 1)
                bright = smooth > otsu(smooth)
                for bone, value in (("upper", up), ("lower", 1 - up)):
                    # Closed along the picture's border, where the shaft leaves it.
                    part = np.pad((parts == value) & bright, 1)
                    edge = 0 if bone == "upper" else -1
                    inside = np.nonzero(part[1 if edge == 0 else -2])[0]
                    if len(inside):
                        part[edge, inside.min() : inside.max() + 1] = True
                    filled = ndi.binary_fill_holes(part)[1:-1, 1:-1]
                    labels, _ = ndi.label(filled)
                    filled = labels == np.bincount(labels.ravel())[1:].argmax() + 1
                    Image.fromarray((filled * 255).astype(np.uint8)).save(f"{t}/{name}/{k}_{bone}.pgm")
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
    parser.add_argument("--examples", default="target/release/examples")
    parser.add_argument("--joints", type=int, default=133)
    parser.add_argument("--pairs", type=int, default=40)
    arguments = parser.parse_args()
    example = f"{arguments.examples}/serial_joints"
    with tempfile.TemporaryDirectory() as folder:
        lay_out(arguments.joints_folder, folder)
        names = sorted(os.listdir(folder))[1::2][: arguments.joints]
        text, own = ours(example, folder, arguments.joints)
        geometry, other, clock = {}, {"ECC": {}, "POC": {}}, {"ECC": 0.0, "POC": 0.0}
        first = {}
        for i, joint in enumerate(names):
            films = [read(f) for f in sorted(f for f in glob.glob(f"{folder}/{joint}/*.pgm") if not f.endswith(("_upper.pgm", "_lower.pgm")))]
            start = time.process_time()
            ready = [normalised(f[0]) for f in films]
            shared = time.process_time() - start
            for v, f in enumerate(films):
                geometry[joint, v] = joint_of(f[1], f[2])
            for method, fit in (("ECC", ecc), ("POC", poc)):
                start = time.process_time()
                for a, b in itertools.combinations(range(4), 2):
                    for k, bone in ((1, "upper"), (2, "lower")):
                        other[method][joint, a, b, bone] = fit(ready[a], ready[b], films[a][k], films[b][k])
                clock[method] += time.process_time() - start + shared
            if i == min(13, len(names) - 1):
                first = dict(clock)
        print(f"1. {len(names)} serial joints, odd-numbered")
        line("Howship, all", *closures(own, geometry, lambda p: True))
        gate = float(re.search(r"SE < (\S+) px \(fixed\)", text).group(1))
        se = lambda p: np.hypot(own[(*p, "upper")][1], own[(*p, "lower")][1])
        passed = lambda p: se(p) < gate and own[(*p, "upper")][2] and own[(*p, "lower")][2]
        line(f"Howship, its gate (SE < {gate} px; fixed before)", *closures(own, geometry, passed))
        for method, fits in other.items():
            line(f"{method}, all", *closures(fits, geometry, lambda p: True))
            worse = lambda p: min(fits[(*p, k)][1] for k in ("upper", "lower"))
            scores = sorted((worse(p) for p in {k[:3] for k in fits} if all(fits[(*p, k)] for k in ("upper", "lower"))), reverse=True)
            for share in (0.82, 0.56):
                n = int(share * len({k[:3] for k in fits}))
                limit = scores[min(n, len(scores)) - 1]
                line(f"{method}, best {100 * share:.0f} % by its own score", *closures(fits, geometry, lambda p: worse(p) >= limit))
        for tilt in (0, 3):
            print(f"2. change of the joint space of formula joints, tilt, roll and flexion within {tilt} degrees")
            phantom(arguments.examples, arguments.pairs, tilt)
        print("3. micrometer phantom, joint space set from 1.20 to 1.70 mm")
        micrometer(example, arguments.pipoc_folder)
        print("4. 14 joints x 4 visits, all pairs of visits, both bones, films read before (processor time of the others)")
        for threads in (1, 0):
            texts = [ours(example, folder, 14, threads)[0] for _ in range(5)]
            seconds = float(np.median([float(re.search(r", ([0-9.]+) s \(", text).group(1)) for text in texts]))
            text = texts[0]
            used = int(re.search(r"(\d+) threads", text).group(1))
            ratios = ", ".join(f"{m} {first[m]:.2f} s ({first[m] / seconds:.1f} times)" for m in first)
            print(f"  Howship {seconds:.3f} s with {used} threads; {ratios}")


if __name__ == "__main__":
    sys.exit(main())
