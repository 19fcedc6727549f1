//! Films: the page, its figures, the table.
//!
//! The caller hands in grey pictures that are aligned already; outlines, mouths and curves are drawn here from the
//! result. Everything shows without scripts: the two films of a flicker pair alternate by a style that the reader
//! switches on.

mod csv;
mod curves;
mod figures;
mod joint_card;
mod method;
mod overview;
mod page;
mod placed;
mod tables;

pub use csv::film_csv;
pub use curves::film_curves;
pub use figures::film_figures;
pub use page::film_html;

use howship_change::{FilmTruth, FilmVerdictFile, JointBone};

/// A grey picture of 8 bits, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// From black to white.
    pub grey: Vec<u8>,
}

/// A joint's films aligned on one of its bones, in the joint's own frame at baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignedStrip {
    /// Index into the result's joints.
    pub joint: usize,
    /// The bone they are aligned on.
    pub bone: JointBone,
    /// Per visit of the joint; `None` where the bone could not be registered.
    pub visits: Vec<Option<Picture>>,
    /// Last film that could be aligned minus the first, exposures matched: mid-grey where nothing changed.
    pub difference: Option<Picture>,
}

/// A whole film, made smaller, for the overview.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmOverview {
    /// File name, as in the result.
    pub film: String,
    /// The picture.
    pub picture: Picture,
    /// Film pixels per pixel of the picture.
    pub step: f64,
}

/// What a film report is made of.
#[derive(Debug, Clone, Copy)]
pub struct FilmReportInput<'a> {
    /// What was measured.
    pub result: &'a FilmVerdictFile,
    /// Known truth, of a phantom.
    pub truth: Option<&'a FilmTruth>,
    /// Aligned films, joint by joint.
    pub strips: &'a [AlignedStrip],
    /// The films of the first visit.
    pub overviews: &'a [FilmOverview],
}
