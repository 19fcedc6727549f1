use super::page::lesion_card;
use super::{panels, scene, slices};
use crate::{Error, ReportInput};

/// The report's figures as files: name and bytes.
///
/// `bones-*.png` (transparent ground) and `bones-*.svg` (with labels and scale), and per lesion
/// `lesion-N-slices.svg`, the same slices as `.png`, `lesion-N-volume.svg` and, with two visits or more,
/// `lesion-N-change.svg`.
///
/// # Errors
/// A patch or a mesh that contradicts itself.
pub fn figures(input: &ReportInput<'_>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut files = Vec::new();
    for picture in scene::pictures(input)? {
        let name = picture.name.replace(' ', "-");
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
