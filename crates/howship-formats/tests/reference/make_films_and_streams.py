"""Adds to tests/fixtures: small films, and DICOM volumes in compressed streams, written by other programs.

    python make_films_and_streams.py FIXTURES

Films: pixel (x, y) of 16 x 12 is (17 x + 29 y) % 200, times 300 where it has 16 bits.
Volumes: voxel (x, y, z) of 16 x 12 x 3 is (x + 7 y + 31 z) % 100 - 40 (signed) or without the 40, 0.3 x 0.4 x 0.5 mm.
Written with Pillow 13.0.0, tifffile 2026.3.3, imagecodecs 2026.3.6 and pydicom 3.0.2.
"""
import io, os, sys
import numpy as np, imagecodecs, tifffile
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, itemize_fragment
from pydicom.uid import (ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless)

OUT = sys.argv[1]
x, y = np.meshgrid(range(16), range(12))
eight = ((17 * x + 29 * y) % 200).astype("u1")
sixteen = (eight.astype("u2") * 300).astype("u2")

Image.fromarray(eight).save(f"{OUT}/film_eight.png")
Image.fromarray(np.dstack([eight] * 3 + [np.full_like(eight, 255)])).save(f"{OUT}/film_opaque.png")
Image.fromarray(np.dstack([eight] * 3 + [(eight > 3).astype("u1") * 255])).save(f"{OUT}/film_transparent.png")
Image.fromarray(np.dstack([eight, eight // 2, 255 - eight])).save(f"{OUT}/film_coloured.png")
Image.fromarray(eight).save(f"{OUT}/film.jpg", quality=95)
tifffile.imwrite(f"{OUT}/film_lzw.tif", sixteen, compression="lzw", predictor=True, photometric="minisblack")
opaque = np.dstack([sixteen] * 3 + [np.full_like(sixteen, 65535)])
tifffile.imwrite(f"{OUT}/film_opaque.tif", opaque, photometric="rgb", extrasamples=["unassalpha"], compression="deflate",
                 predictor=True)
tifffile.imwrite(f"{OUT}/film_coloured.tif", np.dstack([sixteen, sixteen // 2, sixteen]), photometric="rgb")


def dicom(name, pixels, syntax, encode, position=None, pieces=1, film=False):
    """One file; `pixels` is one frame, or several, each of them in `pieces` fragments."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1" if film else "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = "2.25.7"
    ds = FileDataset(name, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, "2.25.7"
    ds.Modality = "DX" if film else "MR"
    ds.PatientID, ds.SeriesInstanceUID, ds.StudyInstanceUID = "MADE-UP", "2.25.8", "2.25.9"
    frames = pixels if pixels.ndim == 3 else pixels[None]
    ds.Rows, ds.Columns = frames.shape[1:]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelRepresentation = int(frames.dtype.kind == "i")
    if not film:
        ds.PixelSpacing, ds.ImageOrientationPatient = ["0.4", "0.3"], ["1", "0", "0", "0", "1", "0"]
        ds.ImagePositionPatient = ["0", "0", str(position)]
    streams = [encode(f) for f in frames]
    if len(frames) > 1:
        ds.NumberOfFrames = len(frames)
    if encode is bytes_of:
        ds.PixelData = b"".join(streams)
    else:
        ds.PixelData = encapsulate([bytes(s) for s in streams], fragments_per_frame=pieces)
        ds["PixelData"].is_undefined_length = True
    ds.save_as(name, enforce_file_format=True)


def bytes_of(frame):
    return frame.astype(frame.dtype.newbyteorder("<")).tobytes()


def jpeg2000(frame):
    return imagecodecs.jpeg2k_encode(frame, reversible=True, level=0, codecformat="j2k")


X, Y, Z = np.meshgrid(range(16), range(12), range(3), indexing="ij")
values = ((X + 7 * Y + 31 * Z) % 100).transpose(2, 1, 0)
for name, dtype, syntax, encode, pieces in [
    ("dicom_jpeg2000", "i2", JPEG2000Lossless, jpeg2000, 1),
    ("dicom_jpegls", "u2", JPEGLSLossless, imagecodecs.jpegls_encode, 2),
    ("dicom_ljpeg", "u2", JPEGLosslessSV1, imagecodecs.ljpeg_encode, 1),
]:
    os.makedirs(f"{OUT}/{name}", exist_ok=True)
    volume = (values - (40 if dtype == "i2" else 0)).astype(dtype)
    for z in range(3):
        dicom(f"{OUT}/{name}/i{z}.dcm", volume[z], syntax, encode, 0.5 * z, pieces)
dicom(f"{OUT}/film_plain.dcm", sixteen, ExplicitVRLittleEndian, bytes_of, film=True)
dicom(f"{OUT}/film_jpeg2000.dcm", sixteen, JPEG2000Lossless, jpeg2000, film=True)
