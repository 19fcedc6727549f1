/// A name with holes, as in `{limb}_mcp_{feature}__{n}`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    Hole(String),
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            if open > 0 {
                parts.push(Part::Literal(rest[..open].to_owned()));
            }
            let after = &rest[open + 1..];
            let close = after
                .find('}')
                .ok_or_else(|| format!("`{text}` has a `{{` without `}}`"))?;
            if let Some(Part::Hole(_)) = parts.last() {
                return Err(format!("`{text}`: two holes need text between them"));
            }
            parts.push(Part::Hole(after[..close].to_owned()));
            rest = &after[close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// What stands in the holes; a hole holds at least one letter and ends where the next literal first occurs.
    pub(super) fn matches<'t>(&self, text: &'t str) -> Option<Vec<(&str, &'t str)>> {
        let mut holes = Vec::new();
        let mut rest = text;
        let mut open: Option<&str> = None;
        for part in &self.parts {
            match part {
                Part::Hole(name) => open = Some(name),
                Part::Literal(literal) => {
                    let at = rest.find(literal.as_str())?;
                    match open.take() {
                        Some(name) if at > 0 => holes.push((name, &rest[..at])),
                        None if at == 0 => {}
                        _ => return None,
                    }
                    rest = &rest[at + literal.len()..];
                }
            }
        }
        match open {
            Some(name) if !rest.is_empty() => holes.push((name, rest)),
            None if rest.is_empty() => {}
            _ => return None,
        }
        Some(holes)
    }

    /// Its text with the holes filled.
    pub(super) fn filled(&self, holes: &[(&str, &str)]) -> String {
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(match part {
                Part::Literal(literal) => literal,
                Part::Hole(name) => holes.iter().find(|(n, _)| n == name).map_or("", |h| h.1),
            });
        }
        text
    }

    /// Names of the holes.
    pub(super) fn holes(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_found_and_filled() {
        let pattern = Pattern::parse("{limb}_mcp_{f}__{n}").unwrap();
        let holes = pattern.matches("LH_mcp_E__1").unwrap();
        assert_eq!(holes, [("limb", "LH"), ("f", "E"), ("n", "1")]);
        assert_eq!(Pattern::parse("MCP{n}").unwrap().filled(&holes), "MCP1");
        for no in ["LH_pip_E__1", "_mcp_E__1", "LH_mcp_E__", "xLH", ""] {
            assert_eq!(pattern.matches(no), None, "{no}");
        }
        let literal = Pattern::parse("abc").unwrap();
        assert!(literal.matches("abc").is_some() && literal.matches("abcd").is_none());
        assert!(Pattern::parse("{a}{b}").is_err() && Pattern::parse("{a").is_err());
    }
}
