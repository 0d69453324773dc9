//! The sessions of a file, one after another and never all at once: NDJSON, a JSON array or JSON objects in any layout,
//! each perhaps compressed.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use serde::de::IgnoredAny;

use crate::send::Item;

/// What a stack takes of one body; no session is longer.
const MAX_ITEM: usize = 20 << 20;

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(super) enum ItemsError {
    #[error("não pôde ser lido até o fim: {0}")]
    Io(#[from] io::Error),
    #[error("termina no meio da sessão {0}: o arquivo está incompleto")]
    Cut(u64),
    #[error("a sessão {0} passa de 20 MiB: não é um arquivo de sessões")]
    TooLong(u64),
}

/// How a file holds its sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// One a line.
    Lines,
    /// One after another, in arrays or not, over as many lines as they like.
    Values,
}

/// The sessions of one file.
pub(super) struct Items {
    source: Box<dyn BufRead>,
    layout: Layout,
    /// Lines read, or sessions found.
    number: u64,
    /// Whether an array has begun and not ended.
    inside: bool,
    ended: bool,
}

impl Items {
    /// Looks at how the file begins and makes ready to read it.
    pub(super) fn open(file: impl Read + 'static) -> Result<Items, ItemsError> {
        let mut raw = BufReader::with_capacity(1 << 16, file);
        let mut source: Box<dyn BufRead> = if raw.fill_buf()?.starts_with(&[0x1F, 0x8B]) {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(raw)))
        } else {
            Box::new(raw)
        };
        if source.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
            source.consume(3);
        }
        let mut number = 0;
        while let Some(byte) = peek(&mut source)?.filter(u8::is_ascii_whitespace) {
            number += u64::from(byte == b'\n');
            source.consume(1);
        }
        if peek(&mut source)? == Some(b'[') {
            return Ok(Items { source, layout: Layout::Values, number: 0, inside: false, ended: false });
        }
        let (layout, head) = head(&mut source)?;
        let number = if layout == Layout::Lines { number } else { 0 };
        Ok(Items {
            source: Box::new(Cursor::new(head).chain(source)),
            layout,
            number,
            inside: false,
            ended: false,
        })
    }

    /// The next session; `None` after the last one.
    pub(super) fn next(&mut self) -> Result<Option<Item>, ItemsError> {
        if self.ended {
            return Ok(None);
        }
        let found = if self.layout == Layout::Lines { self.next_line() } else { self.next_value() };
        self.ended = !matches!(found, Ok(Some(_)));
        found
    }

    fn next_line(&mut self) -> Result<Option<Item>, ItemsError> {
        loop {
            let bytes = line(&mut self.source, self.number + 1)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            self.number += 1;
            let bytes = bytes.trim_ascii();
            if !bytes.is_empty() {
                return Ok(Some(Item { number: self.number, bytes: bytes.to_vec() }));
            }
        }
    }

    fn next_value(&mut self) -> Result<Option<Item>, ItemsError> {
        while let Some(byte) = peek(&mut self.source)? {
            match byte {
                b'[' if !self.inside => self.inside = true,
                b']' if self.inside => self.inside = false,
                b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
                _ => {
                    self.number += 1;
                    let bytes = value(&mut self.source, self.number)?;
                    return Ok(Some(Item { number: self.number, bytes: on_one_line(bytes) }));
                }
            }
            self.source.consume(1);
        }
        if self.inside { Err(ItemsError::Cut(self.number + 1)) } else { Ok(None) }
    }
}

/// Reads far enough to tell lines from a text over many lines; gives back what was read.
///
/// A first line that is no whole JSON is a broken line if the next one begins an object too: inside an object no line
/// does.
fn head(source: &mut Box<dyn BufRead>) -> Result<(Layout, Vec<u8>), ItemsError> {
    let mut head = line(source, 1)?;
    let whole = serde_json::from_slice::<IgnoredAny>(&head).is_ok();
    if whole || !head.starts_with(b"{") {
        return Ok((Layout::Lines, head));
    }
    let mut second = Vec::new();
    while second.trim_ascii().is_empty() {
        second = line(source, 2)?;
        if second.is_empty() {
            return Ok((Layout::Lines, head));
        }
        head.extend_from_slice(&second);
    }
    let lines = second.trim_ascii().starts_with(b"{");
    Ok((if lines { Layout::Lines } else { Layout::Values }, head))
}

/// A line with its end; nothing at the file's end.
fn line(source: &mut Box<dyn BufRead>, number: u64) -> Result<Vec<u8>, ItemsError> {
    let mut bytes = Vec::new();
    source.take(MAX_ITEM as u64 + 1).read_until(b'\n', &mut bytes)?;
    if bytes.len() > MAX_ITEM { Err(ItemsError::TooLong(number)) } else { Ok(bytes) }
}

fn peek(source: &mut Box<dyn BufRead>) -> io::Result<Option<u8>> {
    source.fill_buf().map(|bytes| bytes.first().copied())
}

/// Reads one JSON value by its brackets and quotes alone: whether it is sound is for the stack to say.
fn value(source: &mut Box<dyn BufRead>, number: u64) -> Result<Vec<u8>, ItemsError> {
    let (mut bytes, mut depth, mut quoted, mut escaped) = (Vec::new(), 0_u32, false, false);
    loop {
        let chunk = source.fill_buf()?;
        if chunk.is_empty() {
            return if depth == 0 && !quoted { Ok(bytes) } else { Err(ItemsError::Cut(number)) };
        }
        for (at, byte) in chunk.iter().enumerate() {
            let ends = matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
            if ends && depth == 0 && !quoted {
                // A bracket that closes nothing is a value of its own, for the stack to reject.
                let end = if at == 0 && bytes.is_empty() { 1 } else { at };
                bytes.extend_from_slice(&chunk[..end]);
                source.consume(end);
                return Ok(bytes);
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'{' | b'[' if !quoted => depth += 1,
                b'}' | b']' if !quoted => depth -= 1,
                _ => {}
            }
            if depth == 0 && !quoted && matches!(byte, b'}' | b']') {
                bytes.extend_from_slice(&chunk[..=at]);
                source.consume(at + 1);
                return Ok(bytes);
            }
        }
        let length = chunk.len();
        bytes.extend_from_slice(chunk);
        source.consume(length);
        if bytes.len() > MAX_ITEM {
            return Err(ItemsError::TooLong(number));
        }
    }
}

/// A value without line breaks. In JSON they may stand between values only; what is no JSON is cut at the first, so that
/// the stack rejects it as one item.
fn on_one_line(mut bytes: Vec<u8>) -> Vec<u8> {
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    if serde_json::from_slice::<IgnoredAny>(&bytes).is_ok() {
        bytes.iter_mut().filter(|byte| is_break(byte)).for_each(|byte| *byte = b' ');
    } else if let Some(end) = bytes.iter().position(is_break) {
        bytes.truncate(end);
    }
    bytes
}

#[cfg(test)]
mod tests;
