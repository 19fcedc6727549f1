#!/bin/sh
# Copies the fixtures of howship-formats into the corpus of each target.
set -eu
cd "$(dirname "$0")"
from=../crates/howship-formats/tests/fixtures
for target in nifti metaimage nrrd aim isq dicom tiff; do mkdir -p "corpus/$target"; done
cp "$from"/*.nii "$from"/*.nii.gz corpus/nifti/
cp "$from"/*.mha "$from"/*.mhd corpus/metaimage/
cp "$from"/*.nrrd "$from"/*.nhdr corpus/nrrd/
cp "$from"/*.aim corpus/aim/
cp "$from"/*.tif corpus/tiff/
for file in "$from"/dicom_*/*.dcm; do
    cp "$file" "corpus/dicom/$(basename "$(dirname "$file")")_$(basename "$file")"
done
# 6 x 5 x 4 shorts behind a header with sizes, physical sizes and a scaling.
{
    printf 'CTDATA-HEADER_V1\003\000\000\000'
    head -c 24 /dev/zero
    printf '\006\000\000\000\005\000\000\000\004\000\000\000\010\007\000\000\320\007\000\000\320\007\000\000'
    head -c 444 /dev/zero
    head -c 240 /dev/zero
} > corpus/isq/plain.isq
