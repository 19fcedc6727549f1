use super::Class;

/// Unit in which the published occupancy formula takes anakinra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OccupancyUnit {
    /// µg/L, as the published file's own dose suggests (default): 100 mg a day leaves 15 % of the occupancy.
    #[default]
    MicrogramPerLitre,
    /// nmol/L: 100 mg a day leaves 66 %. The file states no unit, and data do not tell them apart.
    NanomolePerLitre,
}

/// Occupancy of the IL-1 receptor in competition (Palmer 2014, BIOMD0000000620).
///
/// `IL1/(IL1 + 8.5(1 + (IL1Ra + Ana)/1.7))`, with IL-1β 5 and natural antagonist 40.
///
/// # Limits
/// The file states no units; what a joint needs is the ratio of antagonist to IL-1 in synovium, which nobody
/// measured under treatment. [`Self::penetration`] stands for it and is a guess with a wide spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Il1Receptor {
    /// IL-1β (5).
    pub il1: f64,
    /// Natural receptor antagonist (40).
    pub antagonist: f64,
    /// Dissociation of IL-1 (8.5).
    pub k_il1: f64,
    /// Dissociation of the antagonists (1.7).
    pub k_antagonist: f64,
    /// Anakinra's molar mass, kg/mol (17.3).
    pub molar_mass: f64,
    /// Unit of anakinra in the formula.
    pub unit: OccupancyUnit,
    /// Synovial over plasma concentration (1: the plasma's; unknown).
    pub penetration: f64,
}

impl Default for Il1Receptor {
    fn default() -> Self {
        Self {
            il1: 5.0,
            antagonist: 40.0,
            k_il1: 8.5,
            k_antagonist: 1.7,
            molar_mass: 17.3,
            unit: OccupancyUnit::MicrogramPerLitre,
            penetration: 1.0,
        }
    }
}

impl Il1Receptor {
    /// Occupancy over that without drug, 0 to 1; concentration in mg/L.
    #[must_use]
    #[inline]
    pub fn relative_occupancy(&self, concentration: f64) -> f64 {
        let scale = match self.unit {
            OccupancyUnit::MicrogramPerLitre => 1.0,
            OccupancyUnit::NanomolePerLitre => 1.0 / self.molar_mass,
        };
        let drug = 1e3 * concentration * self.penetration * scale;
        let free =
            |ana: f64| self.il1 + self.k_il1 * (1.0 + (self.antagonist + ana) / self.k_antagonist);
        free(0.0) / free(drug)
    }
}

/// Concentration at which half of a joint's target is neutralised, mg/L.
///
/// Binding constants are picomolar, far below any trough; what limits is access to the joint, which is unknown. The
/// values put usual troughs on the flat part, so that missed doses and low exposure cost something: assumptions.
fn half_neutralising(drug: &str) -> f64 {
    match drug {
        "etanercept" => 0.3,
        "adalimumab" => 0.7,
        "infliximab" => 0.5,
        // 3 ng/mL: leaves a fifth of the osteoclasts six months after a dose, as OpenBoneMin does (19 %); the binding
        // constant itself is picomolar.
        "denosumab" => 0.003,
        _ => 1.0,
    }
}

/// KD of canakinumab 1.07 nM (Chakraborty 2012) at 145 kDa, mg/L.
const CANAKINUMAB_KD: f64 = 1.07e-9 * 145_000.0 * 1e3;

/// Weekly dose of methotrexate at half of its full effect, mg (assumption: 15 mg is near the flat part).
const METHOTREXATE_HALF: f64 = 5.0;

/// Share of its target that a drug takes out at this concentration (mg/L), 0 to 1.
///
/// For conventional drugs there is no concentration: `exposure` is the mean dose per week over the drug's usual one.
#[must_use]
#[inline]
pub fn suppression(drug: &str, class: Class, receptor: &Il1Receptor, exposure: f64) -> f64 {
    match class {
        Class::Il1Receptor => 1.0 - receptor.relative_occupancy(exposure),
        Class::Il1Beta => exposure / (exposure + CANAKINUMAB_KD),
        Class::Tnf | Class::Rankl => exposure / (exposure + half_neutralising(drug)),
        Class::CsDmard if drug == "methotrexate" => exposure / (exposure + METHOTREXATE_HALF),
        Class::CsDmard | Class::Bisphosphonate => {
            if exposure > 0.0 {
                1.0
            } else {
                0.0
            }
        }
        Class::Recorded => 0.0,
    }
}
