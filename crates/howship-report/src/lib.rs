//! Reports: one self-contained HTML page, a tidy CSV, figures, truth beside verdict.
//!
//! Pure functions of their input: no clock, no files, no randomness; the same bytes for any number of threads.
//! Names that come from files are escaped wherever they are printed. Nothing in a page is loaded from elsewhere,
//! and everything in it shows without scripts.
//!
//! ```
//! # fn result() -> howship_change::VerdictFile {
//! #     serde_json::from_str(r#"{"schema":"howship-verdicts/3","provenance":{"version":"0","command":[],"inputs":[],
//! #     "settings":{}},"visits":[],"bones":[],"lesions":[],"decision":{"delta":null,"level":0.95,"prior":"weak"},
//! #     "warnings":[]}"#).unwrap()
//! # }
//! let result = result();
//! let input = howship_report::ReportInput {
//!     result: &result,
//!     truth: None,
//!     patches: &[],
//!     bones: &[],
//!     lesion_surfaces: &[],
//!     alignments: &[],
//! };
//! let page = howship_report::html(&input)?;
//! assert!(page.contains("No erosion found"));
//! # Ok::<(), howship_report::Error>(())
//! ```

mod error;
pub mod film;
pub mod mechanism;
pub mod paper;
pub mod scores;
mod volume;

pub use error::Error;
pub use howship_ops::Mesh;
pub use volume::{
    AlignmentPicture, BoneSurface, LesionPatch, LesionSurface, MATCH_MM, Part, RenderOptions,
    Rendering, Report, ReportInput, TruthRow, TruthTable, View, area, contours, fate_words,
    figures, html, lesions_csv, render, report, truth_table, verdict_rgb, why_uncertain,
};
