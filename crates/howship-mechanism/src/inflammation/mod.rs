//! Inflammation: how active a patient is by the clinic's scores, and how active each joint is.

mod activity;
mod driver;

pub use activity::{
    ActivityKind, Counts, EularResponse, cdai, das28, eular_response, improvement, sdai,
};
pub use driver::{ClinicalCoupling, InflammationParameters, JointDriver, beta_draw};
pub(crate) use driver::{expit, logit};
