//! Samples as a decoder gives them, before a header says what they mean.

/// One image of one or three channels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decoded {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// 1 (grey) or 3 (red, green, blue, interleaved).
    pub(crate) channels: usize,
    /// Bits of a sample.
    pub(crate) bits: u16,
    /// Whether the stream says that its samples have a sign.
    pub(crate) signed: bool,
    /// Whether the compression lost something.
    pub(crate) lossy: bool,
    /// Row by row.
    pub(crate) samples: Vec<i32>,
}
