//! File names: how they are kept beside a file and how a browser is told of them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The metadata entry of an object that holds its file's name.
pub(crate) const METADATA: &str = "filename";

/// What a file is called whose name is not known.
const UNNAMED: &str = "arquivo";

/// What may stand unescaped in `filename*` (`attr-char` of RFC 5987, section 3.2.1).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// A name as metadata: base64url, for metadata is ASCII and at most 2 KB, which percent-escapes of 255 characters pass.
pub(crate) fn to_metadata(name: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(name)
}

/// The name that `to_metadata` wrote; a plain word where there is none.
pub(crate) fn from_metadata(value: Option<&String>) -> String {
    let bytes = value.and_then(|value| BASE64_URL_SAFE_NO_PAD.decode(value).ok());
    let name = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| UNNAMED.to_owned())
}

/// The value of `Content-Disposition` (RFC 6266), with nothing in it that could end a header, a quoted text or a path.
pub(crate) fn disposition(inline: bool, name: &str) -> String {
    let unsafe_char = |c: char| c.is_control() || matches!(c, '"' | '\\' | '/' | '\'' | '<' | '>');
    // Marks that turn the reading direction can make `exe.gpj` of `jpg.exe`.
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let name: String =
        name.chars().filter(|c| !turns(*c)).map(|c| if unsafe_char(c) { '_' } else { c }).collect();
    let ascii: String = name.chars().map(|c| if c.is_ascii() && c != '%' { c } else { '_' }).collect();
    let kind = if inline { "inline" } else { "attachment" };
    format!(r#"{kind}; filename="{ascii}"; filename*=UTF-8''{}"#, utf8_percent_encode(&name, ESCAPED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_from_an_object_s_metadata() {
        for name in ["a.pdf", "relatório de março.pdf", "📷.jpg", &"😀".repeat(255)] {
            let value = to_metadata(name);
            assert!(value.is_ascii() && value.len() < 1_400);
            assert_eq!(from_metadata(Some(&value)), name);
        }
        for odd in [None, Some("not base64!".to_owned()), Some(String::new())] {
            assert_eq!(from_metadata(odd.as_ref()), UNNAMED);
        }
    }

    #[test]
    fn a_disposition_has_the_name_in_ascii_and_in_utf_8() {
        assert_eq!(
            disposition(true, "relatório 1.pdf"),
            r#"inline; filename="relat_rio 1.pdf"; filename*=UTF-8''relat%C3%B3rio%201.pdf"#
        );
    }

    #[test]
    fn no_name_breaks_out_of_the_header() {
        let value = disposition(false, "a\r\nSet-Cookie: x=1\"; filename=\"b\\../../etc\0%22\u{202e}gpj.exe");
        assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{value}");
        assert_eq!(value.matches('"').count(), 2, "{value}");
        assert!(!value.contains('/') && !value.contains('\\'), "{value}");
        assert!(!value.contains("%E2%80%AE"), "{value}");
    }
}
