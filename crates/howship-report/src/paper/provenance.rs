//! How a result is made again, in print.

use super::escape::escape;

/// The command line as a shell would need it; nothing where there is none.
pub(crate) fn command_html(command: &[String]) -> String {
    if command.is_empty() {
        return String::new();
    }
    let command: Vec<String> = command.iter().map(|a| quoted(a)).collect();
    format!("<pre>{}</pre>", escape(&command.join(" ")))
}

/// Settings and seeds as a list; nothing where there is none.
pub(crate) fn settings_html(settings: &[(String, String)], seeds: &[u64]) -> String {
    let item = |name: &str, value: &str| {
        format!(
            "<div><dt>{}</dt><dd>{}</dd></div>",
            escape(name),
            escape(value)
        )
    };
    let mut items: String = settings.iter().map(|(k, v)| item(k, v)).collect();
    if !seeds.is_empty() {
        let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
        items.push_str(&item("seeds", &seeds.join(", ")));
    }
    if items.is_empty() {
        return items;
    }
    format!("<h3>Settings</h3><dl class=\"settings\">{items}</dl>")
}

/// An argument as a shell would need it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}
