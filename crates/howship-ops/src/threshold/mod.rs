//! Grey values in, binary volumes out.

pub(crate) mod adaptive;
pub(crate) mod dual;
pub(crate) mod global;
pub(crate) mod hysteresis;
