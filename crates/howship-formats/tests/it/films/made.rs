//! DICOM films made in the test, explicit little endian, attribute by attribute.

use std::collections::BTreeMap;

/// Attributes by tag: type and value.
#[derive(Clone)]
pub(crate) struct MadeFilm {
    elements: BTreeMap<(u16, u16), ([u8; 2], Vec<u8>)>,
}

impl MadeFilm {
    /// 6 x 4 pixels of 16 bits, 0 to 23 times 100, a right hand, MONOCHROME2, no spacing.
    pub(crate) fn new() -> Self {
        let mut film = Self {
            elements: BTreeMap::new(),
        };
        film.text(0x0008, 0x0016, b"UI", "1.2.840.10008.5.1.4.1.1.1.1");
        film.text(0x0008, 0x0060, b"CS", "DX");
        film.text(0x0010, 0x0020, b"LO", "P1");
        film.text(0x0008, 0x0022, b"DA", "20240301");
        film.text(0x0018, 0x0015, b"CS", "HAND");
        film.text(0x0020, 0x0062, b"CS", "R");
        film.text(0x0028, 0x0004, b"CS", "MONOCHROME2");
        for (element, value) in [
            (0x0002, 1),
            (0x0010, 4),
            (0x0011, 6),
            (0x0100, 16),
            (0x0101, 12),
            (0x0102, 11),
            (0x0103, 0),
        ] {
            film.short(0x0028, element, value);
        }
        film.pixels((0..24).map(|v| v * 100))
    }

    pub(crate) fn text(&mut self, group: u16, element: u16, vr: &[u8; 2], value: &str) {
        let mut bytes = value.as_bytes().to_vec();
        if bytes.len() % 2 == 1 {
            bytes.push(if vr == b"UI" { 0 } else { b' ' });
        }
        self.elements.insert((group, element), (*vr, bytes));
    }

    pub(crate) fn with(mut self, group: u16, element: u16, vr: &[u8; 2], value: &str) -> Self {
        self.text(group, element, vr, value);
        self
    }

    pub(crate) fn without(mut self, group: u16, element: u16) -> Self {
        self.elements.remove(&(group, element));
        self
    }

    pub(crate) fn short(&mut self, group: u16, element: u16, value: u16) {
        let bytes = value.to_le_bytes().to_vec();
        self.elements.insert((group, element), (*b"US", bytes));
    }

    pub(crate) fn with_short(mut self, group: u16, element: u16, value: u16) -> Self {
        self.short(group, element, value);
        self
    }

    pub(crate) fn pixels(mut self, values: impl Iterator<Item = i32>) -> Self {
        let bytes = values.flat_map(|v| (v as u16).to_le_bytes()).collect();
        self.elements.insert((0x7fe0, 0x0010), (*b"OW", bytes));
        self
    }

    /// A lookup table in a sequence of one item.
    pub(crate) fn table(
        mut self,
        group: u16,
        element: u16,
        [first, bits]: [u16; 2],
        entries: &[u16],
    ) -> Self {
        let mut item = Vec::new();
        let descriptor = [entries.len() as u16, first, bits];
        let words = |values: &[u16]| values.iter().flat_map(|v| v.to_le_bytes()).collect();
        put(&mut item, 0x0028, 0x3002, b"US", words(&descriptor));
        put(&mut item, 0x0028, 0x3006, b"OW", words(entries));
        let mut sequence = vec![0xfe, 0xff, 0x00, 0xe0];
        sequence.extend((item.len() as u32).to_le_bytes());
        sequence.extend(item);
        self.elements.insert((group, element), (*b"SQ", sequence));
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes_as("1.2.840.10008.1.2.1", None)
    }

    /// With compressed pixels under a transfer syntax.
    pub(crate) fn bytes_as(&self, transfer_syntax: &str, stream: Option<&[u8]>) -> Vec<u8> {
        let mut out = vec![0u8; 128];
        out.extend(b"DICM");
        let mut uid = transfer_syntax.as_bytes().to_vec();
        if uid.len() % 2 == 1 {
            uid.push(0);
        }
        put(&mut out, 0x0002, 0x0010, b"UI", uid);
        for ((group, element), (vr, bytes)) in &self.elements {
            match stream {
                Some(stream) if *group == 0x7fe0 => {
                    out.extend([0xe0, 0x7f, 0x10, 0x00]);
                    out.extend(b"OB\0\0");
                    out.extend(u32::MAX.to_le_bytes());
                    out.extend([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
                    let mut stream = stream.to_vec();
                    if stream.len() % 2 == 1 {
                        stream.push(0);
                    }
                    out.extend([0xfe, 0xff, 0x00, 0xe0]);
                    out.extend((stream.len() as u32).to_le_bytes());
                    out.extend(stream);
                    out.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
                }
                _ => put(&mut out, *group, *element, vr, bytes.clone()),
            }
        }
        out
    }
}

fn put(out: &mut Vec<u8>, group: u16, element: u16, vr: &[u8; 2], value: Vec<u8>) {
    out.extend(group.to_le_bytes());
    out.extend(element.to_le_bytes());
    out.extend(vr);
    if matches!(vr, b"OW" | b"OB" | b"SQ" | b"UN") {
        out.extend([0, 0]);
        out.extend((value.len() as u32).to_le_bytes());
    } else {
        out.extend((value.len() as u16).to_le_bytes());
    }
    out.extend(value);
}
