use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A file that went in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InputFile {
    /// File name, without its folder.
    pub name: String,
    /// Format in words.
    pub format: String,
    /// BLAKE3 of the bytes.
    pub blake3: String,
    /// How its millimetres were known.
    pub spacing_known: String,
    /// How its density was known.
    pub unit_known: String,
    /// What was odd about it.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Whose images, films or scores these are, as the user names them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(String);

impl Subject {
    /// A subject by the name the user gives.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Names of the settings that more than one crate speaks of; what is written under one is found under the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SettingName {
    /// How far the intact contour is closed over breaks, mm.
    Closing,
    /// The smallest bone looked at, mm³.
    SmallestBone,
    /// The smallest lesion reported, mm³.
    SmallestLesion,
    /// The narrowest mouth of a lesion, mm.
    SmallestMouth,
    /// Where between marrow and bone the wall lies, a share.
    WallLevel,
    /// The value above which tissue is bone, in the scan's unit.
    BoneThreshold,
    /// Floor of δ of the volume, mm³.
    VolumeDelta,
    /// Share of the baseline's volume that is δ where it is more.
    VolumeDeltaShare,
    /// Probability that a verdict needs.
    VerdictLevel,
    /// Definition of formed and resorbed.
    Remodelling,
    /// Whose repeats the errors of changes come from.
    Precision,
    /// Where a truth comes from.
    Source,
}

impl SettingName {
    /// The name in print and in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Closing => "closing",
            Self::SmallestBone => "smallest bone",
            Self::SmallestLesion => "smallest lesion",
            Self::SmallestMouth => "smallest mouth",
            Self::WallLevel => "wall level",
            Self::BoneThreshold => "bone threshold",
            Self::VolumeDelta => "δ of the volume, at least",
            Self::VolumeDeltaShare => "δ of the volume, share of baseline",
            Self::VerdictLevel => "verdict level",
            Self::Remodelling => "remodelling",
            Self::Precision => "precision error",
            Self::Source => "source",
        }
    }
}

impl From<SettingName> for String {
    fn from(name: SettingName) -> Self {
        name.key().to_owned()
    }
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A number with its unit; the unit is empty where it has none.
    Number {
        /// In the unit.
        value: f64,
        /// In print, as in `mm³`.
        unit: String,
    },
    /// A word or a sentence.
    Text(String),
}

impl Setting {
    /// A number with its unit, `""` where it has none.
    #[must_use]
    pub fn number(value: f64, unit: impl Into<String>) -> Self {
        Self::Number {
            value,
            unit: unit.into(),
        }
    }

    /// Reads what [`fmt::Display`] wrote: a number that is written as it would be here is one, anything else text.
    fn read(text: String) -> Self {
        let (head, unit) = text.split_once(' ').unwrap_or((&text, ""));
        match head.parse::<f64>() {
            Ok(value) if value.is_finite() && value.to_string() == head => {
                Self::number(value, unit)
            }
            _ => Self::Text(text),
        }
    }
}

impl From<&str> for Setting {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Setting {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { value, unit } if unit.is_empty() => write!(f, "{value}"),
            Self::Number { value, unit } => write!(f, "{value} {unit}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Settings in force, in the order of their names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings(BTreeMap<String, Setting>);

impl Settings {
    /// Notes a setting; the last one of a name counts.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Setting>) {
        self.0.insert(name.into(), value.into());
    }

    /// The setting of a name, where it was noted.
    #[must_use]
    pub fn get(&self, name: SettingName) -> Option<&Setting> {
        self.0.get(name.key())
    }

    /// Every setting by its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether none was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where a result came from: enough to make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Record", into = "Record")]
pub struct Provenance {
    /// Program version.
    pub version: String,
    /// Command line.
    pub command: Vec<String>,
    /// Every input file.
    pub inputs: Vec<InputFile>,
    /// Whose images these are, where the user said so.
    pub subject: Option<Subject>,
    /// Settings in force.
    pub settings: Settings,
    /// Seeds, where randomness was used.
    pub seeds: Vec<u64>,
}

/// Under which name the subject stands among the settings of a file.
const SUBJECT: &str = "subject";

/// Where a result came from: enough to make it again.
// As it is written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Provenance")]
struct Record {
    /// Program version.
    version: String,
    /// Command line.
    command: Vec<String>,
    /// Every input file.
    inputs: Vec<InputFile>,
    /// Settings in force, by name.
    settings: BTreeMap<String, String>,
    /// Seeds, where randomness was used.
    #[serde(default)]
    seeds: Vec<u64>,
}

impl From<Record> for Provenance {
    fn from(mut r: Record) -> Self {
        let subject = r.settings.remove(SUBJECT).map(Subject::new);
        let settings = r.settings.into_iter();
        Self {
            version: r.version,
            command: r.command,
            inputs: r.inputs,
            subject,
            settings: Settings(settings.map(|(k, v)| (k, Setting::read(v))).collect()),
            seeds: r.seeds,
        }
    }
}

impl From<Provenance> for Record {
    fn from(p: Provenance) -> Self {
        let settings = p.settings.0.into_iter();
        let mut settings: BTreeMap<String, String> =
            settings.map(|(k, v)| (k, v.to_string())).collect();
        if let Some(subject) = p.subject {
            settings.insert(SUBJECT.to_owned(), subject.0);
        }
        Self {
            version: p.version,
            command: p.command,
            inputs: p.inputs,
            settings,
            seeds: p.seeds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_subject_go_there_and_back() {
        let mut settings = Settings::default();
        settings.set(SettingName::SmallestLesion, Setting::number(0.05, "mm³"));
        settings.set(SettingName::WallLevel, Setting::number(0.5, ""));
        settings.set(SettingName::Remodelling, "timelapsed");
        settings.set("odd", "1e3 of them");
        let provenance = Provenance {
            version: "0.1.0".into(),
            command: Vec::new(),
            inputs: Vec::new(),
            subject: Some(Subject::new("P7")),
            settings,
            seeds: vec![1],
        };
        let json = serde_json::to_value(&provenance).unwrap();
        assert_eq!(json["settings"]["smallest lesion"], "0.05 mm³");
        assert_eq!(json["settings"]["subject"], "P7");
        assert_eq!(json["settings"]["odd"], "1e3 of them");
        let back: Provenance = serde_json::from_value(json).unwrap();
        assert_eq!(back, provenance);
    }
}
