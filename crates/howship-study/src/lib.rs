//! A study: files of one joint in, a folder with one verdict per lesion out.
//!
//! What the command line, bindings and a reading room call. Nothing here prints, reads arguments or knows exit codes;
//! progress goes to an [`Observer`], which may also stop the work.
//!
//! ```no_run
//! use howship_study::{OutputFolder, StudyOptions, Unobserved, analyse, load, write};
//!
//! let options = StudyOptions::default();
//! let folder = OutputFolder::new("result".as_ref(), false)?;
//! let images = ["M0.nii.gz".into(), "M6.nii.gz".into()];
//! let series = load(&images, &[], &options.scan, &Unobserved)?;
//! let outcome = analyse(&series, &options, &Unobserved)?;
//! let result = write(&folder, outcome, None, &Unobserved)?;
//! folder.finish(&Unobserved)?;
//! for lesion in &result.lesions {
//!     let verdict = lesion.verdict().map_or("none", |v| v.word());
//!     assert!(!verdict.is_empty());
//! }
//! # Ok::<(), howship_study::Error>(())
//! ```

mod alignment;
mod beside_table;
mod contents;
mod dated;
mod error;
mod exports;
mod file;
mod file_names;
mod films;
mod folder;
mod given_lesions;
mod identity;
mod json_place;
mod measure;
mod options;
mod order;
mod order_words;
mod ours;
mod outputs;
mod repeats;
mod resampled;
mod series;
mod sides;
mod site_names;
mod surfaces;
mod threshold;
mod truth;

pub use error::Error;
pub use file::{file_name, input_file, read_text};
pub use films::{
    FilmJob, FilmOutcome, FilmSeries, GivenErosions, analyse_films, load_films, read_given,
    read_landmarks, read_precision, write_films,
};
pub use folder::{Finished, Leftover, OutputFolder};
pub use howship_bone::{Observer, Unobserved};
pub use json_place::from_json;
pub use measure::{Outcome, analyse};
pub use options::{ScanOptions, StudyOptions};
pub use outputs::{json, write};
pub use repeats::{
    PrecisionFile, REPEATS_CSV, RepeatOutcome, measure_repeats, read_repeats, write_repeats,
};
pub use resampled::write_resampled;
pub use series::{Series, check_grid, load, open_scan};
pub use threshold::{Threshold, ascii_unit};
pub use truth::read_truth;

/// Ends the work between two steps where the observer wants it.
pub(crate) fn check(observer: &dyn Observer) -> Result<(), Error> {
    if observer.wants_stop() {
        return Err(Error::Stopped);
    }
    Ok(())
}
