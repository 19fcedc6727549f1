//! Lesions of a joint in print: pictures of bones and slices, plots, the tidy table, and the page that holds them.

mod contour;
mod csv;
mod figures;
mod input;
mod page;
mod panels;
mod plot;
mod raster;
mod render;
mod scene;
mod shade;
mod slices;
mod story;
mod truth;
mod view;

/// The colour of a verdict, or of a lesion without one, in pictures and segmentations: sRGB.
#[must_use]
pub fn verdict_rgb(verdict: Option<howship_change::Verdict>) -> [u8; 3] {
    crate::paper::palette::rgb(crate::paper::palette::look(verdict).colour)
}

pub use contour::{area, contours};
pub use csv::lesions_csv;
pub use figures::{Report, figures, report};
pub use input::{AlignmentPicture, BoneSurface, LesionPatch, LesionSurface, ReportInput};
pub use page::html;
pub use render::{Rendering, render};
pub use story::{fate_words, why_uncertain};
pub use truth::{MATCH_MM, TruthRow, TruthTable, truth_table};
pub use view::{Part, RenderOptions, View};
