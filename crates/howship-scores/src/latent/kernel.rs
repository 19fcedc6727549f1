//! What a reader may make of what is there: every way in which a reading can come about, as a product of rates.

use super::collapse::{Look, Observation};

/// What happens in a reading, film by film. Each is a rate of the reader, except the artefact's, which all share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Event {
    /// An outstanding change is seen,
    See,
    /// taken for the opposite,
    Opposite,
    /// or missed, and may be seen on the next film.
    Miss,
    /// On a film of an undamaged joint: a step too many,
    UpIntact,
    /// a step too few (where damage was scored that is not there),
    DownIntact,
    /// neither,
    StayIntact,
    /// not a step too many (a step too few cannot be written).
    NotUpIntact,
    /// On a film of a damaged joint.
    UpDamaged,
    /// A step too few.
    DownDamaged,
    /// Neither.
    StayDamaged,
    /// Not a step too many (the score is 0).
    NotUpDamaged,
    /// Not a step too few (the score is at the maximum).
    NotDown,
    /// On the first film, error of a step either way.
    FirstUp,
    /// Down.
    FirstDown,
    /// None.
    FirstStay,
    /// Damage scored at baseline where the film shows it.
    Scored,
    /// Not scored there.
    Overlooked,
    /// Damage scored where the film shows none.
    Imagined,
    /// None scored where none is.
    Clear,
    /// The film's artefact shows in this reading.
    Taken,
    /// It does not.
    NotTaken,
}

pub(crate) const EVENTS: usize = Event::NotTaken as usize + 1;

/// What is there: steps from baseline on each film, and the film with an artefact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hidden {
    pub(crate) class: Class,
    /// Damaged at baseline.
    pub(crate) damaged: bool,
    /// True level on each film, relative to baseline.
    pub(crate) level: Vec<i8>,
    /// Which intervals change; the bits of a number.
    pub(crate) intervals: usize,
    /// Artefact on each film.
    pub(crate) artefact: Vec<i8>,
}

/// True change of a joint over the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Class {
    IntactStable,
    IntactProgressing,
    Healing,
    Stable,
    Progressing,
}

pub(crate) const CLASSES: usize = 5;

/// Everything that may be there, sorted by class.
pub(crate) fn hidden_states(visits: usize, artefacts: bool) -> Vec<Hidden> {
    let classes = [
        (Class::IntactStable, false, 0i8),
        (Class::IntactProgressing, false, 1),
        (Class::Healing, true, -1),
        (Class::Stable, true, 0),
        (Class::Progressing, true, 1),
    ];
    let mut states = Vec::new();
    for (class, damaged, sign) in classes {
        let sets = if sign == 0 {
            0..1
        } else {
            1..1usize << (visits - 1)
        };
        for intervals in sets {
            let mut level = vec![0i8; visits];
            for film in 1..visits {
                level[film] = level[film - 1] + sign * ((intervals >> (film - 1)) & 1) as i8;
            }
            let clean = Hidden {
                class,
                damaged,
                level,
                intervals,
                artefact: vec![0; visits],
            };
            states.push(clean.clone());
            for film in 0..visits {
                for shift in [-1, 1] {
                    // Nothing looks better than undamaged.
                    let below = !damaged && clean.level[film] + shift < 0;
                    if artefacts && !below {
                        let mut with = clean.clone();
                        with.artefact[film] = shift;
                        states.push(with);
                    }
                }
            }
        }
    }
    states
}

/// One way in which a reading comes about: the product of these events' rates.
pub(crate) type Way = Vec<Event>;

/// All ways from what is there to what was written.
pub(crate) fn ways(hidden: &Hidden, seen: &Observation, first_film_errs: bool) -> Vec<Way> {
    let mut walk = Walk {
        hidden,
        seen,
        first_film_errs,
        events: Vec::new(),
        found: Vec::new(),
    };
    walk.film(0, None);
    walk.found
}

/// A reader's state after a film.
#[derive(Clone, Copy)]
struct Before {
    film: usize,
    /// True level that the reader is aware of.
    aware: i8,
    /// What was written.
    written: i8,
    /// Nothing lower can be written.
    lowest: i8,
}

struct Walk<'a> {
    hidden: &'a Hidden,
    seen: &'a Observation,
    first_film_errs: bool,
    events: Vec<Event>,
    found: Vec<Way>,
}

impl Walk<'_> {
    fn film(&mut self, film: usize, before: Option<Before>) {
        if film == self.hidden.level.len() {
            self.found.push(self.events.clone());
            return;
        }
        if self.seen.looks[film] == Look::Absent {
            return self.film(film + 1, before);
        }
        match self.hidden.artefact[film] {
            0 => self.judge(film, before, 0),
            shift => {
                self.events.push(Event::Taken);
                self.judge(film, before, shift);
                self.events.pop();
                self.events.push(Event::NotTaken);
                self.judge(film, before, 0);
                self.events.pop();
            }
        }
    }

    fn judge(&mut self, film: usize, before: Option<Before>, shift: i8) {
        let level = self.hidden.level[film];
        let Some(b) = before else {
            return self.first(film, level, shift);
        };
        let outstanding = (level - b.aware).signum();
        if outstanding != 0 {
            // A joint that was seen to heal to 0 has nothing left to be seen healing.
            let healed = outstanding < 0 && b.aware < 0 && self.seen.floor[b.film];
            if !healed {
                self.step(film, b, Event::See, level, level + shift);
            }
            self.step(film, b, Event::Miss, b.aware, b.aware + shift);
            let other = b.aware - outstanding + shift;
            return self.step(film, b, Event::Opposite, b.aware, other);
        }
        let (up, down, stay, not_up) = if self.hidden.damaged || level > 0 {
            (
                Event::UpDamaged,
                Event::DownDamaged,
                Event::StayDamaged,
                Event::NotUpDamaged,
            )
        } else {
            (
                Event::UpIntact,
                Event::DownIntact,
                Event::StayIntact,
                Event::NotUpIntact,
            )
        };
        let same = b.aware + shift;
        if self.seen.floor[b.film] {
            self.step(film, b, up, b.aware, same + 1);
            self.step(film, b, not_up, b.aware, same);
        } else if self.seen.ceiling[b.film] {
            self.step(film, b, down, b.aware, same - 1);
            self.step(film, b, Event::NotDown, b.aware, same);
        } else {
            self.step(film, b, up, b.aware, same + 1);
            self.step(film, b, down, b.aware, same - 1);
            self.step(film, b, stay, b.aware, same);
        }
    }

    /// Goes on where what would be written is what was written.
    fn step(&mut self, film: usize, b: Before, event: Event, aware: i8, written: i8) {
        let written = written.max(b.lowest);
        let mut sign = (written - b.written).signum();
        let held = (sign < 0 && self.seen.floor[b.film]) || (sign > 0 && self.seen.ceiling[b.film]);
        if held {
            sign = 0;
        }
        if self.seen.looks[film] != Look::Then(sign) {
            return;
        }
        self.events.push(event);
        let written = if held { b.written } else { written };
        let after = Before {
            film,
            aware,
            written,
            lowest: b.lowest,
        };
        self.film(film + 1, Some(after));
        self.events.pop();
    }

    /// The first film that this reading has.
    fn first(&mut self, film: usize, level: i8, shift: i8) {
        let errs: &[(Option<Event>, i8)] = if self.first_film_errs {
            &[
                (Some(Event::FirstStay), 0),
                (Some(Event::FirstUp), 1),
                (Some(Event::FirstDown), -1),
            ]
        } else {
            &[(None, 0)]
        };
        for &(event, error) in errs {
            let written = level + shift + error;
            let shows = if self.hidden.damaged {
                written >= 0
            } else {
                written > 0
            };
            self.events.extend(event);
            self.events.push(match (shows, self.seen.floor[film]) {
                (true, false) => Event::Scored,
                (true, true) => Event::Overlooked,
                (false, false) => Event::Imagined,
                (false, true) => Event::Clear,
            });
            // Below nothing there is nothing to write, but for who scored damage that the film does not show.
            let imagined = !shows && !self.seen.floor[film];
            let intact = !self.hidden.damaged;
            let after = Before {
                film,
                aware: level,
                written: if intact { written.max(0) } else { written },
                lowest: if intact && !imagined { 0 } else { i8::MIN },
            };
            self.film(film + 1, Some(after));
            self.events.pop();
            if event.is_some() {
                self.events.pop();
            }
        }
    }
}
