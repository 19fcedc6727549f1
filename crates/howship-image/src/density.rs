//! Calibrations between native counts, Hounsfield units and mineral density, and the volume that carries one.

use crate::{DensityUnit, Error, UnitKnown, Volume};
use serde::{Deserialize, Serialize};

/// A scanner's density calibration, as Scanco writes it into the processing log.
///
/// `linear attenuation µ = native / mu_scaling`, `density = µ · slope + intercept`,
/// `HU = 1000 · (µ − mu_water) / mu_water`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Native counts per 1/cm of linear attenuation (`Mu_Scaling`).
    pub mu_scaling: f64,
    /// Linear attenuation of water, 1/cm (`HU: mu water`).
    pub mu_water: f64,
    /// mgHA/cm³ per 1/cm (`Density: slope`).
    pub density_slope: f64,
    /// mgHA/cm³ (`Density: intercept`).
    pub density_intercept: f64,
}

impl Calibration {
    /// Slope and offset that take values of one unit to another.
    ///
    /// # Errors
    /// A number that is not finite, or zero where it divides; arbitrary values, to which nothing leads.
    pub fn linear(&self, from: DensityUnit, to: DensityUnit) -> Result<(f64, f64), Error> {
        for (what, value) in [
            ("mu_scaling", self.mu_scaling),
            ("mu_water", self.mu_water),
            ("density_slope", self.density_slope),
        ] {
            if !value.is_finite() || value == 0.0 {
                return Err(Error::Calibration { what, value });
            }
        }
        if !self.density_intercept.is_finite() {
            return Err(Error::Calibration {
                what: "density_intercept",
                value: self.density_intercept,
            });
        }
        let (Some((a, b)), Some((c, d))) = (self.to_mu(from), self.to_mu(to)) else {
            return Err(Error::NoCalibration { from, to });
        };
        Ok((a / c, (b - d) / c))
    }

    /// `mu = slope · value + offset` for a unit; `None` where the values have none.
    fn to_mu(self, unit: DensityUnit) -> Option<(f64, f64)> {
        match unit {
            DensityUnit::Native => Some((1.0 / self.mu_scaling, 0.0)),
            DensityUnit::Hounsfield => Some((self.mu_water / 1000.0, self.mu_water)),
            DensityUnit::MgHaPerCm3 => Some((
                1.0 / self.density_slope,
                -self.density_intercept / self.density_slope,
            )),
            DensityUnit::Arbitrary => None,
        }
    }

    /// One value from one unit to another.
    ///
    /// # Errors
    /// As [`Calibration::linear`].
    pub fn convert(&self, value: f64, from: DensityUnit, to: DensityUnit) -> Result<f64, Error> {
        let (slope, offset) = self.linear(from, to)?;
        Ok(value * slope + offset)
    }
}

/// A volume whose values have a unit, with the calibration that leads to others where there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// The values.
    pub volume: Volume<f32>,
    /// Their unit.
    pub unit: DensityUnit,
    /// How the unit is known.
    pub known: UnitKnown,
    /// How to get to other units; `None` where the file does not say.
    pub calibration: Option<Calibration>,
}

impl Scan {
    /// The same scan in another unit, converted in place.
    ///
    /// # Errors
    /// There is no calibration and the unit differs.
    pub fn into_unit(mut self, unit: DensityUnit) -> Result<Self, Error> {
        if unit == self.unit {
            return Ok(self);
        }
        let Some(calibration) = self.calibration else {
            return Err(Error::NoCalibration {
                from: self.unit,
                to: unit,
            });
        };
        let (slope, offset) = calibration.linear(self.unit, unit)?;
        for value in self.volume.data_mut() {
            *value = (f64::from(*value) * slope + offset) as f32;
        }
        self.unit = unit;
        self.known = self.known.min(UnitKnown::Calibrated);
        Ok(self)
    }

    /// The values, if they are in the unit asked for.
    ///
    /// # Errors
    /// They are not; nothing is converted silently.
    pub fn require(&self, unit: DensityUnit) -> Result<&Volume<f32>, Error> {
        if unit == self.unit {
            return Ok(&self.volume);
        }
        Err(Error::NoCalibration {
            from: self.unit,
            to: unit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// XtremeCT II numbers: 1170 HU is 446.8, 686 HU is 260, 350 HU is 130 mgHA/cm³.
    #[test]
    fn hounsfield_to_density_as_published() {
        let calibration = Calibration {
            mu_scaling: 8192.0,
            mu_water: 0.2409,
            density_slope: 1603.519,
            density_intercept: -391.209,
        };
        let density = |hu| {
            calibration
                .convert(hu, DensityUnit::Hounsfield, DensityUnit::MgHaPerCm3)
                .unwrap()
        };
        assert!((density(1170.0) - 446.8).abs() < 0.3);
        assert!((density(686.0) - 260.0).abs() < 0.5);
        assert!((density(350.0) - 130.0).abs() < 0.5);
        let native = calibration
            .convert(8192.0, DensityUnit::Native, DensityUnit::MgHaPerCm3)
            .unwrap();
        assert!((native - (1603.519 - 391.209)).abs() < 1e-9);
        // Values without a unit are no counts: a calibration leads nowhere from them.
        let nowhere = calibration.convert(1.0, DensityUnit::Arbitrary, DensityUnit::Hounsfield);
        assert!(nowhere.is_err());
    }

    #[test]
    fn no_calibration_no_conversion() {
        let grid = crate::Geometry::aligned([1, 1, 1], [1.0; 3]).unwrap();
        let scan = Scan {
            volume: Volume::filled(grid, 1.0),
            unit: DensityUnit::Arbitrary,
            known: UnitKnown::Unknown,
            calibration: None,
        };
        assert!(scan.require(DensityUnit::MgHaPerCm3).is_err());
        assert!(scan.into_unit(DensityUnit::Hounsfield).is_err());
    }
}
