//! The two languages of every text a person reads.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A language of the interface. Portuguese is the default, for the users are in Brazil.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Brazilian Portuguese.
    #[default]
    Pt,
    /// English.
    En,
}

impl Lang {
    /// The language that a client prefers by its `Accept-Language`: Portuguese where it is preferred to English, else
    /// English, for programs say nothing. Of two languages that are preferred alike the first counts.
    pub fn accepted(header: &str) -> Lang {
        let ranges = header.split(',').filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let lang = match tag.trim().split('-').next()?.to_ascii_lowercase().as_str() {
                "pt" => Lang::Pt,
                "en" => Lang::En,
                _ => return None,
            };
            Some((lang, weight.trim().strip_prefix("q=")?.parse::<f64>().ok()?))
        });
        let better = |best: (Lang, f64), other: (Lang, f64)| if other.1 > best.1 { other } else { best };
        ranges.fold((Lang::En, 0.0), better).0
    }
}

/// One text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Brazilian Portuguese.
    pub pt: &'static str,
    /// English.
    pub en: &'static str,
}

impl Text {
    /// A text from its two wordings.
    pub const fn new(pt: &'static str, en: &'static str) -> Text {
        Text { pt, en }
    }

    /// The wording in `lang`.
    pub const fn in_lang(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Pt => self.pt,
            Lang::En => self.en,
        }
    }
}

/// A text in both languages that is made while running. There is no way to it from a text in one language, so that no
/// error can be written in English alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Brazilian Portuguese.
    pub pt: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Words {
    /// A text from its two wordings.
    pub fn new(pt: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Words {
        Words { pt: pt.into(), en: en.into() }
    }

    /// Names or values of which one is meant: `a, b ou c`.
    pub fn one_of<S: AsRef<str>>(names: &[S]) -> Words {
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let listed = |or: &str| match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} {or} {last}", others.join(", ")),
            None => String::new(),
        };
        Words::new(listed("ou"), listed("or"))
    }

    /// The wording in `lang`.
    pub fn in_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::Pt => &self.pt,
            Lang::En => &self.en,
        }
    }
}

impl From<Text> for Words {
    fn from(text: Text) -> Words {
        Words::new(text.pt, text.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_a_sentence_holds_them() {
        assert_eq!(Words::one_of(&["a"]), Words::new("a", "a"));
        assert_eq!(Words::one_of(&["a", "b", "c"]), Words::new("a, b ou c", "a, b or c"));
    }

    #[test]
    fn the_preferred_of_the_two_languages_is_spoken() {
        for (header, expected) in [
            ("pt-BR,pt;q=0.9,en;q=0.8", Lang::Pt),
            ("en;q=0.3, PT;q=0.5", Lang::Pt),
            ("fr, pt;q=0.1", Lang::Pt),
            ("pt, en", Lang::Pt),
            ("en, pt", Lang::En),
            ("en-US,en;q=0.9,pt;q=0.8", Lang::En),
            ("pt;q=0", Lang::En),
            ("pt;q=x", Lang::En),
            ("*", Lang::En),
            ("", Lang::En),
        ] {
            assert_eq!(Lang::accepted(header), expected, "{header}");
        }
    }
}
