//! What can be typed after `howship scores`. Types only.

use crate::args_number::whole;
use clap::{Args, Subcommand, ValueEnum};
use howship_scores::VisitWindow;
use howship_scores::change::JointRepair;
use std::path::PathBuf;

const TABLES: &str = "\
SCORES is a table with a row per score: subject, arm, visit, days, date, reader, campaign, reading, \
sequence_blinded, scheme, side, site, feature, score, status (ok, missing, replaced, not-scorable).
CSV, TSV, workbooks (XLSX, ODS), Parquet and SAS transport files (XPT) are read; columns that are not \
needed may be missing. Wide tables are read through --columns; docs/score-tables.md describes mappings.";

#[derive(Debug, Args)]
#[command(after_help = TABLES)]
pub(crate) struct ScoresArgs {
    #[command(subcommand)]
    pub(crate) question: Question,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// Scoring systems that are known: sites, grades, maxima, sources
    Schemes(SchemesArgs),
    /// Whether a table can be used: every score against its scheme, and what the design can answer
    Validate(ValidateArgs),
    /// Sums per reading, with a record of everything that was imputed
    Totals(TotalsArgs),
    /// Agreement of readers, of status and above all of change: ICC, kappa, limits, smallest detectable change
    Agree(AgreeArgs),
    /// Progression and repair between two visits by every definition of the field, side by side
    Change(ChangeArgs),
    /// Which negative changes are repair and which are error: P(repair) of every joint and patient
    Repair(RepairArgs),
    /// Arms of a trial: published tables, cumulative probability, ANCOVA, random coefficients
    Trial(TrialArgs),
}

/// Where results go, if anywhere but the terminal.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ScoresOut {
    /// Folder for report.html, scores.json and tidy tables; it must not exist yet
    #[arg(short, long, value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Replace OUT if it holds earlier results; other files in it are kept in OUT.replaced
    #[arg(long)]
    pub(crate) force: bool,
}

/// How a table of scores is read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The table")]
pub(crate) struct TableArgs {
    /// Table of scores: CSV, TSV, XLSX, ODS, Parquet or XPT; `-` reads standard input
    #[arg(value_name = "SCORES")]
    pub(crate) scores: PathBuf,
    /// Scoring system, where the table has no column `scheme` or holds several; `custom` takes any number
    #[arg(long, value_name = "ID")]
    pub(crate) scheme: Option<String>,
    /// A scoring system of your own, as TOML; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) scheme_file: Vec<PathBuf>,
    /// What the columns of another kind of table mean, as TOML, or a mapping that ships: sdtm-mk, adam-bds, ra2-dream,
    /// ram-h1200
    #[arg(long, value_name = "MAPPING")]
    pub(crate) columns: Option<PathBuf>,
    /// What separates cells of a text file [default: found from its header]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    pub(crate) delimiter: Option<char>,
    /// Scores are written with a decimal comma
    #[arg(long)]
    pub(crate) decimal_comma: bool,
    /// Which data set of an XPT file, or sheet of a workbook, that holds several
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<String>,
    /// A table with a row per subject that names their arms, as SDTM DM or ADaM ADSL
    #[arg(long, value_name = "FILE")]
    pub(crate) subjects: Option<PathBuf>,
    /// Take subjects as one whose names differ in spelling only (`001` and `1`); with `=NAMES.csv` (columns `name` and
    /// `subject`) also those that it names
    #[arg(long, value_name = "NAMES", num_args = 0..=1, require_equals = true)]
    pub(crate) same_subjects: Option<Option<PathBuf>>,
    /// What readings are in which every site has one score although the same reader saw others before: a visit that was
    /// missed and coded 0, or scores [default: named by all, asked for by `repair`, `change`
    /// and `trial`]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) constant_readings: Option<Constant>,
    /// Take numbers as they stand that look like codes for a missing score, or like another scale than the other
    /// readers' (scheme `custom`) [default: named by all, asked for by `repair`, `change` and `trial`]
    #[arg(long)]
    pub(crate) as_scored: bool,
    /// Days that count as a visit: `M6=90` (90 days either way), `M6=30:90` (early:late), `V2@365=60`; may be given
    /// several times. Without names of visits, days and dates become visits by these
    #[arg(long, value_name = "WINDOW", value_parser = VisitWindow::parse)]
    pub(crate) window: Vec<VisitWindow>,
    /// Which of several days in one window counts
    #[arg(long, value_enum, default_value_t = DayInWindow::Nearest)]
    pub(crate) in_window: DayInWindow,
}

/// Which of a subject's days in one window stands for the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DayInWindow {
    /// The nearest to the visit's nominal day
    Nearest,
    /// The first
    First,
    /// The last
    Last,
}

/// What readings are in which every site has one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Constant {
    /// Scores: the films show it
    Taken,
    /// Missing: the films were not read
    Missing,
}

#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES:
  howship scores schemes
  howship scores schemes --show svdh
  howship scores schemes --show mine --scheme-file mine.toml --json")]
pub(crate) struct SchemesArgs {
    /// One scheme in full: sites, grades, maxima, source, and what is not confirmed
    #[arg(long, value_name = "ID")]
    pub(crate) show: Option<String>,
    /// A scoring system of your own, as TOML; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) scheme_file: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) out: ScoresOut,
}

#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES:
  howship scores validate scores.csv
  howship scores validate scores.csv --scheme svdh --json
  howship scores validate wide.csv --columns columns.toml -o checked")]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// How many problems to list
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = whole::<usize>(0..=1_000_000))]
    pub(crate) problems: usize,
    #[command(flatten)]
    pub(crate) out: ScoresOut,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A feature's sum that is not complete is brought up in proportion where at least --share of its sites \
were scored; else it is missing. OUT holds totals.csv and imputation.csv.

EXAMPLES:
  howship scores totals scores.csv -o totals
  howship scores totals scores.csv --share 0.7 --replaced maximum
  howship scores totals scores.csv --proportion never --json")]
pub(crate) struct TotalsArgs {
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) sums: SumArgs,
    #[command(flatten)]
    pub(crate) out: ScoresOut,
}

/// Rules for sums.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sums")]
pub(crate) struct SumArgs {
    /// Smallest share of a feature's sites that must be scored for its sum to be imputed
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share)]
    pub(crate) share: f64,
    /// How an incomplete sum is brought up to all sites
    #[arg(long, value_enum, default_value_t = Proportion::Maxima)]
    pub(crate) proportion: Proportion,
    /// What stands in for a missing site
    #[arg(long, value_enum, value_name = "FILL", default_value_t = Fill::Missing)]
    pub(crate) missing: Fill,
    /// What stands in for a replaced (operated) site
    #[arg(long, value_enum, value_name = "FILL", default_value_t = Fill::Carry)]
    pub(crate) replaced: Fill,
    /// What stands in for a site that was not scorable
    #[arg(long, value_enum, value_name = "FILL", default_value_t = Fill::Missing)]
    pub(crate) not_scorable: Fill,
    /// Which sites a sum asks for [default: as the scheme says, without regions that the table does not hold at all]
    #[arg(long, value_enum, value_name = "SITES")]
    pub(crate) asked: Option<Asked>,
    /// Leave sums on the scale of their grades where the scheme stretches them (Genant)
    #[arg(long)]
    pub(crate) no_stretch: bool,
}

/// How sure intervals are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Intervals")]
pub(crate) struct ConfidenceArgs {
    /// Confidence of intervals
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95, value_parser = level)]
    pub(crate) confidence: f64,
}

/// Intervals by drawing: each question has draws of its own and needs so many at least.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Intervals")]
pub(crate) struct DrawArgs<const LEAST: usize, const SEED: u64> {
    /// Draws of bootstraps and shuffles
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = draws::<LEAST>)]
    pub(crate) draws: usize,
    /// Seed of all draws
    #[arg(long, value_name = "N", default_value_t = SEED, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) intervals: ConfidenceArgs,
}

/// What is compared.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The question")]
pub(crate) struct SpanArgs {
    /// First visit [default: the first of the table]
    #[arg(long, value_name = "VISIT")]
    pub(crate) from: Option<String>,
    /// Last visit [default: the last of the table]
    #[arg(long, value_name = "VISIT")]
    pub(crate) to: Option<String>,
    /// Which sum: `total` or a feature [default: what the scheme analyses first; joints of all features]
    #[arg(long, value_name = "FEATURE")]
    pub(crate) feature: Option<String>,
}

/// A kind of interval of ICC and of detectable change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShownInterval {
    /// Of normal scores: F, chi-square, generalized
    Normal,
    /// The same, with degrees of freedom that go with how much patients' contributions spread
    Adjusted,
    /// Patients resampled: BCa where it is defined, else percentile
    Bootstrap,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Intervals of joints' statistics resample patients: joints of one patient are not independent. A table \
without two readers, or two readings of one reader, cannot answer and is refused; a statistic that is \
undefined (all scores equal) is named in the notes and left empty.

WEIGHTS.toml of --weights:   grades = [0, 1, 2]
                             disagreement = [0, 1, 3,  1, 0, 6,  3, 6, 0]

EXAMPLES:
  howship scores agree scores.csv -o agreement
  howship scores agree scores.csv --feature erosion --draws 10000 --seed 7
  howship scores agree ratings.csv --scheme custom --json")]
pub(crate) struct AgreeArgs {
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// Sums to compare: `total` or features [default: all]
    #[arg(long, value_name = "FEATURE,...", value_delimiter = ',')]
    pub(crate) feature: Vec<String>,
    /// Numbers of readers averaged, for detectable change [default: one to all]
    #[arg(long, value_name = "K,...", value_delimiter = ',', value_parser = whole::<usize>(1..=1000))]
    pub(crate) readers: Vec<usize>,
    /// Levels of detectable change
    #[arg(long, value_name = "LEVEL,...", value_delimiter = ',', default_values_t = [0.95, 0.8], value_parser = level)]
    pub(crate) levels: Vec<f64>,
    /// Leave the joints out: sums only
    #[arg(long)]
    pub(crate) sums_only: bool,
    /// Which intervals of sums' statistics are shown first; all are in agreement.csv
    #[arg(long, value_enum, default_value_t = ShownInterval::Adjusted)]
    pub(crate) interval: ShownInterval,
    /// Disagreement of grades for one more kappa, as TOML
    #[arg(long, value_name = "WEIGHTS.toml")]
    pub(crate) weights: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) drawn: DrawArgs<0, 1979>,
    #[command(flatten)]
    pub(crate) sums: SumArgs,
    #[command(flatten)]
    pub(crate) out: ScoresOut,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Definitions of progression: > 0, > 0.5, > SDC, >= 5. Of repair in a joint: Leiden (2 of 3 readers, seen \
again after 2 years), BeSt (3 of 4 readers), and yours (`--repair-rule`). Of repair in a patient: < -SDC, \
<= -0.5. Of a group: interval of the mean wholly below 0. What a design cannot judge is said, not counted.

RULE of --repair-rule: K/N readers, then feature=F, decrease=POINTS, visits=N in a row, days=N that it \
lasts, early=N days that a visit may come early, from=first for decreases since the first visit only.

EXAMPLES:
  howship scores change scores.csv -o change
  howship scores change scores.csv --from M0 --to M24 --feature erosion
  howship scores change scores.csv --repair-rule 2/2,feature=erosion,visits=2,days=365
  howship scores change sums.csv --scheme custom --sdc 3.1 --json")]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) span: SpanArgs,
    /// Smallest detectable change [default: from the differences between readers]
    #[arg(long, value_name = "POINTS", value_parser = points, allow_negative_numbers = true)]
    pub(crate) sdc: Option<f64>,
    /// One more definition of repair in a joint, as in `2/3,feature=erosion,visits=2`; may be given several times
    #[arg(long, value_name = "RULE", value_parser = crate::repair_rule::parse)]
    pub(crate) repair_rule: Vec<JointRepair>,
    /// Count each reading of a reader as a reader of its own in definitions of joints
    #[arg(long)]
    pub(crate) readings_as_readers: bool,
    #[command(flatten)]
    pub(crate) intervals: ConfidenceArgs,
    #[command(flatten)]
    pub(crate) sums: SumArgs,
    #[command(flatten)]
    pub(crate) out: ScoresOut,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A Bayesian model of three classes (better, same, worse) with every reader's sensitivity and rate of false \
changes. Readings of one film share what the film hides or shows (`--artefact shared`): two visits alone \
cannot tell such an artefact from repair, and the result says so. Joints are called repaired from several \
probabilities on, each with its expected share of wrong calls.

EXAMPLES:
  howship scores repair scores.csv -o repair
  howship scores repair scores.csv --feature erosion --from M0 --to M24 --seed 7
  howship scores repair scores.csv --map-patient S017 --map-patient S023 -o maps
  howship scores repair scores.csv --sensitivity 0.7 --artefact none --json")]
pub(crate) struct RepairArgs {
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) span: SpanArgs,
    /// False change that a film shows to all its readers: `shared`, `none`, or its rate per film
    #[arg(long, value_name = "KIND", default_value = "shared", value_parser = artefact)]
    pub(crate) artefact: Artefact,
    /// Share of true changes that every reader sees [default: estimated]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) sensitivity: Option<f64>,
    /// Patients whose rates of repair are drawn together
    #[arg(long, value_enum, default_value_t = Groups::All)]
    pub(crate) groups: Groups,
    /// Probabilities from which on joints are called repaired
    #[arg(long, value_name = "P,...", value_delimiter = ',', default_values_t = [0.5, 0.8, 0.9, 0.95, 0.99], value_parser = share)]
    pub(crate) thresholds: Vec<f64>,
    /// A patient whose own map of P(repair) the report shows; may be given several times
    #[arg(long, value_name = "SUBJECT", requires = "out")]
    pub(crate) map_patient: Vec<String>,
    /// Independent chains of the sampler
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = whole::<usize>(1..=64))]
    pub(crate) chains: usize,
    /// Sweeps of each chain that are thrown away
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = whole::<usize>(0..=1_000_000))]
    pub(crate) warm_up: usize,
    /// Sweeps of each chain that are kept
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = whole::<usize>(10..=1_000_000))]
    pub(crate) sweeps: usize,
    #[command(flatten)]
    pub(crate) drawn: DrawArgs<100, 2009>,
    #[command(flatten)]
    pub(crate) sums: SumArgs,
    #[command(flatten)]
    pub(crate) out: ScoresOut,
}

/// The false change that a film shows to all its readers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Artefact {
    /// None.
    None,
    /// Estimated or believed.
    Shared,
    /// Known, per film.
    Rate(f64),
}

/// Patients whose rates are drawn together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Groups {
    /// All patients
    All,
    /// Each arm by itself
    Arm,
}

impl From<Artefact> for howship_scores::latent::Artefact {
    fn from(artefact: Artefact) -> Self {
        match artefact {
            Artefact::None => Self::None,
            Artefact::Shared => Self::Shared,
            Artefact::Rate(rate) => Self::Fixed(rate),
        }
    }
}

impl From<Groups> for howship_scores::latent::Grouping {
    fn from(groups: Groups) -> Self {
        match groups {
            Groups::All => Self::None,
            Groups::Arm => Self::Arm,
        }
    }
}

fn artefact(text: &str) -> Result<Artefact, String> {
    match text {
        "none" => Ok(Artefact::None),
        "shared" => Ok(Artefact::Shared),
        rate => match rate.parse::<f64>() {
            Ok(rate) if (0.0..1.0).contains(&rate) => Ok(Artefact::Rate(rate)),
            _ => Err("give `shared`, `none`, or a rate from 0 to 1".to_owned()),
        },
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Every visit after baseline is analysed, missing films handled three ways side by side: left out, \
extrapolated in a line (also between visits; to the nominal day of the visit), last observation carried \
forward. The random-coefficient model uses them all.

EXAMPLES:
  howship scores trial scores.csv --reference MTX -o trial
  howship scores trial scores.csv --adjudicator R3 --threshold 7 --final two-closest
  howship scores trial scores.csv --strata centres.csv --feature erosion --json")]
pub(crate) struct TrialArgs {
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// Arm that the others are compared with [default: the first by name]
    #[arg(long, value_name = "ARM")]
    pub(crate) reference: Option<String>,
    /// Sums to analyse: `total` or features [default: all]
    #[arg(long, value_name = "FEATURE,...", value_delimiter = ',')]
    pub(crate) feature: Vec<String>,
    /// Baseline visit [default: the first of the table]
    #[arg(long, value_name = "VISIT")]
    pub(crate) baseline: Option<String>,
    /// Strata of randomisation: a table with columns subject, stratum
    #[arg(long, value_name = "FILE")]
    pub(crate) strata: Option<PathBuf>,
    /// Reader who settles disagreement; all others are primary readers
    #[arg(long, value_name = "READER", requires = "threshold")]
    pub(crate) adjudicator: Option<String>,
    /// Primary readers' changes further apart than this are adjudicated
    #[arg(long, value_name = "POINTS", requires = "adjudicator", value_parser = points)]
    pub(crate) threshold: Option<f64>,
    /// Whose score stands after adjudication
    #[arg(long = "final", value_enum, value_name = "RULE", default_value_t = FinalScore::TwoClosest, requires = "adjudicator")]
    pub(crate) final_score: FinalScore,
    /// Smallest detectable change, as in total=3.1 [default: from the differences between readers]
    #[arg(long, value_name = "FEATURE=POINTS,...", value_delimiter = ',', value_parser = named_number)]
    pub(crate) sdc: Vec<(String, f64)>,
    /// Degrees of freedom of the random-coefficient model
    #[arg(long, value_enum, value_name = "METHOD", default_value_t = Freedom::KenwardRoger)]
    pub(crate) freedom: Freedom,
    #[command(flatten)]
    pub(crate) intervals: ConfidenceArgs,
    #[command(flatten)]
    pub(crate) sums: SumArgs,
    #[command(flatten)]
    pub(crate) out: ScoresOut,
}

/// Whose score stands after adjudication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FinalScore {
    /// Mean of the two closest
    TwoClosest,
    /// Mean of all readers
    AllReaders,
    /// The adjudicator's
    Adjudicator,
}

/// Approximation of degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Freedom {
    /// Kenward and Roger, with their correction of standard errors
    KenwardRoger,
    /// Satterthwaite
    Satterthwaite,
}

impl From<FinalScore> for howship_scores::trial::FinalScore {
    fn from(rule: FinalScore) -> Self {
        match rule {
            FinalScore::TwoClosest => Self::TwoClosest,
            FinalScore::AllReaders => Self::AllReaders,
            FinalScore::Adjudicator => Self::Adjudicator,
        }
    }
}

impl From<Freedom> for howship_stats::DegreesOfFreedom {
    fn from(freedom: Freedom) -> Self {
        match freedom {
            Freedom::KenwardRoger => Self::KenwardRoger,
            Freedom::Satterthwaite => Self::Satterthwaite,
        }
    }
}

fn named_number(text: &str) -> Result<(String, f64), String> {
    let (name, number) = text
        .split_once('=')
        .ok_or("give a name and a number, as in total=3.1")?;
    Ok((name.trim().to_owned(), points(number.trim())?))
}

/// What stands in for a score that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fill {
    /// Nothing: the sum is imputed in proportion, or missing
    Missing,
    /// The last score of the same reader at an earlier visit
    Carry,
    /// The site's largest grade
    Maximum,
}

/// How an incomplete sum is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Proportion {
    /// By the largest possible sums of the sites asked and scored
    Maxima,
    /// By the numbers of sites asked and scored
    Counts,
    /// Not at all
    Never,
}

/// Which sites a sum asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Asked {
    /// All of the scheme, whatever the table holds
    Scheme,
    /// Those that occur in the table
    Table,
}

impl From<Asked> for howship_scores::Asked {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Scheme => Self::Scheme,
            Asked::Table => Self::Table,
        }
    }
}

impl From<Fill> for howship_scores::Fill {
    fn from(fill: Fill) -> Self {
        match fill {
            Fill::Missing => Self::Missing,
            Fill::Carry => Self::Carry,
            Fill::Maximum => Self::Maximum,
        }
    }
}

impl From<Proportion> for howship_scores::Proportion {
    fn from(proportion: Proportion) -> Self {
        match proportion {
            Proportion::Maxima => Self::Maxima,
            Proportion::Counts => Self::Counts,
            Proportion::Never => Self::Never,
        }
    }
}

impl SumArgs {
    pub(crate) fn options(&self) -> howship_scores::TotalsOptions {
        howship_scores::TotalsOptions {
            missing: self.missing.into(),
            replaced: self.replaced.into(),
            not_scorable: self.not_scorable.into(),
            proportion: self.proportion.into(),
            share: self.share,
            normalise: !self.no_stretch,
            asked: self.asked.map(Into::into),
        }
    }
}

fn number(text: &str, allowed: &str, fits: impl Fn(f64) -> bool) -> Result<f64, String> {
    let number = text.parse().ok().filter(|&x| fits(x));
    number.ok_or_else(|| format!("give {allowed}"))
}

fn level(text: &str) -> Result<f64, String> {
    number(text, "a level between 0 and 1, as in 0.95", |x| {
        x > 0.0 && x < 1.0
    })
}

fn share(text: &str) -> Result<f64, String> {
    number(text, "a share from 0 to 1, as in 0.7", |x| {
        (0.0..=1.0).contains(&x)
    })
}

/// A number of draws; fewer than a hundred have no percentiles.
fn draws<const LEAST: usize>(text: &str) -> Result<usize, String> {
    let none = if LEAST == 0 { ", or 0 for none" } else { "" };
    match text.trim().parse() {
        Ok(0) if LEAST == 0 => Ok(0),
        Ok(draws) if (100..=1_000_000).contains(&draws) => Ok(draws),
        _ => Err(format!("give 100 to 1,000,000{none}")),
    }
}

fn points(text: &str) -> Result<f64, String> {
    number(text, "points, 0 or more", |x| x >= 0.0 && x.is_finite())
}

fn delimiter(text: &str) -> Result<char, String> {
    let mut letters = text.chars();
    match (text, letters.next(), letters.next()) {
        ("tab" | "\\t", _, _) => Ok('\t'),
        (_, Some(one), None) => Ok(one),
        _ => Err("give one character, or `tab`".to_owned()),
    }
}
