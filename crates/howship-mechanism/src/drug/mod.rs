//! Drugs: how concentration follows doses, and what it does to IL-1, TNF and RANKL.
//!
//! Where published values conflict or cannot be told apart by data, each set has a name in [`ParameterSet`] and
//! the default is justified there. Everything here is vocabulary for a model, never advice on doses.

mod catalogue;
mod effect;
mod kinetics;
mod parameters;
mod regimen;

pub use catalogue::{Class, DRUGS, DrugInfo, equally_near, find, nearest, nearest_drug};
pub use effect::{Il1Receptor, OccupancyUnit, suppression};
pub(crate) use kinetics::Transitions;
pub use kinetics::{
    Amounts, Denosumab, Kinetics, compartment_peak, one_compartment, one_compartment_steady,
};
pub use parameters::{
    ParameterSet, anakinra_clearance_ml_min, default_set, parameter_sets, renal_class, set_named,
};
pub use regimen::{Course, Dose, Route, doses};
