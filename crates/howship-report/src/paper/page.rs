use super::escape::escape;
use super::provenance::{command_html, settings_html};
use super::table::Table;
use super::words::typeset;
use crate::Error;

/// What a card or a sentence says, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Repair: negative change.
    Repair,
    /// No change.
    Stable,
    /// Progression: positive change.
    Progression,
    /// Cannot be said.
    Uncertain,
    /// None of them.
    #[default]
    Plain,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Repair => "healing",
            Self::Stable => "stable",
            Self::Progression => "progressing",
            Self::Uncertain => "uncertain",
            Self::Plain => "plainly",
        }
    }
}

/// A number to see first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Card {
    /// The number, as in `12` or `3.1`.
    pub number: String,
    /// What it counts, as in `repair beyond error`.
    pub word: String,
    /// A line of detail; may be empty.
    pub note: String,
    /// Colour.
    pub tone: Tone,
}

/// A figure of a section.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// A whole SVG document, as this module's figures are.
    pub svg: String,
    /// What to see in it.
    pub caption: String,
}

/// A section of the page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    /// Heading.
    pub heading: String,
    /// Text.
    pub paragraphs: Vec<String>,
    /// Figures.
    pub figures: Vec<Figure>,
    /// Tables.
    pub tables: Vec<Table>,
    /// What the design cannot identify, and other cautions: set in a box.
    pub notes: Vec<String>,
}

/// What it takes to make the result again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PageProvenance {
    /// Version of Howship.
    pub version: String,
    /// The command line, an argument each.
    pub command: Vec<String>,
    /// Input files and their BLAKE3 hashes.
    pub inputs: Vec<(String, String)>,
    /// Settings and their values.
    pub settings: Vec<(String, String)>,
    /// Seeds of what was drawn at random.
    pub seeds: Vec<u64>,
}

/// A report: what it is about, the answer, numbers to see first, and sections of text, figures and tables.
///
/// Scores, films and cases fill one; how it looks is decided here alone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// What kind of report this is, beside the name of Howship: `readers’ scores`.
    pub brand: String,
    /// Title.
    pub title: String,
    /// What was read, by whom, when.
    pub subtitle: String,
    /// The answer in one sentence: `12 of 40 negative changes are repair beyond error.`
    pub answer: String,
    /// Numbers to see first.
    pub cards: Vec<Card>,
    /// Everything that was odd, before any number is read.
    pub warnings: Vec<String>,
    /// How the input was understood, what of it was left out, and what is odd about it.
    pub reading: Vec<String>,
    /// The sections, in order.
    pub sections: Vec<Section>,
    /// Where it came from.
    pub provenance: PageProvenance,
}

const STYLE: &str = include_str!("style.css");
const FILLED_STYLE: &str = include_str!("filled.css");

/// What a page may load: pictures that stand in it, and its own styles. No script, no frame, no address.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// A document around a body: nothing in it is loaded from elsewhere, and nothing needs a script.
pub(crate) struct Document<'a> {
    pub(crate) title: &'a str,
    /// Where the link for those who skip the head goes, and its words.
    pub(crate) skip: (&'a str, &'a str),
    /// What stands in `main`.
    pub(crate) body: &'a str,
    /// Version of Howship, for the foot.
    pub(crate) version: &'a str,
    /// Whether [`Page`]'s own parts (cards, answer, notes) stand in it.
    pub(crate) filled: bool,
}

impl Document<'_> {
    pub(crate) fn html(&self) -> String {
        let more = if self.filled { FILLED_STYLE } else { "" };
        let (target, words) = self.skip;
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n<meta name=\"robots\" content=\"noindex\">\n<title>{}</title>\n<style>\n{STYLE}{more}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#{target}\">{words}</a>\n<main>\n{}</main>\n<footer>Howship {} · research use only, not a medical device</footer>\n</body>\n</html>\n",
            escape(self.title),
            self.body,
            escape(self.version)
        )
    }
}

/// The report as one self-contained page: nothing is loaded from elsewhere and nothing needs a script.
///
/// # Errors
/// A figure that is no SVG document of this module's kind, a table whose rows do not fit its columns.
pub fn page_html(page: &Page) -> Result<String, Error> {
    let mut body = head(page);
    for (index, section) in page.sections.iter().enumerate() {
        body.push_str(&section_html(index, section)?);
    }
    body.push_str(&provenance(&page.provenance));
    let document = Document {
        title: &page.title,
        skip: ("section-1", "Skip to the results"),
        body: &body,
        version: &page.provenance.version,
        filled: true,
    };
    Ok(document.html())
}

fn head(page: &Page) -> String {
    let mut html = format!(
        "<header>\n<p class=\"brand\">Howship · {}</p>\n<h1>{}</h1>\n",
        escape(&page.brand),
        typeset(&page.title)
    );
    if !page.subtitle.is_empty() {
        html.push_str(&format!(
            "<p class=\"visits\">{}</p>\n",
            typeset(&page.subtitle)
        ));
    }
    if !page.answer.is_empty() {
        html.push_str(&format!(
            "<p class=\"answer\">{}</p>\n",
            typeset(&page.answer)
        ));
    }
    if !page.cards.is_empty() {
        let cards: String = page.cards.iter().map(card).collect();
        html.push_str(&format!(
            "<ul class=\"tiles cards\" aria-label=\"In short\">{cards}</ul>\n"
        ));
    }
    html.push_str("</header>\n");
    html.push_str(&warnings(page));
    html
}

/// Cautions about the result, then how the input was read.
fn warnings(page: &Page) -> String {
    let groups = [&page.warnings, &page.reading];
    let count: usize = groups.iter().map(|g| g.len()).sum();
    if count == 0 {
        return String::new();
    }
    let list = |items: &[String]| {
        let items: Vec<String> = items.iter().map(|w| typeset(w)).collect();
        format!("<ul><li>{}</li></ul>", items.join("</li><li>"))
    };
    let both = groups.iter().all(|g| !g.is_empty());
    let names = ["About the result", "How the input was read"];
    let lists: String = names
        .iter()
        .zip(groups)
        .filter(|(_, group)| !group.is_empty())
        .map(|(name, group)| match both {
            true => format!("<h3>{name}</h3>{}", list(group)),
            false => list(group),
        })
        .collect();
    let word = if count == 1 { "warning" } else { "warnings" };
    format!(
        "<section class=\"warnings\" aria-labelledby=\"warnings\"><h2 id=\"warnings\"><span aria-hidden=\"true\">⚠</span> {count} {word}</h2>{lists}</section>\n"
    )
}

fn card(card: &Card) -> String {
    let note = if card.note.is_empty() {
        String::new()
    } else {
        format!("<span class=\"note\">{}</span>", typeset(&card.note))
    };
    format!(
        "<li class=\"tile {}\"><span class=\"number\">{}</span> <span class=\"word\">{}</span>{note}</li>",
        card.tone.class(),
        typeset(&card.number),
        typeset(&card.word)
    )
}

fn section_html(index: usize, section: &Section) -> Result<String, Error> {
    let id = format!("section-{}", index + 1);
    let mut html = format!(
        "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{}</h2>\n",
        typeset(&section.heading)
    );
    for paragraph in &section.paragraphs {
        html.push_str(&format!("<p class=\"text\">{}</p>\n", typeset(paragraph)));
    }
    if !section.notes.is_empty() {
        let notes: Vec<String> = section.notes.iter().map(|n| typeset(n)).collect();
        html.push_str(&format!(
            "<aside class=\"limits\" aria-label=\"What this cannot show\"><p class=\"limits-head\">What this cannot show</p><ul><li>{}</li></ul></aside>\n",
            notes.join("</li><li>")
        ));
    }
    for figure in &section.figures {
        html.push_str(&figure_html(section, figure)?);
    }
    for table in &section.tables {
        html.push_str(&table.html()?);
    }
    html.push_str("</section>\n");
    Ok(html)
}

fn figure_html(section: &Section, figure: &Figure) -> Result<String, Error> {
    if let Some(reason) = objection(&figure.svg) {
        return Err(Error::Figure {
            section: section.heading.clone(),
            caption: figure.caption.clone(),
            reason,
        });
    }
    let caption = if figure.caption.is_empty() {
        String::new()
    } else {
        format!("<figcaption>{}</figcaption>", typeset(&figure.caption))
    };
    Ok(format!(
        "<figure class=\"drawn\">{}{caption}</figure>\n",
        figure.svg
    ))
}

/// Why a text is no picture that may stand in the page; none where it may.
fn objection(svg: &str) -> Option<String> {
    let one = svg.matches("<svg").count() == 1 && svg.matches("</svg").count() == 1;
    if !one || !svg.starts_with("<svg ") || !svg.ends_with("</svg>") {
        return Some("is no SVG document; use the figures of this crate".into());
    }
    let lower = svg.to_lowercase();
    [
        "<script",
        "<foreignobject",
        "href",
        "url(",
        "<style",
        "<image",
        "<iframe",
        " on",
    ]
    .into_iter()
    .find(|word| match *word {
        " on" => has_handler(&lower),
        word => lower.contains(word),
    })
    .map(|word| {
        format!(
            "holds `{}`, which a page that loads nothing may not",
            word.trim()
        )
    })
}

/// Whether a tag has an attribute that runs code.
fn has_handler(svg: &str) -> bool {
    svg.split('<').skip(1).any(|piece| {
        let tag = piece.split('>').next().unwrap_or("");
        tag.split_whitespace()
            .any(|word| word.starts_with("on") && word.contains('='))
    })
}

fn provenance(p: &PageProvenance) -> String {
    let mut html = format!(
        "<section aria-labelledby=\"provenance\"><h2 id=\"provenance\">Provenance</h2><p>Howship {}. The same input, settings and version give the same bytes.</p>",
        escape(&p.version)
    );
    html.push_str(&command_html(&p.command));
    if !p.inputs.is_empty() {
        let rows: String = p
            .inputs
            .iter()
            .map(|(name, hash)| {
                format!(
                    "<tbody><tr><th scope=\"row\">{}</th></tr><tr class=\"hash\"><td>BLAKE3 {}</td></tr></tbody>",
                    escape(name),
                    escape(hash)
                )
            })
            .collect();
        html.push_str(&format!(
            "<table class=\"inputs\"><caption>Input files</caption>{rows}</table>"
        ));
    }
    html.push_str(&settings_html(&p.settings, &p.seeds));
    html.push_str("</section>\n");
    html
}
