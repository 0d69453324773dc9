//! The address of the one frame in a piece of HTML.

/// What `<iframe` begins with.
const OPENING: &str = "<iframe";

/// The `src` of the one `iframe` of `html`; `None` where there is not exactly one, or its tag is not whole.
pub(super) fn frame(html: &str) -> Option<String> {
    // Lower-cased in ASCII alone, so that every place is the same in both.
    let lower = html.to_ascii_lowercase();
    let mut openings = lower.match_indices(OPENING).map(|(at, _)| at + OPENING.len());
    let at = openings
        .next()
        .filter(|at| lower[*at..].starts_with(|c: char| c.is_ascii_whitespace() || c == '/'))?;
    if openings.next().is_some() {
        return None;
    }
    let mut rest = &html[at..];
    let mut src = None;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.starts_with('>') {
            return src;
        }
        let (name, value, after) = attribute(rest)?;
        if name.eq_ignore_ascii_case("src") && src.is_none() {
            src = Some(text(value));
        }
        rest = after;
    }
}

/// The first attribute of the inside of a tag, its value as written, and what comes after it.
fn attribute(tag: &str) -> Option<(&str, &str, &str)> {
    let end = tag.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/'))?;
    let (name, rest) = tag.split_at(end);
    let Some(value) = rest.trim_ascii_start().strip_prefix('=') else { return Some((name, "", rest)) };
    let value = value.trim_ascii_start();
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let (value, rest) = quoted.split_once(quote)?;
            return Some((name, value, rest));
        }
    }
    let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>')?;
    let (value, rest) = value.split_at(end);
    Some((name, value, rest))
}

/// The text that a value is written for. Other references than these stand in no address.
fn text(value: &str) -> String {
    value.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}
