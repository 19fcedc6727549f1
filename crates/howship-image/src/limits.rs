//! Sizes beyond which a file is taken for damaged.

/// The most voxels a volume may have (2^32: 16 GiB of f32); more is refused before it is allocated.
pub const MAX_VOXELS: usize = 1 << 32;

/// The most pixels a film may have (2^28: 1 GiB of f32); the largest detectors and scans have 2^25.
pub const MAX_FILM_PIXELS: usize = 1 << 28;
