//! Filters: grey values in, grey values out.

pub(crate) mod gaussian;
