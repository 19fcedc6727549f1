#!/usr/bin/env python3
"""Whether ITK, pynrrd and Slicer's own reader understand what `howship compare` writes.

    pip install SimpleITK==2.5.7 pynrrd==1.1.3 slicerio==1.4.0
    howship phantom joint -o PH && howship compare PH/M0.nii.gz PH/M6.nii.gz -o OUT
    python benches/files_in_itk.py PH/M0.nii.gz PH/M6.nii.gz OUT M6

Resamples the follow-up into the baseline with ITK through each bone's transform: within the bone its grey levels must
follow the baseline's closely, and no better through the identity or the inverse. Compares the segmentation's labels with
labels.nii.gz voxel by voxel. Exit code 1 where something is not understood.
"""
import glob
import sys

import nrrd
import numpy as np
import SimpleITK as sitk
import slicerio

baseline, followup, out, visit = sys.argv[1:]
fixed = sitk.ReadImage(baseline, sitk.sitkFloat32)
moving = sitk.ReadImage(followup, sitk.sitkFloat32)
values = sitk.GetArrayFromImage(fixed)


def on_baseline(image, transform=None, how=sitk.sitkNearestNeighbor):
    return sitk.GetArrayFromImage(sitk.Resample(image, fixed, transform or sitk.Transform(), how, 0.0))


bones = on_baseline(sitk.ReadImage(f"{out}/bones.nii.gz"))
fine = True
for path in sorted(glob.glob(f"{out}/transforms/{visit}_bone_*.tfm")):
    bone = int(path.rsplit("_", 1)[1].split(".")[0])
    inside = bones == bone
    transform = sitk.ReadTransform(path)
    like = {}
    for name, t in [("as written", transform), ("identity", sitk.Transform()), ("inverse", transform.GetInverse())]:
        moved = on_baseline(moving, t, sitk.sitkLinear)
        like[name] = float(np.corrcoef(moved[inside], values[inside])[0, 1])
    print(path, {k: round(v, 3) for k, v in like.items()})
    fine &= like["as written"] >= max(like.values())

labels = sitk.GetArrayFromImage(sitk.ReadImage(f"{out}/labels.nii.gz"))
segmentation = sitk.ReadImage(f"{out}/lesions.seg.nrrd")
drawn = sitk.GetArrayFromImage(sitk.Resample(segmentation, sitk.ReadImage(f"{out}/labels.nii.gz"), sitk.Transform(), sitk.sitkNearestNeighbor, 0))
for value in (v for v in np.unique(labels) if v):
    same = bool(np.array_equal(drawn == value, labels == value))
    print("label", int(value), int((labels == value).sum()), "voxels, same in the segmentation:", same)
    fine &= same

data, _ = nrrd.read(f"{out}/lesions.seg.nrrd")
named = [(s["name"], s["labelValue"]) for s in slicerio.read_segmentation(f"{out}/lesions.seg.nrrd")["segments"]]
print("segments as Slicer names them:", named)
fine &= {v for _, v in named} >= {int(v) for v in np.unique(data) if v}
sys.exit(0 if fine else 1)
