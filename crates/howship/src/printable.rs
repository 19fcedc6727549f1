//! Text from outside must not steer the terminal.

use std::borrow::Cow;

/// Whether a character does something else than be seen: control characters and what turns the direction of text.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
        )
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text as it may stand on a terminal: lines and tabs stay, whatever else steers is written as an escape.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let bad = |c: char| steers(c) && c != '\n' && c != '\t';
    if !text.contains(bad) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if bad(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// The same on one line: line ends and tabs become spaces.
pub(crate) fn one_line(text: &str) -> String {
    printable(text).replace(['\n', '\t'], " ")
}

/// JSON that means the same and steers no terminal: its writer escapes only what lies below the space.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let bad = |c: char| steers(c) && c != '\n';
    if !text.contains(bad) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if bad(c) {
            safe.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Text that holds colours of ours beside text from outside: only these pass.
pub(crate) fn coloured(text: &str, codes: &[&str]) -> String {
    let mut safe = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        let (before, from) = rest.split_at(at);
        safe.push_str(&printable(before));
        let code = codes.iter().find(|c| {
            from[2..]
                .strip_prefix(**c)
                .is_some_and(|r| r.starts_with('m'))
        });
        let length = match code {
            Some(code) => {
                let length = 3 + code.len();
                safe.push_str(&from[..length]);
                length
            }
            None => {
                safe.push_str(&printable(&from[..1]));
                1
            }
        };
        rest = &from[length..];
    }
    safe.push_str(&printable(rest));
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_passes() {
        assert_eq!(
            printable("a\x1b[2Jb\u{202e}c\u{9b}d\r"),
            "a\\u{1b}[2Jb\\u{202e}c\\u{9b}d\\u{d}"
        );
        assert_eq!(printable("µ ± 1\n\tb"), "µ ± 1\n\tb");
        assert_eq!(one_line("a\nb\tc"), "a b c");
        assert_eq!(json("\"\u{202e}\u{9b}\""), "\"\\u202e\\u009b\"");
    }

    #[test]
    fn our_colours_pass_and_no_others() {
        let text = "\x1b[32mhealing\x1b[0m \x1b[8mhidden\x1b[0m \x1b]0;t\x07";
        assert_eq!(
            coloured(text, &["32", "0"]),
            "\x1b[32mhealing\x1b[0m \\u{1b}[8mhidden\x1b[0m \\u{1b}]0;t\\u{7}"
        );
        assert_eq!(coloured("\x1b[32mx", &[]), "\\u{1b}[32mx");
    }
}
