//! Readers' scores of joint damage: scoring systems, totals, agreement, change, repair beyond error, trials.
//!
//! A [`ScoreTable`] holds one scheme's scores, a row per subject, visit, reader, reading and [`Item`] (a site and
//! a feature). Totals adds them up per film series; modules for agreement, change, repair and trials ask of
//! totals and of single joints what readers' disagreement leaves standing.
//!
//! # The one rule
//! What a design cannot identify is said ([`Error::NotIdentified`], notes in the results), never printed as a
//! number.

pub mod agree;
pub mod change;
mod constant_reading;
mod constant_words;
mod copied;
mod doubt;
mod doubt_words;
mod error;
mod item;
pub mod latent;
mod read;
mod records;
pub mod repair;
mod scheme;
mod score;
mod suggest;
mod tidy;
mod totals;
pub mod trial;

pub use constant_reading::{ConstantReading, ConstantReadings, Held};
pub use copied::{CopiedReading, ReadingName};
pub use doubt::{Doubt, MixedUp, OppositeScales, TwoScales};
pub use error::Error;
pub use howship_change::Side;
pub use howship_tables::Reason;
pub use item::Item;
pub use read::{
    DateNumbers, DateOrder, InWindow, LabelTolerance, Mapping, ReadOptions, Summary, Validation,
    VisitWindow, VisitWindows, mappings, read_scores, read_with_warnings, validate,
};
pub use records::Record;
pub use scheme::{
    Asked, Feature, Grade, HigherIs, Measures, Scheme, Sides, Site, SiteRange, scheme, schemes,
};
pub use score::{
    NONE, ScoreRow, ScoreTable, ScoreVisit, Status, Stretch, SumRules, Total, TotalRow, Totals,
    UnreadRegion,
};
pub use tidy::{Tidy, TidyCell};
pub use totals::{Fill, Imputation, ImputationRule, Proportion, TotalsOptions, maxima, totals};
