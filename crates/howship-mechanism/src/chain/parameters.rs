use crate::Error;
use crate::bone::{CartilageParameters, SignalParameters, SizeParameters, WallParameters};
use crate::drug::Il1Receptor;
use crate::inflammation::{ClinicalCoupling, InflammationParameters};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// Every constant of the chain, stage by stage.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Parameters {
    /// Inflammation.
    pub inflammation: InflammationParameters,
    /// Clinical score.
    pub clinic: ClinicalCoupling,
    /// IL-1 receptor.
    pub receptor: Il1Receptor,
    /// RANKL, OPG, osteoclast drive.
    pub signal: SignalParameters,
    /// The erosion's wall.
    pub wall: WallParameters,
    /// Sizes of lesions.
    pub size: SizeParameters,
    /// Cartilage.
    pub cartilage: CartilageParameters,
}

/// A constant with its default's range, as a record may change it and as a forecast draws it.
pub(crate) struct Constant {
    pub(crate) key: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) range: [f64; 2],
    pub(crate) field: fn(&mut Parameters) -> &mut f64,
    /// Whether a forecast draws it from its range.
    pub(crate) drawn: bool,
}

macro_rules! constant {
    ($key:literal, $unit:literal, $low:literal, $high:literal, $drawn:literal, $($field:tt)+) => {
        Constant {
            key: $key,
            unit: $unit,
            range: [$low, $high],
            field: |p| &mut p.$($field)+,
            drawn: $drawn,
        }
    };
}

/// What a record may set under `[model]`; ranges are those of the tried set, beyond which a value is refused.
pub(crate) const CONSTANTS: [Constant; 22] = [
    constant!("apposition", "µm/d", 0.6, 1.2, true, wall.apposition),
    constant!("resorption", "µm/d", 0.5, 4.7, true, wall.resorption),
    constant!(
        "resorption_exponent",
        "",
        0.5,
        3.0,
        true,
        wall.resorption_exponent
    ),
    constant!("gate_strength", "", 0.2, 1.0, true, wall.gate_strength),
    constant!("gate_exponent", "", 0.5, 3.0, true, wall.gate_exponent),
    constant!("reversal_lag", "d", 10.0, 60.0, true, wall.reversal_lag),
    constant!("surface_share", "", 0.3, 0.95, true, wall.surface_share),
    constant!("competent", "", 0.4, 1.0, true, wall.competent),
    constant!("lateral", "", 0.0, 1.0, true, wall.lateral),
    constant!("joint_sd", "logit", 0.0, 1.2, true, inflammation.joint_sd),
    constant!(
        "flares_per_year",
        "1/y",
        0.0,
        6.0,
        false,
        inflammation.flares_per_year
    ),
    constant!(
        "flare_days",
        "d",
        1.0,
        120.0,
        false,
        inflammation.flare_days
    ),
    constant!("driver_before", "", 0.03, 0.97, false, inflammation.before),
    constant!(
        "driver_residual",
        "",
        0.03,
        0.97,
        false,
        inflammation.residual
    ),
    constant!(
        "biologic_half_life",
        "d",
        1.0,
        60.0,
        false,
        inflammation.biologic_half_life
    ),
    constant!(
        "csdmard_half_life",
        "d",
        5.0,
        120.0,
        false,
        inflammation.csdmard_half_life
    ),
    constant!("through_il1", "", 0.3, 0.7, true, signal.through_il1),
    constant!(
        "denosumab_factor",
        "",
        0.05,
        0.25,
        true,
        signal.denosumab_factor
    ),
    constant!(
        "alendronate_factor",
        "",
        0.3,
        1.0,
        false,
        signal.alendronate_factor
    ),
    constant!("penetration", "", 0.01, 2.0, false, receptor.penetration),
    constant!(
        "cartilage_loss",
        "mm/y",
        0.0,
        1.0,
        false,
        cartilage.loss_per_year
    ),
    constant!("joint_space", "mm", 0.3, 5.0, false, cartilage.space),
];

impl Parameters {
    /// Names, units and ranges of the constants that a record may set.
    pub fn constants() -> impl Iterator<Item = (&'static str, &'static str, [f64; 2])> {
        CONSTANTS.iter().map(|c| (c.key, c.unit, c.range))
    }

    /// Value of a named constant.
    #[must_use]
    pub fn get(mut self, name: &str) -> Option<f64> {
        let constant = CONSTANTS.iter().find(|c| c.key == name)?;
        Some(*(constant.field)(&mut self))
    }

    /// Sets a named constant.
    ///
    /// # Errors
    /// No such constant, or a value outside its range.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), Error> {
        let key = format!("model.{name}");
        let Some(constant) = CONSTANTS.iter().find(|c| c.key == name) else {
            let names: Vec<&str> = CONSTANTS.iter().map(|c| c.key).collect();
            return Err(Error::UnknownKey {
                key,
                hint: format!("there are {}", names.join(", ")),
            });
        };
        let [low, high] = constant.range;
        if !(low..=high).contains(&value) {
            let expected = format!("it lies between {low} and {high} {}", constant.unit);
            return Err(Error::value(key, value, expected.trim_end()));
        }
        *(constant.field)(self) = value;
        Ok(())
    }

    /// The constants that a forecast is unsure of, drawn from triangles over their ranges with the mode here.
    #[must_use]
    pub fn drawn(mut self, rng: &mut ChaCha8Rng) -> Self {
        for constant in CONSTANTS.iter().filter(|c| c.drawn) {
            let value = (constant.field)(&mut self);
            *value = triangle(rng.random(), constant.range, *value);
        }
        self
    }
}

/// Quantile of a triangular distribution.
fn triangle(u: f64, [low, high]: [f64; 2], mode: f64) -> f64 {
    let mode = mode.clamp(low, high);
    let split = (mode - low) / (high - low);
    if u < split {
        low + (u * (high - low) * (mode - low)).sqrt()
    } else {
        high - ((1.0 - u) * (high - low) * (high - mode)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_lie_in_their_ranges_and_names_are_unique() {
        for (i, c) in CONSTANTS.iter().enumerate() {
            let value = Parameters::default().get(c.key).unwrap();
            assert!((c.range[0]..=c.range[1]).contains(&value), "{}", c.key);
            assert!(CONSTANTS[..i].iter().all(|o| o.key != c.key));
        }
    }

    #[test]
    fn triangle_quantiles() {
        for (u, x) in [(0.0, 1.0), (0.25, 2.0), (1.0, 5.0)] {
            assert!((triangle(u, [1.0, 5.0], 2.0) - x).abs() < 1e-12);
        }
    }
}
