//! What can be typed. Types only: what it does is in `commands`.

use crate::args_film::FilmArgs;
use crate::args_mechanism::{ForecastArgs, PowerArgs, SimulateArgs};
use crate::args_number::{LARGEST_SEED, whole};
use crate::args_scores::ScoresArgs;
use crate::delta::Delta;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use howship_bone::BoneOptions;
use howship_change::{PatientDirection, PriorChoice};
use howship_image::{Calibration, DensityUnit};
use howship_study::{ScanOptions, StudyOptions, Threshold};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const AFTER: &str = "\
Start with `howship demo`, then `howship info YOUR_FILE`, then `howship compare`.
`howship COMMAND --help` explains a command and shows examples.

Exit codes: 0 done, 1 our fault, 2 usage, 65 the input is bad, 66 not found, 73 cannot write, \
75 try again, 130 stopped by Ctrl-C, 143 terminated. Research use only: this is no medical device.";

/// Serial HR-pQCT, CT or MRI volumes of one joint in, one verdict per bone erosion out
#[derive(Debug, Parser)]
#[command(name = "howship", version, after_help = AFTER)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Threads to use [default: all cores]; the result does not depend on it
    #[arg(long, global = true, value_name = "N", value_parser = threads, allow_hyphen_values = true)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Print warnings and errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Print the result as JSON on stdout, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The main job: a joint at two or more visits in, a report with one verdict per erosion out
    Compare(CompareArgs),
    /// One visit: bones and erosions with their sizes and errors
    Measure(MeasureArgs),
    /// Make a phantom series and run `compare` on it, truth beside verdict
    Demo(DemoArgs),
    /// What is in a file or folder, and how its millimetres and density were known
    Info(InfoArgs),
    /// Any volume or film that can be read into any format that can be written
    Convert(ConvertArgs),
    /// Readers' scores: totals, agreement, change, repair beyond error, trials
    Scores(ScoresArgs),
    /// A patient's record over time: from doses to what each planned image will say
    Simulate(SimulateArgs),
    /// When repair of a record's erosions becomes detectable, as an interval
    Forecast(ForecastArgs),
    /// How many patients a trial needs, beside what noise alone gives
    Power(PowerArgs),
    /// Known truth: a joint made up, lesions put into a real scan, a table of readers' scores
    Phantom(PhantomArgs),
    /// Accuracy and speed, measured here
    Bench(BenchArgs),
    /// Completions for a shell: commands and options by the tab key
    Completions(CompletionsArgs),
    /// Manual pages, one per command
    Man(ManArgs),
}

/// How scans are opened.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OpenArgs {
    /// What the stored numbers of files that do not say are: mgHA/cm3, HU, native (a scanner's counts) or
    /// arbitrary. Counts never become a density by this word: that takes `--calibration`
    #[arg(long, value_name = "UNIT", value_parser = |s: &str| s.parse::<DensityUnit>())]
    pub(crate) unit: Option<DensityUnit>,
    /// How native counts become density, for files that do not say, as in a Scanco log: native counts per 1/cm,
    /// attenuation of water, slope and intercept of the density. Numbers of files without unit are taken for native
    /// counts: say `--unit HU` where they are not
    #[arg(long, value_name = "MU_SCALING,MU_WATER,SLOPE,INTERCEPT", value_parser = calibration, allow_hyphen_values = true)]
    pub(crate) calibration: Option<Calibration>,
    /// Voxel size, mm: one number, or x,y,z. For files that carry none (TIFF), and for those whose own sources
    /// disagree: it says which is right
    #[arg(long, value_name = "MM", value_parser = spacing)]
    pub(crate) spacing: Option<[f64; 3]>,
    /// Series Instance UID, for DICOM folders that hold several series
    #[arg(long, value_name = "UID")]
    pub(crate) series: Option<String>,
    /// Leave out damaged slices at the ends of a series and take files whose checksum does not fit; what was left
    /// out is said [default: damage is an error]
    #[arg(long)]
    pub(crate) skip_damaged: bool,
}

impl OpenArgs {
    pub(crate) fn options(&self) -> ScanOptions {
        ScanOptions {
            unit: self.unit,
            calibration: self.calibration,
            spacing_mm: self.spacing,
            series_uid: self.series.clone(),
            skip_damaged: self.skip_damaged,
        }
    }
}

/// How a joint is measured.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct MeasureOptions {
    #[command(flatten)]
    pub(crate) open: OpenArgs,
    /// Bones given as masks or label images, one file per visit or one for the first [default: they are found]
    #[arg(long, value_name = "FILE,...", value_delimiter = ',')]
    pub(crate) mask: Vec<PathBuf>,
    /// Lesions given as a label image of the first visit, or as seeds: CSV with columns x,y,z or JSON, LPS mm, or points
    /// of 3D Slicer, .mrk.json or .fcsv. On films erosions pointed at: CSV with columns joint,visit,x,y in pixels (and
    /// side, film, hand, bone, mouth) [default: they are found]
    #[arg(long, value_name = "FILE")]
    pub(crate) lesions: Option<PathBuf>,
    /// Report every cavity with its P(erosion), also those taken for natural recesses and vascular channels, which are
    /// else only listed; sums count erosions alone
    #[arg(long, conflicts_with = "lesions")]
    pub(crate) all: bool,
    /// Names of the bones, lowest z first, as in R.PP2,R.MC2 [default: bone 1, bone 2]
    #[arg(long, value_name = "SITE,...", value_delimiter = ',')]
    pub(crate) site: Vec<String>,
    /// Where the palm, of a foot the sole, faces in the patient's axes of the first image: R, L, A, P, I or S; with
    /// `--site` the report then says palmar, dorsal, radial, ulnar [default: scanners do not record it]
    #[arg(long, value_name = "DIRECTION", value_parser = palm, requires = "site")]
    pub(crate) palm: Option<PatientDirection>,
    /// Who this is, for tables and the report
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: Option<String>,
    /// Value above which tissue is bone, with its unit, as in 250mgHA/cm3 or 350HU
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) threshold: Option<Threshold>,
    /// Smallest piece of bone that is looked at, mm³ of voxels above the threshold [default: 15]: less for a sesamoid
    /// or a fragment, more where pieces of something else are taken for bones
    #[arg(long, value_name = "MM3", value_parser = positive_volume, allow_hyphen_values = true)]
    pub(crate) minimum_bone: Option<f64>,
}

/// The command line's grammar. A number below zero after an option is its value, to be judged as one, and no unknown
/// option.
pub(crate) fn grammar() -> clap::Command {
    fn numbers(command: clap::Command) -> clap::Command {
        command
            .mut_args(|arg| {
                let takes = arg.get_long().is_some() && arg.get_action().takes_values();
                // Hyphens of all kinds are more than numbers below zero.
                if takes && !arg.is_allow_hyphen_values_set() {
                    arg.allow_negative_numbers(true)
                } else {
                    arg
                }
            })
            .mut_subcommands(numbers)
    }
    numbers(Cli::command())
}

/// `howship help --help` asks for help as well: the flag after a command's `help` is left out, which has none of its
/// own.
pub(crate) fn plain_help(mut words: Vec<OsString>) -> Vec<OsString> {
    let mut command = Cli::command();
    for at in 1..words.len() {
        if words[at] == "help" {
            let flag = |w: &OsString| w == "--help" || w == "-h";
            let mut place = 0;
            words.retain(|w| {
                place += 1;
                place <= at + 1 || !flag(w)
            });
            break;
        }
        match command.find_subcommand(&words[at]) {
            Some(found) => command = found.clone(),
            None => break,
        }
    }
    words
}

/// As many as any computer has; more only take time to start.
const MOST_THREADS: usize = 1024;

/// A number of threads, with words for those who type none.
fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let count = text.trim().parse::<NonZeroUsize>().ok();
    count.filter(|n| n.get() <= MOST_THREADS).ok_or_else(|| {
        format!(
            "`{text}` is no number of threads: give 1 to {MOST_THREADS}, or leave `--threads` out for all cores"
        )
    })
}

fn palm(text: &str) -> Result<PatientDirection, String> {
    PatientDirection::parse(text).ok_or_else(|| {
        format!("`{text}` is no direction of a patient: R, L, A, P, I or S (right, left, front, back, feet, head)")
    })
}

fn positive_volume(text: &str) -> Result<f64, String> {
    let value = text.trim().parse::<f64>().ok();
    value
        .filter(|v| *v > 0.0 && v.is_finite())
        .ok_or_else(|| format!("`{text}` is no positive volume in mm³, as in `5`"))
}

impl MeasureOptions {
    /// The analysis' options that volumes at one visit and at several share.
    pub(crate) fn bone(&self) -> BoneOptions {
        let default = BoneOptions::default();
        BoneOptions {
            minimum_bone_mm3: self.minimum_bone.unwrap_or(default.minimum_bone_mm3),
            all: self.all,
            ..default
        }
    }

    pub(crate) fn options(&self) -> StudyOptions {
        StudyOptions {
            scan: self.open.options(),
            masks: self.mask.clone(),
            lesions: self.lesions.clone(),
            sites: self.site.clone(),
            palm: self.palm,
            subject: self.subject.clone(),
            threshold: self.threshold,
            bone: self.bone(),
            ..StudyOptions::default()
        }
    }
}

/// Where results go.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutArgs {
    /// Folder for the results; it must not exist yet
    #[arg(short, long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Replace OUT if it holds earlier results
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES:
  howship compare M0.nii.gz M6.nii.gz M12.nii.gz -o patient7
      visits are named after files that are called like visits
  howship compare first.aim second.aim --visits 2023-03-01,2024-02-27 -o dated
  howship compare M0.nii.gz M6.nii.gz --site R.PP2,R.MC2 --delta 0.1,20% -o named
  howship compare M0.nii.gz M6.nii.gz --lesions seeds.csv -o seeded --json
  howship compare M0.nii.gz M6.nii.gz --only remodelling -o bones
      no search for erosions: motion, volume, formed and resorbed bone of each bone, in a part of the time
  howship compare hand/M0.png hand/M12.png --landmarks joints.json -o hand7
      films (DICOM, PNG, TIFF, JPEG) of a hand, of both, or of joints cut out; docs/films.md

An IMAGE may be a folder, as of DICOM slices.

OUT holds report.html (open it in a browser), verdicts.json, lesions.csv, registration.json, \
labels.nii.gz, bones.nii.gz, remodelling.nii.gz, lesions.seg.nrrd (for 3D Slicer), labels-VISIT.nii.gz, \
transforms/ (ITK) and figures/, all in the baseline's frame: docs/results.md; of films report.html, verdicts.json, \
joints.csv, registration.json, landmarks.json and figures/. It is written whole or not at all.
The command line kept in it leaves out --threads, -o, --force and the folders of files, so that \
the same input gives the same bytes anywhere.")]
pub(crate) struct CompareArgs {
    /// Files or folders, one per visit, baseline first; films: one or more per visit
    #[arg(value_name = "IMAGE", required = true, num_args = 1..)]
    pub(crate) images: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) out: OutArgs,
    /// Names of the visits: months from baseline (M0,M6) or dates (2024-03-01)
    /// [default: from the file names or scan dates]
    #[arg(long, value_name = "VISIT,...", value_delimiter = ',')]
    pub(crate) visits: Vec<String>,
    /// Smallest change that matters: mm³, a share of the volume at baseline, or both, of which the larger counts
    /// [default: 0.1,10%]; on films mm² of area
    #[arg(long, value_name = "MM3,%", allow_hyphen_values = true)]
    pub(crate) delta: Option<Delta>,
    /// What is believed of a change before it is measured
    #[arg(long, value_enum, default_value_t = Prior::Weak)]
    pub(crate) prior: Prior,
    /// Definition of formed and resorbed bone
    #[arg(long, value_enum, default_value_t = Remodelling::Timelapsed)]
    pub(crate) remodelling: Remodelling,
    /// Align the bones and tell their remodelling, and nothing else: erosions and joint spaces are not looked for, and
    /// the result says so. A small part of the time
    #[arg(
        long,
        value_enum,
        value_name = "WHAT",
        conflicts_with_all = ["lesions", "all", "delta", "prior", "precision", "truth"]
    )]
    pub(crate) only: Option<Only>,
    /// Write every later visit on the baseline's grid too (resampled-VISIT.nii.gz), each bone brought back by its own
    /// motion
    #[arg(long)]
    pub(crate) resampled: bool,
    /// Films: centres of the joint spaces as JSON; they win over joints that are found
    #[arg(long, value_name = "FILE")]
    pub(crate) landmarks: Option<PathBuf>,
    /// The study's own repeats, a CSV with columns thing,quantity,value, as `measure --repeat` writes it
    /// [default: the error of each lesion's own wall; films: published repeatability]
    #[arg(long, value_name = "FILE")]
    pub(crate) precision: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) film: FilmArgs,
    /// Known truth to put beside the verdicts: the truth.json of a phantom
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) measure: MeasureOptions,
}

#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES:
  howship measure joint.nii.gz -o joint
  howship measure hu.mha --unit HU --calibration 8192,0.2409,1603.519,-391.209 -o from_hu
  howship measure scan.aim --threshold 320mgHA/cm3 -o stricter
  howship measure --repeat first.aim second.aim --subject P1 -o own-precision

With `--repeat`, OUT holds precision.json (RMS-SD, RMS-CV and least significant change with their \
intervals) and repeats.csv, which `howship compare --precision` takes in place of its built-in errors.
Tables of several joints may be put one below the other.")]
pub(crate) struct MeasureArgs {
    /// File or folder
    #[arg(value_name = "IMAGE", required_unless_present = "repeat", num_args = 0..)]
    pub(crate) images: Vec<PathBuf>,
    /// Rescans of one joint in which nothing changed: how well do its lesions' numbers repeat?
    #[arg(long, value_name = "IMAGE", num_args = 2.., conflicts_with = "images")]
    pub(crate) repeat: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) out: OutArgs,
    #[command(flatten)]
    pub(crate) measure: MeasureOptions,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A finger joint at 0, 6 and 12 months under treatment: one erosion heals, one is stable, one \
progresses, among decoys. OUT/phantom holds the volumes and the truth, OUT the results.

EXAMPLES:
  howship demo
  howship demo --films -o my-films
  howship demo --small -o quick --force")]
pub(crate) struct DemoArgs {
    /// Folder for the results; it must not exist yet
    #[arg(short, long, value_name = "OUT", default_value = "howship-demo")]
    pub(crate) out: PathBuf,
    /// Replace OUT if it holds earlier results
    #[arg(long)]
    pub(crate) force: bool,
    /// Films of a hand at 0, 6, 12 and 24 months instead of volumes of a joint
    #[arg(long)]
    pub(crate) films: bool,
    /// A smaller and coarser joint at 0 and 6 months: seconds instead of minutes
    #[arg(long, conflicts_with = "films")]
    pub(crate) small: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES:
  howship info scan.aim
  howship info M0.nii.gz M6.nii.gz --json
  howship info hand.png --header")]
pub(crate) struct InfoArgs {
    /// Files or folders
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
    #[command(flatten)]
    pub(crate) film: FilmArgs,
    /// Print all header entries
    #[arg(long)]
    pub(crate) header: bool,
    /// Read the voxels too: checksums, the range of values, values that are no numbers [default: of volumes up to
    /// 64 MiB; of larger ones the header alone]
    #[arg(long)]
    pub(crate) voxels: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The format follows from the name of OUT: .nii .nii.gz .mha .mhd .nrrd .nhdr .aim; films: .png .tif (16 bits).
`--unit` says what the stored numbers are, `--to` what to write; they are converted only where a calibration, the \
file's or the stated one, says how.

EXAMPLES:
  howship convert scan.aim scan.nii.gz
  howship convert scan.aim scan_hu.mha --to HU
  howship convert hu.mha b.nii --unit HU --to mgHA/cm3 --calibration 8192,0.2409,1603.519,-391.209
  howship convert pages.tif stack.nrrd --spacing 0.0607
  howship convert mask.nii.gz mask.mha --labels
  howship convert hand.png hand.tif")]
pub(crate) struct ConvertArgs {
    /// File or folder to read
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// File to write
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
    /// Unit to write [default: mgHA/cm³ for native counts with a calibration, else the unit of the file]
    #[arg(long, value_name = "UNIT", value_parser = |s: &str| s.parse::<DensityUnit>())]
    pub(crate) to: Option<DensityUnit>,
    #[command(flatten)]
    pub(crate) film: FilmArgs,
    /// The file holds labels: whole numbers that are copied as they are
    #[arg(long)]
    pub(crate) labels: bool,
    /// Replace OUT if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES:
  howship completions bash > howship.bash
      then `source howship.bash`, or put it into ~/.local/share/bash-completion/completions/howship
  howship completions zsh > _howship
      into a folder of $fpath
  howship completions fish > howship.fish
      into ~/.config/fish/completions")]
pub(crate) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES:
  howship man -o man1
      then `man -l man1/howship-compare.1`, or put them into ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Folder for the pages; it must not exist yet
    #[arg(short, long, value_name = "OUT")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PhantomArgs {
    #[command(subcommand)]
    pub(crate) kind: PhantomKind,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PhantomKind {
    /// A made-up finger joint with erosions, rendered through a scanner
    Joint(JointArgs),
    /// Lesions, healing and motions put into a real scan, with fresh noise at every visit
    Insert(InsertArgs),
    /// A table of readers' scores: what happened in every joint is known, how well readers see it is chosen
    Readers(ReadersArgs),
    /// Films of a made-up hand, foot or joint with erosions, over visits
    Film(FilmPhantomArgs),
}

/// A hand, foot or joint to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FilmPreset {
    /// Four visits: one erosion heals, one stays, one progresses, one joint narrows
    Demo,
    /// One film of an adult
    Healthy,
    /// Ulnar drift, subluxation, z-thumb, a fused joint, a lost fingertip; of a foot hallux valgus and dislocated MTP
    /// joints
    Deformed,
    /// A child with open growth plates
    Child,
    /// One joint alone
    Joint,
}

#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES:
  howship phantom film -o films
  howship phantom film --print-spec --preset deformed > hand.toml
  howship phantom film hand.toml -o films
  howship phantom film --foot --preset deformed -o films
  howship phantom film --foot foot.toml -o films
  howship phantom film --joint mcp.toml -o films
  howship phantom film --volume joint.nii.gz --lesions truth.json -o films

The films are PNG of 16 bits; truth.json holds every landmark, joint space, bone and lesion of each; of a \
volume's film it holds the map from the volume's millimetres to pixels.")]
pub(crate) struct FilmPhantomArgs {
    /// Specification [default: the preset's]
    #[arg(value_name = "SPEC.toml", conflicts_with = "preset")]
    pub(crate) spec: Option<PathBuf>,
    /// What to start from [default: demo]
    #[arg(long, value_enum)]
    pub(crate) preset: Option<FilmPreset>,
    /// SPEC.toml is of one joint, not of a hand
    #[arg(long)]
    pub(crate) joint: bool,
    /// SPEC.toml, or the preset, is of a foot, not of a hand
    #[arg(long, conflicts_with = "joint")]
    pub(crate) foot: bool,
    /// Project this CT or HR-pQCT scan instead, in mgHA/cm³ or with a calibration; SPEC.toml then says how it
    /// lies under the tube [default: tube along the volume's y axis, the film holds all of the shadow]
    #[arg(long, value_name = "SCAN", conflicts_with_all = ["preset", "joint", "foot"])]
    pub(crate) volume: Option<PathBuf>,
    /// Lesions whose place in that scan is known: a verdicts.json, or a phantom's truth.json
    #[arg(long, value_name = "FILE", requires = "volume")]
    pub(crate) lesions: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
    /// Folder for the films and their truth; it must not exist yet
    #[arg(
        short,
        long,
        value_name = "OUT",
        required_unless_present = "print_spec"
    )]
    pub(crate) out: Option<PathBuf>,
    /// Replace OUT if it holds earlier results
    #[arg(long)]
    pub(crate) force: bool,
    /// Print a specification to start from, and stop
    #[arg(long)]
    pub(crate) print_spec: bool,
}

/// Which file format a phantom is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PhantomFormat {
    /// NIfTI, compressed
    NiiGz,
    /// MetaImage
    Mha,
    /// NRRD
    Nrrd,
    /// Scanco AIM
    Aim,
}

impl PhantomFormat {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::NiiGz => "nii.gz",
            Self::Mha => "mha",
            Self::Nrrd => "nrrd",
            Self::Aim => "aim",
        }
    }
}

/// What both kinds of phantom take.
#[derive(Debug, Clone, Args)]
pub(crate) struct PhantomOut {
    /// Folder for the volumes and their truth; it must not exist yet
    #[arg(
        short,
        long,
        value_name = "OUT",
        required_unless_present = "print_spec"
    )]
    pub(crate) out: Option<PathBuf>,
    /// Replace OUT if it holds earlier results
    #[arg(long)]
    pub(crate) force: bool,
    /// Print a specification to start from, and stop
    #[arg(long)]
    pub(crate) print_spec: bool,
    /// Format of the volumes
    #[arg(long, value_enum, default_value_t = PhantomFormat::NiiGz)]
    pub(crate) format: PhantomFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "\
OUT holds one volume per visit (M0.nii.gz ...), truth.json in the schema of verdicts.json, label \
images of the true lesions and bones in truth/, and the specification as it was used.

EXAMPLES:
  howship phantom joint --print-spec > joint.toml
  howship phantom joint joint.toml -o series
  howship compare series/M0.nii.gz series/M6.nii.gz --truth series/truth.json -o result")]
pub(crate) struct JointArgs {
    /// Specification [default: that of `howship demo`]
    #[arg(value_name = "SPEC.toml")]
    pub(crate) spec: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) out: PhantomOut,
}

#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES:
  howship phantom insert --print-spec > lesions.toml
  howship phantom insert scan.aim lesions.toml -o series
  howship phantom insert hu.mha -o from_hu --unit HU --calibration 8192,0.2409,1603.519,-391.209")]
pub(crate) struct InsertArgs {
    /// Real scan, in mgHA/cm³ or with a calibration
    #[arg(value_name = "SCAN", required_unless_present = "print_spec")]
    pub(crate) scan: Option<PathBuf>,
    /// Specification [default: four random lesions at two visits]
    #[arg(value_name = "SPEC.toml")]
    pub(crate) spec: Option<PathBuf>,
    /// Bones as a label image [default: they are found]
    #[arg(long, value_name = "FILE")]
    pub(crate) bones: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) open: OpenArgs,
    #[command(flatten)]
    pub(crate) out: PhantomOut,
}

/// A study to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReadersPreset {
    /// Three arms of 40 patients, three visits, three readers
    Demo,
    /// Two readers' changes over a year with the means and SDs of TEMPO's three arms
    Tempo,
    /// Erosions of 178 patients read twice by two readers, with the error rates of Lukas 2009
    Lukas,
}

#[derive(Debug, Args)]
#[command(after_help = "\
OUT holds scores.csv (the table that readers hand in), truth.csv (what truly happened in every \
joint between visits), truth.json (what the specification implies: prevalence, SDC, ICC) and \
spec.toml (the specification).

EXAMPLES:
  howship phantom readers -o readers
  howship phantom readers --print-spec > study.toml
  howship phantom readers study.toml --seed 7 -o again")]
pub(crate) struct ReadersArgs {
    /// Specification [default: the preset]
    #[arg(value_name = "SPEC.toml", conflicts_with = "preset")]
    pub(crate) spec: Option<PathBuf>,
    /// Study to make, or to print with --print-spec
    #[arg(long, value_enum, default_value_t = ReadersPreset::Demo)]
    pub(crate) preset: ReadersPreset,
    /// Seed of all chance [default: the specification's]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(0..=LARGEST_SEED))]
    pub(crate) seed: Option<u64>,
    /// Folder for the table and its truth; it must not exist yet
    #[arg(
        short,
        long,
        value_name = "OUT",
        required_unless_present = "print_spec"
    )]
    pub(crate) out: Option<PathBuf>,
    /// Replace OUT if it holds earlier results
    #[arg(long)]
    pub(crate) force: bool,
    /// Print a specification to start from, and stop
    #[arg(long)]
    pub(crate) print_spec: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES:
  howship bench accuracy
  howship bench speed --threads 2 --json
  howship bench films --threads 2
  howship bench scores")]
pub(crate) struct BenchArgs {
    /// What to measure
    #[arg(value_enum)]
    pub(crate) what: BenchKind,
    /// Phantoms with different seeds (accuracy), repeats (speed, films), thousands of simulated studies (scores)
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = whole::<u64>(1..=100))]
    pub(crate) repeats: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchKind {
    /// True against measured volumes and changes of phantom lesions
    Accuracy,
    /// Seconds per stage and peak memory on a pair of 18 million voxels each
    Speed,
    /// Seconds from a film of 12 megapixels to landmarks, and for 14 joints at 4 visits
    Films,
    /// Readers' scores: published values, coverage of intervals, calibration of P(repair), speed
    Scores,
}

/// What is believed of a change before it is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Prior {
    /// No size or direction of change is favoured
    Weak,
    /// Half of all lesions did not change at all
    SpikeSlab,
}

impl From<Prior> for PriorChoice {
    fn from(prior: Prior) -> Self {
        match prior {
            Prior::Weak => Self::Weak,
            Prior::SpikeSlab => Self::SpikeSlab,
        }
    }
}

/// Definition of formed and resorbed bone, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Remodelling {
    /// |Δ| > 225 mgHA/cm³, clusters of at least 12 voxels, after a Gaussian of 1.2 voxels
    Timelapsed,
    /// Threshold 475 mgHA/cm³, clusters of 5, no smoothing
    Ucsf,
}

/// What alone is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// Each bone's motion, its volume and where it was formed and resorbed
    Remodelling,
}

fn spacing(text: &str) -> Result<[f64; 3], String> {
    let numbers = numbers(text)?;
    match numbers[..] {
        [one] => Ok([one; 3]),
        [x, y, z] => Ok([x, y, z]),
        _ => Err("give one number, or three as in 0.5,0.5,1".to_owned()),
    }
}

fn calibration(text: &str) -> Result<Calibration, String> {
    match numbers(text)?[..] {
        [mu_scaling, mu_water, density_slope, density_intercept] => Ok(Calibration {
            mu_scaling,
            mu_water,
            density_slope,
            density_intercept,
        }),
        _ => Err("give four numbers, as in 8192,0.2409,1603.519,-391.209".to_owned()),
    }
}

fn numbers(text: &str) -> Result<Vec<f64>, String> {
    text.split(',')
        .map(|part| {
            let number: f64 = part
                .trim()
                .parse()
                .map_err(|_| format!("`{part}` is no number"))?;
            if number.is_finite() {
                Ok(number)
            } else {
                Err(format!("`{part}` is not finite"))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        grammar().debug_assert();
    }

    #[test]
    fn spacing_is_one_number_or_three() {
        assert_eq!(spacing("0.5"), Ok([0.5; 3]));
        assert_eq!(spacing("1,2,3"), Ok([1.0, 2.0, 3.0]));
        for bad in ["", "1,2", "a", "NaN", "1,2,3,4"] {
            assert!(spacing(bad).is_err(), "{bad}");
        }
    }
}
