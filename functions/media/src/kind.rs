//! How a file is served: decided by what it is, never by what its sender says it is.

/// How many bytes of a file decide; the longest signature (WebM's) looks at 256.
pub(crate) const HEAD_BYTES: usize = 512;

/// How a file is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MediaKind {
    /// Its `Content-Type`.
    pub(crate) media_type: &'static str,
    /// Whether a browser shows it, rather than saving it.
    pub(crate) inline: bool,
}

/// What a browser can show without running anything; all else, HTML and SVG above all, is saved and not shown.
const SHOWN: &[(&str, &str)] = &[
    ("image/jpeg", "image/jpeg"),
    ("image/png", "image/png"),
    ("image/webp", "image/webp"),
    ("image/gif", "image/gif"),
    ("video/mp4", "video/mp4"),
    ("video/webm", "video/webm"),
    ("audio/ogg", "audio/ogg"),
    ("audio/opus", "audio/ogg"),
    ("audio/mpeg", "audio/mpeg"),
    ("audio/m4a", "audio/mp4"),
    ("audio/aac", "audio/aac"),
    ("audio/amr", "audio/amr"),
    ("audio/x-wav", "audio/wav"),
    ("application/pdf", "application/pdf"),
];

/// The kind of a file that begins with `head`.
pub(crate) fn kind(head: &[u8]) -> MediaKind {
    let found = infer::get(head).map(|found| found.mime_type());
    let shown = SHOWN.iter().find(|(known, _)| Some(*known) == found);
    shown.map_or(MediaKind { media_type: "application/octet-stream", inline: false }, |(_, media_type)| {
        MediaKind { media_type, inline: true }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn padded(head: &[u8]) -> Vec<u8> {
        let mut head = head.to_vec();
        head.resize(HEAD_BYTES, 0);
        head
    }

    #[test]
    fn pictures_sounds_films_and_pdf_are_shown() {
        let opus = [b"OggS".as_slice(), &[0; 24], b"OpusHead"].concat();
        for (head, media_type) in [
            (b"\xff\xd8\xff\xe0\0\x10JFIF".as_slice(), "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n", "image/png"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (b"GIF89a", "image/gif"),
            (b"\0\0\0\x18ftypmp42", "video/mp4"),
            (b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
            (&opus, "audio/ogg"),
            (b"OggS\0\x02", "audio/ogg"),
            (b"ID3\x04", "audio/mpeg"),
            (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
            (b"\xff\xf1\x50\x80", "audio/aac"),
            (b"#!AMR\n", "audio/amr"),
            (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
            (b"%PDF-1.7", "application/pdf"),
        ] {
            assert_eq!(kind(&padded(head)), MediaKind { media_type, inline: true });
        }
    }

    #[test]
    fn what_a_browser_could_run_or_does_not_know_is_saved() {
        for head in [
            b"<!DOCTYPE html><script>alert(1)</script>".as_slice(),
            b"<html><body onload=alert(1)>",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"<?xml version='1.0'?><svg/>",
            b"\xef\xbb\xbf<script>alert(1)</script>",
            b"#!/bin/sh",
            b"MZ\x90\0",
            b"PK\x03\x04",
            b"alert(1)",
            b"",
        ] {
            assert_eq!(
                kind(head),
                MediaKind { media_type: "application/octet-stream", inline: false },
                "{head:?}"
            );
        }
    }
}
