//! What can be typed about films. Types only.

use clap::{Args, ValueEnum};
use howship_formats::OpenFilmOptions;
use howship_image::{Extremity, Laterality, Polarity, View};

/// How films are opened: what the file does not say.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Films")]
pub(crate) struct FilmArgs {
    /// Millimetres per pixel of films that do not say, at the bone: one number, or x,y
    #[arg(long, value_name = "MM", value_parser = film_spacing)]
    pub(crate) film_spacing: Option<[f64; 2]>,
    /// Which way the stored values of films run, where files do not say or contradict themselves
    #[arg(long, value_enum, value_name = "WAY")]
    pub(crate) bone: Option<Bone>,
    /// Which side of the body films show, where files do not say
    #[arg(long, value_enum, value_name = "SIDE")]
    pub(crate) side: Option<Side>,
    /// The way of the rays, where files do not say: DP (from the back of hand or foot: of a hand PA, of a foot AP), PD,
    /// PA, AP, lateral or oblique
    #[arg(long, value_name = "VIEW", value_parser = |s: &str| s.parse::<View>())]
    pub(crate) view: Option<View>,
    /// Hand or foot, where files do not say [default: what films clearly look like]
    #[arg(long, value_enum, value_name = "PART")]
    pub(crate) part: Option<Part>,
}

/// What films are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Hands
    Hand,
    /// Feet
    Foot,
}

impl From<Part> for Extremity {
    fn from(part: Part) -> Self {
        match part {
            Part::Hand => Self::Hand,
            Part::Foot => Self::Foot,
        }
    }
}

/// How bone is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bone {
    /// High values where bone is
    Bright,
    /// Low values where bone is
    Dark,
}

/// A side of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// Left
    #[value(name = "L", alias = "l", alias = "left")]
    Left,
    /// Right
    #[value(name = "R", alias = "r", alias = "right")]
    Right,
    /// Both on one film
    #[value(name = "both")]
    Both,
}

impl From<Side> for Laterality {
    fn from(side: Side) -> Self {
        match side {
            Side::Left => Self::Left,
            Side::Right => Self::Right,
            Side::Both => Self::Both,
        }
    }
}

impl FilmArgs {
    /// As the door for films takes it.
    pub(crate) fn options(&self) -> OpenFilmOptions {
        OpenFilmOptions {
            mm_per_pixel: self.film_spacing,
            polarity: self.bone.map(|bone| match bone {
                Bone::Bright => Polarity::BoneBright,
                Bone::Dark => Polarity::BoneDark,
            }),
            laterality: self.side.map(Laterality::from),
            view: self.view,
            part: self.part.map(Extremity::from),
            ..OpenFilmOptions::default()
        }
    }
}

fn film_spacing(text: &str) -> Result<[f64; 2], String> {
    let numbers: Result<Vec<f64>, String> = text
        .split(',')
        .map(|part| match part.trim().parse::<f64>() {
            Ok(mm) if (1e-3..=5.0).contains(&mm) => Ok(mm),
            _ => Err(format!(
                "`{part}` is no length of a pixel from 0.001 to 5 mm"
            )),
        })
        .collect();
    match numbers?[..] {
        [one] => Ok([one; 2]),
        [x, y] => Ok([x, y]),
        _ => Err("give one number, or two as in 0.1,0.1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn film_spacing_is_one_length_or_two() {
        assert_eq!(film_spacing("0.1"), Ok([0.1; 2]));
        assert_eq!(film_spacing("0.1,0.2"), Ok([0.1, 0.2]));
        for bad in ["", "0", "NaN", "50", "0.1,0.1,0.1", "0.1mm"] {
            assert!(film_spacing(bad).is_err(), "{bad}");
        }
    }
}
