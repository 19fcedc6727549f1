//! Filters: grey values in, grey values out.

pub(crate) mod gaussian;
pub(crate) mod gradient;
pub(crate) mod laplace_hamming;
pub(crate) mod median;
