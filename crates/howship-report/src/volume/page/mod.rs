//! The page on lesions of a joint, part by part.

mod alignment;
mod document;
mod headline;
pub(crate) mod lesion_card;
mod method;
mod not_reported;
mod picture;
mod provenance;
mod registration;
mod totals;
mod truth;
mod verdict_table;

pub use document::html;
pub(crate) use document::html_with;

use crate::paper::escape;
use howship_change::{BoneSite, LesionKind};

/// A bone in print: its name, and its title where the catalogue knows it.
fn bone_title(name: &str) -> Option<String> {
    BoneSite::parse(name).ok().map(|site| site.title())
}

/// `R.MC2` with its title as a second line.
fn bone_cell(name: &str) -> String {
    let title = bone_title(name).map_or_else(String::new, |t| {
        format!("<br><span class=\"soft\">{}</span>", escape(&t))
    });
    format!("{}{title}", escape(name))
}

/// The kind of a lesion in print.
fn kind_word(kind: LesionKind) -> &'static str {
    kind.words()[0]
}
