//! Rust sources as a sequence of tokens, for the repository rules.

/// A token of a Rust source: an identifier, keyword or number, or one other character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Name(String),
    Other(char),
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        match self {
            Token::Name(name) => name == text,
            Token::Other(other) => text.chars().eq([*other]),
        }
    }
}

/// Returns the tokens of a Rust source, each with the number of its line. Comments, string and character
/// literals and white space are left out.
pub(crate) fn tokens(source: &str) -> Vec<(usize, Token)> {
    let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
    let chars: Vec<char> = source.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < chars.len() {
        let rest = &chars[at..];
        let length = |run: &dyn Fn(&char) -> bool| rest.iter().take_while(|c| run(c)).count();
        let skipped = match rest {
            ['/', '/', ..] => length(&|c| *c != '\n'),
            ['/', '*', ..] => {
                rest.windows(2).position(|two| two == ['*', '/']).map_or(rest.len(), |end| end + 2)
            }
            ['\'', '\\', _, '\'', ..] => 4,
            ['\'', _, '\'', ..] => 3,
            ['"', ..] => text_length(rest, None),
            ['r', after @ ..] if matches!(after.iter().find(|c| **c != '#'), Some('"')) => {
                let hashes = after.iter().take_while(|c| **c == '#').count();
                1 + hashes + text_length(&after[hashes..], Some(hashes))
            }
            [first, ..] if is_part(first) => {
                found.push((line, Token::Name(rest.iter().take_while(|c| is_part(c)).collect())));
                length(&is_part)
            }
            [first, ..] if first.is_whitespace() => 1,
            [first, ..] => {
                found.push((line, Token::Other(*first)));
                1
            }
            [] => 1,
        };
        line += rest[..skipped.min(rest.len())].iter().filter(|c| **c == '\n').count();
        at += skipped;
    }
    found
}

/// Returns the identifiers of a Rust source, each with the number of its line. Comments and literals are left
/// out, because they may use any word.
pub(crate) fn identifiers(source: &str) -> Vec<(usize, String)> {
    let name = |(line, token)| match token {
        Token::Name(name) => Some((line, name)),
        Token::Other(_) => None,
    };
    tokens(source).into_iter().filter_map(name).collect()
}

/// Returns how many characters a string literal has from its first quote on. A raw string ends with as many
/// `hashes` as it begins with; any other (`None`) may contain escapes.
fn text_length(chars: &[char], hashes: Option<usize>) -> usize {
    let closing = hashes.unwrap_or_default();
    let mut at = 1;
    while at < chars.len() {
        match chars[at] {
            '\\' if hashes.is_none() => at += 2,
            '"' if chars[at + 1..].iter().take(closing).all(|c| *c == '#') => return at + 1 + closing,
            _ => at += 1,
        }
    }
    chars.len()
}

#[test]
fn identifiers_are_found_beside_comments_and_texts() {
    let source = "let a = \"veil \\\" b\"; // look\nfn c<'d>() { r#\"e \" f\"#; r\"\\\"; 'g'; b'\\''; h_1 }";
    let names: Vec<(usize, String)> = identifiers(source);
    let names: Vec<(usize, &str)> = names.iter().map(|(line, name)| (*line, name.as_str())).collect();
    assert_eq!(names, [(1, "let"), (1, "a"), (2, "fn"), (2, "c"), (2, "d"), (2, "b"), (2, "h_1")]);
}
