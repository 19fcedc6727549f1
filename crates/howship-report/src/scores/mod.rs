//! Readers' scores in print: figures as SVG, and the page that holds them.
//!
//! Plain numbers and names go in, text comes out: nothing here knows how a score was analysed. Each figure is a
//! whole SVG document that may also stand inside a page, with a title and a description for those who cannot see
//! it. Negative change (repair) is green, positive change (progression) orange, as the verdicts of the image
//! report are; no meaning hangs on colour alone.

mod agreement;
mod anatomy;
mod calibration;
mod cumulative;
mod discs;
mod forest;
mod frame;
mod joint_map;
mod limbs;
mod marks;
mod page;
mod readers;
mod sites;
mod skeleton;
mod table;
mod words;

pub use agreement::{
    BlandAltman, Estimate, LimitsPoint, SdcCurve, SdcPoint, bland_altman, sdc_curve,
};
pub use calibration::{Calibration, CalibrationBin, calibration_plot};
pub use cumulative::{Arm, CumulativePlot, cumulative_plot};
pub use forest::{ForestPlot, ForestRow, forest_plot};
pub use joint_map::{JointMap, JointMark, MapShows, MapSide, joint_map, site_is_placed};
pub use page::{Card, Figure, PageProvenance, ScoresPage, Section, Tone, scores_page};
pub use readers::{ReaderBias, ReaderBiasPlot, ReaderScatter, reader_bias_plot, reader_scatter};
pub use table::{Cell, Table};
