use super::page::{html_with, lesion_card};
use super::scene::{self, Picture};
use super::{panels, slices};
use crate::{Error, ReportInput};

/// The report's figures as files: name and bytes.
///
/// `bones-SIDE.png` (transparent ground) and `bones-SIDE.svg` (with labels and scale), and per lesion
/// `lesion-N-slices.svg`, the same slices as `.png`, `lesion-N-volume.svg` and, with two visits or more,
/// `lesion-N-change.svg`.
///
/// # Errors
/// A patch or a mesh that contradicts itself.
pub fn figures(input: &ReportInput<'_>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    figures_with(input, scene::pictures(input)?)
}

/// A page and its figures: the files of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The page.
    pub html: String,
    /// Name and bytes of each figure.
    pub figures: Vec<(String, Vec<u8>)>,
}

/// As [`super::html`] and [`figures`], with every bone drawn once for both.
///
/// # Errors
/// A patch or a mesh that contradicts itself.
pub fn report(input: &ReportInput<'_>) -> Result<Report, Error> {
    let pictures = scene::pictures(input)?;
    Ok(Report {
        html: html_with(input, &pictures)?,
        figures: figures_with(input, pictures)?,
    })
}

fn figures_with(
    input: &ReportInput<'_>,
    pictures: Vec<Picture>,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut files = Vec::new();
    for picture in pictures {
        let name = picture.file;
        files.push((format!("bones-{name}.png"), picture.png));
        files.push((format!("bones-{name}.svg"), picture.svg.into_bytes()));
    }
    for lesion in &input.result.lesions {
        let id = lesion.id;
        if let Some(patch) = input.patches.iter().find(|p| p.id == id) {
            let set = slices::cut(patch)?;
            let names = lesion_card::visit_names(input.result, patch.visits.len());
            let title = lesion_card::slices_title(lesion);
            let svg = panels::svg(&set, &names, &title)?;
            files.push((format!("lesion-{id}-slices.svg"), svg.into_bytes()));
            files.push((format!("lesion-{id}-slices.png"), slices::montage(&set)?));
        }
        if let Some(svg) = lesion_card::course_plot(input.result, lesion) {
            files.push((format!("lesion-{id}-volume.svg"), svg.into_bytes()));
        }
        if let Some(svg) = lesion_card::change_plot(lesion) {
            files.push((format!("lesion-{id}-change.svg"), svg.into_bytes()));
        }
    }
    Ok(files)
}
