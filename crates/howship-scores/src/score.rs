use crate::{Asked, ConstantReading, Doubt, Item, Scheme, TotalsOptions};
use howship_tables::Names;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// In a [`ScoreRow`]: the table has no such column, or the cell is empty.
pub const NONE: u32 = u32::MAX;

/// What a score stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Scored.
    Ok,
    /// The film, the site on it, or the score is absent.
    Missing,
    /// A prosthesis or an operated joint.
    Replaced,
    /// On the film but not readable (overlap, position, quality).
    NotScorable,
}

impl Status {
    /// As tables write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Replaced => "replaced",
            Self::NotScorable => "not-scorable",
        }
    }
}

/// A visit of the study, not of one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreVisit {
    /// Name in print, as in `M12`.
    pub name: String,
    /// Nominal days since baseline: from the name, else the median of the rows' days; none where unknown.
    pub days: Option<f64>,
}

/// One score. Numbers index the table's lists; [`NONE`] where the table does not say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreRow {
    /// Into [`ScoreTable::subjects`].
    pub subject: u32,
    /// Into [`ScoreTable::arms`].
    pub arm: u32,
    /// Into [`ScoreTable::visits`], which are in order of time.
    pub visit: u32,
    /// Into [`ScoreTable::readers`].
    pub reader: u32,
    /// Into [`ScoreTable::campaigns`].
    pub campaign: u32,
    /// Number of the reading by this reader, from 1; 1 where the table has no such column.
    pub reading: u32,
    /// Into [`ScoreTable::items`].
    pub item: u32,
    /// Days since this subject's baseline; NaN where unknown.
    pub days: f32,
    /// NaN unless the status is [`Status::Ok`].
    pub score: f64,
    /// What the score stands for.
    pub status: Status,
    /// Into [`ScoreTable::reasons`]: the word that says why there is no score; `u16::MAX` where none does.
    pub reason: u16,
    /// Line in the file, for messages.
    pub line: u32,
}

/// The scores of one scheme, validated: every row lies in its item's range and no two rows say the same thing.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTable {
    /// The file.
    pub path: PathBuf,
    /// Identifier of the scheme, as in `svdh`, `svdh-440`, `custom`.
    pub scheme: String,
    /// Everything that can be scored, in the scheme's order.
    pub items: Vec<Item>,
    /// Subjects.
    pub subjects: Names,
    /// Treatment arms.
    pub arms: Names,
    /// Visits in order of time.
    pub visits: Vec<ScoreVisit>,
    /// Readers.
    pub readers: Names,
    /// Reading campaigns.
    pub campaigns: Names,
    /// Words for scores that are not there, as `JOINT REPLACED`, `ND` or SAS' `.A`; also such that no row has.
    pub reasons: Names,
    /// Whether readers knew the order of the films, where the table says: false means blinded.
    pub sequence_known: Option<bool>,
    /// How the scores add up.
    pub sums: SumRules,
    /// When each score was read, by line of the file, rising: its place among its reader's readings, or days since
    /// 1970-01-01 where the table has dates. Empty where the table does not say.
    pub read_at: Vec<(u32, f64)>,
    /// Whether [`Self::read_at`] are dates.
    pub read_on_dates: bool,
    /// Readings that have one score throughout and of which nobody said whether they are scores.
    pub constant: Vec<ConstantReading>,
    /// Numbers that are hardly scores and of which nobody said whether they are.
    pub doubts: Vec<Doubt>,
    /// Sorted by subject, visit, campaign, reader, reading, item.
    pub rows: Vec<ScoreRow>,
}

impl ScoreTable {
    /// The subjects whose names are nearest to a mistyped one, at most so many.
    #[must_use]
    pub fn subjects_like(&self, name: &str, most: usize) -> Vec<&str> {
        crate::suggest::nearest_few(name, self.subjects.iter(), most)
    }
}

/// How a table's scores add up to sums of features and to a total.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SumRules {
    /// Features whose sums are stretched; features that are not named here stay as they are.
    pub stretched: Vec<Stretch>,
    /// Whether the features add up to a total.
    pub total: bool,
    /// Which items a sum asks for.
    pub asked: Asked,
    /// Regions of which the table holds no site: no sum asks for them, unless it is told to ask for all of the scheme.
    #[serde(default)]
    pub unread: Vec<UnreadRegion>,
}

/// A region of the scheme that nobody read, as the feet where a table holds hands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnreadRegion {
    /// The scheme's word, as in `foot`.
    pub region: String,
    /// Into [`ScoreTable::items`], ascending.
    pub items: Vec<u32>,
}

/// A feature whose sum is reported on another scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// Feature.
    pub feature: String,
    /// Its largest sum.
    pub from: f64,
    /// What that becomes.
    pub to: f64,
}

impl Default for SumRules {
    fn default() -> Self {
        Self {
            stretched: Vec::new(),
            total: true,
            asked: Asked::Scheme,
            unread: Vec::new(),
        }
    }
}

impl SumRules {
    /// Factor by which a feature's sum is stretched.
    #[must_use]
    pub fn stretch(&self, feature: &str) -> f64 {
        let rule = self.stretched.iter().find(|s| s.feature == feature);
        rule.filter(|r| r.from > 0.0).map_or(1.0, |r| r.to / r.from)
    }

    /// The rules of a scheme.
    #[must_use]
    pub fn of(scheme: &Scheme) -> Self {
        let stretched = scheme.features.iter().filter_map(|f| {
            f.normalised_to.map(|to| Stretch {
                feature: f.code.clone(),
                from: f.max,
                to,
            })
        });
        Self {
            stretched: stretched.collect(),
            total: scheme.total,
            asked: scheme.asked,
            unread: Vec::new(),
        }
    }
}

/// A sum over items, of one reading of one subject's visit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Total {
    /// The sum; none where too little was scored.
    pub value: Option<f64>,
    /// How many items the scheme asks for.
    pub items: u32,
    /// How many were scored.
    pub scored: u32,
}

/// The totals of one reading of one subject's visit.
#[derive(Debug, Clone, PartialEq)]
pub struct TotalRow {
    /// Into [`ScoreTable::subjects`].
    pub subject: u32,
    /// Into [`ScoreTable::arms`].
    pub arm: u32,
    /// Into [`ScoreTable::visits`].
    pub visit: u32,
    /// Into [`ScoreTable::readers`].
    pub reader: u32,
    /// Into [`ScoreTable::campaigns`].
    pub campaign: u32,
    /// Number of the reading, from 1.
    pub reading: u32,
    /// Days since baseline; NaN where unknown.
    pub days: f64,
    /// One for each of [`Totals::features`].
    pub values: Vec<Total>,
}

/// Totals of every reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Features in the scheme's order; the sum over all of them is named `total` and comes last, unless a feature has that
    /// name: then the table holds its own totals.
    pub features: Vec<String>,
    /// Sorted as the table's rows are.
    pub rows: Vec<TotalRow>,
    /// How they were made.
    pub rules: TotalsOptions,
}

impl Totals {
    /// Position of a feature, or of `total`, in [`TotalRow::values`].
    #[must_use]
    pub fn position(&self, feature: &str) -> Option<usize> {
        self.features.iter().position(|f| f == feature)
    }
}
