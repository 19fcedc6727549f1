//! Image operations: filters, thresholds, distance transform, morphology, components, region properties, thickness, meshes.
