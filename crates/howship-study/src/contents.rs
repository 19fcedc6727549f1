//! What an image holds, whatever it is packed in: two files of one image differ in their bytes.

/// BLAKE3 of an image's size and values, as they are measured.
pub(crate) fn of_values(size: &[usize], values: &[f32]) -> String {
    /// Values that are turned into bytes at a time.
    const AT_ONCE: usize = 1 << 14;
    let mut hash = blake3::Hasher::new();
    for n in size {
        hash.update(&(*n as u64).to_le_bytes());
    }
    let mut bytes = Vec::with_capacity(4 * AT_ONCE);
    for part in values.chunks(AT_ONCE) {
        bytes.clear();
        bytes.extend(part.iter().flat_map(|v| v.to_le_bytes()));
        hash.update(&bytes);
    }
    hash.finalize().to_hex().to_string()
}
