use super::Mapping;
use super::windows::{LabelTolerance, VisitWindows};
use crate::{ConstantReadings, Scheme};
use howship_tables::Table;
use std::collections::BTreeMap;

/// How a table of scores is read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadOptions {
    /// Identifier of the scheme: for a table without a column `scheme`, or to pick the rows of one scheme out of
    /// several.
    pub scheme: Option<String>,
    /// Schemes of the reader's own, beside those that ship.
    pub own_schemes: Vec<Scheme>,
    /// Names of the columns; none: Howship's own, or a shipped mapping that recognises the table.
    pub mapping: Option<Mapping>,
    /// Whether numbers are written with a decimal comma.
    pub decimal_comma: bool,
    /// Windows of visits; empty: those of the mapping, and where it has none, visits are as the table names them.
    pub windows: VisitWindows,
    /// How far days may be from what visits' names say.
    pub label_tolerance: LabelTolerance,
    /// Whether subjects whose names differ in spelling only are one.
    pub same_subjects: bool,
    /// Other names of subjects, and the one that each stands for.
    pub subject_names: BTreeMap<String, String>,
    /// A table with a row per subject that names their arms, as SDTM DM or ADaM ADSL.
    pub subjects: Option<Table>,
    /// What readings are taken for in which every site has one score.
    pub constant_readings: ConstantReadings,
    /// Whether numbers that look like codes, or like another scale, are scores as they stand.
    pub as_scored: bool,
    /// How many problems [`validate`](super::validate) lists.
    pub max_problems: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            scheme: None,
            own_schemes: Vec::new(),
            mapping: None,
            decimal_comma: false,
            windows: VisitWindows::default(),
            label_tolerance: LabelTolerance::default(),
            same_subjects: false,
            subject_names: BTreeMap::new(),
            subjects: None,
            constant_readings: ConstantReadings::Ask,
            as_scored: false,
            max_problems: 20,
        }
    }
}
