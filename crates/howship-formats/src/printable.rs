//! Text from outside, before it reaches a terminal.

/// Text from outside that may reach a terminal, a page or a log: control characters, escape sequences
/// and characters that turn the direction of writing are shown as their codes.
pub(crate) fn printable(text: &str) -> String {
    let turns = |c: char| {
        matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    if !text.chars().any(|c| c.is_control() || turns(c)) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| {
            if c.is_control() || turns(c) {
                c.escape_unicode().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_steers_no_terminal() {
        assert_eq!(printable("a\u{1b}]0;N\u{7}b"), "a\\u{1b}]0;N\\u{7}b");
        assert_eq!(printable("x\u{202e}gnp.exe"), "x\\u{202e}gnp.exe");
        assert_eq!(printable("Grüße, µm"), "Grüße, µm");
    }
}
