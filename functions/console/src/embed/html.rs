//! The address of the one frame in a piece of HTML.

use html5gum::{Token, Tokenizer};

/// The `src` of the one `iframe` of `html`; `None` where there is not exactly one, or its tag is not whole.
pub(super) fn frame(html: &str) -> Option<String> {
    let mut frames = Tokenizer::new(html).flatten().filter_map(|token| match token {
        Token::StartTag(tag) if tag.name.as_slice() == b"iframe" => Some(tag),
        _ => None,
    });
    let frame = frames.next().filter(|_| frames.next().is_none())?;
    let src = frame.attributes.get(b"src".as_slice())?;
    String::from_utf8(src.to_vec()).ok()
}
