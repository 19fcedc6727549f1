"""Times SciPy, edt, cc3d and scikit-image on the volume of operations.rs.

    python side_by_side.py [voxels per side, default 310]

Every library runs as it comes: SciPy and scikit-image on one thread, edt on all. Best of three, as time on
the wall and as processor time over all threads (the one to compare on a busy machine).
"""

import os
import sys
import time

import cc3d
import edt
import numpy as np
from scipy import ndimage as ndi
from skimage import measure


def bone(n):
    z, y, x = np.indices((n, n, n), sparse=True)
    middle = (n - 1) / 2
    radius = np.sqrt((x - middle) ** 2 + (y - middle) ** 2) / (0.45 * n)
    rods = sum((i % 14 < 4).astype(np.uint8) for i in (x, y, z)) >= 2
    return ((radius < 1) & ((radius > 0.9) | rods)).astype(np.uint8)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 310
    mask = bone(n)
    grey = mask.astype(np.float32) * 900
    spacing = (0.0607,) * 3
    labels = cc3d.connected_components(mask)
    cores = os.cpu_count()

    def dilated(mask, radius):
        return ndi.distance_transform_edt(mask == 0, sampling=spacing) <= radius

    def closed():
        grown = dilated(np.pad(mask, 9), 8 * 0.0607)
        return ndi.distance_transform_edt(grown, sampling=spacing) > 8 * 0.0607

    def closed_edt():
        grown = edt.edt(np.pad(mask, 9) == 0, anisotropy=spacing, parallel=cores) <= 8 * 0.0607
        return edt.edt(grown, anisotropy=spacing, parallel=cores) > 8 * 0.0607

    runs = {
        "gaussian scipy": lambda: ndi.gaussian_filter(grey, 1, mode="nearest"),
        "median scipy": lambda: ndi.median_filter(grey, 3, mode="nearest"),
        "gradient_magnitude numpy": lambda: np.sqrt(sum(g * g for g in np.gradient(grey, *spacing))),
        "distance_transform scipy": lambda: ndi.distance_transform_edt(mask, sampling=spacing),
        "distance_transform edt": lambda: edt.edt(mask, anisotropy=spacing, parallel=cores),
        "distance_to scipy": lambda: ndi.distance_transform_edt(mask == 0, sampling=spacing),
        "distance_to edt": lambda: edt.edt(mask == 0, anisotropy=spacing, parallel=cores),
        "label scipy": lambda: ndi.label(mask, np.ones((3, 3, 3))),
        "label cc3d": lambda: cc3d.connected_components(mask, connectivity=26),
        "fill_holes scipy": lambda: ndi.binary_fill_holes(mask),
        "dilate_8_voxels scipy edt": lambda: dilated(mask, 8 * 0.0607),
        "close_8_voxels scipy edt": closed,
        "close_8_voxels edt": closed_edt,
        "marching_cubes skimage": lambda: measure.marching_cubes(grey, 450, spacing=spacing),
        "region_properties skimage": lambda: [
            (r.area, r.centroid, r.axis_major_length)
            for r in measure.regionprops(labels, spacing=spacing)
        ],
    }
    for name, run in runs.items():
        wall, cpu = [], []
        for _ in range(3):
            start = time.perf_counter(), time.process_time()
            run()
            wall.append((time.perf_counter() - start[0]) * 1000)
            cpu.append((time.process_time() - start[1]) * 1000)
            if sum(wall) > 20000:
                break
        print(f"{name:30} {n}^3  {min(wall):9.1f} ms  {min(cpu):9.1f} ms of processor", flush=True)


if __name__ == "__main__":
    main()
