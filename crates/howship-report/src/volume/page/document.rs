use super::{
    headline, lesion_card, method, picture, provenance, registration, truth, verdict_table,
};
use crate::paper::Document;
use crate::{Error, ReportInput};

/// The report as one self-contained page: nothing is loaded from elsewhere and nothing needs a script.
///
/// Missing parts (patches, surfaces, truth, later visits) are left out, with a word where one would look for
/// them.
///
/// # Errors
/// A patch or a mesh that contradicts itself.
pub fn html(input: &ReportInput<'_>) -> Result<String, Error> {
    let result = input.result;
    let title = headline::title(result);
    let sections = [
        headline::section(result),
        verdict_table::section(result),
        truth::section(input),
        picture::section(input)?,
        lesion_card::section(input)?,
        registration::section(result),
        method::section(result),
        provenance::section(result),
    ];
    let document = Document {
        title: &title,
        skip: ("verdicts", "Skip to the verdicts"),
        body: &format!("{}\n", sections.join("\n")),
        version: &result.provenance.version,
        filled: false,
    };
    Ok(document.html())
}
