//! Rigid registration of bones: coarse to fine, masked, sub-voxel, with the covariance of the pose and a quality gate.
