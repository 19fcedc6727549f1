//! Published models of bone remodelling and of inflammation, as verified implementations that therapy can drive.
//!
//! They are averages over a compartment and know no erosion: they are here to be checked against, and to turn a
//! driver into osteoclasts and osteoblasts where somebody wants that transfer. The erosion's own front is in
//! [`crate::bone`].
//!
//! Every number of `tests/it/reference.rs` states its initial values and what it is divided by: published ratios
//! differ by which "steady state" stands in the denominator.

mod baker;
mod equilibrium;
mod komarova;
mod lemaire;
mod pivonka;

pub use baker::{Baker, BakerEquilibrium, Stability};
pub use komarova::{Komarova, KomarovaByEvents};
pub use lemaire::{Lemaire, LemaireInput, LemaireParameters};
pub use pivonka::{Pivonka, PivonkaInput, PivonkaParameters};
