//! One file per subcommand, each ending in an exit status.

pub(crate) mod bench;
pub(crate) mod bench_films;
pub(crate) mod bench_scores;
pub(crate) mod compare;
pub(crate) mod compare_films;
pub(crate) mod convert;
pub(crate) mod demo;
pub(crate) mod demo_films;
pub(crate) mod films;
pub(crate) mod forecast;
pub(crate) mod info;
pub(crate) mod measure;
pub(crate) mod mechanism;
mod observed;
pub(crate) mod phantom;
pub(crate) mod phantom_film;
pub(crate) mod phantom_readers;
pub(crate) mod power;
pub(crate) mod scores;
pub(crate) mod shell;
pub(crate) mod simulate;
