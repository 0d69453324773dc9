//! Small files that code can draw, so that media links have something to open.

use std::f64::consts::TAU;
use std::io::Cursor;

use hound::{SampleFormat, WavSpec, WavWriter};

/// A file with its name and type.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name.
    pub filename: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// The `type` of messages that carry it.
    pub kind: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// All of them; a picture or sound that cannot be made is left out.
pub fn files() -> Vec<File> {
    let picture = |filename, bars: &[u32]| {
        chart(bars).ok().map(|bytes| File { filename, content_type: "image/png", kind: "image", bytes })
    };
    let audio = |filename, hertz| {
        tone(hertz, 1_200).ok().map(|bytes| File {
            filename,
            content_type: "audio/wav",
            kind: "audio",
            bytes,
        })
    };
    let paper = |filename, lines: &[&str]| File {
        filename,
        content_type: "application/pdf",
        kind: "document",
        bytes: page(lines),
    };
    let drawn = [
        picture("grafico de exemplo.png", &[40, 85, 60, 110, 95, 30]),
        picture("foto de exemplo.png", &[110, 20, 70, 45, 120, 100]),
        audio("audio de exemplo 1.wav", 440.0),
        audio("audio de exemplo 2.wav", 330.0),
    ];
    let papers = [
        paper(
            "segunda via de exemplo.pdf",
            &["Segunda via de exemplo", "Dados inventados", "Valor: R$ 123,40"],
        ),
        paper("proposta de exemplo.pdf", &["Proposta de exemplo", "Dados inventados"]),
    ];
    drawn.into_iter().flatten().chain(papers).collect()
}

/// A chart of coloured bars with the given heights, of 128 at most.
fn chart(bars: &[u32]) -> Result<Vec<u8>, png::EncodingError> {
    const SIDE: u32 = 128;
    const COLOURS: [[u8; 3]; 3] = [[38, 110, 220], [240, 150, 40], [40, 170, 110]];
    let width = SIDE / u32::try_from(bars.len()).unwrap_or(SIDE).clamp(1, SIDE);
    let mut pixels = Vec::with_capacity((SIDE * SIDE * 3) as usize);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let bar = (x / width) as usize;
            let inside = bars.get(bar).is_some_and(|height| SIDE - y <= *height) && x % width > 2;
            pixels.extend(if inside { COLOURS[bar % COLOURS.len()] } else { [250, 250, 250] });
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

/// A tone of a length in milliseconds: WAV with 16-bit samples, one channel, 8,000 a second.
fn tone(hertz: f64, milliseconds: u32) -> Result<Vec<u8>, hound::Error> {
    const RATE: u32 = 8_000;
    let spec =
        WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut file = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut file, spec)?;
    for sample in 0..RATE * milliseconds / 1_000 {
        let level = (TAU * hertz * f64::from(sample) / f64::from(RATE)).sin() * 8_000.0;
        #[expect(clippy::cast_possible_truncation, reason = "from -8,000 to 8,000, rounded towards 0")]
        writer.write_sample(level as i16)?;
    }
    writer.finalize()?;
    Ok(file.into_inner())
}

/// One A4 page with `lines` of plain ASCII: the smallest PDF that every reader opens.
fn page(lines: &[&str]) -> Vec<u8> {
    let shown: Vec<String> = lines.iter().map(|line| format!("({line}) Tj 0 -24 Td")).collect();
    let content = format!("BT /F1 18 Tf 72 770 Td {} ET", shown.join(" "));
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut offsets = String::new();
    for (object, number) in objects.iter().zip(1..) {
        offsets.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let (count, start) = (objects.len() + 1, file.len());
    file.push_str(&format!("xref\n0 {count}\n0000000000 65535 f \n{offsets}"));
    file.push_str(&format!("trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    file.into_bytes()
}
