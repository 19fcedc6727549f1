//! Statistics of measurement: distributions, precision error, least significant change, false discovery rate.
