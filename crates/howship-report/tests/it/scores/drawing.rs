//! Reads an SVG back, strictly: what is not well formed, or lies outside of the picture, fails.

/// An element: its name, its attributes, and the text right inside it.
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    pub(crate) text: String,
    /// Inside a group with its own axes.
    moved: bool,
}

impl Element {
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.attribute(name)?.parse().ok()
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|a| a.0 == name)?;
        Some(&found.1)
    }
}

/// Text with its entities undone; fails on a bare `&`.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, after) = after.split_once(';').unwrap();
        out.push_str(match entity {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "#39" => "'",
            other => panic!("entity {other}"),
        });
        rest = after;
    }
    out + rest
}

/// The elements of a well-formed document with one root.
pub(crate) fn parse(svg: &str) -> Vec<Element> {
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" "));
    let allowed = |c: char| c == '\n' || c == '\t' || !c.is_control();
    assert!(svg.chars().all(allowed), "control character");
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<(usize, bool)> = Vec::new();
    for piece in svg.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        assert!(!tag.contains('<') && !text.contains('>'), "{piece}");
        if let Some(name) = tag.strip_prefix('/') {
            let (last, _) = open.pop().unwrap();
            assert_eq!(elements[last].name, name);
        } else {
            let closed = tag.ends_with('/');
            let tag = tag.trim_end_matches('/');
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            let attributes = attributes_of(attributes);
            let moves = name == "g" && attributes.iter().any(|a| a.0 == "transform");
            let moved = moves || open.last().is_some_and(|o| o.1);
            elements.push(Element {
                name: name.to_owned(),
                attributes,
                text: plain(text),
                moved,
            });
            if !closed {
                open.push((elements.len() - 1, moved));
            }
        }
        assert!(!open.is_empty() || text.is_empty(), "text after the root");
    }
    assert!(open.is_empty());
    elements
}

fn attributes_of(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap();
        let (value, after) = after.split_once('"').unwrap();
        assert!(
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == ':'),
            "{name}"
        );
        assert!(found.iter().all(|f| f.0 != name), "{name} twice");
        found.push((name.to_owned(), plain(value)));
        rest = after.trim_start();
    }
    found
}

/// Well formed, named, free of numbers that are none, and everything inside the picture.
pub(crate) fn check(svg: &str) -> Vec<Element> {
    let elements = parse(svg);
    for bad in ["NaN", "inf ", "\"inf", "-inf", "id=\"", "href", "url("] {
        let own: String = elements
            .iter()
            .flat_map(|e| &e.attributes)
            .map(|a| format!("{}=\"{}\" ", a.0, a.1))
            .collect();
        assert!(!own.contains(bad), "{bad}");
    }
    assert_eq!(elements[0].attribute("role"), Some("img"));
    assert_eq!(elements[1].name, "title");
    assert_eq!(elements[2].name, "desc");
    let numbers = elements[0].attribute("viewBox").map(|v| {
        let v: Vec<f64> = v.split(' ').map(|n| n.parse().unwrap()).collect();
        [v[2], v[3]]
    });
    let [width, height] = numbers.unwrap();
    assert!(width > 0.0 && height > 0.0 && height < 20_000.0);
    let inside = |x: f64, y: f64, what: &str| {
        let slack = 1.0;
        assert!(
            x >= -slack && y >= -slack && x <= width + slack && y <= height + slack,
            "{what} at {x}, {y} of {width} x {height}"
        );
    };
    for e in elements.iter().filter(|e| !e.moved) {
        match e.name.as_str() {
            "circle" => {
                let r = e.number("r").unwrap();
                let (x, y) = (e.number("cx").unwrap(), e.number("cy").unwrap());
                inside(x, y, "circle");
                assert!(r > 0.0);
            }
            "rect" => {
                let (x, y) = (e.number("x").unwrap(), e.number("y").unwrap());
                inside(x, y, "rect");
                inside(
                    x + e.number("width").unwrap(),
                    y + e.number("height").unwrap(),
                    "rect",
                );
            }
            "text" if e.attribute("transform").is_none() => {
                let (x, y) = (e.number("x").unwrap(), e.number("y").unwrap());
                // About the width in a usual font.
                let length = 0.52 * e.number("font-size").unwrap() * e.text.chars().count() as f64;
                let (from, to) = match e.attribute("text-anchor") {
                    Some("middle") => (x - length / 2.0, x + length / 2.0),
                    Some("end") => (x - length, x),
                    _ => (x, x + length),
                };
                inside(from, y - 8.0, &e.text);
                inside(to, y, &e.text);
            }
            "path" => {
                for [x, y] in absolute_points(e.attribute("d").unwrap()) {
                    inside(x, y, "path");
                }
            }
            _ => {}
        }
    }
    elements
}

/// Points named by M and L.
fn absolute_points(d: &str) -> Vec<[f64; 2]> {
    d.split(|c: char| "MLZ".contains(c))
        .filter_map(|piece| {
            let piece = piece.split(|c: char| c.is_ascii_alphabetic()).next()?;
            let mut numbers = piece.split_whitespace().map(|n| n.parse::<f64>());
            let (x, y) = (numbers.next()?.unwrap(), numbers.next()?.unwrap());
            assert!(numbers.next().is_none());
            Some([x, y])
        })
        .collect()
}
