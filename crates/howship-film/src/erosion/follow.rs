//! One erosion measured on every film, and its changes judged.

use super::ErosionOptions;
use super::bone::Bone;
use super::density::lost_between;
use super::detect::Site;
use super::doubt::{
    agreed, below_nothing, not_borne_out, nothing, possible, within_what_was_there,
};
use super::elsewhere::elsewhere;
use super::healing::{Evidence, conditions};
use super::judging::{ChangeError, judge, judge_growing, turned};
use crate::lost::{Lost, LostOptions, Region, fitted};
use crate::options::FilmOptions;
use crate::position;
use crate::visit::Ready;
use howship_change::{
    FilmErosion, FilmErosionSource, FilmErosionVisit, FilmQuantity, HealingCondition, Judged,
    Measurement, PositionFlags, Scale, Verdict, VerdictOptions,
};
use std::collections::BTreeMap;
use std::ops::Range;

/// What an erosion is measured with.
pub(crate) struct Context<'a> {
    pub names: &'a [String],
    pub visits: &'a [Ready],
    pub flags: &'a [Option<PositionFlags>],
    /// Short name of the joint.
    pub joint: &'a str,
    /// Whether the bone's end is hollow beside the joint: a metacarpal's or metatarsal's head.
    pub hollow: bool,
    /// Rows of every erosion of the bone.
    pub erosions: &'a [Range<usize>],
    pub unit: &'a str,
    /// Of a frame pixel in the unit.
    pub per_px: f64,
    /// Of a millimetre in the unit.
    pub per_mm: f64,
    pub options: &'a FilmOptions,
}

impl Context<'_> {
    /// An area in the joint's unit at a joint of a foot, 0 at one of a hand.
    fn of_feet(&self, mm2: f64) -> f64 {
        self.at_foot(mm2) * self.per_mm * self.per_mm
    }

    /// A value at a joint of a foot, 0 at one of a hand.
    fn at_foot(&self, value: f64) -> f64 {
        if crate::frame::is_foot(self.joint) {
            value
        } else {
            0.0
        }
    }
}

/// One erosion seen on films of one bone: the same rows, one region fitted to all of them.
pub(super) struct Seen {
    /// Per film, in the order that was asked for.
    lost: Vec<Lost>,
    region: Region,
    /// Of each film over the region with its margin, px².
    areas: Vec<f64>,
}

impl Seen {
    pub(super) fn new(
        bone: &Bone,
        site: &Site,
        visits: &[usize],
        o: &LostOptions,
        search_px: usize,
    ) -> Result<Self, String> {
        // Films without the erosion say nothing of where it is: the one that shows it helps.
        let mut placing = visits.to_vec();
        if !visits.contains(&site.visit) && bone.on(site.visit).is_ok() {
            placing.push(site.visit);
        }
        let all = |rows: &Range<usize>| -> Result<Vec<Lost>, String> {
            let on = |v: &usize| {
                Lost::new(&bone.on(*v)?.strip, rows, o).ok_or_else(|| {
                    "no intact outline is left beside the erosion to compare with".to_owned()
                })
            };
            placing.iter().map(on).collect()
        };
        let fit = |lost: &[Lost]| fitted(&lost.iter().collect::<Vec<_>>(), site.at, o);
        let middle = usize::midpoint(site.rows.start, site.rows.end);
        let reach = (site.rows.len() / 2).max(search_px);
        let first = middle.saturating_sub(reach)..(middle + reach).min(bone.rows());
        // What is beside the stretch is taken for intact: again with where the erosion was found to be.
        let mut region = fit(&all(&first)?);
        let mut lost = all(&region.stretch(o.margin_px, bone.rows()))?;
        for _ in 0..2 {
            region = fit(&lost);
            lost = all(&region.stretch(o.margin_px, bone.rows()))?;
        }
        let region = Region::new(&lost[0].rows, region.middle, region.half, region.deepest);
        lost.truncate(visits.len());
        let grown = region.grown(o.margin_px);
        let areas: Vec<f64> = lost
            .iter()
            .map(|l| l.area(&grown, &bone.envelope))
            .collect();
        let known = |l: &Lost| l.line.iter().all(|v| v.is_finite());
        if !(areas.iter().all(|a| a.is_finite()) && lost.iter().all(known)) {
            return Err("the erosion reaches over the edge of the joint's field".to_owned());
        }
        Ok(Self {
            lost,
            region: grown,
            areas,
        })
    }

    /// The share of the cortical line that each film has lost at every row, against the intact line there: that of the
    /// outline beside the erosion or, where a film shows more than that, the brightest film's. The line of a metacarpal's
    /// head is up to a third brighter than beside it, and a film on which it has come back says so.
    fn lines(&self, most: f64) -> Vec<Vec<f64>> {
        let rows = self.lost.first().map_or(0, |l| l.line.len());
        let kept = |l: &Lost, i: usize| 1.0 - l.line[i];
        let intact: Vec<f64> = (0..rows)
            .map(|i| {
                let brightest = self.lost.iter().map(|l| kept(l, i)).fold(1.0, f64::max);
                brightest.min(most)
            })
            .collect();
        let share = |l: &Lost| (0..rows).map(|i| 1.0 - kept(l, i) / intact[i]).collect();
        self.lost.iter().map(share).collect()
    }
}

/// The former mouth on several films of a bone, and the cortical line over it.
pub(super) struct Mouth {
    /// Rows where half of the line or more is lost on any of the films.
    rows: Vec<usize>,
    /// Per film, the share lost over the seen stretch.
    lines: Vec<Vec<f64>>,
}

impl Mouth {
    pub(super) fn new(seen: &Seen, options: &ErosionOptions) -> Self {
        let lines = seen.lines(options.most_intact_line);
        let rows = lines.first().map_or(0, Vec::len);
        let open = |i: &usize| lines.iter().any(|l| l[*i] >= options.open_share);
        Self {
            rows: (0..rows).filter(open).collect(),
            lines,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Share of the cortical line that a film shows over the former mouth.
    fn continuity(&self, film: usize) -> f64 {
        let line = &self.lines[film];
        let lost = self.rows.iter().map(|&i| line[i]).sum::<f64>() / self.len().max(1) as f64;
        // A line brighter than the intact one is whole, not more.
        (1.0 - lost).clamp(0.0, 1.0)
    }

    /// Rows on which a film has lost half of the line or more.
    fn open(&self, film: usize, options: &ErosionOptions) -> usize {
        let line = self.lines[film].iter();
        line.filter(|l| **l >= options.open_share).count()
    }
}

/// Rows of a site with its margin, on the first film and the one it was found on.
pub(crate) fn extent(bone: &Bone, site: &Site, options: &ErosionOptions) -> Range<usize> {
    Seen::new(
        bone,
        site,
        &both(0, site.visit),
        &options.lost,
        options.search_px,
    )
    .map_or_else(|_| site.rows.clone(), |seen| seen.region.rows)
}

/// Two visits, or one where they are the same.
fn both(a: usize, b: usize) -> Vec<usize> {
    if a == b { vec![a] } else { vec![a, b] }
}

/// Rows of what opens at a site, where it is more than what happens elsewhere on the bone and no erosion that is known.
pub(super) fn confirmed(
    bone: &Bone,
    site: &Site,
    others: &[Range<usize>],
    options: &ErosionOptions,
) -> Option<Range<usize>> {
    let films = both(0, site.visit);
    let (lost, z) = if site.visit == 0 {
        (&options.lost, options.least_z)
    } else {
        (&options.change, options.new_z)
    };
    let seen = Seen::new(bone, site, &films, lost, options.search_px).ok()?;
    let rows = seen.region.rows.clone();
    let shared = |o: &Range<usize>| o.end.min(rows.end).saturating_sub(o.start.max(rows.start));
    if others
        .iter()
        .any(|o| 2 * shared(o) > o.len().min(rows.len()))
    {
        return None;
    }
    // What is new is judged against the outline on both sides: where that belongs to an erosion that heals, everything
    // beside it seems to open.
    let beside = lost.gap_px + lost.beside_px;
    let near = |o: &Range<usize>| o.start < rows.end + beside && rows.start < o.end + beside;
    if site.visit > 0 && others.iter().any(near) {
        return None;
    }
    let mut erosions = others.to_vec();
    erosions.push(rows.clone());
    let size = seen.region.size();
    let former = Mouth::new(&seen, options);
    let mouth = former.len();
    // Of the line, what is gone on the one film, or what the later one has lost against the first.
    let (line, line_prior) = match seen.areas[..] {
        [_, _] => (
            former.continuity(0) - former.continuity(1),
            options.line_change_prior,
        ),
        _ => (1.0 - former.continuity(0), options.line_prior),
    };
    let (area, prior) = match seen.areas[..] {
        [before, after] => (after - before, options.change_prior(size)),
        _ => (seen.areas[0], options.area_prior(size)),
    };
    let spread = elsewhere(bone, &films, &seen.region, mouth.max(8), &erosions, lost);
    let (se, _) = spread.area.with(prior, options.prior_df);
    let (line_se, _) = spread.line.with(line_prior, options.prior_df);
    let is = mouth >= options.found_mouth_px
        && area >= options.least_area_px2
        && area >= z * se
        && line >= options.line_z * line_se;
    let new = site.visit > 0;
    let is = is
        && !(new && one_sided(&rows, bone.rows(), lost))
        && !(new && denied(bone, site.visit, &seen.region, area, options));
    is.then_some(rows)
}

/// Whether the intact outline on one side of a stretch lies beyond what the film shows of the bone: what is new is
/// measured against both sides, and one alone may be where a head goes over into its shaft.
fn one_sided(rows: &Range<usize>, all: usize, o: &LostOptions) -> bool {
    let needed = o.gap_px + o.beside_px / 2;
    rows.start < needed || rows.end + needed > all
}

/// Whether the films' grey levels deny a change of area: over the same region they show little of it, or the other way.
fn denied(bone: &Bone, visit: usize, region: &Region, change: f64, o: &ErosionOptions) -> bool {
    lost_between(bone, visit, region, &o.change)
        .is_some_and(|levels| levels / change < o.least_borne_out)
}

/// Measures one erosion on every film and judges its changes.
pub(crate) fn follow(bone: &Bone, site: &Site, id: u32, context: &Context) -> FilmErosion {
    let e = &context.options.erosion;
    let former = Former::new(bone, site, e);
    let visits: Vec<FilmErosionVisit> = (0..bone.visits())
        .map(|v| at_visit(bone, site, v, former.as_ref(), context))
        .collect();
    let place = bone.envelope.at(site.at.min(bone.rows() - 1), 0.0);
    let to_film = |v: usize| context.visits[v].frame.to_film;
    let at = bone.on(site.visit).map_or_else(
        |_| to_film(0).apply(place),
        |film| to_film(site.visit).apply(film.pose.apply(place)),
    );
    let mut changes = Vec::new();
    let mut others: BTreeMap<FilmQuantity, Vec<Judged>> = BTreeMap::new();
    for v in 1..bone.visits() {
        let pair = Seen::new(bone, site, &[0, v], &e.change, e.search_px);
        let area = match &pair {
            Ok(pair) => area_change(bone, pair, v, context),
            Err(reason) => Judged::unmeasured(reason.clone()),
        };
        let mut judged = agreed(area, &visits, v, e);
        let doubt = hidden(site, v, context)
            .or_else(|| nothing(&visits, v, e))
            .or_else(|| below_nothing(&visits, e, context.hollow))
            .or_else(|| {
                let region = &pair.as_ref().ok()?.region;
                let levels = lost_between(bone, v, region, &e.change)?;
                not_borne_out(&judged, levels * context.per_px * context.per_px, e)
            });
        if let Some(reason) = doubt {
            (judged.verdict, judged.reason) = (Verdict::Uncertain, reason);
        }
        let share = e.form_share(context.hollow);
        within_what_was_there(&mut judged, visits.first(), share, e);
        changes.push(judged);
        for quantity in [
            FilmQuantity::Depth,
            FilmQuantity::Mouth,
            FilmQuantity::Filling,
        ] {
            let judged = other_change(&visits, v, quantity, context);
            others.entry(quantity).or_default().push(judged);
        }
        // The line wants the outline close beside the mouth: farther off it is another one.
        let judged = match Seen::new(bone, site, &[0, v], &e.lost, e.search_px) {
            Ok(pair) => continuity_change(bone, &pair, v, context),
            Err(reason) => Judged::unmeasured(reason),
        };
        let list = others.entry(FilmQuantity::CorticalContinuity).or_default();
        list.push(judged);
    }
    // The conditions stand at every visit: no verdict of one that is refused is left in the result.
    let judged: Vec<(Vec<HealingCondition>, Judged)> = (0..changes.len())
        .map(|k| {
            let evidence = Evidence {
                visits: &visits[..=k + 1],
                changes: &changes[..=k],
                flags: &context.flags[..=k + 1],
                hollow: context.hollow,
            };
            conditions(&evidence, e)
        })
        .collect();
    let (healing, verdict) = judged.last().cloned().unwrap_or_else(|| {
        let none = "one visit only: no change to judge";
        (Vec::new(), Judged::unmeasured(none))
    });
    let changes = judged.into_iter().map(|(_, judged)| judged).collect();
    let visits = visits.into_iter().map(possible).collect();
    FilmErosion {
        id,
        bone: bone.side,
        source: site.source,
        visit: context.names[site.visit].clone(),
        at,
        visits,
        changes,
        other_changes: others,
        healing,
        verdict,
    }
}

/// Why an erosion that nobody pointed at is not judged between the first film and a later one: where bones lie over each
/// other or have grown together, and where they lie otherwise than on the first film, their edges come and go without any
/// erosion.
fn hidden(site: &Site, visit: usize, context: &Context) -> Option<String> {
    if site.source == FilmErosionSource::Given {
        return None;
    }
    let unseen = [0, visit].into_iter().find_map(|v| {
        let reason = context.visits[v].profile.as_ref().err()?;
        let film = &context.names[v];
        Some(format!(
            "no joint space is seen, and nobody pointed at an erosion ({film}: {reason})"
        ))
    });
    unseen.or_else(|| {
        let flags = context.flags.get(visit).copied().flatten()?;
        flags.raised.then(|| {
            format!(
                "the bones lie otherwise than on {} ({}), and nobody pointed at an erosion",
                context.names[0],
                position::in_words(&flags)
            )
        })
    })
}

fn measurement(value: f64, unit: &str, se: f64) -> Measurement {
    Measurement {
        value,
        unit: unit.to_owned(),
        se,
        df: None,
    }
}

/// The former cavity as all films that show the bone tell.
struct Former {
    mouth: Mouth,
    /// Which films they are.
    films: Vec<usize>,
    /// Size of its region, px².
    size: f64,
    /// What each film has lost of it, px².
    lost: Vec<f64>,
}

impl Former {
    /// `None` where some of the films do not go together.
    fn new(bone: &Bone, site: &Site, o: &ErosionOptions) -> Option<Self> {
        let films: Vec<usize> = (0..bone.visits()).filter(|v| bone.on(*v).is_ok()).collect();
        let seen = Seen::new(bone, site, &films, &o.lost, o.search_px).ok()?;
        let lost = seen.lost.iter();
        Some(Self {
            mouth: Mouth::new(&seen, o),
            films,
            size: seen.region.size_on(&bone.envelope),
            lost: lost.map(|l| l.area(&seen.region, &bone.envelope)).collect(),
        })
    }

    /// Share of the bone's contrast in the region of the former cavity that one of the films shows, with its standard
    /// error from that of an area. One region for the whole course, so that shares of two films compare.
    fn filled(&self, nth: usize, (area_se, form): (f64, f64)) -> Option<(f64, f64)> {
        let lost = self.lost[nth];
        (self.size > 0.0).then(|| {
            let se = area_se.hypot(form * lost);
            (1.0 - lost / self.size, se / self.size)
        })
    }
}

fn at_visit(
    bone: &Bone,
    site: &Site,
    visit: usize,
    former: Option<&Former>,
    context: &Context,
) -> FilmErosionVisit {
    let e = &context.options.erosion;
    let mut out = FilmErosionVisit {
        visit: context.names[visit].clone(),
        refused: None,
        outline: Vec::new(),
        mouth: Vec::new(),
        measurements: BTreeMap::new(),
        unbounded: BTreeMap::new(),
    };
    let seen = Seen::new(bone, site, &both(0, visit), &e.lost, e.search_px);
    let (film, seen) = match bone
        .on(visit)
        .map_err(str::to_owned)
        .and_then(|f| Ok((f, seen?)))
    {
        Ok(both) => both,
        Err(reason) => {
            out.refused = Some(reason);
            return out;
        }
    };
    let own = seen.lost.len() - 1;
    let to_film = |p: [f64; 2]| {
        let frame = &context.visits[visit].frame;
        frame.to_film.apply(film.pose.apply(p))
    };
    // What is drawn is this film's own cavity.
    let drawn = fitted(&[&seen.lost[own]], site.at, &e.lost);
    let rows = seen.region.rows.clone();
    let inside = rows.clone().filter(|r| drawn.depth_at(*r) > 0.0);
    out.mouth = inside
        .clone()
        .map(|r| to_film(bone.envelope.at(r, 0.0)))
        .collect();
    out.outline = out.mouth.clone();
    let floor = |r: usize| to_film(bone.envelope.at(r, drawn.depth_at(r)));
    out.outline.extend(inside.rev().map(floor));
    let (px, unit) = (context.per_px, context.unit);
    let area_unit = format!("{unit}²");
    let area = e.foot * seen.areas[own];
    let own_mouth = Mouth::new(&seen, e);
    // One former mouth for the whole course, as far as films show the bone.
    let (mouth, nth) = match former {
        Some(former) => (&former.mouth, former.films.iter().position(|f| *f == visit)),
        None => (&own_mouth, Some(own)),
    };
    let open = nth.map_or_else(|| own_mouth.open(own, e), |f| mouth.open(f, e));
    let length = mouth.len().max(8);
    let spread = elsewhere(
        bone,
        &[visit],
        &seen.region,
        length,
        context.erosions,
        &e.lost,
    );
    let (area_se, _) = spread
        .area
        .with(e.area_prior(seen.region.size()), e.prior_df);
    let mut put = |q, m| {
        out.measurements.insert(q, m);
    };
    let form = e.form_share(context.hollow);
    let se = (e.foot * area_se).hypot(form * area);
    let feet = context.of_feet(e.feet_area_mm2);
    // The head's edge and its flare cross there: a bright line inside of the outline that is not there beside it.
    let missed = if context.hollow {
        context.of_feet(e.feet_head_missed_mm2)
    } else {
        0.0
    };
    put(
        FilmQuantity::Area,
        measurement(
            area * px * px + missed,
            &area_unit,
            (se * px * px).hypot(feet),
        ),
    );
    // Behind a closed line the deepest place is that of what is beside the former cavity.
    if open >= e.least_mouth_px {
        put(
            FilmQuantity::Depth,
            measurement(drawn.deepest * px, unit, e.depth_se_px * px),
        );
    }
    put(
        FilmQuantity::Mouth,
        measurement(open as f64 * px, unit, e.mouth_se_px * px),
    );
    if mouth.len() >= e.least_mouth_px
        && let Some(nth) = nth
    {
        let seen = mouth.continuity(nth);
        let line_se = e
            .errors
            .line(context.hollow, seen, mouth.len(), spread.line);
        put(
            FilmQuantity::CorticalContinuity,
            measurement(seen, "1", line_se.hypot(context.at_foot(e.feet_line))),
        );
    }
    if let (Some(former), Some(nth)) = (former, nth)
        && let Some((value, se)) = former.filled(nth, (area_se, form))
    {
        let feet = feet / (former.size * px * px);
        put(
            FilmQuantity::Filling,
            measurement(value, "1", se.hypot(feet)),
        );
    }
    out
}

/// The change of the area over one region of both films.
fn area_change(bone: &Bone, pair: &Seen, visit: usize, context: &Context) -> Judged {
    let e = &context.options.erosion;
    let square = context.per_px * context.per_px;
    let (before, after) = (pair.areas[0], pair.areas[1]);
    let gain = if context.hollow { e.hollow_gain } else { 1.0 };
    let change = gain * (after - before);
    let mouth = Mouth::new(pair, e).len().max(8);
    let spread = elsewhere(
        bone,
        &[0, visit],
        &pair.region,
        mouth,
        context.erosions,
        &e.change,
    );
    let size = pair.region.size();
    let (noise, df) = e.errors.change(context.hollow, size, spread.area);
    let algorithm = gain * noise;
    let tilt = context.flags[visit].map_or(0.0, |f| f.tilt_deg);
    let size = before.max(after).max(0.0) * square;
    let precision = &context.options.precision;
    let repeat = precision.area(context.joint, size, context.per_mm, tilt);
    let feet = if precision.own()[1] {
        0.0
    } else {
        context.of_feet(e.feet_change_mm2)
    };
    let algorithm = (algorithm * square).hypot(feet);
    let (noise, df) = repeat.with(algorithm, df);
    let error = ChangeError {
        noise,
        df,
        share: e.errors.change_share(context.hollow),
    };
    let options = &context.options.verdict;
    let mm2 = context.per_mm * context.per_mm;
    let scale = Scale::new(
        format!("{}²", context.unit),
        options.delta.unwrap_or(e.delta_mm2 * mm2),
        e.prior_sd_mm2 * mm2,
    );
    let between = (context.names[0].as_str(), context.names[visit].as_str());
    judge_growing(change * square, &error, &scale, between, options)
}

/// The change of the cortical continuity over one mouth, positive where more of the line is seen.
fn continuity_change(bone: &Bone, pair: &Seen, visit: usize, context: &Context) -> Judged {
    let e = &context.options.erosion;
    let mouth = Mouth::new(pair, e);
    if mouth.len() < e.least_mouth_px {
        return Judged::unmeasured("no mouth is seen in profile");
    }
    let [before, after] = [0, 1].map(|film| mouth.continuity(film));
    let spread = elsewhere(
        bone,
        &[0, visit],
        &pair.region,
        mouth.len(),
        context.erosions,
        &e.lost,
    );
    let (noise, df) = e
        .errors
        .line_change(context.hollow, mouth.len(), spread.line);
    let laid_anew = context.options.precision.continuity();
    let se = noise.hypot(laid_anew).hypot(context.at_foot(e.feet_line));
    let error = ChangeError {
        noise: se,
        df: df.map(|df| df * (se / noise).powi(4)),
        share: e.errors.line_change_share(context.hollow),
    };
    let scale = Scale::new("1", 0.25, 1.0);
    let between = (context.names[0].as_str(), context.names[visit].as_str());
    // More cortex is for the better: turned over so that healing is negative, and back.
    let options = VerdictOptions {
        delta: None,
        ..context.options.verdict
    };
    turned(
        judge_growing(before - after, &error, &scale, between, &options),
        scale.delta,
    )
}

/// Change of a quantity from its two measurements; signed so that a positive one is for the worse.
fn other_change(
    visits: &[FilmErosionVisit],
    visit: usize,
    quantity: FilmQuantity,
    context: &Context,
) -> Judged {
    let get = |v: usize| visits[v].measurements.get(&quantity);
    let (Some(a), Some(b)) = (get(0), get(visit)) else {
        let reason = visits[visit].refused.clone();
        return Judged::unmeasured(
            reason.unwrap_or_else(|| "not measured at both visits".to_owned()),
        );
    };
    let (delta, prior) = match quantity {
        FilmQuantity::Depth | FilmQuantity::Mouth => (0.3 * context.per_mm, 5.0 * context.per_mm),
        _ => (0.15, 1.0),
    };
    // More bone inside is for the better.
    let fills = quantity == FilmQuantity::Filling;
    let sign = if fills { -1.0 } else { 1.0 };
    // As they are shown.
    let shown = |m: &Measurement| {
        if fills {
            m.value.clamp(0.0, 1.0)
        } else {
            m.value
        }
    };
    let scale = Scale::new(a.unit.clone(), delta, prior);
    let judged = judge(
        sign * (shown(b) - shown(a)),
        a.se.hypot(b.se),
        None,
        &scale,
        (&visits[0].visit, &visits[visit].visit),
        &VerdictOptions {
            delta: None,
            ..context.options.verdict
        },
    );
    if fills { turned(judged, delta) } else { judged }
}
