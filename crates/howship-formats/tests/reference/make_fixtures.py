"""Makes tests/fixtures: small files of made-up values, written by other programs.

    python make_fixtures.py FIXTURES

The value of voxel (x, y, z) is (x + 7 y + 31 z) % 100, less 40 where the type is signed. The grid is
6 x 5 x 4 voxels of 0.3 x 0.4 x 0.5 mm with its first voxel at (1, -2, 3) mm (LPS), turned by the
matrix in expected.json where the format has axes. expected.json says for each file what is in it.
Written with nibabel 5.4.2, pynrrd 1.1.3, SimpleITK 2.5.7, aimio-py 0.4.1, tifffile 2026.3.3 and
pydicom 3.0.2.
"""
import json, os, sys
import numpy as np, nibabel as nib, nrrd, SimpleITK as sitk, py_aimio, pydicom, tifffile
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.dataset import Dataset
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian,
                         ImplicitVRLittleEndian, RLELossless)

OUT = sys.argv[1]
os.makedirs(OUT, exist_ok=True)
x, y, z = np.meshgrid(range(6), range(5), range(4), indexing="ij")
values = (x + 7 * y + 31 * z) % 100
SPACING, ORIGIN = np.array([0.3, 0.4, 0.5]), np.array([1.0, -2.0, 3.0])
c, s = np.cos(0.4), np.sin(0.4)
TURN = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
LPS = np.diag([-1.0, -1.0, 1.0])
expected = []


def note(name, signed, turned=True, origin=True, unit="arbitrary", **more):
    expected.append({"file": name, "signed": signed, "direction": TURN.tolist() if turned else np.eye(3).tolist(),
                     "origin": (ORIGIN if origin is True else np.asarray(origin, float)).tolist(), "unit": unit, **more})


def shown(signed, dtype):
    return (values - 40 * signed).astype(dtype)


affine = np.eye(4)
affine[:3, :3] = LPS @ TURN @ np.diag(SPACING)
affine[:3, 3] = LPS @ ORIGIN
for name, cls, dtype, signed in [("nifti1_int16.nii.gz", nib.Nifti1Image, "<i2", True), ("nifti1_big_uint8.nii", nib.Nifti1Image, ">u1", False),
                                 ("nifti1_big_float32.nii", nib.Nifti1Image, ">f4", True), ("nifti2_int32.nii.gz", nib.Nifti2Image, "<i4", True),
                                 ("pair_int16.hdr", nib.Nifti1Pair, ">i2", True)]:
    header = {nib.Nifti1Image: nib.Nifti1Header, nib.Nifti2Image: nib.Nifti2Header, nib.Nifti1Pair: nib.nifti1.Nifti1PairHeader}[cls](endianness=dtype[0])
    header.set_data_dtype(dtype)
    header.set_xyzt_units("mm")
    image = cls(shown(signed, dtype[1:]), affine, header)
    image.set_data_dtype(dtype)
    nib.save(image, f"{OUT}/{name}")
    note(name, signed)
header = nib.Nifti1Header()
header.set_xyzt_units("mm")
image = nib.Nifti1Image(shown(True, "i2"), None, header)
image.header.set_qform(affine, 1)
image.header.set_sform(None, 0)
nib.save(image, f"{OUT}/nifti1_qform_only.nii.gz")
note("nifti1_qform_only.nii.gz", True)

image = sitk.GetImageFromArray(shown(True, "i2").transpose(2, 1, 0))
image.SetSpacing(SPACING); image.SetOrigin(ORIGIN); image.SetDirection(TURN.ravel())
for name, packed in [("sitk.mha", False), ("sitk_packed.mha", True), ("sitk.mhd", True), ("sitk.nrrd", True), ("sitk.nhdr", False)]:
    sitk.WriteImage(image, f"{OUT}/{name}", useCompression=packed)
    note(name, True)
for name, encoding, space, endian in [("ras_big.nrrd", "gzip", "right-anterior-superior", "big"), ("las_ascii.nrrd", "ascii", "left-anterior-superior", "little")]:
    sign = LPS if space.startswith("right") else np.diag([1.0, -1.0, 1.0])
    nrrd.write(f"{OUT}/{name}", shown(True, "i2"), {"space": space, "space directions": (sign @ TURN @ np.diag(SPACING)).T,
               "space origin": sign @ ORIGIN, "encoding": encoding, "endian": endian})
    note(name, True)

log = "! Processing Log\n!\n" + "".join(f"{k:<30}{v:>20}\n" for k, v in [
    ("Index Patient", "17"), ("Site", "38"), ("Mu_Scaling", "4096"), ("HU: mu water", "0.25"), ("Density: unit", "mg HA/ccm"),
    ("Density: slope", "1600"), ("Density: intercept", "-400")])
meta = {"element_size": tuple(SPACING), "position": (10, -20, 30), "dimensions": (6, 5, 4)}
origin = SPACING * (10, -20, 30)
py_aimio.write_aim(f"{OUT}/aimio_short.aim", shown(True, "i2").transpose(2, 1, 0).copy(), {**meta, "processing_log": log})
note("aimio_short.aim", True, False, origin, "mgHA/cm³", slope=1600 / 4096, intercept=-400)
py_aimio.write_aim(f"{OUT}/aimio_float.aim", shown(True, "f4").transpose(2, 1, 0).copy(), {**meta, "processing_log": "! no calibration\n"})
note("aimio_float.aim", True, False, origin)
py_aimio.write_aim(f"{OUT}/aimio_char.aim", shown(False, "i1").transpose(2, 1, 0).copy(), {**meta, "processing_log": log})
note("aimio_char.aim", False, False, origin)

tifffile.imwrite(f"{OUT}/pages.tif", shown(False, "u2").transpose(2, 1, 0), photometric="minisblack")
note("pages.tif", False, False, [0, 0, 0])


def dicom(folder, syntax, enhanced=False, bits=16):
    os.makedirs(f"{OUT}/{folder}", exist_ok=True)
    stored = shown(True, "i2")
    order = [2, 0, 3, 1]
    for instance, k in enumerate([0] if enhanced else order):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2" + (".1" if enhanced else "")
        meta.MediaStorageSOPInstanceUID = f"2.25.{instance + 1}"
        meta.TransferSyntaxUID = syntax
        d = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128, is_implicit_VR=syntax == ImplicitVRLittleEndian,
                        is_little_endian=syntax != ExplicitVRBigEndian)
        d.SOPClassUID, d.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
        d.Modality, d.PatientID, d.PatientName = "CT", "MADE-UP", "Nobody"
        d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = "2.25.100", "2.25.101", "2.25.102"
        d.BodyPartExamined, d.Laterality, d.AcquisitionDate = "HAND", "R", "20260102"
        d.InstanceNumber = instance + 1
        d.Rows, d.Columns, d.SamplesPerPixel, d.PhotometricInterpretation = 5, 6, 1, "MONOCHROME2"
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, bits, bits - 1, 1
        cosines = [f"{v:.12g}" for v in np.concatenate([TURN[:, 0], TURN[:, 1]])]
        at = lambda k: [f"{v:.12g}" for v in ORIGIN + TURN[:, 2] * SPACING[2] * k]
        frame = lambda k: (stored[:, :, k].T.astype("<i2") & (2**bits - 1 if bits < 16 else -1)).astype("<i2").tobytes()
        if enhanced:
            d.NumberOfFrames = 4
            shared = Dataset()
            shared.PlaneOrientationSequence = Sequence([Dataset()])
            shared.PlaneOrientationSequence[0].ImageOrientationPatient = cosines
            shared.PixelMeasuresSequence = Sequence([Dataset()])
            shared.PixelMeasuresSequence[0].PixelSpacing = [0.4, 0.3]
            shared.PixelValueTransformationSequence = Sequence([Dataset()])
            v = shared.PixelValueTransformationSequence[0]
            v.RescaleSlope, v.RescaleIntercept, v.RescaleType = 2, -10, "HU"
            d.SharedFunctionalGroupsSequence = Sequence([shared])
            frames = []
            for k in order:
                one = Dataset()
                one.PlanePositionSequence = Sequence([Dataset()])
                one.PlanePositionSequence[0].ImagePositionPatient = at(k)
                frames.append(one)
            d.PerFrameFunctionalGroupsSequence = Sequence(frames)
            pixels = b"".join(frame(k) for k in order)
        else:
            d.ImagePositionPatient, d.ImageOrientationPatient, d.PixelSpacing = at(k), cosines, [0.4, 0.3]
            d.RescaleSlope, d.RescaleIntercept, d.RescaleType = 2, -10, "HU"
            pixels = frame(k)
        if syntax == RLELossless:
            meta.TransferSyntaxUID = ExplicitVRLittleEndian
            d.PixelData = pixels
            d["PixelData"].VR = "OW"
            d.compress(RLELossless)
        else:
            d.PixelData = np.frombuffer(pixels, "<i2").astype(">i2").tobytes() if syntax == ExplicitVRBigEndian else pixels
            d["PixelData"].VR = "OW"
        d.save_as(f"{OUT}/{folder}/i{instance}.dcm", enforce_file_format=True)
    note(folder, True, unit="HU", slope=2, intercept=-10)


dicom("dicom_implicit", ImplicitVRLittleEndian)
dicom("dicom_big", ExplicitVRBigEndian)
dicom("dicom_deflated_12bit", DeflatedExplicitVRLittleEndian, bits=12)
dicom("dicom_rle", RLELossless)
dicom("dicom_enhanced", ExplicitVRLittleEndian, enhanced=True)
with open(f"{OUT}/expected.json", "w") as f:
    json.dump(expected, f, indent=1, ensure_ascii=False)
    f.write("\n")
