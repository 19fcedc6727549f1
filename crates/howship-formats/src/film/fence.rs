//! Decoders of other people's making, run where their failure is not ours.
//!
//! Compressed streams come from anywhere, and their decoders are large and partly unchecked. A program
//! calls [`decode_in_process`] once with itself and an argument on which it calls [`serve_decoder`];
//! from then on every compressed film is decoded by a child that may crash, hang or be killed, and an
//! error naming the file is all that is left of it. Without that call the decoder runs in this process,
//! guarded against panics only.

use super::decoded::Decoded;
use super::{jpeg, jpeg2000};
use crate::error::{Fault, Parsed, Problem};
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Longest time for one film: the largest of 60 megapixels takes about 20 s of a busy core.
const PATIENCE: Duration = Duration::from_secs(120);
/// A reply begins with this, or with what went wrong.
const GOOD: &[u8; 4] = b"HSD1";
const BAD: &[u8; 4] = b"HSE1";
const UNSUPPORTED: &[u8; 4] = b"HSU1";

static PROGRAM: OnceLock<(PathBuf, Vec<String>)> = OnceLock::new();

/// Decodes compressed films in child processes from now on: `program` with these arguments must call
/// [`serve_decoder`]. Only the first call counts.
pub fn decode_in_process(program: PathBuf, arguments: Vec<String>) {
    let _ = PROGRAM.set((program, arguments));
}

/// The child's part: one compressed stream from `input`, its samples or a refusal to `output`.
///
/// # Errors
/// The pipes broke.
pub fn serve_decoder(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut head = [0u8; 9];
    input.read_exact(&mut head)?;
    let (kind, rest) = (head[0], &head[1..]);
    let mut limit = [0u8; 8];
    limit.copy_from_slice(rest);
    let max_pixels = usize::try_from(u64::from_le_bytes(limit)).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let decoded = Codec::of(kind)
        .ok_or_else(|| Fault::corrupt("no such decoder"))
        .and_then(|codec| here(codec, &bytes, max_pixels));
    match decoded {
        Ok(decoded) => {
            output.write_all(GOOD)?;
            let numbers = [
                decoded.width as u32,
                decoded.height as u32,
                decoded.channels as u32,
                u32::from(decoded.bits),
                u32::from(decoded.signed) | (u32::from(decoded.lossy) << 1),
            ];
            output.write_all(numbers.map(u32::to_le_bytes).as_flattened())?;
            let samples: Vec<u8> = decoded
                .samples
                .iter()
                .flat_map(|s| s.to_le_bytes())
                .collect();
            output.write_all(&samples)
        }
        Err(fault) => {
            output.write_all(match fault.problem {
                Problem::Unsupported => UNSUPPORTED,
                _ => BAD,
            })?;
            output.write_all(fault.reason.as_bytes())
        }
    }?;
    output.flush()
}

/// Which decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Jpeg,
    Jpeg2000,
}

impl Codec {
    fn of(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Jpeg),
            2 => Some(Self::Jpeg2000),
            _ => None,
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::Jpeg => 1,
            Self::Jpeg2000 => 2,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Jpeg2000 => "JPEG 2000",
        }
    }
}

/// The samples of a compressed stream, by a child where one was named.
pub(super) fn decode(codec: Codec, bytes: &[u8], max_pixels: usize) -> Parsed<Decoded> {
    match PROGRAM.get() {
        Some((program, arguments)) => {
            let mut command = Command::new(program);
            command.args(arguments);
            outside(command, codec, bytes, max_pixels)
        }
        None => here(codec, bytes, max_pixels),
    }
}

fn here(codec: Codec, bytes: &[u8], max_pixels: usize) -> Parsed<Decoded> {
    let work = || match codec {
        Codec::Jpeg => jpeg::decode(bytes, max_pixels),
        Codec::Jpeg2000 => jpeg2000::decode(bytes, max_pixels),
    };
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(gave_up(codec)))
}

fn gave_up(codec: Codec) -> Fault {
    Fault::corrupt(format!(
        "the {} stream is damaged (its decoder gave up)",
        codec.name()
    ))
}

fn outside(mut command: Command, codec: Codec, bytes: &[u8], max_pixels: usize) -> Parsed<Decoded> {
    let failed = |e: &io::Error| {
        Fault::new(
            Problem::Unsupported,
            format!("its {} decoder could not be started ({e})", codec.name()),
            "try again, or give the film uncompressed",
        )
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| failed(&e))?;
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        let _ = child.kill();
        return Err(gave_up(codec));
    };
    let mut head = vec![codec.byte()];
    head.extend((max_pixels as u64).to_le_bytes());
    // No reply is longer than three channels of every pixel that is allowed.
    let most = (max_pixels as u64).saturating_mul(12).saturating_add(64);
    let reply = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A child that died does not read on: its reply, or none, says why.
            let _ = to.write_all(&head).and_then(|()| to.write_all(bytes));
        });
        let reader = scope.spawn(move || {
            let mut reply = Vec::new();
            from.take(most).read_to_end(&mut reply).map(|_| reply)
        });
        let ended = wait(&mut child, || reader.is_finished());
        if !ended {
            let _ = child.kill();
        }
        let reply = reader.join();
        (ended, reply)
    });
    let status = child.wait();
    match reply {
        (false, _) => Err(Fault::corrupt(format!(
            "its {} stream was not decoded within {} s",
            codec.name(),
            PATIENCE.as_secs()
        ))),
        (true, Ok(Ok(reply))) if status.is_ok_and(|s| s.success()) => parse(codec, &reply),
        _ => Err(gave_up(codec)),
    }
}

/// Whether the child ended, or said all it had to say, in time.
fn wait(child: &mut Child, mut said_all: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    while start.elapsed() < PATIENCE {
        if said_all() || !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
    false
}

fn parse(codec: Codec, reply: &[u8]) -> Parsed<Decoded> {
    let Some((kind, rest)) = reply.split_at_checked(4) else {
        return Err(gave_up(codec));
    };
    if kind == BAD {
        return Err(Fault::corrupt(String::from_utf8_lossy(rest)));
    }
    if kind == UNSUPPORTED {
        return Err(Fault::unsupported(
            String::from_utf8_lossy(rest),
            "export the film uncompressed",
        ));
    }
    let Some((head, samples)) = rest.split_at_checked(20).filter(|_| kind == GOOD) else {
        return Err(gave_up(codec));
    };
    let number = |i: usize| {
        let four = head.get(4 * i..4 * i + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(four))
    };
    let numbers = [number(0), number(1), number(2), number(3), number(4)];
    let [
        Some(width),
        Some(height),
        Some(channels),
        Some(bits),
        Some(flags),
    ] = numbers
    else {
        return Err(gave_up(codec));
    };
    let samples: Vec<i32> = samples
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| i32::from_le_bytes(*b))
        .collect();
    let expected = (u64::from(width) * u64::from(height)).saturating_mul(u64::from(channels));
    if samples.len() as u64 != expected || bits > 32 {
        return Err(gave_up(codec));
    }
    Ok(Decoded {
        width: width as usize,
        height: height as usize,
        channels: channels as usize,
        bits: bits as u16,
        signed: flags & 1 != 0,
        lossy: flags & 2 != 0,
        samples,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_comes_back_as_it_went() {
        // 8 x 8 grey pixels of one value, baseline JPEG made by the encoder of the same library.
        let jpeg = libjpeg_turbo_rs::compress_lossless(
            &[90u8; 64],
            8,
            8,
            libjpeg_turbo_rs::PixelFormat::Grayscale,
        )
        .unwrap();
        let mut input = vec![1u8];
        input.extend(64u64.to_le_bytes());
        input.extend(&jpeg);
        let mut output = Vec::new();
        serve_decoder(&input[..], &mut output).unwrap();
        let decoded = parse(Codec::Jpeg, &output).unwrap();
        assert_eq!(
            (decoded.width, decoded.height, decoded.lossy),
            (8, 8, false)
        );
        assert_eq!(decoded.samples, vec![90; 64]);
        // More pixels than allowed are refused, and the refusal arrives.
        input[1..9].copy_from_slice(&63u64.to_le_bytes());
        output.clear();
        serve_decoder(&input[..], &mut output).unwrap();
        let fault = parse(Codec::Jpeg, &output).unwrap_err();
        assert!(fault.reason.contains("8 x 8"), "{}", fault.reason);
    }

    #[cfg(unix)]
    #[test]
    fn a_child_that_crashes_or_lies_is_an_error_of_the_file() {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            outside(command, Codec::Jpeg2000, &[0u8; 1 << 20], 100)
        };
        for script in [
            "kill -SEGV $$",
            "exit 3",
            "cat > /dev/null; printf HSD1aaaa",
            "cat > /dev/null; printf HSD1; head -c 4096 /dev/zero | tr '\\0' '\\377'",
        ] {
            let fault = shell(script).unwrap_err();
            assert_eq!(fault.problem, Problem::Corrupt, "{script}");
        }
        let fault = shell("cat > /dev/null; printf 'HSU1a kind'").unwrap_err();
        assert_eq!(fault.problem, Problem::Unsupported);
    }
}
