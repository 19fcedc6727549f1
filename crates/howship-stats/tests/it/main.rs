//! Statistics against reference values of other software.

mod crossed_components;
