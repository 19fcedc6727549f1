//! JPEG-LS of one component, lossless and near-lossless (ISO/IEC 14495-1, ITU-T T.87).
//!
//! Not read: several components, restart intervals, mapping tables, point transforms. Old archives of
//! films hold none of these.

use super::decoded::Decoded;
use crate::error::{Fault, Parsed};

/// Contexts of the gradients, then two of run interruption.
const CONTEXTS: usize = 367;
/// Orders of run lengths (T.87 A.2.1, J).
const RUN_ORDER: [u32; 32] = [
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13,
    14, 15,
];

/// Whether a stream is JPEG-LS: its frame header is SOF55, which other JPEGs lack.
pub(super) fn is_jpeg_ls(bytes: &[u8]) -> bool {
    let word = |at: usize| {
        let pair = bytes.get(at..at + 2)?;
        Some(usize::from(u16::from_be_bytes([pair[0], pair[1]])))
    };
    let mut at = 2;
    while bytes.starts_with(&[0xff, 0xd8]) && bytes.get(at) == Some(&0xff) {
        match (bytes.get(at + 1), word(at + 2)) {
            (Some(0xff), _) => at += 1,
            (Some(0xf7), _) => return true,
            // The scan, or a frame of another kind.
            (Some(0xda | 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb), _) => return false,
            (Some(_), Some(length)) if length >= 2 => at += 2 + length,
            _ => return false,
        }
    }
    false
}

/// The samples of a stream; no more than `max_pixels`.
pub(super) fn decode(bytes: &[u8], max_pixels: usize) -> Parsed<Decoded> {
    let header = header(bytes)?;
    let count = header.width.saturating_mul(header.height);
    if count == 0 || count > max_pixels {
        return Err(Fault::corrupt(format!(
            "the JPEG-LS stream has {} x {} pixels",
            header.width, header.height
        )));
    }
    // A run of a whole line costs a bit at the least.
    if header.height > bytes.len().saturating_mul(8) {
        return Err(Fault::truncated(
            "the JPEG-LS stream",
            header.height / 8,
            bytes.len(),
        ));
    }
    let mut samples = Vec::new();
    samples
        .try_reserve_exact(count)
        .map_err(|_| Fault::no_memory(count * 4))?;
    let mut scan = Scan::new(&header, bytes.get(header.start..).unwrap_or_default())?;
    // One more on both sides: the neighbours of the first and last column.
    let mut above = vec![0i32; header.width + 2];
    let mut line = above.clone();
    for _ in 0..header.height {
        above[header.width + 1] = above[header.width];
        line[0] = above[1];
        scan.line(&above, &mut line)?;
        samples.extend_from_slice(&line[1..=header.width]);
        std::mem::swap(&mut above, &mut line);
    }
    Ok(Decoded {
        width: header.width,
        height: header.height,
        channels: 1,
        bits: header.precision,
        signed: false,
        lossy: header.near > 0,
        samples,
    })
}

struct Header {
    width: usize,
    height: usize,
    precision: u16,
    maximum: i32,
    near: i32,
    thresholds: Option<[i32; 3]>,
    reset: i32,
    start: usize,
}

/// Markers up to the first scan.
fn header(bytes: &[u8]) -> Parsed<Header> {
    let bad = |what: &str| Fault::corrupt(format!("the JPEG-LS stream has {what}"));
    let unsupported = |what: &str| {
        Fault::unsupported(
            format!("JPEG-LS with {what}"),
            "export the film uncompressed",
        )
    };
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return Err(bad("no start"));
    }
    let word = |at: usize| -> Parsed<usize> {
        let pair = bytes.get(at..at + 2).ok_or_else(|| bad("no end"))?;
        Ok(usize::from(u16::from_be_bytes([pair[0], pair[1]])))
    };
    let byte = |at: usize| bytes.get(at).copied().ok_or_else(|| bad("no end"));
    let mut frame: Option<(usize, usize, u16)> = None;
    let (mut stated_maximum, mut thresholds, mut reset) = (0, None, 0);
    let mut at = 2;
    loop {
        if byte(at)? != 0xff {
            return Err(bad("a damaged marker"));
        }
        let marker = byte(at + 1)?;
        if marker == 0xff {
            at += 1;
            continue;
        }
        let length = word(at + 2)?;
        let body = at + 4;
        match marker {
            0xf7 => {
                if byte(body + 5)? != 1 {
                    return Err(unsupported("several components"));
                }
                frame = Some((word(body + 3)?, word(body + 1)?, u16::from(byte(body)?)));
            }
            0xf8 if byte(body)? == 1 => {
                stated_maximum = word(body + 1)? as i32;
                let t = [word(body + 3)?, word(body + 5)?, word(body + 7)?].map(|t| t as i32);
                // Zero stands for the default.
                thresholds = Some(t).filter(|t| t.iter().all(|v| *v > 0));
                reset = word(body + 9)? as i32;
            }
            0xf8 => return Err(unsupported("mapping tables or sizes beyond 65535")),
            0xdd if word(body)? != 0 => return Err(unsupported("restart intervals")),
            0xda => {
                let (width, height, precision) = frame.ok_or_else(|| bad("no frame header"))?;
                if byte(body)? != 1 {
                    return Err(unsupported("several components in a scan"));
                }
                let near = i32::from(byte(body + 3)?);
                if byte(body + 4)? != 0 {
                    return Err(unsupported("interleaving"));
                }
                if byte(body + 5)? != 0 {
                    return Err(unsupported("a point transform"));
                }
                if !(2..=16).contains(&precision) {
                    return Err(bad("a precision outside 2 to 16 bits"));
                }
                let largest = (1i32 << precision) - 1;
                let maximum = if stated_maximum == 0 {
                    largest
                } else {
                    stated_maximum
                };
                if maximum > largest || near > maximum / 2 {
                    return Err(bad("limits that contradict each other"));
                }
                return Ok(Header {
                    width,
                    height,
                    precision,
                    maximum,
                    near,
                    thresholds,
                    reset: if reset >= 3 { reset } else { 64 },
                    start: at + 2 + length,
                });
            }
            0xd8 | 0xd9 | 0xc0..=0xcf => return Err(bad("no JPEG-LS frame")),
            _ => {}
        }
        if length < 2 {
            return Err(bad("a marker of no length"));
        }
        at += 2 + length;
    }
}

/// Default thresholds (T.87 C.2.4.1.1).
fn default_thresholds(maximum: i32, near: i32) -> [i32; 3] {
    let clamp = |i: i32, low: i32| if i > maximum || i < low { low } else { i };
    let (t1, t2, t3) = if maximum >= 128 {
        let factor = (maximum.min(4095) + 128) / 256;
        (
            factor + 2 + 3 * near,
            factor * 4 + 3 + 5 * near,
            factor * 17 + 4 + 7 * near,
        )
    } else {
        let factor = 256 / (maximum + 1);
        (
            (3 / factor + 3 * near).max(2),
            (7 / factor + 5 * near).max(3),
            (21 / factor + 7 * near).max(4),
        )
    };
    let t1 = clamp(t1, near + 1);
    let t2 = clamp(t2, t1);
    [t1, t2, clamp(t3, t2)]
}

/// What was learnt of one context.
#[derive(Clone, Copy)]
struct Context {
    magnitude: i32,
    bias: i32,
    correction: i32,
    count: i32,
    /// Negative errors, of run interruption only.
    negative: i32,
}

struct Scan<'a> {
    bits: Bits<'a>,
    contexts: Vec<Context>,
    run_index: usize,
    maximum: i32,
    near: i32,
    step: i32,
    range: i32,
    range_bits: u32,
    limit: u32,
    thresholds: [i32; 3],
    reset: i32,
}

impl<'a> Scan<'a> {
    fn new(header: &Header, data: &'a [u8]) -> Parsed<Self> {
        let step = 2 * header.near + 1;
        let range = (header.maximum + 2 * header.near) / step + 1;
        let bits_of = |n: i32| 32 - (n - 1).max(1).leading_zeros();
        let sample_bits = bits_of(header.maximum + 1).max(2);
        let thresholds = header
            .thresholds
            .unwrap_or_else(|| default_thresholds(header.maximum, header.near));
        if !thresholds.is_sorted() || thresholds[0] <= header.near {
            return Err(Fault::corrupt(format!(
                "the JPEG-LS stream has thresholds {thresholds:?}"
            )));
        }
        let start = Context {
            magnitude: ((range + 32) / 64).max(2),
            bias: 0,
            correction: 0,
            count: 1,
            negative: 0,
        };
        Ok(Self {
            bits: Bits::new(data),
            contexts: vec![start; CONTEXTS],
            run_index: 0,
            maximum: header.maximum,
            near: header.near,
            step,
            range,
            range_bits: bits_of(range),
            limit: 2 * (sample_bits + sample_bits.max(8)),
            thresholds,
            reset: header.reset,
        })
    }

    /// Decodes one line; both slices have a neighbour at either end.
    fn line(&mut self, above: &[i32], line: &mut [i32]) -> Parsed<()> {
        let width = line.len() - 2;
        let mut x = 1;
        while x <= width {
            let (left, up, corner, ahead) = (line[x - 1], above[x], above[x - 1], above[x + 1]);
            let gradients = [ahead - up, up - corner, corner - left];
            if gradients.iter().all(|d| d.abs() <= self.near) {
                x = self.run(above, line, x, width)?;
                continue;
            }
            let [a, b, c] = gradients.map(|d| self.quantised(d));
            let index = 81 * a + 9 * b + c;
            let predicted = median_edge(left, up, corner);
            line[x] = self.regular(index, predicted)?;
            x += 1;
        }
        Ok(())
    }

    fn quantised(&self, d: i32) -> i32 {
        let [t1, t2, t3] = self.thresholds;
        let size = match d.abs() {
            s if s <= self.near => 0,
            s if s < t1 => 1,
            s if s < t2 => 2,
            s if s < t3 => 3,
            _ => 4,
        };
        size * d.signum()
    }

    fn regular(&mut self, index: i32, predicted: i32) -> Parsed<i32> {
        let sign = index.signum();
        let at = index.unsigned_abs() as usize;
        let (near, step, reset) = (self.near, self.step, self.reset);
        let context = self.contexts[at];
        let predicted = (predicted + sign * context.correction).clamp(0, self.maximum);
        let order = order(context.count, context.magnitude);
        let mapped = self.bits.golomb(order, self.limit, self.range_bits)?;
        let error = if near == 0 && order == 0 && 2 * context.bias <= -context.count {
            // The mapping is turned over where the error tends to be negative.
            if mapped & 1 == 1 {
                mapped >> 1
            } else {
                -(mapped >> 1) - 1
            }
        } else if mapped & 1 == 0 {
            mapped >> 1
        } else {
            -((mapped + 1) >> 1)
        };
        let context = &mut self.contexts[at];
        context.bias += error * step;
        context.magnitude += error.abs();
        if context.count == reset {
            context.magnitude >>= 1;
            context.bias >>= 1;
            context.count >>= 1;
        }
        context.count += 1;
        context.settle_bias();
        Ok(self.reconstructed(predicted, sign * error))
    }

    /// A run from `x` on, and the sample that ends it; gives the next place.
    fn run(
        &mut self,
        above: &[i32],
        line: &mut [i32],
        mut x: usize,
        width: usize,
    ) -> Parsed<usize> {
        let value = line[x - 1];
        loop {
            let order = RUN_ORDER[self.run_index];
            let left = width + 1 - x;
            if self.bits.bit()? == 1 {
                let whole = 1usize << order;
                let length = whole.min(left);
                line[x..x + length].fill(value);
                x += length;
                if length == whole && self.run_index < RUN_ORDER.len() - 1 {
                    self.run_index += 1;
                }
                if x > width {
                    return Ok(x);
                }
                continue;
            }
            let length = self.bits.take(order)? as usize;
            if length >= left {
                return Err(Fault::corrupt("a run of the JPEG-LS stream is too long"));
            }
            line[x..x + length].fill(value);
            x += length;
            break;
        }
        line[x] = self.interruption(line[x - 1], above[x])?;
        self.run_index = self.run_index.saturating_sub(1);
        Ok(x + 1)
    }

    fn interruption(&mut self, left: i32, up: i32) -> Parsed<i32> {
        let alike = (left - up).abs() <= self.near;
        let kind = i32::from(alike);
        let at = 365 + usize::from(alike);
        let context = self.contexts[at];
        let magnitude = if alike {
            context.magnitude + (context.count >> 1)
        } else {
            context.magnitude
        };
        let order = order(context.count, magnitude);
        let limit = self.limit - RUN_ORDER[self.run_index] - 1;
        let mapped = self.bits.golomb(order, limit, self.range_bits)?;
        let value = mapped + kind;
        let odd = value & 1 == 1;
        let size = (value + i32::from(odd)) >> 1;
        let turned = order != 0 || 2 * context.negative >= context.count;
        let error = if turned == odd { -size } else { size };
        let reset = self.reset;
        let context = &mut self.contexts[at];
        if error < 0 {
            context.negative += 1;
        }
        context.magnitude += (mapped + 1 - kind) >> 1;
        if context.count == reset {
            context.magnitude >>= 1;
            context.count >>= 1;
            context.negative >>= 1;
        }
        context.count += 1;
        let (predicted, sign) = if alike {
            (left, 1)
        } else {
            (up, if left > up { -1 } else { 1 })
        };
        Ok(self.reconstructed(predicted, sign * error))
    }

    fn reconstructed(&self, predicted: i32, error: i32) -> i32 {
        let mut value = predicted + error * self.step;
        let whole = self.range * self.step;
        if value < -self.near {
            value += whole;
        } else if value > self.maximum + self.near {
            value -= whole;
        }
        value.clamp(0, self.maximum)
    }
}

impl Context {
    /// T.87 A.6.2: one step of correction where the mean error is beyond half a step.
    fn settle_bias(&mut self) {
        if self.bias <= -self.count {
            self.bias = (self.bias + self.count).max(1 - self.count);
            self.correction = (self.correction - 1).max(-128);
        } else if self.bias > 0 {
            self.bias = (self.bias - self.count).min(0);
            self.correction = (self.correction + 1).min(127);
        }
    }
}

fn median_edge(left: i32, up: i32, corner: i32) -> i32 {
    if corner >= left.max(up) {
        left.min(up)
    } else if corner <= left.min(up) {
        left.max(up)
    } else {
        left + up - corner
    }
}

/// Order of the Golomb code.
fn order(count: i32, magnitude: i32) -> u32 {
    (0..24).find(|k| (count << k) >= magnitude).unwrap_or(24)
}

/// Bits, most significant first; after a byte 0xff comes one with seven.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
    after_ff: bool,
    ended: bool,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            held: 0,
            count: 0,
            after_ff: false,
            ended: false,
        }
    }

    fn fill(&mut self) {
        while self.count <= 48 && !self.ended {
            let Some(&byte) = self.data.get(self.at) else {
                self.ended = true;
                return;
            };
            if self.after_ff && byte & 0x80 != 0 {
                // A marker: the scan is over.
                self.ended = true;
                return;
            }
            let width = if self.after_ff { 7 } else { 8 };
            self.held = (self.held << width) | u64::from(byte);
            self.count += width;
            self.after_ff = byte == 0xff;
            self.at += 1;
        }
    }

    fn take(&mut self, width: u32) -> Parsed<u32> {
        if width == 0 {
            return Ok(0);
        }
        if self.count < width {
            self.fill();
        }
        if self.count < width {
            return Err(Fault::truncated(
                "the JPEG-LS stream",
                self.data.len() + 1,
                self.data.len(),
            ));
        }
        self.count -= width;
        Ok(((self.held >> self.count) & ((1 << width) - 1)) as u32)
    }

    fn bit(&mut self) -> Parsed<u32> {
        self.take(1)
    }

    /// A Golomb code of limited length (T.87 A.5.3).
    fn golomb(&mut self, order: u32, limit: u32, range_bits: u32) -> Parsed<i32> {
        let most = limit.saturating_sub(range_bits + 1);
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > most {
                return Err(Fault::corrupt("a code of the JPEG-LS stream is too long"));
            }
        }
        let value = if zeros < most {
            (zeros << order) + self.take(order)?
        } else {
            self.take(range_bits)? + 1
        };
        i32::try_from(value)
            .ok()
            .filter(|v| *v < 1 << 24)
            .ok_or_else(|| Fault::corrupt("a value of the JPEG-LS stream is too large"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of T.87 Annex H.3: 4 x 4 samples of 8 bits.
    #[test]
    fn the_example_of_the_standard() {
        let stream = [
            0xff, 0xd8, 0xff, 0xf7, 0x00, 0x0b, 0x08, 0x00, 0x04, 0x00, 0x04, 0x01, 0x01, 0x11,
            0x00, 0xff, 0xda, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00,
            0x6c, 0x80, 0x20, 0x8e, 0x01, 0xc0, 0x00, 0x00, 0x57, 0x40, 0x00, 0x00, 0x6e, 0xe6,
            0x00, 0x00, 0x01, 0xbc, 0x18, 0x00, 0x00, 0x05, 0xd8, 0x00, 0x00, 0x91, 0x60, 0xff,
            0xd9,
        ];
        let decoded = decode(&stream, 1 << 10).unwrap();
        assert_eq!(
            decoded.samples,
            [
                0, 0, 90, 74, 68, 50, 43, 205, 64, 145, 145, 145, 100, 145, 145, 145
            ]
        );
        // Cut off, it is refused.
        assert!(decode(&stream[..40], 1 << 10).is_err());
        assert!(decode(&stream, 15).is_err());
    }

    #[test]
    fn default_thresholds_of_eight_and_twelve_bits() {
        assert_eq!(default_thresholds(255, 0), [3, 7, 21]);
        assert_eq!(default_thresholds(4095, 0), [18, 67, 276]);
    }
}
