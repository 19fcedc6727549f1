use crate::paper::palette;
use crate::volume::scene;
use crate::{Error, ReportInput};

/// The bones with their lesions, from three sides.
pub(super) fn section(input: &ReportInput<'_>) -> Result<String, Error> {
    let pictures = scene::pictures(input)?;
    if pictures.is_empty() {
        return Ok(String::new());
    }
    let figures: String = pictures
        .iter()
        .map(|p| {
            format!(
                "<figure style=\"--width:{}\">{}<figcaption>from the {}</figcaption></figure>",
                p.width, p.svg, p.name
            )
        })
        .collect();
    let mut shown: Vec<_> = input
        .lesion_surfaces
        .iter()
        .map(|s| {
            input
                .result
                .lesions
                .iter()
                .find(|l| l.id == s.id)
                .and_then(|l| l.verdict())
        })
        .collect();
    shown.sort();
    shown.dedup();
    let legend: String = shown
        .iter()
        .map(|v| {
            let look = palette::look(*v);
            format!(
                "<span class=\"badge {}\">{} {}</span> ",
                look.class, look.symbol, look.word
            )
        })
        .collect();
    Ok(format!(
        "<section aria-labelledby=\"picture\"><h2 id=\"picture\">Where they are</h2><div class=\"views\">{figures}</div><p class=\"soft legend\">{legend}The bones at the first visit; lesions by number and colour, those behind bone shine through faintly. R, L, A, P: the patient's right, left, front and back as the file states them.</p></section>\n"
    ))
}
