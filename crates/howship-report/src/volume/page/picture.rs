use crate::ReportInput;
use crate::paper::{escape, palette};
use crate::volume::scene::Picture;
use howship_change::AxesKnown;

/// The bones with their lesions, from every side.
pub(super) fn section(input: &ReportInput<'_>, pictures: &[Picture]) -> String {
    if pictures.is_empty() {
        return String::new();
    }
    let figures: String = pictures
        .iter()
        .map(|p| {
            format!(
                "<figure style=\"--width:{}\">{}<figcaption>{}</figcaption></figure>",
                p.width,
                p.svg,
                escape(&p.caption)
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
    let letters = match input.result.axes {
        AxesKnown::Patient => {
            "R, L, A, P: the patient’s right, left, front and back as the file states them."
        }
        AxesKnown::Image => {
            "x and y: the axes of the image; the file does not say how the patient lay."
        }
    };
    format!(
        "<section aria-labelledby=\"picture\"><h2 id=\"picture\">Where they are</h2><div class=\"views\">{figures}</div><p class=\"soft legend\">{legend}The bones at the first visit; lesions by number and colour, those behind bone shine through faintly. {letters}</p></section>\n"
    )
}
