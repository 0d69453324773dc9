//! Words that platforms write in several languages: each has one name inside, and a label for people.

use super::Text;

/// The known words of a field. The list is open: a word that it does not have stays as it was sent.
#[derive(Debug)]
pub struct Vocabulary {
    /// What a column of the words' labels is called.
    pub label: Text,
    /// The words.
    pub words: &'static [Word],
}

/// One word.
#[derive(Debug)]
pub struct Word {
    /// What it is called inside, whatever language it was sent in.
    pub name: &'static str,
    /// What people read.
    pub label: Text,
    /// How else platforms write it, in small letters.
    others: &'static [&'static str],
}

impl Vocabulary {
    /// The word that a text stands for, in any of its languages; case does not count, nor do accents that are characters of
    /// their own.
    pub fn word(&self, text: &str) -> Option<&'static Word> {
        let is_accent = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
        let text: String = text.trim().to_lowercase().chars().filter(|c| !is_accent(c)).collect();
        self.words.iter().find(|word| word.name == text || word.others.contains(&text.as_str()))
    }
}

const fn word(name: &'static str, label: Text, others: &'static [&'static str]) -> Word {
    Word { name, label, others }
}

/// Who sent a message.
pub(super) static ORIGINS: Vocabulary = Vocabulary {
    label: Text::new("Mensagem: origem (rótulo)", "Message: origin (label)"),
    words: &[
        word("contact", Text::new("Contato", "Contact"), &["contato"]),
        word("agent", Text::new("Agente", "Agent"), &["agente"]),
        word("automatic", Text::new("Automático", "Automatic"), &["automatico", "automático"]),
        word("admin", Text::new("Administrador", "Admin"), &["administrador", "administrator"]),
    ],
};

/// What a message is.
pub(super) static MESSAGE_TYPES: Vocabulary = Vocabulary {
    label: Text::new("Mensagem: tipo (rótulo)", "Message: type (label)"),
    words: &[
        word("text", Text::new("Texto", "Text"), &["texto"]),
        word("image", Text::new("Imagem", "Image"), &["imagem"]),
        word("audio", Text::new("Áudio", "Audio"), &["áudio"]),
        word("video", Text::new("Vídeo", "Video"), &["vídeo"]),
        word("document", Text::new("Documento", "Document"), &["documento"]),
        word("sticker", Text::new("Figurinha", "Sticker"), &["figurinha"]),
        word("location", Text::new("Localização", "Location"), &["localizacao", "localização"]),
        word("contact", Text::new("Contato", "Contact"), &["contato"]),
    ],
};
