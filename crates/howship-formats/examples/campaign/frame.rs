//! The frame of a campaign: each file in a process of its own, so that an abort is counted and the campaign goes on.

use crate::mutate::{Dice, mutant};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Longer than this is a hang, s.
const TOO_LONG: f64 = 5.0;
/// Of contents this large what they take is held against their size, bytes.
const LARGE: u64 = 8 << 20;

/// A file to damage.
pub(crate) struct Seed {
    pub(crate) path: PathBuf,
    /// The bytes in which every bit is covered by a checksum; none where there is no checksum.
    pub(crate) covered: Option<(usize, usize)>,
    /// Mutants to make of it, as a share of what was asked for: one in so many.
    pub(crate) one_in: usize,
}

/// What the program was asked to do.
pub(crate) enum Asked {
    /// To try files: mutants and flips for each.
    Campaign { mutants: usize, flips: usize },
    /// To try one file, and print its [`Counts`].
    Child(Trial),
}

/// One file's share of a campaign.
pub(crate) struct Trial {
    pub(crate) seed: PathBuf,
    mutants: usize,
    flips: usize,
    covered: (usize, usize),
}

/// Reads the command line: `[MUTANTS_PER_FILE] [FLIPS_PER_FILE]`, or what [`campaign`] tells a child.
pub(crate) fn asked() -> Asked {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, or: usize| {
        arguments
            .get(i)
            .map_or(or, |a| a.parse().expect("a number"))
    };
    if arguments.first().is_some_and(|a| a == "child") {
        return Asked::Child(Trial {
            seed: PathBuf::from(&arguments[1]),
            mutants: number(2, 0),
            flips: number(3, 0),
            covered: (number(4, 0), number(5, 0)),
        });
    }
    Asked::Campaign {
        mutants: number(0, 300),
        flips: number(1, 200),
    }
}

/// What came of a file's mutants and flips.
#[derive(Default)]
struct Counts {
    mutants: u64,
    read: u64,
    slow: u64,
    flips: u64,
    noticed: u64,
    wrong: u64,
    /// Memory taken more than at the start, bytes.
    taken: u64,
    /// File and contents, bytes.
    honest: u64,
}

impl Counts {
    fn print(&self) {
        println!(
            "{} {} {} {} {} {} {} {}",
            self.mutants,
            self.read,
            self.slow,
            self.flips,
            self.noticed,
            self.wrong,
            self.taken,
            self.honest
        );
    }

    fn parse(text: &str) -> Option<Self> {
        let words = text.split_whitespace();
        let numbers: Vec<u64> = words.map(str::parse).collect::<Result<_, _>>().ok()?;
        let [mutants, read, slow, flips, noticed, wrong, taken, honest] =
            numbers.try_into().ok()?;
        Some(Self {
            mutants,
            read,
            slow,
            flips,
            noticed,
            wrong,
            taken,
            honest,
        })
    }

    fn add(&mut self, other: &Self) {
        self.mutants += other.mutants;
        self.read += other.read;
        self.slow += other.slow;
        self.flips += other.flips;
        self.noticed += other.noticed;
        self.wrong += other.wrong;
    }
}

/// Tries every file in a child of its own, and prints what came of all.
pub(crate) fn campaign(seeds: &[Seed], mutants: usize, flips: usize) {
    let mut sum = Counts::default();
    let (mut aborts, mut most_small, mut worst) = (0, 0u64, (0.0f64, String::new()));
    for seed in seeds {
        let name = seed.path.display().to_string();
        let Some(counts) = run_child(seed, mutants / seed.one_in.max(1), flips) else {
            aborts += 1;
            continue;
        };
        sum.add(&counts);
        if counts.slow + counts.wrong > 0 {
            println!("{name}: slow {}, wrong {}", counts.slow, counts.wrong);
        }
        let ratio = counts.taken as f64 / counts.honest.max(1) as f64;
        if counts.honest < LARGE {
            most_small = most_small.max(counts.taken);
        } else if ratio > worst.0 {
            worst = (ratio, name);
        }
    }
    println!("files {}", seeds.len());
    println!(
        "mutants {}: read {}, refused {}, slower than {TOO_LONG} s {}",
        sum.mutants,
        sum.read,
        sum.mutants - sum.read,
        sum.slow
    );
    println!(
        "single bits flipped under a checksum {}: refused {}, other contents accepted {}",
        sum.flips, sum.noticed, sum.wrong
    );
    println!("aborts {aborts}");
    println!(
        "memory: contents of less than {LARGE} bytes at most {most_small} bytes more than at the start"
    );
    if worst.0 > 0.0 {
        println!(
            "memory: larger ones at most {:.2} x file and contents ({})",
            worst.0, worst.1
        );
    }
}

/// What came of one file; `None`, said, where its child did not end as it should.
fn run_child(seed: &Seed, mutants: usize, flips: usize) -> Option<Counts> {
    let (flips, (from, to)) = seed.covered.map_or((0, (0, 0)), |range| (flips, range));
    let out = Command::new(std::env::current_exe().expect("this program"))
        .arg("child")
        .arg(&seed.path)
        .args([mutants, flips, from, to].map(|n| n.to_string()))
        .output()
        .expect("a child");
    let counts = Counts::parse(&String::from_utf8_lossy(&out.stdout));
    let counts = counts.filter(|_| out.status.success());
    if counts.is_none() {
        println!("ABORT {} {:?}", seed.path.display(), out.status);
    }
    print!("{}", String::from_utf8_lossy(&out.stderr));
    counts
}

impl Trial {
    /// Damages the file's bytes again and again and prints the counts; `answer` is what bytes are read as, `None`
    /// where they are refused, and `size` how many bytes an answer takes.
    pub(crate) fn run<A: PartialEq>(
        &self,
        bytes: &[u8],
        mut answer: impl FnMut(&[u8]) -> Option<A>,
        size: impl Fn(&A) -> usize,
    ) {
        let mut dice = Dice::new(bytes.len() as u64);
        let mut counts = Counts {
            mutants: self.mutants as u64,
            flips: self.flips as u64,
            ..Counts::default()
        };
        drop(mutant(bytes, &mut dice));
        let at_start = peak_bytes();
        for _ in 0..self.mutants {
            let damaged = mutant(bytes, &mut dice);
            let started = Instant::now();
            counts.read += u64::from(answer(&damaged).is_some());
            counts.slow += u64::from(started.elapsed().as_secs_f64() > TOO_LONG);
        }
        counts.taken = peak_bytes().saturating_sub(at_start);
        let sound = answer(bytes);
        counts.honest = (bytes.len() + sound.as_ref().map_or(0, size)) as u64;
        let (from, to) = self.covered;
        let mut damaged = bytes.to_vec();
        for _ in 0..self.flips {
            let bit = 8 * from + dice.below(8 * (to - from));
            damaged[bit / 8] ^= 1 << (bit % 8);
            match answer(&damaged) {
                None => counts.noticed += 1,
                found if found == sound => {}
                _ => {
                    counts.wrong += 1;
                    eprintln!("bit {bit} of {}", self.seed.display());
                }
            }
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
        counts.print();
    }
}

/// All files below a folder, in the order of their names.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder of files")
        .map(|e| e.expect("an entry").path())
        .collect();
    entries.sort();
    let below = |path: PathBuf| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    entries.into_iter().flat_map(below).collect()
}

/// The process's largest resident memory; 0 where the system does not say.
fn peak_bytes() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .map_or(0, |kib| kib * 1024)
}
