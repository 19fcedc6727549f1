"""Makes reference.json: what SciPy, scikit-image, edt and cc3d give on volumes both sides can generate.

    python make.py          needs numpy, scipy, scikit-image, edt, connected-components-3d

Arrays have shape (nz, ny, nx); sizes and spacings in the JSON are x, y, z. Grey results are kept as every
61st value and the sum, masks and labels as counts and an FNV-1a hash of their values as 32-bit integers.
"""

import json
from pathlib import Path

import cc3d
import edt
import numpy as np
import scipy
import skimage
from scipy import ndimage as ndi
from skimage import filters, measure, morphology, segmentation

SIZE = (23, 19, 17)
SPACINGS = {"isotropic": (0.0607,) * 3, "anisotropic": (0.05, 0.09, 0.21)}


def random(seed, n):
    state, values = seed, np.empty(n)
    for i in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values[i] = (state >> 32) / 4294967296.0
    return values


def volume(seed):
    return random(seed, np.prod(SIZE)).reshape(SIZE[::-1]).astype(np.float32)


def blobs():
    """Three overlapping balls and a hollow one, by integers."""
    z, y, x = np.indices(SIZE[::-1])
    square = lambda cx, cy, cz: (x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2
    solid = (square(6, 7, 6) <= 25) | (square(10, 9, 7) <= 20) | (square(2, 16, 14) <= 9)
    shell = (square(16, 11, 10) <= 30) & (square(16, 11, 10) > 6)
    return solid | shell


def grey(values):
    flat = np.asarray(values, float).ravel()
    return {"sample": [float(f"{v:.9g}") for v in flat[::61]], "sum": float(flat.sum())}


def whole(values):
    h = 0xCBF29CE484222325
    for v in np.asarray(values).ravel().tolist():
        for byte in int(v).to_bytes(4, "little"):
            h = ((h ^ byte) * 0x100000001B3) % 2**64
    return {"nonzero": int(np.count_nonzero(values)), "hash": f"{h:016x}"}


def ball(radius, spacing):
    reach = [int(np.floor(radius / s + 1e-9)) for s in spacing]
    z, y, x = np.mgrid[tuple(slice(-r, r + 1) for r in reach[::-1])]
    squared = (x * spacing[0]) ** 2 + (y * spacing[1]) ** 2 + (z * spacing[2]) ** 2
    return squared <= radius**2 * (1 + 1e-6)


def closing(mask, element):
    pad = [(n, n) for n in element.shape]
    return ndi.binary_closing(np.pad(mask, pad), element)[tuple(slice(a, -b) for a, b in pad)]


def opening(mask, element):
    return ndi.binary_dilation(ndi.binary_erosion(mask, element, border_value=1), element)


def laplace_hamming(image, spacing, epsilon=0.45, cut_off=0.3, amplitude=1.0):
    def fast(n):
        while True:
            rest = n
            for factor in (2, 3, 5):
                while rest % factor == 0:
                    rest //= factor
            if rest == 1:
                return n
            n += 1

    pad = [(16, fast(n + 32) - n - 16) for n in image.shape]
    padded = np.pad(image.astype(float), pad, mode="reflect")
    axes = [np.fft.fftfreq(n, d) for n, d in zip(padded.shape, spacing[::-1])]
    f2 = sum(a**2 for a in np.meshgrid(*axes, indexing="ij"))
    f, end = np.sqrt(f2), cut_off / min(spacing)
    window = np.where(f < end, 1 - amplitude / 2 + amplitude / 2 * np.cos(np.pi * f / end), 0)
    transfer = 4 * np.pi**2 * (1 - epsilon + epsilon * f2) * window
    filtered = np.fft.ifftn(np.fft.fftn(padded) * transfer).real
    return filtered[tuple(slice(16, 16 + n) for n in image.shape)]


def thickness(mask, spacing):
    """The definition, ball by ball."""
    depth = ndi.distance_transform_edt(mask, sampling=spacing[::-1])
    z, y, x = np.indices(mask.shape)
    result = np.zeros(mask.shape)
    for c in np.argwhere(mask):
        radius = depth[tuple(c)]
        d2 = ((z - c[0]) * spacing[2]) ** 2 + ((y - c[1]) * spacing[1]) ** 2
        d2 = d2 + ((x - c[2]) * spacing[0]) ** 2
        inside = d2 < radius**2 * (1 - 2e-6)
        result[inside] = np.maximum(result[inside], 2 * radius)
    return result


def regions(labels, image, spacing):
    rows = []
    for r in measure.regionprops(labels, intensity_image=image, spacing=spacing[::-1]):
        rows.append(
            {
                "label": int(r.label),
                "voxels": int(r.num_pixels),
                "centroid_mm": [float(c) for c in r.centroid[::-1]],
                "first": [int(b) for b in r.bbox[2::-1]],
                "end": [int(b) for b in r.bbox[:2:-1]],
                "lengths_mm": [float(v) for v in 2 * np.sqrt(5 * np.maximum(
                    np.linalg.eigvalsh(np.atleast_2d(np.cov(r.coords_scaled.T, bias=True)))[::-1], 0))],
                "major_mm": float(r.axis_major_length),
                "mean": float(r.image_intensity[r.image].mean(dtype=float)),
                "sd": float(r.image_intensity[r.image].std(dtype=float)),
            }
        )
    return rows


def for_spacing(spacing):
    image, mask, blob = volume(1), volume(2) < 0.8, blobs()
    sampling = spacing[::-1]
    sigma = (0.1, 0.15, 0.12)
    voxels = [s / d for s, d in zip(sigma, spacing)][::-1]
    radius = 2.3 * spacing[0]
    element = ball(radius, spacing)
    outside = edt.edt(blob, anisotropy=sampling)
    assert np.allclose(outside, ndi.distance_transform_edt(blob, sampling=sampling), rtol=1e-6)
    labels, _ = ndi.label(volume(3) < 0.2, np.ones((3, 3, 3)))
    centre = [(n - 1) / 2 * s for n, s in zip(SIZE, spacing)]
    z, y, x = np.indices(SIZE[::-1]) * np.array(sampling)[:, None, None, None]
    squared = (x - centre[0]) ** 2 + 0.9 * (y - centre[1]) ** 2 + 1.1 * (z - centre[2]) ** 2
    field = (1 - np.sqrt(squared)).astype(np.float32)
    level = float(np.float32(1 - 0.8 * min(centre)))
    vertices, faces, _, _ = measure.marching_cubes(field, level, spacing=sampling)
    a, b, c = (vertices[faces[:, i]].astype(float) for i in range(3))
    return {
        "spacing": spacing,
        "gaussian": grey(ndi.gaussian_filter(image.astype(float), voxels, mode="nearest")),
        "median": grey(ndi.median_filter(image, size=(3, 5, 3), mode="nearest")),
        "gradient_z": grey(np.gradient(image.astype(float), *sampling)[0]),
        "gradient_magnitude": grey(np.sqrt(sum(
            g**2 for g in np.gradient(image.astype(float), *sampling)))),
        "laplace_hamming": grey(laplace_hamming(image, spacing)),
        "distance_transform": grey(ndi.distance_transform_edt(mask, sampling=sampling)),
        "distance_to": grey(ndi.distance_transform_edt(~blob, sampling=sampling)),
        "radius": radius,
        "dilate": whole(ndi.binary_dilation(blob, element)),
        "erode": whole(ndi.binary_erosion(blob, element, border_value=1)),
        "open": whole(opening(blob, element)),
        "close": whole(closing(blob, element)),
        "thickness": grey(thickness(blob, spacing)),
        "regions": regions(labels, image, spacing),
        "surface": {
            "level": level,
            "area": float(measure.mesh_surface_area(vertices, faces)),
            "volume": abs(float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)),
        },
    }


def without_spacing():
    image, blob = volume(1), blobs()
    sparse = volume(2) < 0.35
    result = {"otsu": float(filters.threshold_otsu(image**2, nbins=256))}
    for faces, rank in ((6, 1), (18, 2), (26, 3)):
        element = ndi.generate_binary_structure(3, rank)
        labels, count = ndi.label(sparse, element)
        assert count == cc3d.connected_components(sparse.T, connectivity=faces).max()
        result[f"label_{faces}"] = {"count": int(count), **whole(labels)}
    result["hysteresis"] = whole(filters.apply_hysteresis_threshold(image, 0.6, 0.995))
    local = ndi.uniform_filter(image.astype(float), 5, mode="nearest")
    result["adaptive_mean"] = whole(image >= np.clip(local - 0.02, 0.4, 0.6))
    local = ndi.gaussian_filter(image.astype(float), (5 - 1) / 6, mode="nearest")
    result["adaptive_gaussian"] = whole(image >= np.clip(local, 0.4, 0.6))
    result["fill_holes"] = whole(ndi.binary_fill_holes(blob))
    marker = sparse & (volume(4) < 0.01)
    result["reconstruct"] = whole(ndi.binary_propagation(marker, mask=sparse))
    seed = np.where(volume(4) < 0.01, image, 0).astype(np.float32)
    for faces, rank in ((6, 1), (26, 3)):
        grown = morphology.reconstruction(seed, image, footprint=ndi.generate_binary_structure(3, rank))
        result[f"reconstruct_gray_{faces}"] = grey(grown)
    markers, _ = ndi.label(volume(4) < 0.01, np.ones((3, 3, 3)))
    flooded = segmentation.watershed(image, markers, connectivity=1, mask=volume(2) < 0.8)
    result["watershed"] = whole(flooded)
    return result


def main():
    reference = {
        "versions": {m.__name__: m.__version__ for m in (np, scipy, skimage)},
        "size": SIZE,
        **{name: for_spacing(spacing) for name, spacing in SPACINGS.items()},
        "any": without_spacing(),
    }
    path = Path(__file__).with_name("reference.json")
    path.write_text(json.dumps(reference, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
