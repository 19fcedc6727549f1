//! Readers' scores in print: figures as SVG; [`crate::paper::Page`] holds them.
//!
//! Plain numbers and names go in, text comes out: nothing here knows how a score was analysed. Each figure is a
//! whole SVG document that may also stand inside a page, with a title and a description for those who cannot see
//! it. Negative change (repair) is green, positive change (progression) orange, as the verdicts of the image
//! report are; no meaning hangs on colour alone.

mod agreement;
mod bone_outlines;
mod calibration;
mod cumulative;
mod discs;
mod forest;
mod joint_map;
mod joint_mark;
mod limbs;
mod marks;
mod readers;
mod sites;
mod skeleton;

pub use agreement::{
    BlandAltman, Estimate, LimitsPoint, SdcCurve, SdcPoint, bland_altman, sdc_curve,
};
pub use calibration::{Calibration, CalibrationBin, calibration_plot};
pub use cumulative::{Arm, CumulativePlot, cumulative_plot};
pub use forest::{ForestPlot, ForestRow, forest_plot};
pub use joint_map::{joint_map, site_is_placed};
pub use joint_mark::{JointMap, JointMark, MapShows};
pub use readers::{ReaderBias, ReaderBiasPlot, ReaderScatter, reader_bias_plot, reader_scatter};
