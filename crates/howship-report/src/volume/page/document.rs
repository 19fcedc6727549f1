use super::{
    headline, lesion_card, method, not_reported, picture, provenance, registration, truth,
    verdict_table,
};
use crate::paper::Document;
use crate::volume::scene::{self, Picture};
use crate::{Error, ReportInput};

const STYLE: &str = include_str!("style.css");

/// The report as one self-contained page: nothing is loaded from elsewhere and nothing needs a script.
///
/// Missing parts (patches, surfaces, truth, later visits) are left out, with a word where one would look for
/// them.
///
/// # Errors
/// A patch or a mesh that contradicts itself.
pub fn html(input: &ReportInput<'_>) -> Result<String, Error> {
    html_with(input, &scene::pictures(input)?)
}

/// The page with pictures of the bones that are drawn already.
pub(crate) fn html_with(input: &ReportInput<'_>, pictures: &[Picture]) -> Result<String, Error> {
    let result = input.result;
    let title = headline::title(result);
    let sections = [
        format!("<style>\n{STYLE}</style>"),
        headline::section(result),
        verdict_table::section(result),
        not_reported::section(result),
        truth::section(input),
        picture::section(input, pictures),
        lesion_card::section(input)?,
        registration::section(input)?,
        method::section(result),
        provenance::section(result),
    ];
    let skip = if result.looked_for_erosions() {
        ("verdicts", "Skip to the verdicts")
    } else {
        ("quality", "Skip to the bones")
    };
    let document = Document {
        title: &title,
        skip,
        body: &format!("{}\n", sections.join("\n")),
        version: &result.provenance.version,
        filled: false,
    };
    Ok(document.html())
}
