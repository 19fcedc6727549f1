//! Pictures that a tag says are to be shown turned or mirrored: Exif and TIFF, tag 274.
//!
//! Every viewer turns them, so that landmarks pointed at in one, and left and right, are those of the turned
//! picture. Exif 2.32 (JEITA CP-3451), 4.6.4 A.

/// What the values say of the picture as it is shown.
const WORDS: [&str; 9] = [
    "",
    "",
    "mirrored",
    "turned by 180 degrees",
    "mirrored upside down",
    "mirrored, and turned by 90 degrees to the left",
    "turned by 90 degrees to the right",
    "mirrored, and turned by 90 degrees to the right",
    "turned by 90 degrees to the left",
];

/// Samples row by row.
pub(super) struct Turned {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Vec<i32>,
    /// What is said of it.
    pub(super) words: String,
}

/// The picture as it is to be shown; `None` where it is upright, or the tag means nothing.
pub(super) fn upright(
    [width, height]: [usize; 2],
    samples: &[i32],
    orientation: u64,
) -> Option<Turned> {
    let words = usize::try_from(orientation)
        .ok()
        .and_then(|n| WORDS.get(n))
        .filter(|w| !w.is_empty())?;
    let (w, h) = if orientation > 4 {
        (height, width)
    } else {
        (width, height)
    };
    let mut out = Vec::with_capacity(samples.len());
    for y in 0..h {
        for x in 0..w {
            let (across, down) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, height - 1 - x),
                7 => (width - 1 - y, height - 1 - x),
                _ => (width - 1 - y, x),
            };
            out.push(samples[down * width + across]);
        }
    }
    Some(Turned {
        width: w,
        height: h,
        samples: out,
        words: format!(
            "the picture is shown {words}, as its Orientation {orientation} says and viewers do"
        ),
    })
}

/// The orientation that a JPEG states in its Exif block; 1 where it states none.
pub(super) fn of_jpeg(bytes: &[u8]) -> u64 {
    let mut at = 2;
    // Segments before the first scan.
    while let Some(&[0xff, kind, high, low]) = bytes.get(at..at + 4) {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some(body) = bytes.get(at + 4..(at + 2).saturating_add(length)) else {
            return 1;
        };
        if kind == 0xe1
            && let Some(exif) = body.strip_prefix(b"Exif\0\0")
        {
            return of_exif(exif);
        }
        if kind == 0xda || length < 2 {
            return 1;
        }
        at += 2 + length;
    }
    1
}

/// The orientation in the first directory of an Exif block, which is laid out as a TIFF is.
pub(super) fn of_exif(exif: &[u8]) -> u64 {
    let big_endian = exif.starts_with(b"MM");
    let view = crate::bytes::View {
        bytes: exif,
        big_endian,
    };
    let found = || -> Option<u64> {
        let start = view.u32(4)? as usize;
        let short = |at: usize| view.i16(at).map(|n| n as u16);
        let count = usize::from(short(start)?);
        (0..count).find_map(|i| {
            let entry = start + 2 + 12 * i;
            (short(entry)? == 274).then_some(())?;
            short(entry + 8).map(u64::from)
        })
    };
    found().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stored 3 x 2: `0 1 2 / 3 4 5`.
    fn shown(orientation: u64) -> (usize, Vec<i32>) {
        let turned = upright([3, 2], &[0, 1, 2, 3, 4, 5], orientation).unwrap();
        (turned.width, turned.samples)
    }

    #[test]
    fn rows_and_columns_are_where_exif_says() {
        assert!(upright([3, 2], &[0; 6], 1).is_none() && upright([3, 2], &[0; 6], 9).is_none());
        assert_eq!(shown(2), (3, vec![2, 1, 0, 5, 4, 3]));
        assert_eq!(shown(3), (3, vec![5, 4, 3, 2, 1, 0]));
        assert_eq!(shown(4), (3, vec![3, 4, 5, 0, 1, 2]));
        assert_eq!(shown(5), (2, vec![0, 3, 1, 4, 2, 5]));
        assert_eq!(shown(6), (2, vec![3, 0, 4, 1, 5, 2]));
        assert_eq!(shown(7), (2, vec![5, 2, 4, 1, 3, 0]));
        assert_eq!(shown(8), (2, vec![2, 5, 1, 4, 0, 3]));
    }

    #[test]
    fn exif_in_both_byte_orders_and_damage() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
        assert_eq!((of_exif(little), of_exif(big)), (6, 8));
        for cut in 0..22 {
            assert!(matches!(of_exif(&little[..cut]), 1 | 6));
        }
        let mut jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xe1\0\x22Exif\0\0".to_vec();
        jpeg.extend(little);
        assert_eq!(of_jpeg(&jpeg), 6);
        assert_eq!(of_jpeg(&jpeg[..14]), 1);
        assert_eq!(of_jpeg(b"\xff\xd8\xff\xda\0\x04ab"), 1);
    }
}
