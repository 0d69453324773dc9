//! What RE2 makes of an expression.

use regex::Regex;

use super::*;

fn matches(pattern: &str, text: &str) -> Option<bool> {
    Some(Regex::new(&translate(pattern)?).ok()?.is_match(text))
}

#[test]
fn character_classes_match_ascii_alone() {
    for (pattern, text, expected) in [
        (r"^\w+$", "Suporte_1", true),
        (r"^\w+$", "Manutenção", false),
        (r"\bção", "Manutenção", true),
        (r"\bção", "Manuten ção", false),
        (r"gua\b", "água", true),
        (r"^\Bágua", "água", true),
        (r"^\d$", "٣", false),
        (r"^\D$", "٣", true),
        (r"\s", "a\u{a0}b", false),
        (r"\s", "a\u{b}b", false),
        (r"^\S$", "\u{a0}", true),
        (r"^[\w-]+$", "a-b", true),
        (r"^[^\W\d]+$", "ab_", true),
        (r"^[^\W\d]+$", "a1", false),
        (r"^[[:alpha:]]+$", "é", false),
        (r"^[[:^alpha:]]+$", "é1", true),
        (r"^\pL+$", "é", true),
        (r"^\p{Latin}+\PL\p{^Greek}$", "é1b", true),
        (r"(?i)^AÇÃO$", "ação", true),
    ] {
        assert_eq!(matches(pattern, text), Some(expected), "{pattern} on {text:?}");
    }
}

#[test]
fn literals_match_themselves_as_in_re2() {
    for (pattern, text, expected) in [
        ("^[a&&b]&b$", "a&b", true),
        ("^[a&&b]+$", "&", true),
        ("^[a[b]+$", "[", true),
        ("^[a[b]]$", "a]", true),
        ("^[]a]$", "]", true),
        ("^[^]a]$", "b", true),
        ("^[a-]+$", "a-", true),
        ("^[a-c-e]+$", "b-e", true),
        ("^[a~~b]+$", "~", true),
        ("^a{,2}$", "a{,2}", true),
        ("^a{x}$", "a{x}", true),
        ("^a{02}$", "a{02}", true),
        ("^{$", "{", true),
        ("^a{2}$", "aa", true),
        ("^a{1,2}?$", "aa", true),
        ("^a{2,}$", "aaaa", true),
        ("^a # b$", "a # b", true),
        (r"^\Qa.b|c\E+$", "a.b|cc", true),
        (r"^\Qa\b", "a\\b", true),
        (r"^\101\x41\x{41}\07$", "AAA\u{7}", true),
        (r"^\<\_\-\/$", "<_-/", true),
        (r"^\a\f\t\n\r\v$", "\x07\x0C\t\n\r\x0B", true),
        ("^(?P<n>a)(?<m>b)(?:c)(?i)D(?s-m:.)$", "abcd\n", true),
        ("^(?U)a+$", "aa", true),
        (r"\Aa\z", "a", true),
        ("", "x", true),
    ] {
        assert_eq!(matches(pattern, text), Some(expected), "{pattern} on {text:?}");
    }
}

#[test]
fn syntax_that_re2_does_not_know_is_refused() {
    for pattern in [
        "(?x)a b",
        "(?u)a",
        "(?R)a",
        "(?#a)",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        "(?>a)",
        "(?P=n)",
        "(?P<>a)",
        "(?<é>a)",
        r"(a)\1",
        r"\8",
        r"\Z",
        r"\h",
        r"\R",
        r"\e",
        r"\E",
        r"\C",
        r"\u0041",
        r"\u{41}",
        r"\é",
        r"\x4",
        r"\x{110000}",
        r"\x{}",
        r"\x{41",
        "a**",
        "a+?*",
        "a{2}{3}",
        "a{2}*",
        "*a",
        "a|*",
        "a{1001}",
        "a{2,1}",
        "(",
        ")",
        "a)|(b",
        "[a",
        "[]",
        "[b-a]",
        "[a--b]",
        r"[a-\d]",
        r"[\b]",
        "[[:foo:]]",
        r"\p{Alphabetic}",
        r"\p{Nope}",
        r"\p{L",
        r"\pl",
        r"\p{gc=L}",
        r"\p{greek}",
        "\\",
    ] {
        assert_eq!(matches(pattern, "a"), None, "{pattern}");
    }
}
