#!/bin/sh
# Copies fixtures, schemes and mappings into the corpus of each target: fuzz/corpus, or the folder that is named.
set -eu
cd "$(dirname "$0")"
corpus=${1:-corpus}
from=../crates/howship-formats/tests/fixtures
for target in nifti metaimage nrrd aim isq dicom tiff film; do mkdir -p "$corpus/$target"; done
cp "$from"/*.nii "$from"/*.nii.gz "$corpus/nifti/"
cp "$from"/*.mha "$from"/*.mhd "$corpus/metaimage/"
cp "$from"/*.nrrd "$from"/*.nhdr "$corpus/nrrd/"
cp "$from"/*.aim "$corpus/aim/"
cp "$from"/*.tif "$corpus/tiff/"
for file in "$from"/dicom_*/*.dcm; do
    cp "$file" "$corpus/dicom/$(basename "$(dirname "$file")")_$(basename "$file")"
done
# One example of each kind on which an earlier version fell short.
cases=../crates/howship-formats/tests/cases
cp "$cases"/*.nii "$cases"/*.nii.gz "$corpus/nifti/"
cp "$cases"/*.mha "$corpus/metaimage/"
cp "$cases"/*.nrrd "$corpus/nrrd/"
cp "$cases"/*.aim "$corpus/aim/"
cp "$cases"/*.isq "$cases"/*.rsq "$corpus/isq/"
cp "$cases"/*.tif "$corpus/tiff/"
cp "$cases"/*.dcm "$corpus/dicom/"
for file in "$cases"/*dicom*/*0.dcm; do
    cp "$file" "$corpus/dicom/$(basename "$(dirname "$file")")_$(basename "$file")"
done
# 6 x 5 x 4 shorts behind a header with sizes, physical sizes and a scaling.
{
    printf 'CTDATA-HEADER_V1\003\000\000\000'
    head -c 24 /dev/zero
    printf '\006\000\000\000\005\000\000\000\004\000\000\000\010\007\000\000\320\007\000\000\320\007\000\000'
    head -c 444 /dev/zero
    head -c 240 /dev/zero
} > "$corpus/isq/plain.isq"

cp "$from"/film* "$corpus/film/"

from=../crates/howship-tables/tests/reference
for target in table_text table_parquet table_xpt scheme mapping scores; do mkdir -p "$corpus/$target"; done
cp "$from"/*.parquet "$corpus/table_parquet/"
cp "$from"/*.xpt "$corpus/table_xpt/"
cp ../crates/howship-scores/schemes/*.toml "$corpus/scheme/"
rm -f "$corpus/scheme/sites.toml"
cp ../crates/howship-scores/mappings/*.toml "$corpus/mapping/"
printf 'a;b\n1;"x ""y"""\n\n2;"two\nlines"\n' > "$corpus/table_text/semicolons.csv"
printf '\357\273\277sep=;\r\na;b,c\r\n1;2,5\r\n' > "$corpus/table_text/excel.csv"
printf 'a\tb\n1\t\n' > "$corpus/table_text/tabs.tsv"
# The first byte says how the rest is read.
small='subject,arm,visit,days,reader,reading,scheme,side,site,feature,score,status'
{
    printf '\000%s\n' "$small"
    printf '1,x,M0,0,A,1,svdh,L,MCP2,erosion,2,ok\n1,x,M12,360,A,1,svdh,L,MCP2,erosion,1,ok\n'
    printf '1,x,M0,0,B,1,svdh,L,MCP2,erosion,2,\n2,y,M0,0,A,1,svdh,R,MTP1,jsn,,not-scorable\n'
} > "$corpus/scores/long.csv"
printf '\001subject,visit,reader,score\n1,M0,A,1.5\n1,M12,A,0\n2,M0,A,\n' > "$corpus/scores/custom.csv"
printf '\102subject;site;feature;side;score\n1;MTP1;E;L;2,0\n' > "$corpus/scores/comma.csv"
printf '\032Patient_ID,LH_mcp_E__1,LF_mtp_J__2\n1,2,0\n' > "$corpus/scores/dream.csv"
