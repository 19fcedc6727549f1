/// How fast the wall moves. Defaults and ranges: the tried set; "fitted" means to six published numbers and one sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WallParameters {
    /// Apposition where osteoblasts cover the wall, µm/day: median over patients (1.1, range 0.6-1.2; Agerbæk,
    /// Bone Miner 1991;12:101: human iliac cortex 0.9-1.2).
    pub apposition: f64,
    /// Coefficient of variation of it (0.25; assumption).
    pub apposition_cv: f64,
    /// No lesion is faster, µm/day (1.2; Agerbæk).
    pub apposition_cap: f64,
    /// Resorption where the osteoclast drive is 1, µm/day (3, range 0.5-4.7; fitted).
    pub resorption: f64,
    /// Coefficient of variation of it over lesions (0.8; assumption).
    pub resorption_cv: f64,
    /// No lesion is faster, µm/day (4.7; Agerbæk).
    pub resorption_cap: f64,
    /// Power of the osteoclast drive (1.3, range 0.5-3; fitted).
    pub resorption_exponent: f64,
    /// How far inflammation holds back the maturing of osteoblasts, 0 not at all to 1 fully (0.4, range 0.2-1;
    /// fitted: a full gate contradicts denosumab and alendronate at the same activity; Walsh 2009 saw formation at
    /// inflamed surfaces).
    pub gate_strength: f64,
    /// Power of the gate (2, range 0.5-3; assumption).
    pub gate_exponent: f64,
    /// Time from release of the gate to formation, days (30, range 10-60; assumption); three stages in a row.
    pub reversal_lag: f64,
    /// Mean share of the wall that osteoblasts cover in a competent lesion (0.75, range 0.3-0.95; fitted) and the
    /// pseudo-count of its beta distribution (5; assumption).
    pub surface_share: f64,
    /// Spread of `surface_share`.
    pub surface_count: f64,
    /// Share of lesions that can form bone at all (0.8, range 0.4-1; fitted).
    pub competent: f64,
    /// Movement of the side walls over that of the base (0.6, range 0-1; Finzel 2011 saw none, Yue 2017 about 0.7:
    /// no single value fits both).
    pub lateral: f64,
}

impl Default for WallParameters {
    fn default() -> Self {
        Self {
            apposition: 1.1,
            apposition_cv: 0.25,
            apposition_cap: 1.2,
            resorption: 3.0,
            resorption_cv: 0.8,
            resorption_cap: 4.7,
            resorption_exponent: 1.3,
            gate_strength: 0.4,
            gate_exponent: 2.0,
            reversal_lag: 30.0,
            surface_share: 0.75,
            surface_count: 5.0,
            competent: 0.8,
            lateral: 0.6,
        }
    }
}

/// Sizes of lesions that a case does not state (Finzel 2011: width 2.0, depth 2.3 mm; spreads assumed).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizeParameters {
    /// Mean depth, mm (2.3), and SD of its logarithm (0.4).
    pub depth: [f64; 2],
    /// Mean width, mm (2.0), and SD of its logarithm (0.35).
    pub width: [f64; 2],
}

impl Default for SizeParameters {
    fn default() -> Self {
        Self {
            depth: [2.3, 0.4],
            width: [2.0, 0.35],
        }
    }
}

/// A lesion's size at baseline.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LesionSize {
    /// mm.
    pub depth: f64,
    /// mm.
    pub width: f64,
}
