//! Regular expressions in the dialect of RE2, which Data Studio means, as expressions of the `regex` crate.
//!
//! The crate's own dialect is close and differs silently: its `\w`, `\d`, `\s` and `\b` are Unicode's, its classes nest and
//! intersect, and it has modes and escapes that RE2 refuses. So an expression is read by RE2's grammar and written anew.

use std::iter::Peekable;
use std::str::Chars;

/// The most that RE2 repeats anything.
const MAX_REPEAT: u32 = 1_000;
/// The largest character there is.
const MAX_CHARACTER: u32 = 0x0010_FFFF;
/// The categories of Unicode that RE2 knows by their letters.
const CATEGORIES: &str =
    "C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs";
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Writes an expression of RE2 for the `regex` crate; `None` for one that RE2 does not know. What is malformed in both
/// dialects alike, such as a bracket without its other half, is left to the crate.
pub(crate) fn translate(pattern: &str) -> Option<String> {
    let mut translator = Translator { rest: pattern.chars().peekable(), written: String::new() };
    translator.expression()?;
    Some(translator.written)
}

struct Translator<'p> {
    rest: Peekable<Chars<'p>>,
    written: String,
}

impl Translator<'_> {
    fn expression(&mut self) -> Option<()> {
        let mut is_repeated = false;
        while let Some(next) = self.rest.next() {
            let repeats = match next {
                '*' | '+' | '?' => Some(next.to_string()),
                '{' => self.counts()?,
                _ => None,
            };
            if let Some(operator) = &repeats {
                // RE2 refuses an operator on an operator, which the crate takes.
                if is_repeated {
                    return None;
                }
                self.written.push_str(operator);
                if self.rest.next_if_eq(&'?').is_some() {
                    self.written.push('?');
                }
            } else {
                self.one(next)?;
            }
            is_repeated = repeats.is_some();
        }
        Some(())
    }

    /// Anything but a repetition.
    fn one(&mut self, first: char) -> Option<()> {
        match first {
            '.' | '^' | '$' | '|' | ')' => self.written.push(first),
            '(' => self.group()?,
            '[' => self.class()?,
            '\\' => self.escape()?,
            literal => self.literal(literal),
        }
        Some(())
    }

    fn literal(&mut self, literal: char) {
        self.written.push_str(&format!("\\x{{{:X}}}", u32::from(literal)));
    }

    /// The rest of a counted repetition, as `{2,5}`; `None` inside where the bracket is a literal.
    fn counts(&mut self) -> Option<Option<String>> {
        let ahead: String = self.rest.clone().take_while(|next| *next != '}').collect();
        let (least, most) =
            ahead.split_once(',').map_or((ahead.as_str(), None), |(least, most)| (least, Some(most)));
        let is_count = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_digit())
                && (text.len() == 1 || !text.starts_with('0'))
                && !text.is_empty()
        };
        let closes = self.rest.clone().nth(ahead.chars().count()) == Some('}');
        if !closes || !is_count(least) || most.is_some_and(|most| !most.is_empty() && !is_count(most)) {
            return Some(None);
        }
        let fits = |text: &str| text.is_empty() || text.parse::<u32>().is_ok_and(|count| count <= MAX_REPEAT);
        if !fits(least) || !most.is_none_or(fits) {
            return None;
        }
        self.rest.nth(ahead.chars().count());
        Some(Some(format!("{{{ahead}}}")))
    }

    /// The beginning of a group. Names are left out, for nothing asks for them.
    fn group(&mut self) -> Option<()> {
        self.written.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return Some(());
        }
        self.written.push('?');
        if self.rest.next_if_eq(&'P').is_some() {
            self.rest.next_if_eq(&'<')?;
            return self.name();
        }
        if self.rest.next_if_eq(&'<').is_some() {
            return self.name();
        }
        loop {
            let next = self.rest.next()?;
            self.written.push(next);
            match next {
                ':' | ')' => return Some(()),
                'i' | 'm' | 's' | 'U' | '-' => {}
                _ => return None,
            }
        }
    }

    fn name(&mut self) -> Option<()> {
        self.written.push(':');
        let is_word = |next: &char| next.is_ascii_alphanumeric() || *next == '_';
        self.rest.next_if(is_word)?;
        while self.rest.next_if(is_word).is_some() {}
        self.rest.next_if_eq(&'>').map(|_| ())
    }

    /// What follows a backslash outside of classes.
    fn escape(&mut self) -> Option<()> {
        let kind = *self.rest.peek()?;
        match kind {
            'A' | 'z' => self.written.extend(['\\', kind]),
            'b' | 'B' => self.written.push_str(&format!("(?-u:\\{kind})")),
            'Q' => {
                self.rest.next();
                return self.quoted();
            }
            _ if is_set(kind) => return self.set(),
            _ => {
                let literal = self.character()?;
                self.literal(literal);
                return Some(());
            }
        }
        self.rest.next();
        Some(())
    }

    /// Literals up to `\E` or the end.
    fn quoted(&mut self) -> Option<()> {
        while let Some(next) = self.rest.next() {
            if next == '\\' && self.rest.next_if_eq(&'E').is_some() {
                break;
            }
            self.literal(next);
        }
        Some(())
    }

    /// A set of characters after a backslash, as a class that may stand inside another.
    fn set(&mut self) -> Option<()> {
        let kind = self.rest.next()?;
        let members = match kind.to_ascii_lowercase() {
            'd' => "0-9".to_owned(),
            's' => "\\t\\n\\x0C\\r\\x20".to_owned(),
            'w' => "0-9A-Za-z_".to_owned(),
            _ => {
                let mut name: String = match self.rest.next()? {
                    '{' => self.braced()?,
                    letter => letter.to_string(),
                };
                let is_negated = name.starts_with('^');
                if is_negated {
                    name.remove(0);
                }
                let negation = if is_negated { 'P' } else { 'p' };
                format!("\\{negation}{{{}}}", property(&name)?)
            }
        };
        let negation = if kind.is_ascii_uppercase() { "^" } else { "" };
        self.written.push_str(&format!("[{negation}{members}]"));
        Some(())
    }

    /// A class. Brackets, `&&` and `--` inside are characters like others.
    fn class(&mut self) -> Option<()> {
        self.written.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.written.push('^');
        }
        let mut is_first = true;
        loop {
            match self.rest.next()? {
                ']' if !is_first => break,
                '[' if self.rest.peek() == Some(&':') && self.closes_posix() => self.posix()?,
                '\\' if self.rest.peek().is_some_and(|kind| is_set(*kind)) => self.set()?,
                first => self.range(first)?,
            }
            is_first = false;
        }
        self.written.push(']');
        Some(())
    }

    fn closes_posix(&self) -> bool {
        let ahead: Vec<char> = self.rest.clone().skip(1).collect();
        ahead.windows(2).any(|two| two == [':', ']'])
    }

    /// A class by its name, as `[:^alpha:]`.
    fn posix(&mut self) -> Option<()> {
        let name: String = self.rest.by_ref().skip(1).take_while(|next| *next != ':').collect();
        self.rest.next_if_eq(&']')?;
        POSIX.contains(&name.trim_start_matches('^')).then(|| self.written.push_str(&format!("[:{name}:]")))
    }

    /// A character of a class, or a range of them.
    fn range(&mut self, first: char) -> Option<()> {
        let from = self.member(first)?;
        self.literal(from);
        let mut ahead = self.rest.clone();
        if ahead.next() == Some('-') && ahead.next().is_some_and(|next| next != ']') {
            self.rest.next();
            let next = self.rest.next()?;
            let to = self.member(next)?;
            self.written.push('-');
            self.literal(to);
        }
        Some(())
    }

    fn member(&mut self, first: char) -> Option<char> {
        if first == '\\' { self.character() } else { Some(first) }
    }

    /// The one character that is meant by what follows a backslash.
    fn character(&mut self) -> Option<char> {
        let kind = self.rest.next()?;
        match kind {
            'a' => Some('\x07'),
            'f' => Some('\x0C'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0B'),
            'x' => self.hexadecimal(),
            // One digit alone would refer back to a group, which RE2 does not do.
            '1'..='7' if !self.rest.peek().is_some_and(|next| ('0'..='7').contains(next)) => None,
            '0'..='7' => self.octal(kind),
            _ => Some(kind).filter(|kind| kind.is_ascii() && !kind.is_ascii_alphanumeric()),
        }
    }

    /// What stands before a closing brace.
    fn braced(&mut self) -> Option<String> {
        let mut inside = String::new();
        loop {
            match self.rest.next()? {
                '}' => return Some(inside),
                next => inside.push(next),
            }
        }
    }

    fn hexadecimal(&mut self) -> Option<char> {
        let digits: String = if self.rest.next_if_eq(&'{').is_some() {
            self.braced()?
        } else {
            [self.rest.next()?, self.rest.next()?].iter().collect()
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number =
            u32::from_str_radix(&digits, 16).ok().filter(|number| is_number && *number <= MAX_CHARACTER);
        char::from_u32(number?)
    }

    fn octal(&mut self, first: char) -> Option<char> {
        let mut number = first.to_digit(8)?;
        for _ in 0..2 {
            let Some(next) = self.rest.next_if(|next| next.is_digit(8)) else { break };
            number = number * 8 + next.to_digit(8)?;
        }
        char::from_u32(number)
    }
}

/// Whether a set of characters begins with this letter after a backslash.
fn is_set(kind: char) -> bool {
    "dDsSwWpP".contains(kind)
}

/// A category or a script of Unicode, as the crate writes it. The crate knows more names of them than RE2.
fn property(name: &str) -> Option<String> {
    if name == "Any" || CATEGORIES.split(' ').any(|category| category == name) {
        return Some(name.to_owned());
    }
    let is_script = name.len() > 2
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    is_script.then(|| format!("Script={name}"))
}

#[cfg(test)]
mod tests;
