//! Every number that tunes the measurement, in a small struct per stage, with unit, reason and source.
//!
//! The structs can be changed by name ([`Tuning::set`]), so that an experiment can ask how much a result depends on
//! each; the product always uses the defaults. `docs/tuning.md` is made from here ([`Tuning::table`]).

mod bones;
mod cavities;
mod envelope;
mod errors;
mod places;
mod plausible;

pub(crate) use bones::{
    AlignmentTuning, AlikeTuning, BonesTuning, CoarseTuning, DishTuning, IdentityTuning,
    LevelsTuning, MarrowTuning, SuitabilityTuning,
};
pub(crate) use cavities::{ContentsTuning, EdgeTuning, FitTuning, LesionTuning, RayTuning};
pub(crate) use envelope::{LocalTuning, SurfaceTuning};
pub(crate) use errors::{DensityTuning, ErrorTuning, LiningTuning, QuantityTuning, SpaceTuning};
pub(crate) use places::{
    ChangedTuning, DetectTuning, KindTuning, PlacesTuning, RepeatTuning, SelectTuning,
    SpectraTuning,
};
pub(crate) use plausible::{
    MaskTuning, OffsetTuning, PlausibleTuning, ScanTuning, SizeTuning, SlicesTuning,
};

/// One tuning number as the table shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct TuningNumber {
    /// Stage and name, `rays.reach_mm`.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// Why it is what it is.
    pub reason: &'static str,
    /// Who found it, or the experiment that chose it.
    pub source: &'static str,
}

/// A number that a stage can hold.
pub(crate) trait Number: Copy {
    fn read(self) -> f64;
    fn written(value: f64) -> Self;
}

impl Number for f64 {
    fn read(self) -> f64 {
        self
    }
    fn written(value: f64) -> Self {
        value
    }
}

impl Number for usize {
    fn read(self) -> f64 {
        self as f64
    }
    fn written(value: f64) -> Self {
        value.round().max(0.0) as usize
    }
}

/// Declares a stage's struct: a line for each number with unit, reason and source.
macro_rules! stage {
    ($(#[$doc:meta])* $name:ident {
        $($field:ident: $kind:ty = $value:expr, $unit:literal, $reason:literal, $source:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(crate) struct $name {
            $(#[doc = $reason] pub(crate) $field: $kind,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $value,)* }
            }
        }

        impl $name {
            pub(super) fn numbers(&self, stage: &str) -> Vec<crate::tuning::TuningNumber> {
                vec![$(crate::tuning::TuningNumber {
                    name: format!("{stage}.{}", stringify!($field)),
                    value: crate::tuning::Number::read(self.$field),
                    unit: $unit,
                    reason: $reason,
                    source: $source,
                },)*]
            }

            pub(super) fn set(&mut self, field: &str, value: f64) -> bool {
                match field {
                    $(stringify!($field) => self.$field = crate::tuning::Number::written(value),)*
                    _ => return false,
                }
                true
            }
        }
    };
}
pub(crate) use stage;

macro_rules! tuning {
    ($($stage:ident: $kind:ident, $title:literal;)*) => {
        /// The tuning numbers of all stages.
        #[derive(Debug, Clone, Copy, PartialEq, Default)]
        pub struct Tuning {
            $(pub(crate) $stage: $kind,)*
        }

        impl Tuning {
            /// Every number with what is known of it, stage by stage.
            #[must_use]
            pub fn numbers(&self) -> Vec<TuningNumber> {
                let mut all = Vec::new();
                $(all.extend(self.$stage.numbers(stringify!($stage)));)*
                all
            }

            /// Changes one number by its name, `stage.number`; `false` where there is none of that name.
            ///
            /// Counts are rounded. For experiments: how much a result depends on a number.
            pub fn set(&mut self, name: &str, value: f64) -> bool {
                let Some((stage, field)) = name.split_once('.') else {
                    return false;
                };
                match stage {
                    $(stringify!($stage) => self.$stage.set(field, value),)*
                    _ => false,
                }
            }

            fn titles() -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($stage), $title),)*]
            }
        }
    };
}

tuning! {
    bones: BonesTuning, "Bones: threshold, components, closing (`segmentation.rs`, `visit_shapes.rs`)";
    dish: DishTuning, "Dishes: erosions wider than the closing ball (`dish.rs`)";
    levels: LevelsTuning, "Levels of tissue and noise (`levels.rs`)";
    plausible: PlausibleTuning, "Whether tissues lie where their unit puts them (`plausibility.rs`)";
    mask: MaskTuning, "Whether a mask lies on its bone (`mask_place.rs`)";
    marrow: MarrowTuning, "Marrow bright and cortex dark (`marrow/`)";
    suitability: SuitabilityTuning, "What an image must show (`suitability.rs`)";
    alignment: AlignmentTuning, "Bones found again at later visits (`register_bones.rs`)";
    coarse: CoarseTuning, "Joints that lie far apart (`coarse_start.rs`)";
    identity: IdentityTuning, "Whether it is the same bone (`same_bone.rs`)";
    scan: ScanTuning, "Whether two visits are one scan (`same_scan.rs`)";
    size: SizeTuning, "Whether bones are as large at every visit (`same_size.rs`)";
    slices: SlicesTuning, "Whether an image has all its slices (`same_slices.rs`)";
    offset: OffsetTuning, "Whether the values of a visit are shifted (`offset.rs`)";
    alike: AlikeTuning, "What images differ by that is no change of bone (`alike.rs`)";
    detect: DetectTuning, "Cavities that open through the cortex (`detect.rs`)";
    changed: ChangedTuning, "Places where bone changed (`changed.rs`)";
    places: PlacesTuning, "Candidates of all visits (`candidates.rs`)";
    local: LocalTuning, "Images around a lesion (`local.rs`)";
    surface: SurfaceTuning, "The envelope across the mouth (`surface/`)";
    edge: EdgeTuning, "Where a line passes into bone (`edge.rs`)";
    rays: RayTuning, "Rays from a centre (`cavity/rays.rs`)";
    fit: FitTuning, "The wall through what the rays hit (`cavity/fit.rs`)";
    contents: ContentsTuning, "What fills a cavity and what fills marrow spaces (`cavity/contents.rs`)";
    lesion: LesionTuning, "One lesion at all visits (`lesion.rs`)";
    errors: ErrorTuning, "Errors of a volume and its change (`lesion_error.rs`)";
    density: DensityTuning, "The change seen in densities (`corroborate.rs`)";
    lining: LiningTuning, "Recesses beside a lesion (`lining.rs`)";
    quantities: QuantityTuning, "Numbers of a lesion and their errors (`quantities.rs`)";
    spectra: SpectraTuning, "Width and depth in slices (`spectra.rs`)";
    space: SpaceTuning, "Joint space width (`joint_space/`)";
    select: SelectTuning, "Which cavities are erosions (`select.rs`)";
    kind: KindTuning, "Erosion or not (`evidence.rs`)";
    repeat: RepeatTuning, "Whether a cavity is found again (`repeat.rs`)";
}

/// What the example `tuning_sensitivity` found: name, largest relative change of a volume, of a change of volume (mm³).
const SENSITIVITY: &str = include_str!("sensitivity.csv");

impl Tuning {
    /// The table of `docs/tuning.md`: value, unit, reason, source, sensitivity.
    #[must_use]
    pub fn table() -> String {
        let tuning = Self::default();
        let numbers = tuning.numbers();
        let mut text = HEAD.to_owned();
        for (stage, title) in Self::titles() {
            text += &format!(
                "\n## {title}\n\n| number | value | unit | why | source | volume, change |\n|---|---|---|---|---|---|\n"
            );
            for n in numbers
                .iter()
                .filter(|n| n.name.starts_with(&format!("{stage}.")))
            {
                let field = &n.name[stage.len() + 1..];
                let TuningNumber {
                    value,
                    unit,
                    reason,
                    source,
                    ..
                } = n;
                let sensitive = sensitivity(&n.name).unwrap_or("–".into());
                text += &format!(
                    "| `{field}` | {value} | {unit} | {reason} | {source} | {sensitive} |\n"
                );
            }
        }
        text
    }
}

fn sensitivity(name: &str) -> Option<String> {
    let row = SENSITIVITY
        .lines()
        .skip(1)
        .map(|l| l.split(',').collect::<Vec<_>>());
    let row = row.into_iter().find(|r| r.first() == Some(&name))?;
    let [_, volume, change] = row[..] else {
        return None;
    };
    Some(match (volume, change) {
        ("lost", _) => "no longer found".to_owned(),
        ("0.0", "0.000") => "none".to_owned(),
        _ => format!("{volume} %, {change} mm³"),
    })
}

const HEAD: &str = "# Tuning numbers of the measurement of volumes

Made from the code by `UPDATE_TUNING=1 cargo test -p howship-bone tuning`; a test compares. *Choice*: set when the
stage was built, for the reason given, and not fitted to data. The last column says how far the number moves a
result (example `tuning_sensitivity`): the number made a fifth smaller and a fifth larger, the largest change of the
volume of a cavity of known size, in percent, and of its change between two visits, in mm³, in a textured phantom of two
visits. A number that has no effect there may still matter elsewhere: at other voxels, edges, or where an image is bad.
–: not run.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_changed_by_name() {
        let mut tuning = Tuning::default();
        assert!(tuning.set("rays.reach_mm", 4.5) && tuning.set("lesion.rounds", 2.4));
        assert!(!tuning.set("rays.nothing", 1.0) && !tuning.set("nothing", 1.0));
        let value = |name: &str| {
            tuning
                .numbers()
                .into_iter()
                .find(|n| n.name == name)
                .unwrap()
                .value
        };
        assert_eq!((value("rays.reach_mm"), value("lesion.rounds")), (4.5, 2.0));
        for n in Tuning::default().numbers() {
            assert!(!n.reason.is_empty() && !n.source.is_empty(), "{}", n.name);
        }
    }

    #[test]
    fn the_table_in_the_docs_is_the_codes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tuning.md");
        if std::env::var_os("UPDATE_TUNING").is_some() {
            std::fs::write(path, Tuning::table()).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap();
        assert!(
            found == Tuning::table(),
            "run UPDATE_TUNING=1 cargo test -p howship-bone tuning"
        );
    }
}
