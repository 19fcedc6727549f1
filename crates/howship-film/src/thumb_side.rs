//! On which side of a hand's image the thumb is.

/// Where the thumb is when the fingers point up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThumbSide {
    /// To the left in the image.
    Left,
    /// To the right in the image.
    Right,
}

impl ThumbSide {
    /// `left` or `right`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}
