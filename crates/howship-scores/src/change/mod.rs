//! Changes between visits and what the field's definitions call progression and repair, side by side.
//!
//! A change is always that of one reading against the same reading of the earlier visit, averaged over a reader's
//! readings, then over readers. Definitions that a design cannot judge (persistence from two visits, ≥ 2 of 3
//! readers from one) are said to be so and carry no numbers.

pub(crate) mod apart;
mod definition;
mod detectable;
mod group;
mod joint;
mod matches;
mod options;
mod pattern;
pub(crate) mod reader_table;
mod report;
pub(crate) mod series;
mod share;
mod side_by_side;
mod unpaired;
mod verdicts;

pub use crate::totals::MatchedSites;
pub use definition::{JointRepair, PatientRepair, Progression, Reference};
pub use detectable::Detectable;
pub(crate) use detectable::{detectable, readings};
pub use group::GroupChange;
pub(crate) use matches::{Matches, differing_notes};
pub use options::ChangeOptions;
pub use pattern::MixedPattern;
pub use report::{
    ArmShare, Bounds, ChangeReport, CrossTable, DefinitionResult, JointChange, Kind, PatientChange,
};
pub use share::Share;
pub use side_by_side::changes;
pub(crate) use unpaired::unpaired;

/// What known sequence does to negative changes; none where readers were blinded or the table does not say so.
pub(crate) fn sequence_note(known: Option<bool>) -> Option<String> {
    match known {
        Some(true) => Some(
            "readers knew the order of the films: they expect damage not to heal, which suppresses negative \
             changes and makes errors lean upwards; claims of repair need a blinded sequence"
                .into(),
        ),
        Some(false) => None,
        None => Some(
            "the table does not say whether readers were blinded to the order of the films (column \
             `sequence_blinded`); a known order suppresses negative changes"
                .into(),
        ),
    }
}
