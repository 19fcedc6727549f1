//! Names of visits and bones as parts of file names.

/// Names that any file system takes, one for each and no two alike: letters, digits, `-`, `_` and `.`; what repeats gets
/// its number.
pub(crate) fn slugs<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut slugs: Vec<String> = Vec::new();
    for name in names {
        let plain = |c: char| if is_plain(c) { c } else { '_' };
        let mut slug: String = name.chars().take(LONGEST).map(plain).collect();
        if slug.is_empty() || slug.starts_with('.') {
            slug.insert(0, '_');
        }
        // Some file systems know no capitals.
        let taken = |slug: &str| slugs.iter().any(|s| s.eq_ignore_ascii_case(slug));
        if taken(&slug) {
            let number = (2..).find(|n| !taken(&format!("{slug}-{n}")));
            slug = format!("{slug}-{}", number.unwrap_or_default());
        }
        slugs.push(slug);
    }
    slugs
}

/// Characters of a visit's or bone's name that are kept; a name of a file has room for more than that.
const LONGEST: usize = 60;

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_no_two_alike() {
        let names = ["M0", "m0", "visit 1", "visit_1", "../etc", "", "R.MC2", "é"];
        let slugs = slugs(names);
        assert_eq!(
            slugs,
            [
                "M0",
                "m0-2",
                "visit_1",
                "visit_1-2",
                "_../etc".replace('/', "_").as_str(),
                "_",
                "R.MC2",
                "_-2"
            ]
        );
    }
}
