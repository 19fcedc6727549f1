use howship_image::DensityUnit;
use std::io;
use std::path::PathBuf;

/// What can keep a study from being done. Messages name file and fault; [`Error::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Visits named for another number of images.
    #[error("{named} visits named for {images} images")]
    VisitCount {
        /// Names given.
        named: usize,
        /// Images given.
        images: usize,
    },
    /// A visit's name stands twice.
    #[error("visit `{name}` is named twice")]
    VisitTwice {
        /// The name.
        name: String,
    },
    /// A visit's name is none.
    #[error(transparent)]
    VisitName(howship_change::Error),
    /// Visits named by months and by dates.
    #[error(
        "some visits are named by months and some by dates: what lies between them is not known"
    )]
    VisitKinds,
    /// Images against the order of time.
    #[error("`{}` and `{}` are not in the order of time: {reason}", .first.display(), .second.display())]
    Order {
        /// The file that stands first.
        first: PathBuf,
        /// The one after it.
        second: PathBuf,
        /// What says so.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// Images of two patients or sides, or one image twice.
    #[error("these are no visits of one joint: {reason}")]
    NoSeries {
        /// Which files say what.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// Images that are no rescans of one joint.
    #[error("these are no rescans of one joint: {reason}")]
    NoRescans {
        /// Which files, and what is wrong with them.
        reason: String,
    },
    /// A bone's name is none.
    #[error(transparent)]
    SiteName(howship_change::Error),
    /// Two bones cannot have one name.
    #[error("`--site` names {name} twice")]
    SiteTwice {
        /// The name.
        name: String,
    },
    /// A bone is named as of a side that something else denies.
    #[error("`--site` names {name}, and `{other}` {says}")]
    SiteSides {
        /// The bone's name.
        name: String,
        /// Another bone's name, or a file's.
        other: String,
        /// What that says.
        says: String,
    },
    /// More masks than images.
    #[error("{masks} masks for {images} images")]
    MaskCount {
        /// Masks given.
        masks: usize,
        /// Images given.
        images: usize,
    },
    /// A mask without a voxel.
    #[error("`{}`: the mask is empty: every voxel is 0", .path.display())]
    MaskEmpty {
        /// The file.
        path: PathBuf,
    },
    /// A mask beside its image.
    #[error("`{}`: it lies outside the image", .path.display())]
    MaskOutside {
        /// The file.
        path: PathBuf,
    },
    /// A grid that leads nowhere.
    #[error("`{}`: its direction {direction:?} is not finite", .path.display())]
    Direction {
        /// The file.
        path: PathBuf,
        /// The direction it states.
        direction: [[f64; 3]; 3],
    },
    /// A calibration that leads to no density.
    #[error("`{}`: {source}", .path.display())]
    Calibration {
        /// The file.
        path: PathBuf,
        /// Why.
        source: howship_image::Error,
    },
    /// Voxels near bone that are no numbers.
    #[error("`{}`: {source}", .path.display())]
    NotNumbers {
        /// The file.
        path: PathBuf,
        /// How many, and where.
        source: howship_bone::Error,
    },
    /// A machine without the memory that measuring takes.
    #[error("no memory: measuring {voxels} voxels takes about {mebibytes} MiB more")]
    Memory {
        /// Of the largest scan.
        voxels: usize,
        /// What is wanted.
        mebibytes: usize,
    },
    /// A threshold in another unit than the values: never guessed at.
    #[error("`{}`: the threshold {threshold} is in {}, the values are in {values}", .path.display(), .threshold.unit)]
    ThresholdUnit {
        /// The file.
        path: PathBuf,
        /// The threshold.
        threshold: crate::Threshold,
        /// Unit of the values.
        values: DensityUnit,
        /// The same threshold in the values' unit, where the file's calibration says how.
        equivalent: Option<f64>,
    },
    /// A threshold that does not part bone from soft tissue.
    #[error("the threshold {threshold} does not part bone from soft tissue")]
    ThresholdOutside {
        /// The threshold.
        threshold: crate::Threshold,
        /// Soft tissue lies below.
        least: f64,
        /// Compact bone lies below.
        most: f64,
    },
    /// Given lesions that cannot be read.
    #[error("`{}`: {reason}", .path.display())]
    GivenLesions {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What it should look like.
        expected: &'static str,
    },
    /// A table beside the images (of repeats, of erosions pointed at) that cannot be used.
    #[error("`{}`: {reason}", .path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What it should look like.
        expected: &'static str,
    },
    /// A table beside the images that is none.
    #[error(transparent)]
    TableFile(#[from] howship_tables::Error),
    /// A film, or landmarks beside films, that cannot be used.
    #[error("`{}`: {reason}", .path.display())]
    Film {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The measuring of films.
    #[error(transparent)]
    Films(howship_film::Error),
    /// A truth that cannot be read.
    #[error("`{}`: {reason}", .path.display())]
    Truth {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that the system does not hand out.
    #[error("`{}` could not be read: {source}", .path.display())]
    Reading {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that the system does not take.
    #[error("`{}` cannot be written: {source}", .path.display())]
    Writing {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No name for the output folder.
    #[error("`{}` names no folder", .path.display())]
    OutUnnamed {
        /// What was given.
        path: PathBuf,
    },
    /// The output folder is there already.
    #[error("`{}` exists already", .path.display())]
    OutExists {
        /// The folder.
        path: PathBuf,
    },
    /// The output folder is no result of ours.
    #[error("`{}` holds no results of Howship, so `--force` does not replace it", .path.display())]
    OutForeign {
        /// The folder.
        path: PathBuf,
    },
    /// The observer asked to stop.
    #[error("stopped")]
    Stopped,
    /// A file that no reader or writer of images takes.
    #[error(transparent)]
    Format(#[from] howship_formats::Error),
    /// What the analysis refused; with the file, where it is about one visit's.
    #[error("{source}")]
    Bone {
        /// The file of the visit.
        path: Option<PathBuf>,
        /// The unit of that visit's values.
        unit: Option<DensityUnit>,
        /// Why.
        source: howship_bone::Error,
    },
    /// A report that could not be made.
    #[error(transparent)]
    Report(#[from] howship_report::Error),
    /// A sum of changes that statistics refuse.
    #[error(transparent)]
    Total(howship_change::Error),
    /// A grid went wrong.
    #[error(transparent)]
    Image(#[from] howship_image::Error),
    /// An image operation refused.
    #[error(transparent)]
    Operation(#[from] howship_ops::Error),
    /// A result that could not be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Error {
    /// What to do about it, where that is known here.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::VisitCount { .. } => "name one visit per image, as in `--visits M0,M6`",
            Self::VisitTwice { .. } => "names tell the visits apart",
            Self::NoRescans { .. } => {
                "give two or more scans of one joint of one patient, each taken anew after repositioning"
            }
            Self::VisitKinds => "name all by months (`--visits M0,M6`) or all by dates",
            Self::Order { advice, .. } | Self::NoSeries { advice, .. } => *advice,
            Self::VisitName(_) => "as in `--visits M0,M6,M12`",
            Self::SiteName(_) | Self::SiteTwice { .. } => "as in `--site R.PP2,R.MC2`",
            Self::SiteSides { .. } => {
                "correct the side in `--site`; where a file's tag or name is wrong, correct it there"
            }
            Self::MaskCount { .. } => "give one mask per image, or one for the first",
            Self::MaskEmpty { .. } => "give a mask with something in it, or leave it out",
            Self::MaskOutside { .. } => {
                "masks are placed by their LPS millimetres: compare the two with `howship info`"
            }
            Self::Direction { .. } => "export the volume again with a sound header",
            Self::Calibration { .. } => "correct the calibration",
            Self::NotNumbers { .. } => {
                "export the volume again, or crop it so that these voxels lie outside; `howship info --voxels` counts them"
            }
            Self::Memory { .. } => "close other programs, or crop the volumes to the joint",
            Self::ThresholdUnit {
                threshold,
                values,
                equivalent,
                ..
            } => return Some(threshold.elsewhere(*values, *equivalent)),
            Self::ThresholdOutside {
                threshold,
                least,
                most,
            } => {
                return Some(format!(
                    "give one from {least} to {most} {}, or leave `--threshold` out",
                    threshold.unit
                ));
            }
            Self::GivenLesions { expected, .. } | Self::Table { expected, .. } => *expected,
            Self::TableFile(e) => return e.hint().map(str::to_owned),
            Self::Film { advice, .. } => return Some(advice.clone()),
            Self::Films(howship_film::Error::Weights { .. }) => "install the program again",
            Self::Truth { .. } => "give the truth.json that `howship phantom` wrote",
            Self::OutUnnamed { .. } => "give a name, as in `-o result`",
            Self::OutExists { .. } => {
                "choose another folder with `-o`, or add `--force` to replace it"
            }
            Self::OutForeign { .. } => "choose another folder with `-o`, or remove it yourself",
            _ => return None,
        };
        Some(text.to_owned())
    }
}
