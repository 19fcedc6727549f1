//! Samples as a decoder gives them, before a header says what they mean.

/// One image of one or three channels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decoded {
    pub(super) width: usize,
    pub(super) height: usize,
    /// 1 (grey) or 3 (red, green, blue, interleaved).
    pub(super) channels: usize,
    /// Bits of a sample.
    pub(super) bits: u16,
    /// Whether the stream says that its samples have a sign.
    pub(super) signed: bool,
    /// Whether the compression lost something.
    pub(super) lossy: bool,
    /// Row by row.
    pub(super) samples: Vec<i32>,
}
