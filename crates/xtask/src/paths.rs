//! The paths that a source file names: `use` trees, and `crate::`, `super::` and `self::` paths in code.
//!
//! A small reader of tokens, no parser: comments, literals and what stands under `#[cfg(test)]` are left out.

/// What a file says of other modules, each path from the crate's root.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Paths that are used.
    pub(crate) paths: Vec<Vec<String>>,
    /// Names that `use` brings into the file's module, and what they stand for.
    pub(crate) brought: Vec<(String, Vec<String>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`.
    Join,
    Sign(char),
}

/// Reads a file of module `module` (segments from the root). `children` are the modules that stand in files below it:
/// a `use` may start with one of them.
pub(crate) fn named(text: &str, module: &[String], children: &[String]) -> Named {
    let tokens = without_tests(&tokens(text));
    let mut named = Named::default();
    // Inline modules that are open, with the depth of braces at which each ends.
    let mut inside: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let here = || -> Vec<String> {
            let inline = inside.iter().map(|(name, _)| name.clone());
            module.iter().cloned().chain(inline).collect()
        };
        match token {
            Token::Sign('{') => depth += 1,
            Token::Sign('}') => {
                depth -= 1;
                inside.retain(|(_, ends)| *ends <= depth);
            }
            Token::Word(word) if word == "mod" => {
                if let (Some(Token::Word(name)), Some(Token::Sign('{'))) =
                    (tokens.get(at + 1), tokens.get(at + 2))
                {
                    inside.push((name.clone(), depth + 1));
                }
            }
            Token::Word(word) if word == "use" => {
                let mut leaves = Vec::new();
                at = tree(&tokens, at + 1, Vec::new(), &mut leaves);
                for (path, name) in leaves {
                    let Some(path) = from_root(&path, &here(), children, inside.is_empty()) else {
                        continue;
                    };
                    if let Some(name) = name.filter(|_| inside.is_empty()) {
                        named.brought.push((name, path.clone()));
                    }
                    named.paths.push(path);
                }
                continue;
            }
            Token::Word(word) if is_start(word) && tokens.get(at + 1) == Some(&Token::Join) => {
                let mut path = vec![word.clone()];
                while let (Some(Token::Join), Some(Token::Word(next))) =
                    (tokens.get(at + 1), tokens.get(at + 2))
                {
                    path.push(next.clone());
                    at += 2;
                }
                named.paths.extend(from_root(&path, &here(), &[], false));
            }
            _ => {}
        }
        at += 1;
    }
    named
}

fn is_start(word: &str) -> bool {
    matches!(word, "crate" | "super" | "self")
}

/// A path from the crate's root; none where it leads out of the crate.
fn from_root(
    path: &[String],
    here: &[String],
    children: &[String],
    may_start_with_child: bool,
) -> Option<Vec<String>> {
    let first = path.first()?;
    let mut base = match first.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => here.to_vec(),
        child if may_start_with_child && children.iter().any(|c| c == child) => {
            let mut whole = here.to_vec();
            whole.extend_from_slice(path);
            return Some(whole);
        }
        _ => return None,
    };
    let ups = path.iter().take_while(|s| *s == "super").count();
    for _ in 0..ups {
        base.pop()?;
    }
    let rest = if ups > 0 { ups } else { 1 };
    base.extend_from_slice(path.get(rest..)?);
    Some(base)
}

/// Reads one `use` tree from a place on: every leaf with the name that it brings. Returns the place after it.
fn tree(
    tokens: &[Token],
    mut at: usize,
    mut path: Vec<String>,
    leaves: &mut Vec<(Vec<String>, Option<String>)>,
) -> usize {
    loop {
        match tokens.get(at) {
            Some(Token::Word(word)) if word == "as" => {
                let name = match tokens.get(at + 1) {
                    Some(Token::Word(name)) if name != "_" => Some(name.clone()),
                    _ => None,
                };
                leaves.push((path, name));
                return at + 2;
            }
            Some(Token::Word(word)) => {
                path.push(word.clone());
                at += 1;
            }
            Some(Token::Join) => at += 1,
            Some(Token::Sign('*')) => {
                leaves.push((path, None));
                return at + 1;
            }
            Some(Token::Sign('{')) => {
                at += 1;
                while !matches!(tokens.get(at), Some(Token::Sign('}')) | None) {
                    let before = at;
                    at = tree(tokens, at, path.clone(), leaves);
                    if tokens.get(at) == Some(&Token::Sign(',')) {
                        at += 1;
                    }
                    if at == before {
                        return tokens.len();
                    }
                }
                return at + 1;
            }
            _ => {
                // `use a::{self}` brings `a`.
                if path.len() > 1 && path.last().is_some_and(|s| s == "self") {
                    path.pop();
                }
                let name = path.last().cloned();
                if !path.is_empty() {
                    leaves.push((path, name));
                }
                return at;
            }
        }
    }
}

/// Tokens without the items that only tests see.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mark: Vec<Token> = vec![
        Token::Sign('#'),
        Token::Sign('['),
        Token::Word("cfg".into()),
        Token::Sign('('),
        Token::Word("test".into()),
        Token::Sign(')'),
        Token::Sign(']'),
    ];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].starts_with(&mark) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        // To the end of the item: a `;` outside of braces, or the brace that closes its body.
        let mut depth = 0usize;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                Token::Sign(';') if depth == 0 => break,
                _ => {}
            }
        }
    }
    kept
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        match c {
            '/' if next == Some('/') => at = end_of_line(&chars, at),
            '/' if next == Some('*') => at = end_of_block(&chars, at),
            '"' => at = end_of_string(&chars, at + 1),
            '\'' => at = end_of_quote(&chars, at),
            ':' if next == Some(':') => {
                tokens.push(Token::Join);
                at += 2;
            }
            c if c.is_alphabetic() || c == '_' => {
                let start = at;
                while chars
                    .get(at)
                    .is_some_and(|c| c.is_alphanumeric() || *c == '_')
                {
                    at += 1;
                }
                if let Some(end) = end_of_raw(&chars, start, at) {
                    at = end;
                } else {
                    tokens.push(Token::Word(chars[start..at].iter().collect()));
                }
            }
            c if c.is_whitespace() => at += 1,
            c => {
                tokens.push(Token::Sign(c));
                at += 1;
            }
        }
    }
    tokens
}

fn end_of_line(chars: &[char], from: usize) -> usize {
    let rest = chars[from..].iter().position(|c| *c == '\n');
    rest.map_or(chars.len(), |n| from + n)
}

fn end_of_block(chars: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0usize);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                at += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at
}

/// After the quote that ends a string whose first letter is at a place.
fn end_of_string(chars: &[char], mut at: usize) -> usize {
    while let Some(c) = chars.get(at) {
        match c {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// After a character, or after the quote of a lifetime.
fn end_of_quote(chars: &[char], at: usize) -> usize {
    match chars.get(at + 1) {
        Some('\\') => {
            let rest = chars.get(at + 3..).unwrap_or(&[]);
            rest.iter()
                .position(|c| *c == '\'')
                .map_or(chars.len(), |n| at + 4 + n)
        }
        Some(_) if chars.get(at + 2) == Some(&'\'') => at + 3,
        _ => at + 1,
    }
}

/// After a raw or byte string whose prefix is the word just read; none where the word is no prefix.
fn end_of_raw(chars: &[char], start: usize, end: usize) -> Option<usize> {
    let word: String = chars[start..end].iter().collect();
    if !matches!(word.as_str(), "r" | "b" | "br" | "c" | "cr") {
        return None;
    }
    let hashes = chars[end..].iter().take_while(|c| **c == '#').count();
    if chars.get(end + hashes) != Some(&'"') {
        return None;
    }
    if !word.contains('r') {
        return (hashes == 0).then(|| end_of_string(chars, end + 1));
    }
    let mut at = end + hashes + 1;
    while at < chars.len() {
        let closes = chars[at] == '"'
            && chars.len() > at + hashes
            && chars[at + 1..=at + hashes].iter().all(|c| *c == '#');
        if closes {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str) -> Vec<String> {
        path.split("::").map(str::to_owned).collect()
    }

    fn paths(text: &str, module: &str) -> Vec<String> {
        let module: Vec<String> = module
            .split("::")
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect();
        let named = named(text, &module, &words("child"));
        named.paths.iter().map(|p| p.join("::")).collect()
    }

    #[test]
    fn use_trees_are_read_to_their_leaves() {
        let text = "use crate::{a::B, c::{self, d::*}, E as F};\nuse super::g::H; use child::I; use std::fmt;";
        assert_eq!(
            paths(text, "m::n"),
            ["a::B", "c", "c::d", "E", "m::g::H", "m::n::child::I"]
        );
    }

    #[test]
    fn paths_in_code_count_and_words_in_texts_do_not() {
        let text = r###"fn f<'a>(x: &'a str) { crate::a::b(); super::c::D::new('"', "crate::no", r#"crate::no "#); /* crate::no */ } // crate::no"###;
        assert_eq!(paths(text, "m::n"), ["a::b", "m::c::D::new"]);
    }

    #[test]
    fn what_tests_use_does_not_count() {
        let text = "#[cfg(test)]\nmod tests { use crate::a::B; fn f() {} }\nuse crate::c::D;";
        assert_eq!(paths(text, "m"), ["c::D"]);
    }

    #[test]
    fn an_inline_module_has_its_own_super() {
        let text = "mod inner { use super::a::B; }\nuse super::c::D;";
        assert_eq!(paths(text, "m"), ["m::a::B", "c::D"]);
    }

    #[test]
    fn names_that_are_brought_are_known() {
        let named = named(
            "pub use child::Change as C;\nuse crate::a::B;",
            &[],
            &words("child"),
        );
        assert_eq!(
            named.brought,
            [
                ("C".to_owned(), words("child::Change")),
                ("B".to_owned(), words("a::B"))
            ]
        );
    }
}
