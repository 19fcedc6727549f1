use super::figures::HOSTILE;
use howship_report::Error;
use howship_report::paper::{
    Card, Cell, Figure, Page, PageProvenance, Section, Table, Tone, page_html,
};
use howship_report::scores::{Estimate, ForestPlot, ForestRow, forest_plot};

fn figure() -> Figure {
    let svg = forest_plot(&ForestPlot {
        title: HOSTILE.into(),
        quantity: "mean change".into(),
        rows: vec![ForestRow {
            name: HOSTILE.into(),
            n: Some(3),
            change: Estimate {
                value: -1.0,
                interval: Some([-2.0, -0.5]),
            },
        }],
        sdc: Some(2.0),
    });
    Figure {
        svg,
        caption: HOSTILE.into(),
    }
}

fn table(rows: usize) -> Table {
    Table {
        caption: format!("rows {HOSTILE}"),
        columns: vec!["arm".into(), "mean_low".into(), "n".into(), HOSTILE.into()],
        rows: (0..rows)
            .map(|i| {
                vec![
                    Cell::Text(format!("arm {i}")),
                    Cell::Number(-0.5),
                    Cell::from(i),
                    Cell::from(HOSTILE),
                ]
            })
            .collect(),
    }
}

fn page() -> Page {
    Page {
        brand: HOSTILE.into(),
        title: format!("Repair {HOSTILE}"),
        subtitle: HOSTILE.into(),
        answer: "12 of 40 negative changes are repair beyond error.".into(),
        cards: vec![Card {
            number: "12".into(),
            word: HOSTILE.into(),
            note: HOSTILE.into(),
            tone: Tone::Repair,
        }],
        warnings: vec![HOSTILE.into()],
        reading: vec![HOSTILE.into()],
        sections: vec![Section {
            heading: HOSTILE.into(),
            paragraphs: vec![HOSTILE.into()],
            figures: vec![figure()],
            tables: vec![table(3), table(700)],
            notes: vec!["Two visits only: not identified.".into()],
        }],
        provenance: PageProvenance {
            version: HOSTILE.into(),
            command: vec!["howship".into(), HOSTILE.into()],
            inputs: vec![(HOSTILE.into(), "00ff".into())],
            settings: vec![(HOSTILE.into(), HOSTILE.into())],
            seeds: vec![1, 2],
        },
    }
}

#[test]
fn the_page_needs_nothing_but_itself_and_escapes_every_name() {
    let html = page_html(&page()).unwrap();
    crate::page::assert_balanced(&html);
    assert!(!html.contains("<script") && !html.contains("<b>A") && !html.contains('\u{202e}'));
    let rest = html.replace("http://www.w3.org/2000/svg", "");
    for outside in [
        "http://", "https://", "<link", "@import", "url(", "<iframe", "srcset", " src=",
    ] {
        assert!(!rest.contains(outside), "{outside}");
    }
    assert!(!crate::page::leaks_numbers(&html));
    assert_eq!(html, page_html(&page()).unwrap());
}

#[test]
fn the_answer_comes_first_and_limits_are_set_apart() {
    let html = page_html(&page()).unwrap();
    let at = |words: &str| html.find(words).unwrap_or_else(|| panic!("{words}"));
    let answer = at("12 of 40 negative changes are repair beyond error.");
    assert!(answer < at("class=\"tiles") && at("class=\"tiles") < at("class=\"limits\""));
    assert!(at("class=\"limits\"") < at("Two visits only: not identified."));
    assert!(at("Two visits only") < at("<figure") && at("<figure") < at("id=\"provenance\""));
}

#[test]
fn long_tables_fold_and_columns_of_numbers_stand_right() {
    let html = page_html(&page()).unwrap();
    assert_eq!(html.matches("<details>").count(), 1);
    assert!(html.contains("All 700 rows") && html.contains("The first 500 of 700 rows"));
    assert!(html.contains("<th scope=\"col\" class=\"right\">mean_low</th>"));
    assert!(html.contains(
        "<th scope=\"row\" class=\"line\">arm 0</th><td class=\"right\">−0.5</td><td class=\"right\">0</td>"
    ));
}

#[test]
fn a_long_table_shows_its_first_rows_and_an_empty_one_says_so() {
    let mut page = page();
    page.sections[0].tables = vec![table(31), table(0)];
    let html = page_html(&page).unwrap();
    crate::page::assert_balanced(&html);
    assert_eq!(
        html.matches("<th scope=\"row\" class=\"line\">arm 9</th>")
            .count(),
        2
    );
    assert_eq!(
        html.matches("<th scope=\"row\" class=\"line\">arm 10</th>")
            .count(),
        1
    );
    assert!(html.contains(": none.</p>"));
}

#[test]
fn columns_have_the_digits_of_their_middle_number() {
    let mut page = page();
    let row = |n: f64, p: f64| vec![Cell::Number(n), Cell::Number(p), Cell::Number(4.0)];
    page.sections[0].tables = vec![Table {
        caption: "c".into(),
        columns: ["change", "p", "whole"].map(String::from).to_vec(),
        rows: vec![
            row(-0.0412, 0.212),
            row(12.1, 0.00002),
            row(1.734, 0.0),
            row(f64::NAN, 0.312),
            row(2.0, 0.99996),
            row(2.5, 1.0),
        ],
    }];
    let html = page_html(&page).unwrap();
    for cells in [
        "−0.04</td><td class=\"right\">0.212</td><td class=\"right\">4<",
        "12.10</td><td class=\"right\">&lt;\u{2009}0.001<",
        "1.73</td><td class=\"right\">0.000<",
        "2.00</td><td class=\"right\">&gt;\u{2009}0.999<",
        "2.50</td><td class=\"right\">1.000<",
        "–</td><td class=\"right\">0.312<",
    ] {
        assert!(html.contains(cells), "{cells}");
    }
}

/// The lower end of 0 of 40 joints' share may be any small number; that it is small says nothing.
#[test]
fn an_interval_has_ends_that_are_numbers() {
    let mut page = page();
    let row = |low: f64, high: f64| vec!["a".into(), Cell::Bound(low), Cell::Bound(high)];
    page.sections[0].tables = vec![Table {
        caption: "c".into(),
        columns: ["of", "lower", "upper"].map(String::from).to_vec(),
        rows: vec![
            row(0.000_341, 0.212),
            row(-0.000_067, 0.312),
            row(0.1234, 0.999_63),
            row(0.2, 1.0),
            row(0.0, 0.412),
            row(1e-9, 0.5),
        ],
    }];
    let html = page_html(&page).unwrap();
    for cells in [
        "0.00034</td><td class=\"right\">0.212<",
        "−0.000067</td><td class=\"right\">0.312<",
        "0.123</td><td class=\"right\">0.99963<",
        "0.200</td><td class=\"right\">1.000<",
        "0.000</td><td class=\"right\">0.412<",
        "&lt;\u{2009}0.001</td><td class=\"right\">0.500<",
    ] {
        assert!(html.contains(cells), "{cells} in {html}");
    }
}

#[test]
fn signs_and_code_are_typeset() {
    let mut page = page();
    page.answer = "3 of 9 are < -SDC, `-o OUT` has them; mean -0.5".into();
    let html = page_html(&page).unwrap();
    let answer = "3 of 9 are &lt; −SDC, <code>-o OUT</code> has them; mean −0.5";
    assert!(html.contains(answer));
}

#[test]
fn a_row_that_does_not_fit_is_named() {
    let mut bad = page();
    bad.sections[0].tables[0].rows[1].pop();
    let error = page_html(&bad).unwrap_err();
    assert!(
        matches!(
            error,
            Error::TableRow {
                row: 2,
                cells: 3,
                columns: 4,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_figure_that_loads_or_runs_something_is_refused() {
    let whole = figure().svg;
    let inside = |part: &str| whole.replacen("</svg>", &format!("{part}</svg>"), 1);
    for svg in [
        String::new(),
        "<p>no</p>".into(),
        format!("{whole}<p>"),
        inside("<SCRIPT>alert(1)</SCRIPT>"),
        inside("<image href=\"https://example.org/x.png\"/>"),
        inside("<rect onload=\"alert(1)\"/>"),
        inside("<rect fill=\"url(#a)\"/>"),
        inside("<style>*{}</style>"),
        inside("</svg><p>after</p><svg>"),
    ] {
        let mut bad = page();
        bad.sections[0].figures[0].svg = svg.clone();
        assert!(
            matches!(page_html(&bad), Err(Error::Figure { .. })),
            "{svg}"
        );
    }
    let mut good = page();
    good.sections[0].figures[0].svg = whole;
    assert!(page_html(&good).is_ok());
}
