//! Reading and writing volumes: NIfTI, MetaImage, NRRD, Scanco AIM and ISQ, DICOM series, TIFF stacks.
