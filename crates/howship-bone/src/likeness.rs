//! A visit's image as it is compared with the others: on one scale of density, blurred alike.

/// What is done to a visit's image before it is compared with the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Likeness {
    /// Soft tissue, in this visit's values and in the baseline's.
    pub(crate) soft: [f64; 2],
    /// Contrast to soft tissue is multiplied by this.
    pub(crate) scale: f64,
    /// SD of the Gaussian that blurs it as much as the most blurred visit, mm; 0: nothing.
    pub(crate) blur_mm: f64,
}

impl Likeness {
    /// Nothing is done.
    pub(crate) const SAME: Self = Self {
        soft: [0.0; 2],
        scale: 1.0,
        blur_mm: 0.0,
    };

    pub(crate) fn is_same(&self) -> bool {
        *self == Self::SAME
    }

    /// A value of this visit on the baseline's scale.
    pub(crate) fn to_baseline(self, value: f64) -> f64 {
        self.soft[1] + (value - self.soft[0]) * self.scale
    }

    /// A value on the baseline's scale as this visit has it.
    pub(crate) fn to_own(self, value: f64) -> f64 {
        self.soft[0] + (value - self.soft[1]) / self.scale
    }
}

/// What is told of a series, for which the words on unlike images differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Lesions, whose images are made alike.
    Lesions,
    /// Remodelling, whose published definitions take images as they are.
    Remodelling,
}

impl Told {
    /// What becomes of a difference: for lesions as said, while remodelling takes it along.
    pub(crate) fn words(self, of_lesions: &'static str) -> &'static str {
        match self {
            Self::Lesions => of_lesions,
            Self::Remodelling => {
                "remodelling is told from the images as they are, and counts this as well"
            }
        }
    }
}
