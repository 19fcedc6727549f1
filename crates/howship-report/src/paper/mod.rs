//! Paper: what every page and figure is made of, whatever it shows.
//!
//! A page is filled, not written: [`Page`] takes a title, the answer in one sentence, [`Card`]s, [`Section`]s with
//! text, [`Figure`]s and [`Table`]s, and [`page_html`] sets it. Texts come in plain and are escaped here; a figure is a
//! whole SVG document.
//!
//! Inside this crate, figures are drawn with `Svg` (texts, lines, markers), `Axis` and `Plot` (ranges, ticks, grid),
//! `palette` (colours of verdicts, visits and series, none of which carries a meaning alone) and `number` (as many
//! digits as an error allows). A figure's text comes from files: `Svg`'s methods escape it, anything else goes through
//! `escape`.
//!
//! ```
//! use howship_report::paper::{Card, Cell, Page, Section, Table, Tone, page_html};
//!
//! let page = Page {
//!     brand: "readers’ scores".into(),
//!     title: "Repair".into(),
//!     answer: "12 of 40 negative changes are repair beyond error.".into(),
//!     cards: vec![Card {
//!         number: "12".into(),
//!         word: "repair beyond error".into(),
//!         tone: Tone::Repair,
//!         ..Card::default()
//!     }],
//!     sections: vec![Section {
//!         heading: "Patients".into(),
//!         tables: vec![Table {
//!             caption: "Changes".into(),
//!             columns: vec!["patient".into(), "change".into()],
//!             rows: vec![vec![Cell::from("S01"), Cell::from(-2.5)]],
//!         }],
//!         ..Section::default()
//!     }],
//!     ..Page::default()
//! };
//! assert!(page_html(&page)?.contains("<h1>Repair</h1>"));
//! # Ok::<(), howship_report::Error>(())
//! ```

mod axes;
mod base64;
mod escape;
mod frame;
pub(crate) mod number;
mod page;
pub(crate) mod palette;
pub(crate) mod png;
mod provenance;
mod table;
mod words;

pub use number::small_decimals;
pub use page::{Card, Figure, Page, PageProvenance, Section, Tone, page_html};
pub use table::{Cell, Table};

pub(crate) use axes::{Axis, LEAST_ROOM, Plot, apart, bulk, padded};
pub(crate) use escape::escape;
pub(crate) use frame::{Hold, Svg, Type, soft};
pub(crate) use page::Document;
pub(crate) use provenance::{command_html, settings_html};
pub(crate) use table::scrolling;
pub(crate) use words::{
    bare, bold_width, fitted, listed, plural, short, short_signed, shown_unit, text_width, typeset,
    with_bounds, wrapped,
};
