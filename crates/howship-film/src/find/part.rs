//! Hand or foot: what the film or the reader says; else what the film looks like, where that is clear.

use super::Looker;
use super::nets::Networks;
use super::search::Hypothesis;
use crate::Error;
use howship_change::Part;
use howship_image::{Extremity, Film};

/// When scores decide between hand and foot.
#[derive(Debug, Clone, Copy)]
struct Tuning {
    /// From this score on the part that was looked for is that part, and the other is not looked for.
    sure: f64,
    /// By so much the better score must lead.
    lead: f64,
    /// A foot that fills the film scores at least so much there, and the film's parts are not searched for hands.
    plain_foot: f64,
}

/// Of 24 formula feet (seeds from 950000) the finder of hands scored up to 0.67, intact real hands score 0.78 or more there;
/// a mutilated real hand scored 0.61 as a hand and as a foot, and is asked about.
const TUNING: Tuning = Tuning {
    sure: 0.75,
    lead: 0.05,
    plain_foot: 0.65,
};

/// Words of other parts of the body.
const OTHERS: [&str; 6] = ["ANKLE", "CHEST", "KNEE", "SKULL", "SPINE", "PELVIS"];

fn of_word(word: &str) -> Option<Part> {
    Extremity::in_words(word).map(|e| match e {
        Extremity::Hand => Part::Hand,
        Extremity::Foot => Part::Foot,
    })
}

/// What the reader and the film's tag say; an error where they differ or the tag names another part of the body.
pub(super) fn stated(film: &Film, reader: Option<Part>) -> Result<Option<Part>, Error> {
    let Some(tag) = &film.facts().body_part else {
        return Ok(reader);
    };
    let word = tag.value.to_ascii_uppercase();
    let refuse = |reason: String| Err(Error::NoHand { reason });
    match (of_word(&word), reader) {
        (Some(said), Some(reader)) if said != reader => refuse(format!(
            "the film is of `{}` ({}), and it was said to be of a {}: leave that out, or correct the tag",
            tag.value,
            tag.from,
            name(reader)
        )),
        (None, None) if OTHERS.iter().any(|o| word.contains(o)) => refuse(format!(
            "the film is of `{}` ({}), and only hands and feet are found; give its joints with `--landmarks`",
            tag.value, tag.from
        )),
        (said, reader) => Ok(reader.or(said)),
    }
}

pub(super) const fn name(part: Part) -> &'static str {
    match part {
        Part::Hand => "hand",
        Part::Foot => "foot",
    }
}

/// Networks and what they found.
type Found = (Networks, Vec<Hypothesis>);

fn best(found: &Found) -> f64 {
    found.1.iter().map(|h| h.score).fold(0.0, f64::max)
}

/// Whether feet lead hands (positive) or hands lead feet (negative) by enough.
fn leads(feet: f64, hands: f64) -> Option<Part> {
    match feet - hands {
        lead if lead >= TUNING.lead => Some(Part::Foot),
        lead if lead <= -TUNING.lead => Some(Part::Hand),
        _ => None,
    }
}

/// Looks for hands, then for feet where no hand is plain, and takes what leads clearly.
///
/// Where one hand or foot fills the film, the first look at the whole of it decides; only where that does not, the film's
/// parts are searched for both.
pub(super) fn clearer(look: &Looker<'_>) -> Result<Found, Error> {
    let hands = look.whole(Part::Hand)?;
    if hands.score() >= TUNING.sure {
        return Ok(look.all(hands));
    }
    let feet = look.whole(Part::Foot)?;
    let plain = feet.score() >= TUNING.plain_foot;
    if plain && leads(feet.score(), hands.score()) == Some(Part::Foot) {
        return Ok(look.all(feet));
    }
    let hands = look.all(hands);
    if best(&hands) >= TUNING.sure {
        return Ok(hands);
    }
    let feet = look.all(feet);
    match leads(best(&feet), best(&hands)) {
        _ if feet.1.is_empty() => Ok(hands),
        _ if hands.1.is_empty() => Ok(feet),
        Some(Part::Hand) => Ok(hands),
        Some(Part::Foot) => Ok(feet),
        None => Err(Error::NoHand {
            reason: "it looks as much like a hand as like a foot; say which with `--part hand` or `--part foot`, or give its joints with `--landmarks`"
                .to_owned(),
        }),
    }
}

/// Looks for the part that was said; an error where it is not plain and the other is there more clearly.
pub(super) fn said(film: &Film, part: Part, look: &Looker<'_>) -> Result<Found, Error> {
    let found = look.all(look.whole(part)?);
    if best(&found) >= TUNING.sure {
        return Ok(found);
    }
    let other = match part {
        Part::Hand => Part::Foot,
        Part::Foot => Part::Hand,
    };
    let seen = look.all(look.whole(other)?);
    if best(&seen) - best(&found) < TUNING.lead {
        return Ok(found);
    }
    let source = film.facts().body_part.as_ref();
    Err(Error::NoHand {
        reason: format!(
            "{} and it looks like a {}; correct that, or give its joints with `--landmarks`",
            source.map_or_else(
                || format!("the film was said to be of a {}", name(part)),
                |tag| format!("the film is said to be of `{}` ({})", tag.value, tag.from),
            ),
            name(other)
        ),
    })
}
