//! The main job on films: a series in, a result in the domain's types and its folder out.

mod analyse;
mod copies;
mod elsewhere;
mod found_again;
mod given;
mod landmarks;
mod misnamed;
mod named;
mod outputs;
mod pictures;
mod refuse;
mod repeats;
mod same_lengths;
mod seen;
mod series;
mod strands;
mod turned;

pub use analyse::{FilmJob, FilmOutcome, analyse_films};
pub use given::{GivenErosions, read_given};
pub use landmarks::read_landmarks;
pub use outputs::write_films;
pub use repeats::read_precision;
pub use series::{FilmSeries, load_films};
