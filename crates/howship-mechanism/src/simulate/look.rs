use crate::Error;
use crate::bone::MineralLaw;
use crate::case::{Case, ImagingRecord, Modality};
use crate::chain::PatientCourse;
use crate::imaging::{Critical, Quantity, Tool};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// The tools of an image of a record, with its own precision where it states one.
#[must_use]
pub fn tools_of(image: &ImagingRecord, law: MineralLaw) -> Vec<Tool> {
    let mut tools = match image.modality {
        Modality::Film => vec![Tool::rim(law), Tool::en_face(law)],
        Modality::HrPqct => vec![Tool::depth(law), Tool::volume(law)],
        Modality::Mri => vec![Tool::mri(law)],
    };
    if let Some(pixel) = image.pixel_mm
        && let Some(rim) = tools.iter_mut().find(|t| t.quantity == Quantity::Rim)
    {
        rim.precision = 0.6 * pixel;
        rim.source = format!("assumption: 0.6 of a pixel of {pixel} mm");
    }
    if let (Some(precision), Some(first)) = (image.precision, tools.first_mut()) {
        first.precision = precision;
        first.source = "the record, in vivo".into();
    }
    tools
}

/// What a tool says of a lesion at a visit, over the population.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct VisitRow {
    /// Visit.
    pub visit: String,
    /// Tool, with the mineral law that X-rays see by.
    pub tool: String,
    /// Law.
    pub law: MineralLaw,
    /// SD of one measurement in vivo.
    pub precision: f64,
    /// Unit of it.
    pub unit: &'static str,
    /// Where the precision is from.
    pub source: String,
    /// Lesion.
    pub lesion: String,
    /// Probability of each verdict.
    pub healing: f64,
    /// `stable` or `uncertain`.
    pub neither: f64,
    /// `progressing`.
    pub progressing: f64,
    /// Share of lesions whose wall is shallower than at baseline.
    pub truly_smaller: f64,
    /// Share of healing verdicts on lesions whose wall is not; none where nothing was called healing.
    pub false_healing: Option<f64>,
}

/// Every planned look at every lesion.
#[derive(Debug, Clone)]
pub struct Looks {
    looks: Vec<Look>,
    lesions: Vec<String>,
    in_profile: Vec<Option<bool>>,
    profile_share: f64,
}

#[derive(Debug, Clone)]
struct Look {
    visit: String,
    at: usize,
    tool: Tool,
    critical: Critical,
}

/// Healing, progressing, truly smaller, falsely healing.
pub(super) type Count = [u32; 4];

impl Looks {
    /// The looks of a record under both mineral laws.
    ///
    /// # Errors
    /// A tool without a precision.
    pub fn new(
        case: &Case,
        lesions: &[String],
        in_profile: &[Option<bool>],
        step: f64,
        steps: usize,
    ) -> Result<Self, Error> {
        let mut looks = Vec::new();
        for image in case.imaging.iter().filter(|i| i.visit.days > 0.0) {
            let at = (image.visit.days / step).round() as usize;
            if at > steps {
                continue;
            }
            for law in MineralLaw::ALL {
                for tool in tools_of(image, law) {
                    let critical = tool.critical()?;
                    looks.push(Look {
                        visit: image.visit.name(),
                        at,
                        tool,
                        critical,
                    });
                }
            }
        }
        Ok(Self {
            looks,
            lesions: lesions.to_vec(),
            in_profile: in_profile.to_vec(),
            profile_share: case.run.profile_share,
        })
    }

    pub(super) fn counts(&self) -> Vec<Count> {
        vec![[0; 4]; self.looks.len() * self.lesions.len()]
    }

    /// Looks at one patient.
    pub(super) fn look(&self, course: &PatientCourse, rng: &mut ChaCha8Rng, counts: &mut [Count]) {
        let n = self.lesions.len();
        let lateral = course.parameters.wall.lateral;
        for lesion in 0..n {
            let chance = rng.random::<f64>() < self.profile_share;
            let in_profile = self.in_profile[lesion].unwrap_or(chance);
            let (traits, c) = (&course.lesions[lesion], &course.courses[lesion]);
            for (k, look) in self.looks.iter().enumerate() {
                let z: f64 = StandardNormal.sample(rng);
                let shown = match look.tool.quantity {
                    Quantity::Rim => in_profile,
                    Quantity::EnFace => !in_profile,
                    _ => true,
                };
                let truth = if shown {
                    look.tool.true_change(traits, c, lateral, look.at)
                } else {
                    0.0
                };
                let seen = truth + look.tool.change_error() * z;
                let count = &mut counts[k * n + lesion];
                let smaller = c.depth_change[look.at] < 0.0;
                count[2] += u32::from(smaller);
                if seen <= look.critical.healing {
                    count[0] += 1;
                    count[3] += u32::from(!smaller);
                }
                count[1] += u32::from(seen >= look.critical.progressing);
            }
        }
    }

    pub(super) fn rows(&self, counts: &[Count], patients: u64) -> Vec<VisitRow> {
        let n = self.lesions.len();
        let mut rows = Vec::with_capacity(counts.len());
        for (k, look) in self.looks.iter().enumerate() {
            for (lesion, name) in self.lesions.iter().enumerate() {
                let count = counts[k * n + lesion].map(f64::from);
                let share = count.map(|c| c / patients as f64);
                rows.push(VisitRow {
                    visit: look.visit.clone(),
                    tool: look.tool.name.clone(),
                    law: look.tool.law,
                    precision: look.tool.precision,
                    unit: look.tool.quantity.unit(),
                    source: look.tool.source.clone(),
                    lesion: name.clone(),
                    healing: share[0],
                    neither: (1.0 - share[0] - share[1]).max(0.0),
                    progressing: share[1],
                    truly_smaller: share[2],
                    false_healing: (count[0] > 0.0).then(|| count[3] / count[0]),
                });
            }
        }
        rows
    }
}
