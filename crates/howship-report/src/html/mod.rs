//! The page, part by part.

mod headline;
pub(crate) mod lesion_card;
mod method;
mod page;
mod picture;
mod provenance;
mod registration;
mod truth;
mod verdict_table;

pub use page::html;
pub(crate) use provenance::quoted;

use crate::plot::escape;
use howship_change::{BoneSite, Lesion, LesionKind};

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

/// Whether a lesion counts as an erosion in the headline: found as one, or given by the user.
fn counts_as_erosion(lesion: &Lesion) -> bool {
    matches!(lesion.kind, LesionKind::Erosion | LesionKind::Given)
}

/// `1 erosion`, `2 erosions`.
fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Words joined as in a sentence.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A table that scrolls by itself on narrow screens.
fn scrolling(label: &str, table: &str) -> String {
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">{table}</div>",
        escape(label)
    )
}
