use crate::shape::Course;
use crate::{Error, PoseSpec, ScannerSpec, error::Check};
use serde::{Deserialize, Serialize};

/// A finger joint with known lesions at several visits: everything that [`crate::render_visit`] needs.
///
/// # Frames
/// The hand's frame is LPS mm with the origin in the middle of the image. The metacarpal head lies at positive
/// z, the base of the proximal phalanx at negative z; both shafts leave the image through its ends. Every pose
/// takes hand coordinates to the scanner's coordinates of that visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JointSpec {
    /// Seed of everything random: trabeculae, lesion irregularity, noise.
    pub seed: u64,
    /// Size of the image along x, y, z in mm.
    pub field_mm: [f64; 3],
    /// The visits in order; the first is baseline.
    pub visits: Vec<VisitSpec>,
    /// The scanner of every visit that names none of its own.
    pub scanner: ScannerSpec,
    /// The healthy joint.
    pub anatomy: AnatomySpec,
    /// What each tissue reads.
    pub tissue: TissueSpec,
    /// Erosions.
    pub erosions: Vec<ErosionSpec>,
    /// Decoys: vascular channels.
    pub channels: Vec<ChannelSpec>,
    /// Decoys: closed cysts without a mouth.
    pub cysts: Vec<CystSpec>,
    /// Decoys: osteophytes, part of the intact envelope.
    pub osteophytes: Vec<OsteophyteSpec>,
    /// Decoys: patches of thin cortex.
    pub thinnings: Vec<ThinningSpec>,
    /// Change of volume above which a lesion truly heals or progresses, mm³: the floor of δ.
    pub delta_mm3: f64,
    /// Share of its first volume above which it does, where that is more than the floor; 0 for none.
    pub delta_share: f64,
}

/// One visit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VisitSpec {
    /// Name: `M0`, `M6` or a date.
    pub name: String,
    /// Motion of the whole hand, about the image's centre.
    pub hand: PoseSpec,
    /// Further motion of the metacarpal, about the centre of its head, before the hand's.
    pub metacarpal: PoseSpec,
    /// Further motion of the phalanx, about the centre of its base, before the hand's.
    pub phalanx: PoseSpec,
    /// This visit's scanner, if it is another one.
    pub scanner: Option<ScannerSpec>,
}

/// Which bone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoneName {
    /// Metacarpal: label 1.
    #[default]
    Metacarpal,
    /// Proximal phalanx: label 2.
    Phalanx,
}

impl BoneName {
    /// Both, in the order of their labels.
    pub const ALL: [Self; 2] = [Self::Metacarpal, Self::Phalanx];

    /// The label in [`crate::RenderedVisit::bones`].
    #[must_use]
    pub fn label(self) -> u32 {
        match self {
            Self::Metacarpal => 1,
            Self::Phalanx => 2,
        }
    }

    /// The name in print.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Metacarpal => "metacarpal",
            Self::Phalanx => "phalanx",
        }
    }
}

/// The healthy joint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnatomySpec {
    /// Factor on the size of both bones.
    pub scale: f64,
    /// Joint space along the axis, mm.
    pub joint_space_mm: f64,
    /// Height (z) of the metacarpal's apex in the hand's frame, mm.
    pub apex_height_mm: f64,
    /// Cortex of the head and base, mm.
    pub cortex_thin_mm: f64,
    /// Cortex of the shafts, mm.
    pub cortex_thick_mm: f64,
    /// Subchondral plate, mm.
    pub plate_mm: f64,
    /// Share of bone in the trabecular space, far from the surface.
    pub bone_volume_fraction: f64,
    /// Share of bone just under cortex and plate.
    pub subchondral_fraction: f64,
    /// What the share of bone is more in bone that has filled an erosion: woven bone is denser than what was there.
    pub new_bone_fraction: f64,
    /// Wavelength of the trabecular pattern, mm; plates lie about half of it apart.
    pub trabecular_wavelength_mm: f64,
    /// Radii of the skin along x, y in mm.
    pub skin_radius_mm: [f64; 2],
}

impl Default for AnatomySpec {
    fn default() -> Self {
        Self {
            scale: 1.0,
            joint_space_mm: 1.7,
            apex_height_mm: -0.8,
            cortex_thin_mm: 0.22,
            cortex_thick_mm: 0.7,
            plate_mm: 0.27,
            bone_volume_fraction: 0.2,
            subchondral_fraction: 0.38,
            new_bone_fraction: 0.12,
            trabecular_wavelength_mm: 1.05,
            skin_radius_mm: [9.4, 9.0],
        }
    }
}

/// What each tissue reads, in mgHA/cm³ (or in any unit, for an uncalibrated scanner).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TissueSpec {
    /// Air outside the skin.
    pub air: f64,
    /// Soft tissue; also fills lesions, as pannus does.
    pub soft: f64,
    /// Cartilage and synovial fluid between the bones.
    pub cartilage: f64,
    /// Marrow.
    pub marrow: f64,
    /// Trabecular bone tissue.
    pub trabecula: f64,
    /// Cortical bone.
    pub cortex: f64,
}

impl Default for TissueSpec {
    fn default() -> Self {
        Self {
            air: -391.2,
            soft: 9.0,
            cartilage: 30.0,
            marrow: -45.0,
            trabecula: 720.0,
            cortex: 900.0,
        }
    }
}

impl TissueSpec {
    /// T1-weighted MRI in arbitrary units: bone and air dark, marrow bright. Use with unit `arbitrary`.
    #[must_use]
    pub fn mri_t1() -> Self {
        Self {
            air: 0.0,
            soft: 350.0,
            cartilage: 420.0,
            marrow: 900.0,
            trabecula: 60.0,
            cortex: 20.0,
        }
    }
}

/// A place on the surface of a bone: where the ray at this angle and height leaves the intact bone.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlaceSpec {
    /// The bone.
    pub bone: BoneName,
    /// Angle about the bone's axis, degrees; 0 is +x, 90 is +y.
    pub angle_deg: f64,
    /// Height of the ray (z in the hand's frame), mm.
    pub height_mm: f64,
}

/// An erosion and its course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErosionSpec {
    /// Where its mouth is.
    pub place: PlaceSpec,
    /// Width of the cavity across the bone's axis, mm.
    pub width_mm: f64,
    /// Width along the bone's axis, mm.
    pub length_mm: f64,
    /// Depth below the surface, mm.
    pub depth_mm: f64,
    /// How far the widest section lies below the surface, mm; above 0 the mouth is narrower than the cavity.
    pub sink_mm: f64,
    /// Exponent of the superellipsoid: 2 is an ellipsoid, 4 nearly a box.
    pub exponent: f64,
    /// Relative amplitude of the wall's irregularity (spherical harmonics of degree 2 to 4), 0 to 0.4.
    pub irregularity: f64,
    /// Factor on the depth at each visit; the wall advances from the base where it falls below the widths'. 0: no lesion.
    pub depth_course: Vec<f64>,
    /// Factor on both widths at each visit. 0: no lesion.
    pub width_course: Vec<f64>,
    /// Share of the mouth closed from its rim by new cortex at each visit, 0 to 1; none where empty.
    pub recortication: Vec<f64>,
    /// Thickness of a sclerotic rim, mm; 0 for none.
    pub rim_mm: f64,
    /// Density of the rim, in the tissue's unit.
    pub rim_density: f64,
}

impl Default for ErosionSpec {
    fn default() -> Self {
        Self {
            place: PlaceSpec::default(),
            width_mm: 2.0,
            length_mm: 2.0,
            depth_mm: 2.0,
            sink_mm: 0.0,
            exponent: 2.0,
            irregularity: 0.0,
            depth_course: Vec::new(),
            width_course: Vec::new(),
            recortication: Vec::new(),
            rim_mm: 0.0,
            rim_density: 750.0,
        }
    }
}

/// A vascular channel: a tube through the cortex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelSpec {
    /// Where it enters.
    pub place: PlaceSpec,
    /// Diameter, mm.
    pub diameter_mm: f64,
    /// Length below the surface, mm.
    pub length_mm: f64,
    /// Slant against the surface's normal, degrees.
    pub slant_deg: f64,
}

impl Default for ChannelSpec {
    fn default() -> Self {
        Self {
            place: PlaceSpec::default(),
            diameter_mm: 0.22,
            length_mm: 1.4,
            slant_deg: 25.0,
        }
    }
}

/// A closed cyst below the surface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CystSpec {
    /// The surface point above it.
    pub place: PlaceSpec,
    /// Diameter, mm.
    pub diameter_mm: f64,
    /// Depth of its centre below the surface, mm.
    pub depth_mm: f64,
    /// Thickness of its sclerotic shell, mm.
    pub shell_mm: f64,
}

impl Default for CystSpec {
    fn default() -> Self {
        Self {
            place: PlaceSpec::default(),
            diameter_mm: 1.2,
            depth_mm: 1.4,
            shell_mm: 0.12,
        }
    }
}

/// An osteophyte: a bump of the envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OsteophyteSpec {
    /// Where it sits.
    pub place: PlaceSpec,
    /// Radius of its base, mm.
    pub radius_mm: f64,
    /// Height over the surface, mm.
    pub height_mm: f64,
}

impl Default for OsteophyteSpec {
    fn default() -> Self {
        Self {
            place: PlaceSpec::default(),
            radius_mm: 1.2,
            height_mm: 0.8,
        }
    }
}

/// A patch of thin cortex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThinningSpec {
    /// Its centre.
    pub place: PlaceSpec,
    /// Radius, mm.
    pub radius_mm: f64,
    /// Factor on the cortex's thickness in the middle of the patch.
    pub factor: f64,
}

impl Default for ThinningSpec {
    fn default() -> Self {
        Self {
            place: PlaceSpec::default(),
            radius_mm: 1.2,
            factor: 0.4,
        }
    }
}

impl JointSpec {
    /// The specification's own numbers, checked; places are checked when the bones are built.
    ///
    /// # Errors
    /// The first field that is not usable, by name.
    pub fn check(&self) -> Result<(), Error> {
        self.check_visits()?;
        for field in self.field_mm {
            Check::within("field_mm", field, 1.0..=100.0, "it is 1 to 100 mm")?;
        }
        Check::positive("delta_mm3", self.delta_mm3)?;
        Check::within(
            "delta_share",
            self.delta_share,
            0.0..=1.0,
            "it is a share, 0 to 1",
        )?;
        self.scanner.check()?;
        self.anatomy.check()?;
        let t = &self.tissue;
        for (name, value) in [
            ("air", t.air),
            ("soft", t.soft),
            ("cartilage", t.cartilage),
            ("marrow", t.marrow),
            ("trabecula", t.trabecula),
            ("cortex", t.cortex),
        ] {
            Check::finite(format!("tissue.{name}"), value)?;
        }
        for (i, erosion) in self.erosions.iter().enumerate() {
            erosion.check(&format!("erosions[{i}]"), self.visits.len())?;
        }
        self.check_decoys()
    }

    fn check_visits(&self) -> Result<(), Error> {
        if self.visits.is_empty() {
            return Err(Error::NoVisits);
        }
        for (i, visit) in self.visits.iter().enumerate() {
            if self.visits[..i].iter().any(|v| v.name == visit.name) {
                return Err(Error::VisitName {
                    visit: i,
                    name: visit.name.clone(),
                });
            }
            visit.hand.check(&format!("visits[{i}].hand"))?;
            visit.metacarpal.check(&format!("visits[{i}].metacarpal"))?;
            visit.phalanx.check(&format!("visits[{i}].phalanx"))?;
            if let Some(scanner) = &visit.scanner {
                scanner.check()?;
            }
        }
        Ok(())
    }

    fn check_decoys(&self) -> Result<(), Error> {
        for (i, channel) in self.channels.iter().enumerate() {
            Check::positive(format!("channels[{i}].diameter_mm"), channel.diameter_mm)?;
            Check::positive(format!("channels[{i}].length_mm"), channel.length_mm)?;
            Check::within(
                format!("channels[{i}].slant_deg"),
                channel.slant_deg,
                0.0..=60.0,
                "it is 0 to 60 degrees",
            )?;
        }
        for (i, cyst) in self.cysts.iter().enumerate() {
            Check::positive(format!("cysts[{i}].diameter_mm"), cyst.diameter_mm)?;
            Check::not_negative(format!("cysts[{i}].shell_mm"), cyst.shell_mm)?;
            let closed = 0.5 * cyst.diameter_mm + 0.1;
            let range = closed..=closed + 20.0;
            Check::within(
                format!("cysts[{i}].depth_mm"),
                cyst.depth_mm,
                range,
                "a closed cyst lies at least its radius and 0.1 mm below the surface",
            )?;
        }
        for (i, bump) in self.osteophytes.iter().enumerate() {
            Check::positive(format!("osteophytes[{i}].radius_mm"), bump.radius_mm)?;
            Check::positive(format!("osteophytes[{i}].height_mm"), bump.height_mm)?;
        }
        for (i, patch) in self.thinnings.iter().enumerate() {
            Check::positive(format!("thinnings[{i}].radius_mm"), patch.radius_mm)?;
            Check::share(format!("thinnings[{i}].factor"), patch.factor)?;
        }
        Ok(())
    }

    /// The scanner of a visit.
    #[must_use]
    pub fn scanner_of(&self, visit: usize) -> &ScannerSpec {
        self.visits
            .get(visit)
            .and_then(|v| v.scanner.as_ref())
            .unwrap_or(&self.scanner)
    }
}

impl AnatomySpec {
    fn check(&self) -> Result<(), Error> {
        Check::within("anatomy.scale", self.scale, 0.3..=3.0, "it is 0.3 to 3")?;
        Check::within(
            "anatomy.joint_space_mm",
            self.joint_space_mm,
            0.1..=5.0,
            "it is 0.1 to 5 mm",
        )?;
        Check::within(
            "anatomy.apex_height_mm",
            self.apex_height_mm,
            -50.0..=50.0,
            "it is at most 50 mm from the middle",
        )?;
        for (name, value) in [
            ("anatomy.cortex_thin_mm", self.cortex_thin_mm),
            ("anatomy.cortex_thick_mm", self.cortex_thick_mm),
            ("anatomy.plate_mm", self.plate_mm),
        ] {
            Check::within(name, value, 0.0..=3.0, "it is 0 to 3 mm")?;
        }
        Check::within(
            "anatomy.bone_volume_fraction",
            self.bone_volume_fraction,
            0.0..=0.9,
            "it is 0 to 0.9",
        )?;
        Check::within(
            "anatomy.new_bone_fraction",
            self.new_bone_fraction,
            0.0..=0.9,
            "it is 0 to 0.9",
        )?;
        Check::within(
            "anatomy.subchondral_fraction",
            self.subchondral_fraction,
            0.0..=0.9,
            "it is 0 to 0.9",
        )?;
        Check::within(
            "anatomy.trabecular_wavelength_mm",
            self.trabecular_wavelength_mm,
            0.5..=5.0,
            "it is 0.5 to 5 mm",
        )?;
        for radius in self.skin_radius_mm {
            Check::within(
                "anatomy.skin_radius_mm",
                radius,
                1.0..=100.0,
                "it is 1 to 100 mm",
            )?;
        }
        Ok(())
    }
}

impl ErosionSpec {
    pub(crate) fn course(&self) -> Course<'_> {
        Course {
            width_mm: self.width_mm,
            length_mm: self.length_mm,
            depth_mm: self.depth_mm,
            sink_mm: self.sink_mm,
            exponent: self.exponent,
            irregularity: self.irregularity,
            depth_course: &self.depth_course,
            width_course: &self.width_course,
        }
    }

    fn check(&self, field: &str, visits: usize) -> Result<(), Error> {
        self.course().check(field, visits)?;
        Check::within(
            format!("{field}.rim_mm"),
            self.rim_mm,
            0.0..=2.0,
            "it is 0 to 2 mm",
        )?;
        Check::finite(format!("{field}.rim_density"), self.rim_density)?;
        let closed = &self.recortication;
        Check::course(&format!("{field}.recortication"), closed, visits, 1.0)
    }
}
