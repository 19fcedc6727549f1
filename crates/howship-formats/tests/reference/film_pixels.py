"""Reference values of the stored pixels of every DICOM file under a folder, by pydicom.

Usage: python film_pixels.py DATA/dicom > film_pixels.json
Needs: pydicom 3, numpy, pylibjpeg with its libjpeg, openjpeg and rle plugins, python-gdcm, blake3.

Per file either the BLAKE3 of the samples (int32, little endian, row by row, channels interleaved) with
size, smallest, largest, sum and 16 samples on a grid, or why pydicom refuses it.
"""

import json
import os
import sys
import warnings
import logging

import blake3
import numpy as np
import pydicom

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)


def reference(path):
    ds = pydicom.dcmread(path, force=True)
    pixels = ds.pixel_array
    if pixels.ndim > (3 if ds.SamplesPerPixel == 3 else 2):
        raise ValueError("several frames")
    a = np.ascontiguousarray(pixels.astype("<i4"))
    height, width = a.shape[:2]
    ys = np.linspace(0, height - 1, 4).astype(int)
    xs = np.linspace(0, width - 1, 4).astype(int)
    grid = [[int(x), int(y), int(a[y, x].flat[0])] for y in ys for x in xs]
    return {
        "width": width,
        "height": height,
        "channels": 1 if a.ndim == 2 else a.shape[2],
        "low": int(a.min()),
        "high": int(a.max()),
        "sum": int(a.astype("i8").sum()),
        "blake3": blake3.blake3(a.tobytes()).hexdigest(),
        "samples": grid,
    }


def main(folder):
    out = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            key = os.path.relpath(path, folder)
            # It overflows the parser's stack.
            if "Deeply-Nested" in name:
                out[key] = {"refused": "not tried: it ends the interpreter"}
                continue
            try:
                out[key] = reference(path)
            except Exception as e:
                out[key] = {"refused": " ".join(str(e).split())[:90]}
    result = {
        "made_by": f"film_pixels.py with pydicom {pydicom.__version__}, numpy {np.__version__}",
        "files": dict(sorted(out.items())),
    }
    print("{")
    print(f' "made_by": {json.dumps(result["made_by"])},')
    print(' "files": {')
    lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in result["files"].items()]
    print(",\n".join(lines))
    print(" }\n}")


main(sys.argv[1])
