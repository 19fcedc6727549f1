use super::scrolling;
use crate::plot::escape;
use howship_change::{InputFile, VerdictFile};

/// What it takes to make this result again.
pub(super) fn section(result: &VerdictFile) -> String {
    let p = &result.provenance;
    let command: Vec<String> = p.command.iter().map(|a| quoted(a)).collect();
    let mut html = format!(
        "<section aria-labelledby=\"provenance\"><h2 id=\"provenance\">Provenance</h2><p>Howship {}, result format {}. The same input, settings and version give the same bytes.</p>",
        escape(&p.version),
        escape(&result.schema)
    );
    if !command.is_empty() {
        html.push_str(&format!("<pre>{}</pre>", escape(&command.join(" "))));
    }
    if !p.inputs.is_empty() {
        let rows: String = p.inputs.iter().map(input).collect();
        let table = format!(
            "<table class=\"inputs\"><caption>Input files</caption><thead><tr><th scope=\"col\">File</th><th scope=\"col\">Format</th><th scope=\"col\">Millimetres from</th><th scope=\"col\">Density from</th></tr></thead>{rows}</table>"
        );
        html.push_str(&scrolling("Input files", &table));
    }
    let mut settings: Vec<(String, String)> = p
        .settings
        .iter()
        .map(|(k, v)| (escape(k), escape(&v.to_string())))
        .collect();
    if let Some(subject) = &p.subject {
        settings.push(("subject".into(), escape(subject.name())));
        settings.sort();
    }
    if !p.seeds.is_empty() {
        let seeds: Vec<String> = p.seeds.iter().map(u64::to_string).collect();
        settings.push(("seeds".into(), seeds.join(", ")));
    }
    if !settings.is_empty() {
        let items: String = settings
            .iter()
            .map(|(k, v)| format!("<div><dt>{k}</dt><dd>{v}</dd></div>"))
            .collect();
        html.push_str(&format!(
            "<h3>Settings</h3><dl class=\"settings\">{items}</dl>"
        ));
    }
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

/// An argument as a shell would need it.
pub(crate) fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}
