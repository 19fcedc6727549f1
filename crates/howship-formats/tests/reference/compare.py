"""Compares howship-formats with itk-ioscanco, aimio-py, nibabel, pynrrd, SimpleITK, pydicom and tifffile.

    python compare.py VOXELS DATA WORK

VOXELS is the built example `voxels`, DATA the folder of test data, WORK a folder for files.
Every line is one comparison: values and geometry, in both directions (their files read by Howship,
Howship's files read by them). Ends with the number of failures.
"""
import glob, json, os, shutil, subprocess, sys
import numpy as np, nibabel as nib, nrrd, SimpleITK as sitk, pydicom, tifffile
import itk, py_aimio

VOXELS, DATA, WORK = sys.argv[1:4]
shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)
failures = 0


def report(name, ok, detail=""):
    global failures
    failures += not ok
    print(("same  " if ok else "DIFFER"), name, detail, flush=True)


def ours(path, *args):
    """Values [z, y, x] and geometry as Howship reads them."""
    raw = os.path.join(WORK, "ours.raw")
    out = subprocess.run([VOXELS, path, "-o", raw, *args], capture_output=True, text=True)
    if out.returncode:
        return None, out.stderr.strip()[:300], None
    lines = dict(line.split(" ", 1) for line in out.stdout.splitlines())
    g = json.loads(lines["geometry"])
    dtype = np.uint32 if "--labels" in args else np.float32
    values = np.fromfile(raw, dtype).reshape(g["size"][::-1])
    return values, g, {"unit": lines.get("unit"), **json.loads(lines["source"])}


def check(name, path, values, spacing=None, origin=None, direction=None, args=(), tolerance=0.0):
    v, g, s = ours(path, *args)
    if v is None:
        return report(name, False, g)
    ok = v.shape == values.shape
    worst = float(np.abs(v.astype(np.float64) - values).max()) if ok else np.nan
    scale = max(1.0, float(np.abs(values).max()))
    ok = ok and worst <= tolerance * scale
    for what, theirs, mine, limit in [
        ("spacing", spacing, g["spacing"], 2e-7),
        ("origin", origin, g["origin"], 2e-6),
        ("direction", direction, np.ravel(g["direction"]), 2e-7),
    ]:
        if theirs is not None:
            difference = float(np.abs(np.ravel(theirs) - np.asarray(mine)).max())
            if difference > limit * max(1.0, np.abs(theirs).max()):
                ok = False
                name += f" [{what} {theirs} vs {mine}]"
    report(name, ok, f"{v.shape[::-1]} worst {worst:g} unit {s['unit']}")


def check_sitk(name, path, image=None, **kwargs):
    image = image if image is not None else sitk.ReadImage(path)
    check(name, path, sitk.GetArrayFromImage(image).astype(np.float64), image.GetSpacing(),
          image.GetOrigin(), image.GetDirection(), **kwargs)


scanco = f"{DATA}/hrpqct/scanco_formats"
rng = np.random.default_rng(1)

# 1. Shared data against its own readers.
for f in sorted(glob.glob(f"{DATA}/hrpqct/mcp_joint/*.nii.gz")):
    check_sitk(f"sitk {os.path.basename(f)}", f)
    v = np.asarray(nib.load(f).dataobj).transpose(2, 1, 0)
    check(f"nibabel {os.path.basename(f)}", f, v.astype(np.float64))
for f in ("test_mha.mha", "test_nii.nii"):
    check_sitk(f"sitk {f}", f"{scanco}/{f}")
cube = sitk.GetArrayFromImage(sitk.ReadImage(f"{scanco}/test_mha.mha"))
for f in ("test_nii.nii", "test_aim.AIM", "test_isq.ISQ", "test_dicom"):
    v, g, s = ours(f"{scanco}/{f}")
    report(f"one cube: {f} against test_mha.mha", v is not None and bool((v == cube).all()),
           f"spacing {g['spacing'] if v is not None else g}")
itk.ScancoImageIO  # the factory registers with the import
for f in sorted(glob.glob(f"{scanco}/*.AIM") + [f for f in glob.glob(f"{scanco}/bonelab_ipl_dilation/*.[aA][iI][mM]") if not f.endswith("1x1x1_cube.aim")]):
    array, meta = py_aimio.read_aim(f)[:2] if isinstance(py_aimio.read_aim(f), tuple) else (py_aimio.read_aim(f), {})
    name = os.path.basename(f)
    check(f"aimio {name}", f, np.asarray(array, np.float64))
    io = itk.ScancoImageIO.New(FileName=f)
    image = itk.imread(f, pixel_type=itk.F, imageio=io)
    check(f"itk-ioscanco geometry {name}", f, np.asarray(array, np.float64), list(image.GetSpacing()), list(image.GetOrigin()))
for i, count in enumerate([27, 117, 275, 565, 967], 1):
    v, g, s = ours(f"{scanco}/bonelab_ipl_dilation/1X1X1CUBE_DILATE{i}.AIM")
    report(f"IPL dilation {i}: {count} voxels", int((v != 0).sum()) == count)
knee = sitk.ImageSeriesReader()
knee.SetFileNames(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(f"{DATA}/volumes/knee_mri"))
image = knee.Execute()
check_sitk("sitk knee_mri series", f"{DATA}/volumes/knee_mri", image)
files = sorted(glob.glob(f"{DATA}/volumes/microct/*.tif"))
check("tifffile microct", f"{DATA}/volumes/microct", tifffile.imread(files).astype(np.float64),
      args=("--spacing", "0.0195,0.0195,0.0195"))
for f in sorted(glob.glob(f"{DATA}/volumes/wrist_ct/*.tif")):
    check(f"tifffile {os.path.basename(f)}", f, tifffile.imread(f).astype(np.float64), args=("--spacing", "0.4,0.4,0.4"))

# 2. Files that others write, read by Howship.
axis = np.array([0.3, -0.5, 0.8]); axis /= np.linalg.norm(axis)
k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
turn = np.eye(3) + np.sin(0.4) * k + (1 - np.cos(0.4)) * k @ k
grids = {
    "aligned": np.eye(3),
    "oblique": turn,
    "left-handed": turn @ np.diag([1.0, 1.0, -1.0]),
    "half turn": np.diag([-1.0, 1.0, -1.0]),
}
kinds = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]
for grid, d in grids.items():
    for kind in kinds:
        low, high = (0, 200) if kind.startswith("u") else (-100, 100)
        a = (rng.uniform(low, high, (5, 6, 7))).astype(kind)
        image = sitk.GetImageFromArray(a)
        image.SetSpacing((0.3, 0.5, 1.1)); image.SetOrigin((10.0, -4.0, 2.5)); image.SetDirection(np.ravel(d))
        for extension in ("nii", "nii.gz", "mha", "mhd", "nrrd", "nhdr"):
            f = f"{WORK}/sitk_{grid.split()[0]}_{kind}.{extension}"
            if extension.startswith("nii") and kind in ("uint64", "int64"):
                continue
            for compressed in (False, True):
                sitk.WriteImage(image, f, useCompression=compressed)
                check_sitk(f"sitk wrote {grid} {kind} {extension} {'packed' if compressed else 'plain'}", f, image, tolerance=1e-7)
for big in (False, True):
    for kind in ("uint8", "int16", "uint16", "int32", "float32", "float64"):
        a = rng.integers(0, 100, (7, 6, 5)).astype(kind)
        order = ">" if big else "<"
        for cls, name in ((nib.Nifti1Image, "nifti1"), (nib.Nifti2Image, "nifti2"), (nib.Nifti1Pair, "pair")):
            affine = np.eye(4); affine[:3, :3] = turn @ np.diag([0.3, 0.4, 0.5]); affine[:3, 3] = 1, 2, 3
            header = {"nifti1": nib.Nifti1Header, "nifti2": nib.Nifti2Header, "pair": nib.nifti1.Nifti1PairHeader}[name](endianness=order)
            header.set_data_dtype(np.dtype(kind).newbyteorder(order))
            header.set_xyzt_units("mm")
            image = cls(a, affine, header)
            f = f"{WORK}/nib_{name}_{kind}_{int(big)}." + ("hdr" if name == "pair" else "nii")
            image.set_data_dtype(np.dtype(kind).newbyteorder(order))
            nib.save(image, f)
            lps = np.diag([-1, -1, 1.0])
            check(f"nibabel wrote {name} {kind} {'big' if big else 'little'}", f, a.transpose(2, 1, 0).astype(np.float64),
                  (0.3, 0.4, 0.5), lps @ (1, 2, 3), lps @ turn, tolerance=1e-7)
        f = f"{WORK}/nrrd_{kind}_{int(big)}.nrrd"
        for encoding in ("raw", "gzip", "ascii"):
            for space in ("right-anterior-superior", "left-posterior-superior", "left-anterior-superior"):
                nrrd.write(f, a, {"space": space, "space directions": (turn @ np.diag([0.3, 0.4, 0.5])).T,
                                  "space origin": [1.0, 2.0, 3.0], "encoding": encoding, "endian": "big" if big else "little"})
                sign = np.diag({"r": [-1, -1, 1], "l": [1, 1, 1]}[space[0]] if space != "left-anterior-superior" else [1, -1, 1.0])
                check(f"pynrrd wrote {kind} {encoding} {space} {'big' if big else 'little'}", f,
                      a.transpose(2, 1, 0).astype(np.float64), (0.3, 0.4, 0.5), sign @ (1, 2, 3), sign @ turn, tolerance=1e-7)
scaled = nib.Nifti1Image(rng.uniform(-1, 1, (4, 5, 6)).astype(np.float32), np.eye(4))
scaled.set_data_dtype(np.int16); scaled.header.set_xyzt_units("mm")
nib.save(scaled, f"{WORK}/scaled.nii.gz")
check("nibabel wrote int16 with slope", f"{WORK}/scaled.nii.gz",
      nib.load(f"{WORK}/scaled.nii.gz").get_fdata().transpose(2, 1, 0), tolerance=1e-7)
tifffile.imwrite(f"{WORK}/multi.tif", rng.integers(0, 60000, (5, 6, 7)).astype(np.uint16))
check("tifffile wrote pages", f"{WORK}/multi.tif", tifffile.imread(f"{WORK}/multi.tif").astype(np.float64), args=("--spacing", "1,1,1"))
log = ("! Processing Log\n!\n" + "".join(f"{k:<30}{v:>20}\n" for k, v in [
    ("Mu_Scaling", "8192"), ("HU: mu water", "0.24090"), ("Density: unit", "mg HA/ccm"),
    ("Density: slope", "1603.51904"), ("Density: intercept", "-391.209015")]))
print("aimio functions:", [n for n in dir(py_aimio) if not n.startswith("_")])
native = rng.integers(-2000, 20000, (5, 6, 7)).astype(np.int16)
try:
    py_aimio.write_aim(f"{WORK}/cal.aim", native, {"dimensions": (7, 6, 5), "element_size": (0.0607,) * 3,
                       "position": (10, 20, 30), "processing_log": log})
    expected = native.astype(np.float64) / 8192 * 1603.51904 - 391.209015
    check("aimio wrote a calibrated AIM", f"{WORK}/cal.aim", expected, (0.0607,) * 3, tolerance=1e-7)
    f = f"{WORK}/cal.aim"
    v, g, s = ours(f)
    image = itk.imread(f, pixel_type=itk.F, imageio=itk.ScancoImageIO.New(FileName=f))
    hu = itk.array_from_image(image).astype(np.float64)
    v2, _, _ = ours(f, "--unit", "HU")
    report("calibrated AIM in HU against itk-ioscanco", bool(np.abs(v2 - hu).max() <= 1.0), f"worst {np.abs(v2 - hu).max():g}")
    print("      origin", g["origin"], list(image.GetOrigin()))
except Exception as error:
    report("aimio write", False, repr(error))

# 3. Files that Howship writes, read by others.
base = sitk.GetImageFromArray(rng.uniform(-500, 1500, (5, 6, 7)).astype(np.float32))
for grid, d in grids.items():
    base.SetSpacing((0.0607, 0.0607, 0.125)); base.SetOrigin((-1.25, 7.5, 100.0)); base.SetDirection(np.ravel(d))
    source = f"{WORK}/base.mha"
    sitk.WriteImage(base, source)
    for extension in ("nii", "nii.gz", "mha", "mhd", "nrrd", "nhdr"):
        for level in ("0", "6"):
            out = f"{WORK}/howship_{grid.split()[0]}.{extension}"
            subprocess.run([VOXELS, source, "-w", out, "--level", level, "--unit", "mgHA/cm3"], check=True, capture_output=True)
            back = sitk.ReadImage(out)
            limit = 2e-6 if extension.startswith("nii") else 1e-12
            ok = bool((sitk.GetArrayFromImage(back) == sitk.GetArrayFromImage(base)).all())
            for f in ("GetSpacing", "GetOrigin", "GetDirection"):
                ok &= bool(np.abs(np.subtract(getattr(back, f)(), getattr(base, f)())).max() <= limit * 100)
            report(f"sitk reads ours: {grid} {extension} level {level}", ok)
            v, g, s = ours(out)
            report(f"  unit survives", s["unit"] == "mgHA/cm³", s["unit_known"])
            if extension.startswith("nii"):
                image = nib.load(out)
                affine = np.eye(4)
                affine[:3, :3] = np.diag([-1, -1, 1]) @ np.reshape(base.GetDirection(), (3, 3)) @ np.diag(base.GetSpacing())
                affine[:3, 3] = np.diag([-1, -1, 1]) @ base.GetOrigin()
                good = np.abs(image.get_sform() - affine).max() < 1e-5 and np.abs(image.get_qform() - affine).max() < 1e-5
                good &= bool((np.asarray(image.dataobj).transpose(2, 1, 0) == sitk.GetArrayFromImage(base)).all())
                report(f"  nibabel, sform and qform", good, str(image.header["descrip"]))
            if extension in ("nrrd", "nhdr"):
                a, h = nrrd.read(out)
                report("  pynrrd", bool((a.transpose(2, 1, 0) == sitk.GetArrayFromImage(base)).all()), h.get("density_unit"))
calibrated = f"{WORK}/cal.aim"
for wide in ([], ["--030"]):
    out = f"{WORK}/howship_back{len(wide)}.aim"
    run = subprocess.run([VOXELS, calibrated, "-w", out, *wide], capture_output=True, text=True)
    a, meta = py_aimio.read_aim(out)
    report(f"aimio reads our calibrated AIM {wide}", a.dtype == np.int16 and bool((a == native).all()), f"{a.dtype}")
    print("      ", {k: meta[k] for k in ("position", "element_size", "dimensions") if k in meta})
    v, g, s = ours(out); w, h, t = ours(calibrated)
    report("  ours reads it back, same bits", bool((v == w).all()) and np.allclose(g["origin"], h["origin"], atol=1e-6), s["unit"])
    try:
        image = itk.imread(out, pixel_type=itk.F, imageio=itk.ScancoImageIO.New(FileName=out))
        report("  itk-ioscanco reads it", bool(np.abs(itk.array_from_image(image) - ours(out, "--unit", "HU")[0]).max() <= 1.0), str(list(image.GetSpacing())))
    except Exception as error:
        report("  itk-ioscanco reads it", False, repr(error)[:200])
    out = f"{WORK}/howship_float{len(wide)}.aim"
    source = f"{WORK}/base.mha"; base.SetDirection(np.ravel(np.eye(3))); sitk.WriteImage(base, source)
    subprocess.run([VOXELS, source, "-w", out, *wide], check=True, capture_output=True)
    a, meta = py_aimio.read_aim(out)
    report(f"aimio reads our float AIM {wide}", bool((a == sitk.GetArrayFromImage(base)).all()), f"{a.dtype}")
    for values, name in (((rng.uniform(size=(9, 10, 11)) > 0.7).astype(np.uint8) * 127, "mask"),
                         (rng.integers(0, 100, (9, 10, 11)).astype(np.uint8), "labels"),
                         (rng.integers(0, 30000, (9, 10, 11)).astype(np.uint16), "many labels")):
        image = sitk.GetImageFromArray(values); image.SetSpacing((0.1, 0.1, 0.1))
        sitk.WriteImage(image, source)
        out = f"{WORK}/howship_labels{len(wide)}.aim"
        subprocess.run([VOXELS, source, "--labels", "-w", out, *wide], check=True, capture_output=True)
        a, meta = py_aimio.read_aim(out)
        report(f"aimio reads our {name} {wide}", bool((a == values).all()), f"{a.dtype}")
        v, g, s = ours(out, "--labels")
        report(f"  ours", bool((v == values).all()), s["header"][1][1])
        try:
            image = itk.imread(out, pixel_type=itk.F, imageio=itk.ScancoImageIO.New(FileName=out))
            report("  itk-ioscanco", bool((itk.array_from_image(image) == values).all()))
        except Exception as error:
            report("  itk-ioscanco", False, repr(error)[:200])
for kind, values in (("uint8", rng.integers(0, 255, (4, 5, 6))), ("uint16", rng.integers(0, 65535, (4, 5, 6))), ("uint32", rng.integers(0, 2**32 - 1, (4, 5, 6)))):
    image = sitk.GetImageFromArray(values.astype(kind)); sitk.WriteImage(image, f"{WORK}/labels.nii.gz")
    for extension in ("nii.gz", "mha", "nrrd"):
        out = f"{WORK}/labels_out.{extension}"
        subprocess.run([VOXELS, f"{WORK}/labels.nii.gz", "--labels", "-w", out], check=True, capture_output=True)
        back = sitk.GetArrayFromImage(sitk.ReadImage(out))
        report(f"sitk reads our labels {kind} {extension}", back.dtype == kind and bool((back == values).all()), str(back.dtype))

# 4. ISQ.
for f in sorted(glob.glob(f"{scanco}/*.ISQ")):
    v, g, s = ours(f)
    image = itk.imread(f, pixel_type=itk.F, imageio=itk.ScancoImageIO.New(FileName=f))
    print("ISQ", os.path.basename(f), g["spacing"], list(image.GetSpacing()), s["unit"], np.unique(v), np.unique(itk.array_from_image(image)), s["identity"]["date"])

# 5. DICOM: every monochrome file of the sets as three slices, against pydicom's raw values.
for f in sorted(glob.glob(f"{DATA}/dicom/*/*")):
    name = "/".join(f.split("/")[-2:])
    try:
        d = pydicom.dcmread(f)
        frames = int(d.get("NumberOfFrames", 1) or 1)
        if frames > 1 or d.get("SamplesPerPixel", 1) != 1:
            print("skip  ", name, frames, d.get("SamplesPerPixel"), ours(f)[1] if ours(f)[0] is None else "read")
            continue
        pixels = None
        try:
            pixels = d.pixel_array.astype(np.float64)
        except Exception as error:
            print("note   pydicom cannot decode", name, repr(error)[:80])
        if pixels is not None:
            pixels = pixels * float(d.get("RescaleSlope", 1) or 1) + float(d.get("RescaleIntercept", 0) or 0)
        folder = f"{WORK}/series"
        shutil.rmtree(folder, ignore_errors=True); os.makedirs(folder)
        d.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        d.PixelSpacing = [0.5, 0.4]
        for z in range(3):
            d.ImagePositionPatient = [1.0, 2.0, 3.0 + 0.7 * (2 - z)]
            d.save_as(f"{folder}/{z}.dcm")
    except Exception as error:
        v, g, s = ours(f)
        print("note  ", name, "pydicom:", repr(error)[:60], "| ours:", g if v is None else "read")
        continue
    v, g, s = ours(folder)
    if v is None:
        print("refuse", name, g[g.find("reason"):][:160], "| pydicom", "decodes" if pixels is not None else "refuses")
        continue
    if pixels is None:
        print("read   by ours only", name)
        continue
    worst = max(float(np.abs(v[z] - pixels).max()) for z in range(3))
    lossy = "JPEGProcess" in name or "JPLY" in name or "Monochrome1-Jpeg" in name
    # Two decoders of lossy JPEG may round a stored value differently.
    limit = abs(float(d.get("RescaleSlope", 1) or 1)) * 1.01 if lossy else 1e-6 * max(1.0, np.abs(pixels).max())
    ok = worst <= limit and np.allclose(g["spacing"], (0.4, 0.5, 0.7)) and np.allclose(g["origin"], (1, 2, 3))
    report(f"pydicom {name}", ok, f"worst {worst:g} unit {s['unit']}")

print("failures", failures)
