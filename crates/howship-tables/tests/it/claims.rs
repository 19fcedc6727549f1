//! Files of a few bytes that claim to hold more than a machine has room for.

use crate::said;
use howship_tables::{OpenOptions, Table, read};
use std::path::Path;

/// Thrift's compact protocol, as far as a file of one column needs it.
#[derive(Default)]
struct Thrift {
    bytes: Vec<u8>,
}

/// Kinds of fields.
const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

impl Thrift {
    fn varint(&mut self, mut value: u64) -> &mut Self {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
        self
    }

    /// A field that comes so many behind the one before.
    fn number(&mut self, delta: u8, kind: u8, value: i64) -> &mut Self {
        self.bytes.push(delta << 4 | kind);
        self.varint((value << 1 ^ value >> 63) as u64)
    }

    fn name(&mut self, delta: u8, text: &str) -> &mut Self {
        self.bytes.push(delta << 4 | BINARY);
        self.text(text)
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.varint(text.len() as u64);
        self.bytes.extend(text.as_bytes());
        self
    }

    fn list(&mut self, delta: u8, kind: u8, count: u8) -> &mut Self {
        self.bytes.extend([delta << 4 | LIST, count << 4 | kind]);
        self
    }

    fn open(&mut self, delta: u8) -> &mut Self {
        self.bytes.push(delta << 4 | STRUCT);
        self
    }

    fn stop(&mut self) -> &mut Self {
        self.bytes.push(0);
        self
    }
}

/// A file of one column `x` that every row has, in one page, or two with a dictionary.
#[derive(Clone)]
struct Claim {
    /// Physical type: 1 is INT32, 6 BYTE_ARRAY.
    physical: i64,
    /// 0 is none, 1 Snappy, 2 gzip, 6 Zstandard.
    codec: i64,
    rows: i64,
    /// 0 is plain, 6 delta-coded lengths, 7 delta-coded text, 8 dictionary.
    encoding: i64,
    values: i64,
    unpacked: Option<i64>,
    page: Vec<u8>,
    /// Entries, bytes.
    dictionary: Option<(i64, Vec<u8>)>,
}

impl Claim {
    /// Two whole numbers, 7 and 9.
    fn sound() -> Self {
        Self {
            physical: 1,
            codec: 0,
            rows: 2,
            encoding: 0,
            values: 2,
            unpacked: None,
            page: vec![7, 0, 0, 0, 9, 0, 0, 0],
            dictionary: None,
        }
    }

    fn file(&self) -> Vec<u8> {
        let mut file = b"PAR1".to_vec();
        let start = file.len() as i64;
        if let Some((entries, bytes)) = &self.dictionary {
            let size = bytes.len() as i64;
            let mut head = Thrift::default();
            head.number(1, I32, 2)
                .number(1, I32, size)
                .number(1, I32, size);
            head.open(4)
                .number(1, I32, *entries)
                .number(1, I32, 0)
                .stop();
            file.extend(&head.stop().bytes);
            file.extend(bytes);
        }
        let data = file.len() as i64;
        let size = self.page.len() as i64;
        let mut head = Thrift::default();
        head.number(1, I32, 0);
        head.number(1, I32, self.unpacked.unwrap_or(size))
            .number(1, I32, size);
        head.open(2)
            .number(1, I32, self.values)
            .number(1, I32, self.encoding);
        head.number(1, I32, 3).number(1, I32, 3).stop();
        file.extend(&head.stop().bytes);
        file.extend(&self.page);
        let length = file.len() as i64 - start;
        let mut footer = Thrift::default();
        footer.number(1, I32, 1);
        footer.list(1, STRUCT, 2);
        footer.name(4, "root").number(1, I32, 1).stop();
        footer
            .number(1, I32, self.physical)
            .number(2, I32, 0)
            .name(1, "x")
            .stop();
        footer.number(1, I64, self.rows);
        footer.list(1, STRUCT, 1).list(1, STRUCT, 1);
        footer.number(2, I64, start).open(1);
        footer.number(1, I32, self.physical);
        footer.list(1, I32, 1).varint(self.encoding as u64 * 2);
        footer.list(1, BINARY, 1).text("x");
        footer
            .number(1, I32, self.codec)
            .number(1, I64, self.values);
        footer
            .number(1, I64, length)
            .number(1, I64, length)
            .number(2, I64, data);
        if self.dictionary.is_some() {
            footer.number(2, I64, start);
        }
        footer.stop().stop();
        footer
            .number(1, I64, length)
            .number(1, I64, self.rows)
            .stop()
            .stop();
        file.extend(&footer.bytes);
        file.extend((footer.bytes.len() as u32).to_le_bytes());
        file.extend(b"PAR1");
        file
    }

    fn read(&self) -> Result<Table, String> {
        let read = read(Path::new("t"), self.file(), &OpenOptions::default());
        read.map_err(|e| said(&e))
    }
}

/// Most memory, in KiB, that this process ever had addresses for; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmPeak:"));
    let words = line.map(|l| l.split_whitespace().nth(1).unwrap_or("0"));
    words.map_or(0, |w| w.parse().unwrap_or(0))
}

/// Refused with these words, and without room being made for what is claimed, which is 2 GiB and more.
#[track_caller]
fn refused(claim: &Claim, words: &str) {
    let before = peak();
    let message = claim.read().unwrap_err();
    assert!(message.contains(words), "no `{words}` in: {message}");
    assert!(peak() - before < 1 << 20, "{} KiB", peak() - before);
}

fn cells(table: &Table) -> Vec<String> {
    let column = &table.columns()[0];
    (0..table.rows())
        .map(|i| column.text(i).into_owned())
        .collect()
}

#[test]
fn the_file_that_the_others_are_made_from_is_sound() {
    assert_eq!(cells(&Claim::sound().read().unwrap()), ["7", "9"]);
    let of_two = Claim {
        encoding: 8,
        // One bit a row, one group of eight.
        page: vec![1, 3, 0b01],
        dictionary: Some((2, vec![7, 0, 0, 0, 9, 0, 0, 0])),
        ..Claim::sound()
    };
    assert_eq!(cells(&of_two.read().unwrap()), ["9", "7"]);
}

#[test]
fn rows_beyond_number() {
    for rows in [1 << 29, 1_000_000_000_000, i64::MAX] {
        let claim = Claim {
            rows,
            values: i64::from(i32::MAX),
            ..Claim::sound()
        };
        refused(
            &claim,
            &format!("claims {rows} rows of 1 columns where at most 268435456"),
        );
    }
    let claim = Claim {
        rows: 1 << 27,
        ..Claim::sound()
    };
    refused(&claim, "a column ends before its rows do");
    let claim = Claim {
        values: 1 << 30,
        ..Claim::sound()
    };
    refused(&claim, "more rows than the file has");
    let claim = Claim {
        rows: -1,
        ..Claim::sound()
    };
    refused(&claim, "negative number of rows");
}

#[test]
fn pages_that_unpack_to_more_than_a_machine_has() {
    for codec in [1, 2, 6] {
        let claim = Claim {
            codec,
            unpacked: Some(i64::from(i32::MAX)),
            ..Claim::sound()
        };
        refused(&claim, "claim to unpack");
    }
}

#[test]
fn dictionaries_with_more_entries_than_bytes() {
    for (physical, entries) in [(1, 3), (1, i64::from(i32::MAX)), (6, 1 << 30)] {
        let claim = Claim {
            physical,
            encoding: 8,
            page: vec![1, 3, 0b01],
            dictionary: Some((entries, vec![7, 0, 0, 0, 9, 0, 0, 0])),
            ..Claim::sound()
        };
        refused(&claim, "more entries than it has room for");
    }
}

/// Blocks of 128 in 4 parts, so many whole numbers from 1 on that grow by 0; one block is written.
fn delta(count: u64) -> Vec<u8> {
    let mut run = Thrift::default();
    run.varint(128).varint(4).varint(count).varint(2).varint(0);
    run.bytes.extend([0; 4]);
    run.bytes
}

#[test]
fn delta_coded_pages_with_more_lengths_than_values() {
    let text = |encoding, page: Vec<u8>| Claim {
        physical: 6,
        encoding,
        page,
        ..Claim::sound()
    };
    let lengths = |count| [delta(count), b"ab".to_vec()].concat();
    assert_eq!(cells(&text(6, lengths(2)).read().unwrap()), ["a", "b"]);
    for count in [3, 1 << 32, 1 << 40, u64::MAX] {
        refused(&text(6, lengths(count)), "more values than it has");
        let second = [delta(2), lengths(count)].concat();
        refused(&text(7, second), "more values than it has");
    }
}

fn transport(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    std::fs::read(folder.join(name)).unwrap()
}

fn read_transport(bytes: Vec<u8>) -> Result<Table, String> {
    read(Path::new("t"), bytes, &OpenOptions::default()).map_err(|e| said(&e))
}

/// Version 8 says how many rows there are.
#[test]
fn a_transport_file_that_claims_more_rows_than_it_has() {
    let mut bytes = transport("v8.xpt");
    assert_eq!(read_transport(bytes.clone()).unwrap().rows(), 4);
    let mark = b"OBSV8   HEADER RECORD!!!!!!!";
    let at = bytes.windows(mark.len()).position(|w| w == mark).unwrap() + mark.len();
    assert_eq!(bytes[at..at + 15], *b"              4");
    bytes[at..at + 15].copy_from_slice(b"999999999999999");
    let before = peak();
    let message = read_transport(bytes).unwrap_err();
    assert!(message.contains("cut short"), "{message}");
    assert!(peak() - before < 1 << 20);
}

#[test]
fn a_transport_file_that_was_cut_short() {
    for name in ["v5.xpt", "v8.xpt", "narrow.xpt", "haven.xpt", "two.xpt"] {
        let bytes = transport(name);
        for lost in 1..80 {
            let message = read_transport(bytes[..bytes.len() - lost].to_vec()).unwrap_err();
            assert!(message.contains("cut short"), "{name}: {message}");
        }
    }
}

/// A row that is half there shows; a cut between two rows of version 5 does not.
#[test]
fn a_transport_file_that_was_cut_between_records() {
    let bytes = transport("v5.xpt");
    let whole = read_transport(bytes.clone()).unwrap().rows();
    let mut told = 0;
    for lost in (80..400).step_by(80) {
        match read_transport(bytes[..bytes.len() - lost].to_vec()) {
            Ok(table) => assert!(table.rows() < whole),
            Err(message) => told += usize::from(message.contains("cut short")),
        }
    }
    assert!(told > 0);
    let mut longer = bytes;
    longer.extend([b' '; 80]);
    assert_eq!(read_transport(longer).unwrap().rows(), whole);
}

/// As many columns as the format has numbers for, each as wide as it can be, would take 650 MB a row.
#[test]
fn a_transport_file_that_claims_rows_longer_than_itself() {
    let mut bytes = transport("narrow.xpt");
    let mark = b"NAMESTR HEADER RECORD!!!!!!!";
    let at = bytes.windows(mark.len()).position(|w| w == mark).unwrap() - 20;
    let first = bytes[at + 80..at + 220].to_vec();
    let mut wide = first.clone();
    wide[1] = 2;
    wide[4..6].copy_from_slice(&u16::MAX.to_be_bytes());
    let columns: usize = 9_999;
    let mut descriptions = Vec::new();
    for i in 0..columns {
        wide[8..16].copy_from_slice(format!("C{i:07}").as_bytes());
        descriptions.extend(&wide);
    }
    descriptions.resize(descriptions.len().next_multiple_of(80), b' ');
    bytes[at + 54..at + 58].copy_from_slice(format!("{columns:04}").as_bytes());
    bytes.splice(at + 80..at + 240, descriptions);
    let before = peak();
    let message = read_transport(bytes).unwrap_err();
    assert!(message.contains("longer than the file"), "{message}");
    assert!(peak() - before < 300 << 10, "{}", peak() - before);
}

/// The reader panics on such a date; it is an error like any other.
#[test]
fn a_transport_file_whose_date_is_no_ascii() {
    for at in 144..160 {
        let mut bytes = transport("v5.xpt");
        bytes[at..at + 2].copy_from_slice("ұ".as_bytes());
        let message = read_transport(bytes).unwrap_err();
        assert!(message.contains("SAS transport file"), "{message}");
    }
}
