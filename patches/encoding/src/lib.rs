//! Text in the character sets of DICOM: the part of the old `encoding` interface that `dicom-encoding` uses.
//!
//! Bytes that are no text of their character set go to the caller's trap, as in the crate that this stands in for.

use encoding_rs::{Decoder, DecoderResult, EncoderResult};
use std::borrow::Cow;

/// Takes the characters that a trap writes.
pub trait StringWriter {
    /// Adds a character.
    fn write_char(&mut self, character: char);
}

impl StringWriter for String {
    fn write_char(&mut self, character: char) {
        self.push(character);
    }
}

/// What a trap is told of the decoder: nothing is asked of it.
pub trait RawDecoder {}

struct NoDecoder;

impl RawDecoder for NoDecoder {}

/// Writes what stands for bytes that are no text; `false` ends decoding with an error.
pub type DecoderTrapFunc = fn(&mut dyn RawDecoder, &[u8], &mut dyn StringWriter) -> bool;

/// What happens to bytes that are no text.
#[derive(Clone, Copy)]
pub enum DecoderTrap {
    /// An error.
    Strict,
    /// They go to a function.
    Call(DecoderTrapFunc),
}

impl DecoderTrap {
    fn told(self, bytes: &[u8], text: &mut String) -> Result<(), Cow<'static, str>> {
        match self {
            Self::Call(trap) if trap(&mut NoDecoder, bytes, text) => Ok(()),
            _ => Err(Cow::Borrowed("invalid sequence")),
        }
    }
}

/// What happens to characters that a character set lacks.
#[derive(Clone, Copy)]
pub enum EncoderTrap {
    /// An error.
    Strict,
}

/// A character set.
pub trait Encoding {
    /// Text of bytes.
    ///
    /// # Errors
    /// Bytes that are no text, where the trap does not take them.
    fn decode(&self, bytes: &[u8], trap: DecoderTrap) -> Result<String, Cow<'static, str>>;

    /// Bytes of text.
    ///
    /// # Errors
    /// A character that the set lacks.
    fn encode(&self, text: &str, trap: EncoderTrap) -> Result<Vec<u8>, Cow<'static, str>>;
}

/// A character set of `encoding_rs`.
#[derive(Clone, Copy)]
pub struct Known(&'static encoding_rs::Encoding);

impl Encoding for Known {
    fn decode(&self, bytes: &[u8], trap: DecoderTrap) -> Result<String, Cow<'static, str>> {
        let mut decoder: Decoder = self.0.new_decoder_without_bom_handling();
        let mut text = String::new();
        let mut read = 0;
        loop {
            let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len() - read);
            text.reserve(room.unwrap_or(4 * bytes.len() + 16));
            let (result, used) =
                decoder.decode_to_string_without_replacement(&bytes[read..], &mut text, true);
            read += used;
            match result {
                DecoderResult::InputEmpty => return Ok(text),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, after) => {
                    let end = read.saturating_sub(usize::from(after));
                    let start = end.saturating_sub(usize::from(length).max(1));
                    trap.told(&bytes[start..end], &mut text)?;
                }
            }
        }
    }

    fn encode(&self, text: &str, _: EncoderTrap) -> Result<Vec<u8>, Cow<'static, str>> {
        let mut encoder = self.0.new_encoder();
        let mut bytes = Vec::new();
        let mut read = 0;
        loop {
            let room = encoder.max_buffer_length_from_utf8_without_replacement(text.len() - read);
            bytes.reserve(room.unwrap_or(4 * text.len() + 16));
            let (result, used) = encoder.encode_from_utf8_to_vec_without_replacement(
                &text[read..],
                &mut bytes,
                true,
            );
            read += used;
            match result {
                EncoderResult::InputEmpty => return Ok(bytes),
                EncoderResult::OutputFull => {}
                EncoderResult::Unmappable(_) => {
                    return Err(Cow::Borrowed("unrepresentable character"));
                }
            }
        }
    }
}

/// ISO 8859-1: every byte is the character of its number. (`encoding_rs` knows the web's windows-1252 in its place.)
#[derive(Clone, Copy)]
pub struct Latin1;

impl Encoding for Latin1 {
    fn decode(&self, bytes: &[u8], _: DecoderTrap) -> Result<String, Cow<'static, str>> {
        Ok(bytes.iter().map(|&byte| char::from(byte)).collect())
    }

    fn encode(&self, text: &str, _: EncoderTrap) -> Result<Vec<u8>, Cow<'static, str>> {
        let byte = |c: char| u8::try_from(u32::from(c));
        text.chars()
            .map(|c| byte(c).map_err(|_| Cow::Borrowed("unrepresentable character")))
            .collect()
    }
}

/// The character sets by name.
pub mod all {
    use super::{Known, Latin1};

    /// Latin alphabet no. 1.
    pub const ISO_8859_1: Latin1 = Latin1;
    /// Latin alphabet no. 2.
    pub const ISO_8859_2: Known = Known(encoding_rs::ISO_8859_2);
    /// Latin alphabet no. 3.
    pub const ISO_8859_3: Known = Known(encoding_rs::ISO_8859_3);
    /// Latin alphabet no. 4.
    pub const ISO_8859_4: Known = Known(encoding_rs::ISO_8859_4);
    /// Latin and Cyrillic.
    pub const ISO_8859_5: Known = Known(encoding_rs::ISO_8859_5);
    /// Latin and Arabic.
    pub const ISO_8859_6: Known = Known(encoding_rs::ISO_8859_6);
    /// Latin and Greek.
    pub const ISO_8859_7: Known = Known(encoding_rs::ISO_8859_7);
    /// Latin and Hebrew.
    pub const ISO_8859_8: Known = Known(encoding_rs::ISO_8859_8);
    /// Thai.
    pub const WINDOWS_874: Known = Known(encoding_rs::WINDOWS_874);
    /// Korean.
    pub const WINDOWS_949: Known = Known(encoding_rs::EUC_KR);
    /// Japanese, one and two bytes.
    pub const WINDOWS_31J: Known = Known(encoding_rs::SHIFT_JIS);
    /// Japanese with escape sequences.
    pub const ISO_2022_JP: Known = Known(encoding_rs::ISO_2022_JP);
    /// Unicode.
    pub const UTF_8: Known = Known(encoding_rs::UTF_8);
    /// Simplified Chinese.
    pub const GB18030: Known = Known(encoding_rs::GB18030);
    /// Simplified Chinese, two bytes.
    pub const GBK: Known = Known(encoding_rs::GBK);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octal(_: &mut dyn RawDecoder, bytes: &[u8], out: &mut dyn StringWriter) -> bool {
        for byte in bytes {
            for c in format!("\\{byte:03o}").chars() {
                out.write_char(c);
            }
        }
        true
    }

    fn decoded(set: impl Encoding, bytes: &[u8]) -> String {
        set.decode(bytes, DecoderTrap::Call(octal)).unwrap()
    }

    /// Names of DICOM PS3.5, annexes H to K, in their bytes there.
    #[test]
    fn names_of_the_standard() {
        assert_eq!(decoded(all::ISO_8859_1, b"Buc^J\xe9r\xf4me"), "Buc^Jérôme");
        let yamada = b"\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B";
        assert_eq!(decoded(all::ISO_2022_JP, yamada), "山田^太郎");
        assert_eq!(
            decoded(all::WINDOWS_31J, b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3"),
            "ﾔﾏﾀﾞ^ﾀﾛｳ"
        );
        assert_eq!(
            decoded(all::GB18030, b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab"),
            "Wang^XiaoDong=王^小东"
        );
        assert_eq!(
            decoded(all::UTF_8, "Wang=王^小東".as_bytes()),
            "Wang=王^小東"
        );
        let greek = b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2";
        assert_eq!(decoded(all::ISO_8859_7, greek), "Διονυσιος");
        let ljuk = b"\xbb\xee\xda\x63\x65\xdc\xd1\x79\x70\xd3";
        assert_eq!(decoded(all::ISO_8859_5, ljuk), "Люкceмбypг");
        assert_eq!(
            decoded(all::WINDOWS_949, b"\xb1\xe8\xc8\xf1\xc1\xdf"),
            "김희중"
        );
    }

    #[test]
    fn bytes_that_are_no_text_go_to_the_trap_and_nothing_after_them_is_lost() {
        assert_eq!(decoded(all::UTF_8, b"a\xffb\xc3"), "a\\377b\\303");
        assert_eq!(decoded(all::ISO_8859_7, b"\xd2x"), "\\322x");
        let cut = decoded(all::GB18030, b"x\x81");
        assert!(cut.starts_with('x') && cut.len() > 1, "{cut}");
        assert!(all::UTF_8.decode(b"\xff", DecoderTrap::Strict).is_err());
    }

    #[test]
    fn text_comes_back_from_its_bytes_and_what_a_set_lacks_is_an_error() {
        for (set, text) in [
            (all::GBK, "小东"),
            (all::ISO_8859_2, "Łódź"),
            (all::UTF_8, "Ж"),
        ] {
            let bytes = set.encode(text, EncoderTrap::Strict).unwrap();
            assert_eq!(decoded(set, &bytes), text);
        }
        assert!(all::ISO_8859_1.encode("Ж", EncoderTrap::Strict).is_err());
        assert!(all::ISO_8859_2.encode("Ж", EncoderTrap::Strict).is_err());
        assert_eq!(
            all::ISO_8859_1.encode("é", EncoderTrap::Strict).unwrap(),
            b"\xe9"
        );
    }
}
