use super::{
    headline, lesion_card, method, picture, provenance, registration, truth, verdict_table,
};
use crate::{Error, ReportInput, plot::escape};

const STYLE: &str = include_str!("style.css");

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
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#verdicts\">Skip to the verdicts</a>\n<main>\n{}\n</main>\n<footer>Howship {} · research use only, not a medical device</footer>\n</body>\n</html>\n",
        escape(&title),
        sections.join("\n"),
        escape(&result.provenance.version)
    ))
}
