use crate::{Bone, FilmClosure, FilmRegistration, FilmVerdictFile, RegistrationSummary};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of `registration.json` of volumes.
pub const REGISTRATION_SCHEMA: &str = "howship-registration/1";
/// Name and version of `registration.json` of films.
pub const FILM_REGISTRATION_SCHEMA: &str = "howship-film-registration/1";

/// How each bone of each later visit lies in the baseline's frame: what `registration.json` of volumes holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegistrationFile {
    /// [`REGISTRATION_SCHEMA`].
    pub schema: String,
    /// What the matrices take to what, in words.
    pub frame: String,
    /// The bones.
    pub bones: Vec<RegisteredBone>,
}

/// One bone's registrations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegisteredBone {
    /// Label in `bones.nii.gz`.
    pub id: u32,
    /// Name in print.
    pub name: String,
    /// Centre in the baseline's frame, LPS mm.
    pub centroid_mm: [f64; 3],
    /// Registration of each later visit.
    pub registrations: Vec<RegistrationSummary>,
}

impl RegistrationFile {
    /// The registrations of bones.
    #[must_use]
    pub fn of(bones: &[Bone]) -> Self {
        Self {
            schema: REGISTRATION_SCHEMA.into(),
            frame: "row-major 4 x 4 matrices take LPS mm of the baseline to LPS mm of the visit"
                .into(),
            bones: bones
                .iter()
                .map(|b| RegisteredBone {
                    id: b.id,
                    name: b.name.clone(),
                    centroid_mm: b.centroid_mm,
                    registrations: b.registrations.clone(),
                })
                .collect(),
        }
    }
}

/// How the bones of two films lie to each other: what `registration.json` of films holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmRegistrationFile {
    /// [`FILM_REGISTRATION_SCHEMA`].
    pub schema: String,
    /// What the maps take to what, in words.
    pub frame: String,
    /// The joints.
    pub joints: Vec<RegisteredJoint>,
}

/// One joint's registrations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegisteredJoint {
    /// Name of the joint.
    pub joint: String,
    /// Its films, one per visit.
    pub films: Vec<String>,
    /// Unit of lengths.
    pub unit: String,
    /// Registration of each bone between two visits.
    pub registrations: Vec<FilmRegistration>,
    /// How far registrations around a circle of visits miss their start.
    pub closures: Vec<FilmClosure>,
}

impl FilmRegistrationFile {
    /// The registrations of a result of films.
    #[must_use]
    pub fn of(file: &FilmVerdictFile) -> Self {
        Self {
            schema: FILM_REGISTRATION_SCHEMA.into(),
            frame: "maps take pixels of the earlier film to pixels of the later one: x' = a x - b y + shift[0], y' = b x + a y + shift[1]; x right, y down, the centre of the first pixel is (0, 0)".into(),
            joints: file
                .joints
                .iter()
                .map(|j| RegisteredJoint {
                    joint: j.name(),
                    films: j.films.clone(),
                    unit: j.joint.unit.clone(),
                    registrations: j.joint.registrations.clone(),
                    closures: j.joint.closures.clone(),
                })
                .collect(),
        }
    }
}

/// The JSON Schema of [`RegistrationFile`].
#[must_use]
pub fn registration_json_schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(RegistrationFile)).unwrap_or_default()
}

/// The JSON Schema of [`FilmRegistrationFile`].
#[must_use]
pub fn film_registration_json_schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(FilmRegistrationFile)).unwrap_or_default()
}
