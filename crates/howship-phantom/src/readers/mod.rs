//! Readers' scores with known truth: what happened in every joint, and what readers of given skill write down.
//!
//! # Model
//! All amounts are in *steps* of the site's grade (0.5 in Genant's score, 1 in most).
//!
//! - **Severity.** A joint is damaged at baseline with its patient's probability (beta distributed over patients),
//!   a damaged one has 1 + geometric steps, cut at the maximum. Over each interval between visits a joint heals,
//!   stays or progresses with its patient's probabilities (Dirichlet over patients, mean given per arm); healing
//!   of an undamaged joint and progression of one at the maximum do not happen (they stay stable).
//! - **A reader's level.** In each reading, a reader sees a joint on all films shifted by
//!   `bias + N(0, level noise)` of that reader and `N(0, reading noise)` of that reading, rounded to steps so that
//!   the mean is kept.
//! - **A reader's changes.** Each follow-up film is judged against what the reader saw before. A true change not
//!   yet seen is seen with `sensitivity`, taken for the opposite with `opposite`, else missed, and tried again on
//!   the next film. Where nothing is outstanding, `false_worse` and `false_better` are the probabilities of one
//!   step too many or too few on this film; errors of a film are gone on the next. So these rates hold for the
//!   change from baseline to any visit; between two follow-up films both films err.
//! - **Shared artefact.** A joint on one film (rotation, exposure) looks worse or better by some steps to all who
//!   see it, whatever their reading.
//! - **Known sequence.** Readers who know the order of the films take back a decrease against the film before
//!   with probability `suppression`.
//! - **Clamp.** What is written lies within 0 and the maximum: an undamaged joint cannot be read as improved.
//!
//! The analysis knows nothing of this code and this code nothing of the analysis.

mod course;
mod data;
mod films;
mod gaussian;
mod generate;
mod implied;
mod preset;
mod reading;
mod sites;
mod spec;
mod truth;
mod validate;
mod write;

pub use data::{ReadScore, ReadStatus, ReaderData};
pub use gaussian::{GaussianScore, GaussianSpec, GaussianTruth};
pub use implied::{Implied, ImpliedArm, ImpliedReading};
pub use sites::{SiteSpec, svdh_sites};
pub use spec::{
    ArmSpec, ArtefactSpec, BaselineSpec, CourseSpec, MissingSpec, ReadVisitSpec, ReaderSpec,
    ReadersSpec, ReadingSpec,
};
pub use truth::{ReadersTruth, SubjectTruth, TrueClass};
