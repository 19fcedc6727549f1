use super::Kinetics;
use crate::Error;

/// A named set of pharmacokinetic parameters: typical values and how patients differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParameterSet {
    /// Drug.
    pub drug: &'static str,
    /// Name of the set.
    pub name: &'static str,
    /// Typical kinetics at 70 kg and normal renal function.
    pub kinetics: Kinetics,
    /// Power of weight/70 on clearance and on volume.
    pub weight_power: [f64; 2],
    /// Between-patient SD of the logarithm of clearance and of volume.
    pub spread: [f64; 2],
    /// Whether clearance follows creatinine clearance (anakinra).
    pub renal: bool,
    /// Sets that no data on record tell apart from this one, and what else to know.
    pub remark: &'static str,
    /// Where the numbers are from.
    pub source: &'static str,
}

/// Litres per hour to litres per day, and per hour to per day.
const H: f64 = 24.0;

const fn one(cl_h: f64, v: f64, ka_h: f64, f: f64) -> Kinetics {
    Kinetics {
        clearance: cl_h * H,
        volume: v,
        absorption: ka_h * H,
        exchange: 0.0,
        peripheral: 1.0,
        bioavailability: f,
    }
}

/// Every set. The first of a drug is its default.
const SETS: [ParameterSet; 13] = [
    ParameterSet {
        drug: "anakinra",
        name: "label-compromise",
        kinetics: one(9.0, 57.1, 0.433, 0.95),
        weight_power: [0.47, 0.76],
        spread: [0.28, 0.3],
        renal: true,
        remark: "default: Cmax 0.687 mg/L at 1 mg/kg (70 kg), half-life 4.4 h and Tmax 3.7 h all inside what the label says (4-6 h, 3-7 h); a flip-flop twin with absorption and elimination exchanged gives the same curve",
        source: "CL/F and Cmax: 1 mg/kg in Chinese patients with RA, 2004; ranges: label; weight and spread of CL: Urien 2013; spread of V assumed",
    },
    ParameterSet {
        drug: "anakinra",
        name: "exact",
        kinetics: one(9.0, 48.821, 0.330_98, 0.95),
        weight_power: [0.47, 0.76],
        spread: [0.28, 0.3],
        renal: true,
        remark: "Cmax 0.687 mg/L and half-life 3.76 h to the digits of the 2004 study; half-life below the label's 4-6 h; its twin is `flip-flop`",
        source: "1 mg/kg in Chinese patients with RA, 2004",
    },
    ParameterSet {
        drug: "anakinra",
        name: "flip-flop",
        kinetics: one(9.0, 27.191_775, 0.184_347_65, 0.95),
        weight_power: [0.47, 0.76],
        spread: [0.28, 0.3],
        renal: true,
        remark: "twin of `exact`: absorption limits, volume is smaller, and every concentration after injection under the skin is the same; only an intravenous dose could tell them apart",
        source: "as `exact`",
    },
    ParameterSet {
        drug: "anakinra",
        name: "urien",
        kinetics: one(6.24, 65.2, 0.38, 0.95),
        weight_power: [0.47, 0.76],
        spread: [0.28, 0.47],
        renal: false,
        remark: "87 children and young adults; half-life 7.2 h lies above the label's 4-6 h",
        source: "Urien 2013 (as coded in nlmixr2lib); between-occasion SD of V 0.47 taken as between patients",
    },
    ParameterSet {
        drug: "anakinra",
        name: "palmer",
        kinetics: one(18.0, 48.0, 3.94 / 24.0, 0.95),
        weight_power: [0.0, 0.0],
        spread: [0.28, 0.3],
        renal: false,
        remark: "clearance is twice every observed one; kept because the occupancy formula was published with it",
        source: "Palmer 2014, BIOMD0000000620",
    },
    ParameterSet {
        drug: "etanercept",
        name: "ra",
        kinetics: one(0.160, 23.5, 0.05, 0.58),
        weight_power: [0.75, 1.0],
        spread: [0.3, 0.3],
        renal: false,
        remark: "default: clearance 0.160 L/h and half-life 102 h of patients with RA; V/F follows from the two, ka from Tmax 51 h; powers and spread assumed",
        source: "label and Zhou 2005 (F 58 %)",
    },
    ParameterSet {
        drug: "etanercept",
        name: "healthy",
        kinetics: one(0.132, 12.0, 0.03, 0.58),
        weight_power: [0.75, 1.0],
        spread: [0.3, 0.3],
        renal: false,
        remark: "26 healthy volunteers, half-life 68 h, Tmax 51 h",
        source: "single 25 mg dose",
    },
    ParameterSet {
        drug: "adalimumab",
        name: "fda-2008",
        kinetics: one(0.0127, 9.39, 0.027, 0.64),
        weight_power: [0.0, 1.0],
        spread: [0.351, 0.164],
        renal: false,
        remark: "default: 646 adults; volume rises by 0.126 L per kg, here as a power of weight; antibodies to the drug (clearance 2-5 fold) are not modelled",
        source: "FDA 2008, via PMC8398570 table 1; F 0.64 from the label, from memory",
    },
    ParameterSet {
        drug: "adalimumab",
        name: "ternant",
        kinetics: one(0.0175, 13.5, 0.00625, 0.64),
        weight_power: [0.0, 0.0],
        spread: [0.65, 0.3],
        renal: false,
        remark: "65 patients with Crohn's disease, none with antibodies; with them clearance is 5.5 fold",
        source: "Ternant 2015; spread assumed",
    },
    ParameterSet {
        drug: "infliximab",
        name: "two-compartment",
        kinetics: Kinetics {
            clearance: 0.294,
            volume: 3.33,
            absorption: 24.0,
            exchange: 0.0719,
            peripheral: 1.14,
            bioavailability: 1.0,
        },
        weight_power: [0.6, 0.6],
        spread: [0.3, 0.2],
        renal: false,
        remark: "intravenous; clearance in L/day is an inference, its source states no unit of time",
        source: "public model code (CL 0.294, V 3.33 and 1.14, Q 0.0719); powers and spread assumed",
    },
    ParameterSet {
        drug: "canakinumab",
        name: "chakraborty",
        kinetics: Kinetics {
            clearance: 0.174 / 0.70,
            volume: 3.30 / 0.70,
            absorption: 0.269,
            exchange: 0.429 / 0.70,
            peripheral: 2.71 / 0.70,
            bioavailability: 0.70,
        },
        weight_power: [0.8, 0.8],
        spread: [0.3, 0.25],
        renal: false,
        remark: "default; binding of IL-1β in quasi steady state, KD 1.07 nM; powers and spread assumed",
        source: "Chakraborty 2012 (233 subjects, 37 with RA), as coded in nlmixr2lib",
    },
    ParameterSet {
        drug: "methotrexate",
        name: "das28-half-life",
        kinetics: one(7.2, 30.0, 0.9, 0.70),
        weight_power: [0.0, 0.0],
        spread: [0.3, 0.2],
        renal: false,
        remark: "default: suppression is immediate and the driver falls with the DAS28's half-life of 6.2 weeks; `polyglutamate` is its twin, and no data here tell them apart",
        source: "plasma: Herman 1989 (84.6 mL/min/m², 22.2 L/m² at 1.7 m², F 0.70); half-life: Wojciechowski 2015",
    },
    ParameterSet {
        drug: "methotrexate",
        name: "polyglutamate",
        kinetics: one(7.2, 30.0, 0.9, 0.70),
        weight_power: [0.0, 0.0],
        spread: [0.3, 0.2],
        renal: false,
        remark: "suppression follows red cells' triglutamate (90 % of its level after 41.2 weeks: half-life 12.4 weeks), and the driver follows it as it follows a biologic",
        source: "Dalrymple 2008",
    },
];

/// The sets of a drug, the default first; empty for drugs without kinetics of this kind.
pub fn parameter_sets(drug: &str) -> impl Iterator<Item = &'static ParameterSet> + '_ {
    SETS.iter().filter(move |s| s.drug == drug)
}

/// The default set of a drug.
#[must_use]
pub fn default_set(drug: &str) -> Option<&'static ParameterSet> {
    SETS.iter().find(|s| s.drug == drug)
}

/// The named set of a drug.
///
/// # Errors
/// The drug has no such set; the message lists those it has.
pub fn set_named(key: &str, drug: &str, name: &str) -> Result<&'static ParameterSet, Error> {
    parameter_sets(drug)
        .find(|s| s.name == name)
        .ok_or_else(|| {
            let names: Vec<&str> = parameter_sets(drug).map(|s| s.name).collect();
            let expected = if names.is_empty() {
                format!("{drug} has no parameter sets; leave the key out")
            } else {
                format!("{drug} has the sets {}", names.join(", "))
            };
            Error::value(key, format!("`{name}`"), expected)
        })
}

/// CL/F of anakinra by creatinine clearance, mL/min: `log₁₀ CL/F = 1.65 + 0.0062 CLcr`.
///
/// Yang and others, Clin Pharmacol Ther 2003;74:85 (r² 0.72). The logarithm's base is inferred from its agreement
/// with the observed classes ([`renal_class`]).
#[must_use]
pub fn anakinra_clearance_ml_min(creatinine_clearance: f64) -> f64 {
    10f64.powf(1.65 + 0.0062 * creatinine_clearance)
}

/// Observed CL/F of anakinra in a class of renal function, mean and SD in mL/min, and the class's limits of
/// creatinine clearance in mL/min (Yang 2003; limits of the FDA's guidance of 1998, 0-10 for dialysis).
#[must_use]
pub fn renal_class(name: &str) -> Option<([f64; 2], [f64; 2])> {
    let classes = [
        ("normal", [170.0, 37.0], [80.0, 130.0]),
        ("mild", [142.0, 59.0], [50.0, 80.0]),
        ("moderate", [84.5, 24.7], [30.0, 50.0]),
        ("severe", [51.5, 8.4], [10.0, 30.0]),
        ("end-stage", [42.7, 4.7], [0.0, 10.0]),
    ];
    let found = classes.into_iter().find(|(n, _, _)| *n == name)?;
    Some((found.1, found.2))
}

/// Creatinine clearance at which [`anakinra_clearance_ml_min`] gives the typical 150 mL/min (9 L/h).
const TYPICAL_CREATININE: f64 = 84.85342887994;

impl ParameterSet {
    /// A patient's kinetics: weight (kg), creatinine clearance (mL/min), standard normal deviates of clearance and
    /// volume.
    #[must_use]
    pub fn of_patient(&self, weight: f64, creatinine: Option<f64>, deviates: [f64; 2]) -> Kinetics {
        let size = weight / 70.0;
        let mut kinetics = self.kinetics;
        let mut clearance = size.powf(self.weight_power[0]) * (self.spread[0] * deviates[0]).exp();
        if let Some(creatinine) = creatinine.filter(|_| self.renal) {
            clearance *= 10f64.powf(0.0062 * (creatinine - TYPICAL_CREATININE));
        }
        let volume = size.powf(self.weight_power[1]) * (self.spread[1] * deviates[1]).exp();
        kinetics.clearance *= clearance;
        kinetics.exchange *= clearance;
        kinetics.volume *= volume;
        kinetics.peripheral *= volume;
        kinetics
    }
}
