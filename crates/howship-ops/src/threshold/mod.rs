//! Grey values in, binary volumes out.

pub(crate) mod global;
