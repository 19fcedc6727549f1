use super::Test;
use crate::Error;
use crate::bone::MineralLaw;
use crate::case::{Case, Section};
use crate::drug::nearest;
use crate::imaging::Readers;
use toml::{Table, Value};

/// An arm: a record whose therapy and model are the arm's.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Name.
    pub name: String,
    /// What its patients are.
    pub case: Case,
}

/// What an image of a lesion is read for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// A rim of so many pixels on a film.
    Film {
        /// Pixels.
        threshold: f64,
        /// Pixel, mm.
        pixel: f64,
        /// Who reads.
        readers: Readers,
    },
    /// The verdict on depth or volume (HR-pQCT, MRI).
    Verdict {
        /// `depth`, `volume` or `mri`.
        quantity: crate::imaging::Quantity,
        /// SD of one measurement in vivo; the tool's where none.
        precision: Option<f64>,
    },
}

/// When a patient is a responder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResponderRule {
    /// At least so many lesions repaired.
    pub lesions: usize,
    /// And none read as progressing (verdicts only).
    pub none_progressing: bool,
    /// Seen at every later visit from the first one on that it was seen.
    pub persistent: bool,
}

/// What arms are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// Share of responders.
    Responders,
    /// Mean change per patient.
    MeanChange,
}

/// A virtual trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// Name.
    pub name: String,
    /// Arms, the reference first.
    pub arms: Vec<Arm>,
    /// Months of the visits after baseline; the last one decides.
    pub visits: Vec<f64>,
    /// Patients per arm to be tried.
    pub sizes: Vec<usize>,
    /// Two-sided level (0.05).
    pub level: f64,
    /// Power wanted (0.8).
    pub power: f64,
    /// Test of shares (Boschloo).
    pub test: Test,
    /// Virtual patients per arm behind the shares (20,000).
    pub virtual_patients: u64,
    /// Share of patients without a last image (0.1).
    pub dropout: f64,
    /// Lesions per patient (5), and how many share a joint (1).
    pub lesions: usize,
    /// Lesions that share a joint's inflammation and flares.
    pub per_joint: usize,
    /// Share of the reading error's variance that a patient's lesions share at a visit (0): positioning.
    pub shared_error: f64,
    /// Share of lesions in profile (1: lesions are chosen so).
    pub profile_share: f64,
    /// How images are read.
    pub reading: Reading,
    /// Who is a responder.
    pub responder: ResponderRule,
    /// What decides.
    pub endpoint: Endpoint,
    /// What X-rays see.
    pub law: MineralLaw,
    /// Seed.
    pub seed: u64,
}

const TRIAL: [&str; 15] = [
    "name",
    "visits",
    "per_arm",
    "level",
    "power",
    "test",
    "virtual_patients",
    "dropout",
    "lesions",
    "lesions_per_joint",
    "shared_error",
    "profile_share",
    "endpoint",
    "mineral_law",
    "seed",
];
const READING: [&str; 8] = [
    "modality",
    "threshold_px",
    "pixel_mm",
    "readers",
    "needed",
    "sd_px",
    "order_known",
    "precision",
];
const RESPONDER: [&str; 3] = ["lesions", "none_progressing", "persistent"];
const ARM: [&str; 4] = ["name", "therapy", "activity", "model"];
const TABLES: [&str; 4] = ["trial", "arm", "reading", "responder"];

impl Design {
    /// Reads a design.
    ///
    /// # Errors
    /// The first key that cannot be used, by name.
    pub fn read(text: &str) -> Result<Self, Error> {
        let root: Table = text.parse().map_err(|e: toml::de::Error| Error::Toml {
            reason: e.to_string().trim().replace('\n', " "),
        })?;
        if let Some(key) = root.keys().find(|k| !TABLES.contains(&k.as_str())) {
            let hint = match nearest(key, TABLES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("a design has {}", TABLES.join(", ")),
            };
            return Err(Error::UnknownKey {
                key: key.clone(),
                hint,
            });
        }
        let empty = Table::new();
        let table = |name: &str, known: &[&str]| -> Result<Section<'_>, Error> {
            let found = match root.get(name) {
                None => &empty,
                Some(Value::Table(t)) => t,
                Some(other) => {
                    return Err(Error::value(
                        name,
                        other,
                        format!("it is a table: write `[{name}]`"),
                    ));
                }
            };
            Section::new(name.to_owned(), found, known)
        };
        let trial = table("trial", &TRIAL)?;
        let tests = [
            ("chi-square", Test::ChiSquare),
            ("yates", Test::Yates),
            ("fisher", Test::Fisher),
            ("barnard", Test::Barnard),
            ("boschloo", Test::Boschloo),
            ("boschloo-doubled", Test::BoschlooDoubled),
        ];
        let visits = numbers(&trial, "visits", [0.1, 120.0])?.unwrap_or_else(|| vec![12.0]);
        if !visits.windows(2).all(|v| v[1] > v[0]) {
            return Err(Error::value(
                trial.key("visits"),
                format!("{visits:?}"),
                "months after baseline, rising",
            ));
        }
        let sizes = numbers(&trial, "per_arm", [2.0, 400.0])?
            .unwrap_or_else(|| vec![20.0, 40.0, 60.0, 84.0, 120.0, 160.0, 200.0]);
        let reading = reading(&table("reading", &READING)?)?;
        let responder = table("responder", &RESPONDER)?;
        let lesions = trial.count("lesions", [1, 50])?.unwrap_or(5) as usize;
        let seed = trial.count("seed", [0, i64::MAX as u64])?.unwrap_or(1);
        Ok(Self {
            name: trial.text("name")?.unwrap_or("trial").to_owned(),
            arms: arms(&root)?,
            visits,
            sizes: sizes.into_iter().map(|n| n as usize).collect(),
            level: trial.number("level", [1e-4, 0.5])?.unwrap_or(0.05),
            power: trial.number("power", [0.1, 0.999])?.unwrap_or(0.8),
            test: trial.word("test", &tests)?.unwrap_or(Test::Boschloo),
            virtual_patients: trial
                .count("virtual_patients", [100, 1_000_000])?
                .unwrap_or(20_000),
            dropout: trial.number("dropout", [0.0, 0.9])?.unwrap_or(0.1),
            lesions,
            per_joint: trial
                .count("lesions_per_joint", [1, lesions as u64])?
                .unwrap_or(1) as usize,
            shared_error: trial.number("shared_error", [0.0, 1.0])?.unwrap_or(0.0),
            profile_share: trial.number("profile_share", [0.0, 1.0])?.unwrap_or(1.0),
            reading,
            responder: ResponderRule {
                lesions: responder
                    .count("lesions", [1, lesions as u64])?
                    .unwrap_or(1) as usize,
                none_progressing: responder.flag("none_progressing")?.unwrap_or(false),
                persistent: responder.flag("persistent")?.unwrap_or(false),
            },
            endpoint: trial
                .word(
                    "endpoint",
                    &[
                        ("responders", Endpoint::Responders),
                        ("mean-change", Endpoint::MeanChange),
                    ],
                )?
                .unwrap_or(Endpoint::Responders),
            law: trial
                .word("mineral_law", &[("A", MineralLaw::A), ("B", MineralLaw::B)])?
                .unwrap_or(MineralLaw::A),
            seed,
        })
    }
}

fn numbers(
    section: &Section<'_>,
    name: &str,
    [low, high]: [f64; 2],
) -> Result<Option<Vec<f64>>, Error> {
    let Some(value) = section.get(name) else {
        return Ok(None);
    };
    let bad = || {
        Error::value(
            section.key(name),
            value,
            format!("it is a list of numbers between {low} and {high}"),
        )
    };
    let list = value.as_array().filter(|l| !l.is_empty()).ok_or_else(bad)?;
    let numbers: Option<Vec<f64>> = list
        .iter()
        .map(|v| v.as_float().or_else(|| v.as_integer().map(|n| n as f64)))
        .map(|v| v.filter(|x| (low..=high).contains(x)))
        .collect();
    numbers.map(Some).ok_or_else(bad)
}

fn reading(section: &Section<'_>) -> Result<Reading, Error> {
    use crate::imaging::Quantity;
    #[derive(Clone, Copy)]
    enum Kind {
        Film,
        Tool(Quantity),
    }
    let kinds = [
        ("film", Kind::Film),
        ("hr-pqct-depth", Kind::Tool(Quantity::Depth)),
        ("hr-pqct-volume", Kind::Tool(Quantity::Volume)),
        ("mri", Kind::Tool(Quantity::MriVolume)),
    ];
    match section.word("modality", &kinds)?.unwrap_or(Kind::Film) {
        Kind::Film => {
            if section.get("precision").is_some() {
                return Err(Error::value(
                    section.key("precision"),
                    "given",
                    "films are read by readers: give `sd_px`",
                ));
            }
            let count = section.count("readers", [1, 20])?.unwrap_or(2) as usize;
            let needed = section
                .count("needed", [1, count as u64])?
                .map_or(count.div_ceil(2).max(1), |n| n as usize);
            Ok(Reading::Film {
                threshold: section.number("threshold_px", [0.1, 20.0])?.unwrap_or(1.0),
                pixel: section.number("pixel_mm", [0.01, 1.0])?.unwrap_or(0.1),
                readers: Readers {
                    count,
                    needed,
                    sd: section.number("sd_px", [0.0, 20.0])?.unwrap_or(0.6),
                    order_known: section.flag("order_known")?.unwrap_or(false),
                },
            })
        }
        Kind::Tool(quantity) => {
            for name in [
                "threshold_px",
                "pixel_mm",
                "readers",
                "needed",
                "sd_px",
                "order_known",
            ] {
                if section.get(name).is_some() {
                    return Err(Error::value(
                        section.key(name),
                        "given",
                        "it is of films; this modality is judged by its verdict",
                    ));
                }
            }
            Ok(Reading::Verdict {
                quantity,
                precision: section.number("precision", [1e-6, 1e3])?,
            })
        }
    }
}

fn arms(root: &Table) -> Result<Vec<Arm>, Error> {
    let list = match root.get("arm") {
        Some(Value::Array(list)) if list.len() >= 2 => list,
        _ => {
            return Err(Error::Missing {
                key: "arm".into(),
                hint: "a trial has at least two arms: write `[[arm]]` twice, the reference first"
                    .into(),
            });
        }
    };
    let mut arms = Vec::new();
    for (i, value) in list.iter().enumerate() {
        let path = format!("arm[{i}]");
        let Value::Table(table) = value else {
            return Err(Error::value(path, value, "it is a table: write `[[arm]]`"));
        };
        let section = Section::new(path.clone(), table, &ARM)?;
        let name = section
            .text("name")?
            .map_or_else(|| format!("arm {}", i + 1), str::to_owned);
        if arms.iter().any(|a: &Arm| a.name == name) {
            return Err(Error::value(
                section.key("name"),
                format!("`{name}`"),
                "names tell the arms apart",
            ));
        }
        // An arm is a record without lesions and images: its tables are read by the record's own rules.
        let mut record = table.clone();
        record.remove("name");
        let case = Case::of_table(&record).map_err(|e| within(&path, e))?;
        arms.push(Arm { name, case });
    }
    Ok(arms)
}

/// An error of an arm's record, with the arm before its key.
fn within(path: &str, error: Error) -> Error {
    match error {
        Error::UnknownKey { key, hint } => Error::UnknownKey {
            key: format!("{path}.{key}"),
            hint,
        },
        Error::Missing { key, hint } => Error::Missing {
            key: format!("{path}.{key}"),
            hint,
        },
        Error::Value {
            key,
            value,
            expected,
        } => Error::Value {
            key: format!("{path}.{key}"),
            value,
            expected,
        },
        Error::Contradiction {
            first,
            second,
            reason,
            hint,
        } => Error::Contradiction {
            first: format!("{path}.{first}"),
            second: format!("{path}.{second}"),
            reason,
            hint,
        },
        other => other,
    }
}
