use crate::paper::{command_html, escape, scrolling, settings_html};
use howship_change::{InputFile, VerdictFile};

/// What it takes to make this result again.
pub(super) fn section(result: &VerdictFile) -> String {
    let p = &result.provenance;
    let mut html = format!(
        "<section aria-labelledby=\"provenance\"><h2 id=\"provenance\">Provenance</h2><p>Howship {}, result format {}. The same input, settings and version give the same bytes.</p>",
        escape(&p.version),
        escape(&result.schema)
    );
    html.push_str(&command_html(&p.command));
    if !p.inputs.is_empty() {
        let rows: String = p.inputs.iter().map(input).collect();
        let table = format!(
            "<table class=\"inputs\"><caption>Input files</caption><thead><tr><th scope=\"col\">File</th><th scope=\"col\">Format</th><th scope=\"col\">Millimetres from</th><th scope=\"col\">Density from</th></tr></thead>{rows}</table>"
        );
        html.push_str(&scrolling("Input files", &table));
    }
    let settings = p.settings.iter();
    let mut settings: Vec<(String, String)> = settings
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .collect();
    if let Some(subject) = &p.subject {
        settings.push(("subject".into(), subject.name().to_owned()));
        settings.sort();
    }
    html.push_str(&settings_html(&settings, &p.seeds));
    html.push_str("</section>\n");
    html
}

fn input(file: &InputFile) -> String {
    format!(
        "<tbody><tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr><tr class=\"hash\"><td colspan=\"4\">BLAKE3 {}</td></tr></tbody>",
        escape(&file.name),
        escape(&file.format),
        escape(&file.spacing_known),
        escape(&file.unit_known),
        escape(&file.blake3)
    )
}
