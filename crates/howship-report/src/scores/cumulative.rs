use crate::paper::number::{self, drawable};
use crate::paper::palette::{GRID, PROGRESSION, REPAIR, RULE, SOFT, series_colour};
use crate::paper::{
    Axis, Hold, Plot, Svg, Type, apart, bare, bold_width, bulk, fitted, short_signed, soft,
};

/// One arm's changes, one per patient.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arm {
    /// Name in print.
    pub name: String,
    /// Changes; what is not finite is left out and counted.
    pub changes: Vec<f64>,
    /// Whose change each is, for whoever points at it; may be empty.
    pub patients: Vec<String>,
    /// Patients who are judged: how many below −SDC and above +SDC, each out of how many. None: as many as the
    /// changes show.
    pub judged: Option<[(usize, usize); 2]>,
}

/// A cumulative probability plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CumulativePlot {
    /// What the figure shows, for its name.
    pub title: String,
    /// What changed, as in `Change in total score, 12 months`.
    pub quantity: String,
    /// The arms, or one group.
    pub arms: Vec<Arm>,
    /// Smallest detectable change of the plotted endpoint.
    pub sdc: Option<f64>,
}

const WIDTH: f64 = 780.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 92.0;
const TOP: f64 = 22.0;
const HEIGHT: f64 = 380.0;
/// Up to this number every patient has a marker; beyond it the line carries them all and only some are marked.
const MOST_MARKERS: usize = 60;

/// Every patient's change against its cumulative percentage, an arm per curve, with ±SDC.
///
/// Plotting position (rank − 0.5)/n; ties keep their ranks and make level steps. Method: van der Heijde and others,
/// Arthritis Rheum 2005;52:49. Where single patients lie so far out that the rest would be flat, the axis ends
/// before them and they are drawn as arrows at its end with their value.
#[must_use]
pub fn cumulative_plot(plot: &CumulativePlot) -> String {
    let arms: Vec<Sorted<'_>> = plot.arms.iter().map(Sorted::new).collect();
    let sdc = plot.sdc.filter(|s| drawable(*s) && *s > 0.0);
    let bottom = TOP + HEIGHT;
    let legend_top = bottom + 68.0;
    let height = legend_top + 22.0 * arms.len() as f64 + 6.0;
    let mut svg = Svg::open([WIDTH, height], &plot.title, &describe(plot, &arms, sdc));
    let frame = Plot {
        x: Axis {
            data: [0.0, 100.0],
            picture: [LEFT, WIDTH - RIGHT],
        },
        y: Axis {
            data: bulk(
                arms.iter().flat_map(|a| a.values.iter().copied()),
                sdc.unwrap_or(0.0) * 1.25,
            ),
            picture: [bottom, TOP],
        },
    };
    zones(&mut svg, &frame, sdc);
    frame.y_axis(&mut svg, &plot.quantity, true);
    frame.x_axis(&mut svg, "cumulative share of patients", false, " %");
    lines(&mut svg, &frame, sdc);
    zone_words(&mut svg, &frame, sdc);
    for (index, arm) in arms.iter().enumerate() {
        curve(&mut svg, &frame, index, arm);
    }
    outliers(&mut svg, &frame, &arms);
    if arms.iter().all(|a| a.values.is_empty()) {
        let kind = soft(Hold::Middle);
        svg.write(
            (frame.left() + frame.right()) / 2.0,
            TOP + 40.0,
            kind,
            "no change to show",
        );
    }
    legend(&mut svg, legend_top, &arms, sdc);
    svg.close()
}

struct Sorted<'a> {
    name: &'a str,
    values: Vec<f64>,
    /// Patients in the order of the values; empty where none are named.
    patients: Vec<&'a str>,
    judged: Option<[(usize, usize); 2]>,
    left_out: usize,
}

impl<'a> Sorted<'a> {
    fn new(arm: &'a Arm) -> Self {
        let named = arm.patients.len() == arm.changes.len();
        let mut order: Vec<usize> = (0..arm.changes.len())
            .filter(|&i| drawable(arm.changes[i]))
            .collect();
        order.sort_by(|&a, &b| arm.changes[a].total_cmp(&arm.changes[b]).then(a.cmp(&b)));
        let patients = order.iter().filter(|_| named);
        Self {
            name: &arm.name,
            left_out: arm.changes.len() - order.len(),
            patients: patients.map(|&i| arm.patients[i].as_str()).collect(),
            judged: arm.judged,
            values: order.iter().map(|&i| arm.changes[i]).collect(),
        }
    }

    /// Whose change, and how large.
    fn hint(&self, i: usize) -> String {
        let change = short_signed(self.values[i]);
        match self.patients.get(i) {
            Some(patient) => format!("{patient}: {change}"),
            None => change,
        }
    }

    fn place(&self, i: usize) -> f64 {
        (i as f64 + 0.5) / self.values.len() as f64 * 100.0
    }

    fn count(&self, of: impl Fn(f64) -> bool) -> (usize, usize) {
        let n = self.values.iter().filter(|v| of(**v)).count();
        (n, self.values.len())
    }

    fn words(&self, sdc: Option<f64>) -> String {
        if self.values.is_empty() {
            return "no change known".into();
        }
        let share = |(n, of): (usize, usize)| match of {
            0 => "none judged".to_owned(),
            _ if n == 0 => format!("0 of {of}"),
            _ => format!("{n} of {of} ({})", number::percent(n as f64 / of as f64)),
        };
        let mut words = match (sdc, self.judged) {
            (Some(_), Some([below, above])) => {
                format!("{} below −SDC, {} above +SDC", share(below), share(above))
            }
            (Some(sdc), None) => format!(
                "{} below −SDC, {} above +SDC",
                share(self.count(|v| v < -sdc)),
                share(self.count(|v| v > sdc))
            ),
            (None, _) => format!(
                "{} below 0, {} above 0",
                share(self.count(|v| v < 0.0)),
                share(self.count(|v| v > 0.0))
            ),
        };
        if self.left_out > 0 {
            words.push_str(&format!("; {} unknown", self.left_out));
        }
        words
    }
}

fn describe(plot: &CumulativePlot, arms: &[Sorted<'_>], sdc: Option<f64>) -> String {
    let arms: Vec<String> = arms
        .iter()
        .map(|a| format!("{}, n = {}: {}", a.name, a.values.len(), a.words(sdc)))
        .collect();
    let sdc = sdc.map_or_else(String::new, |s| {
        format!(" Smallest detectable change {}.", bare(s))
    });
    format!(
        "Cumulative probability plot. {}.{sdc} {}.",
        plot.quantity,
        arms.join(". ")
    )
}

fn zones(svg: &mut Svg, frame: &Plot, sdc: Option<f64>) {
    let Some(sdc) = sdc else { return };
    let width = frame.right() - frame.left();
    let (up, down) = (frame.y.at(sdc), frame.y.at(-sdc));
    let mut zone = |top: f64, bottom: f64, colour: &str, opacity: &str| {
        svg.rect(
            [frame.left(), top],
            [width, bottom - top],
            &format!("fill=\"{colour}\" fill-opacity=\"{opacity}\""),
        );
    };
    zone(frame.top(), up, PROGRESSION, ".05");
    zone(up, down, RULE, ".11");
    zone(down, frame.bottom(), REPAIR, ".07");
}

/// What lies beyond ±SDC, in the two corners that no cumulative curve reaches.
fn zone_words(svg: &mut Svg, frame: &Plot, sdc: Option<f64>) {
    let Some(sdc) = sdc else { return };
    let (up, down) = (frame.y.at(sdc), frame.y.at(-sdc));
    let kind = |colour, hold| Type {
        size: 12.0,
        colour,
        hold,
        bold: true,
    };
    if up - frame.top() > 30.0 {
        let kind = kind(PROGRESSION, Hold::Start);
        svg.write(
            frame.left() + 10.0,
            frame.top() + 18.0,
            kind,
            "▲ progression beyond error",
        );
    }
    if frame.bottom() - down > 30.0 {
        let kind = kind(REPAIR, Hold::End);
        svg.write(
            frame.right() - 10.0,
            frame.bottom() - 10.0,
            kind,
            "▼ repair beyond error",
        );
    }
}

fn lines(svg: &mut Svg, frame: &Plot, sdc: Option<f64>) {
    let mut rule = |value: f64, style: &str| {
        let y = frame.y.at(value);
        svg.line([frame.left(), y], [frame.right(), y], style);
    };
    rule(0.0, &format!("stroke=\"{RULE}\" stroke-width=\"1.2\""));
    let Some(sdc) = sdc else { return };
    rule(
        sdc,
        &format!("stroke=\"{PROGRESSION}\" stroke-width=\"1.4\" stroke-dasharray=\"6 4\""),
    );
    rule(
        -sdc,
        &format!("stroke=\"{REPAIR}\" stroke-width=\"1.4\" stroke-dasharray=\"6 4\""),
    );
    let wanted = [sdc, 0.0, -sdc].map(|v| frame.y.at(v) + 4.0);
    let placed = apart(&wanted, 15.0, [frame.top() + 8.0, frame.bottom()]);
    let words = [
        (format!("+SDC {}", bare(sdc)), PROGRESSION),
        ("no change".to_owned(), SOFT),
        (format!("−SDC {}", bare(sdc)), REPAIR),
    ];
    for ((text, colour), y) in words.iter().zip(placed) {
        let kind = Type {
            size: 12.0,
            colour,
            ..Type::default()
        };
        svg.write(frame.right() + 6.0, y, kind, text);
    }
}

fn curve(svg: &mut Svg, frame: &Plot, index: usize, arm: &Sorted<'_>) {
    let colour = series_colour(index);
    let n = arm.values.len();
    let points: Vec<[f64; 2]> = (0..n)
        .map(|i| frame.place(arm.place(i), arm.values[i]))
        .collect();
    if n > 1 {
        svg.polyline(
            &thinned(&points),
            &format!("stroke=\"{colour}\" stroke-width=\"1.8\" stroke-linejoin=\"round\" stroke-opacity=\".8\""),
        );
    }
    let solid = format!("fill=\"{colour}\" stroke=\"#fff\" stroke-width=\".8\"");
    for (i, &at) in points.iter().enumerate() {
        let value = arm.values[i];
        if frame.y.shows(value) && is_marked(i, n, index) {
            svg.hint(&arm.hint(i), |svg| svg.marker(index, at, 3.9, &solid));
        }
    }
}

/// A line without the points that no eye could tell from their neighbours.
fn thinned(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::new();
    for (i, point) in points.iter().enumerate() {
        let far = |last: &[f64; 2]| (last[0] - point[0]).hypot(last[1] - point[1]) >= 0.4;
        if i + 1 == points.len() || kept.last().is_none_or(far) {
            kept.push(*point);
        }
    }
    kept
}

/// Every patient of a small arm; of a large one both ends and each twelfth of the curve, shifted from arm to arm.
fn is_marked(i: usize, n: usize, arm: usize) -> bool {
    if n <= MOST_MARKERS {
        return true;
    }
    let stride = n / 12;
    i < 3 || i + 3 >= n || (i + stride * (arm % 5) / 5).is_multiple_of(stride)
}

/// Patients of an arm beyond one end of the axis.
fn beyond<'a>(
    frame: &Plot,
    arm: &'a Sorted<'_>,
    up: bool,
) -> impl Iterator<Item = (f64, usize)> + 'a {
    let (x, y) = (frame.x, frame.y);
    let values = arm.values.iter().copied().enumerate();
    values
        .filter(move |(_, v)| !y.shows(*v) && (*v > 0.0) == up)
        .map(move |(i, _)| (x.at(arm.place(i)), i))
}

/// An arrow at the end of the axis for each value beyond it, and each arm's values in a line beside all arrows.
fn outliers(svg: &mut Svg, frame: &Plot, arms: &[Sorted<'_>]) {
    for up in [true, false] {
        let (tip, back) = if up {
            (frame.top() + 1.0, frame.top() + 11.0)
        } else {
            (frame.bottom() - 1.0, frame.bottom() - 11.0)
        };
        let arrows = arms
            .iter()
            .flat_map(|a| beyond(frame, a, up))
            .map(|(x, _)| x);
        let edge = if up {
            arrows.fold(f64::INFINITY, f64::min) - 9.0
        } else {
            arrows.fold(f64::NEG_INFINITY, f64::max) + 9.0
        };
        let mut row = 0.0;
        for (index, arm) in arms.iter().enumerate() {
            let colour = series_colour(index);
            let mut words: Vec<String> = Vec::new();
            for (x, i) in beyond(frame, arm, up) {
                words.push(short_signed(arm.values[i]));
                svg.hint(&arm.hint(i), |svg| {
                    svg.area(
                        &[[x, tip], [x + 5.0, back], [x - 5.0, back]],
                        &format!("fill=\"#fff\" stroke=\"{colour}\" stroke-width=\"1.6\""),
                    );
                });
            }
            if words.is_empty() {
                continue;
            }
            if words.len() > 4 {
                words = vec![format!("{} beyond the axis", words.len())];
            }
            let (hold, y) = if up {
                (Hold::End, frame.top() + 11.0 + row)
            } else {
                (Hold::Start, frame.bottom() - 4.0 - row)
            };
            let kind = Type {
                size: 12.0,
                colour,
                hold,
                bold: true,
            };
            svg.write_over(edge, y, kind, &words.join(", "));
            row += 16.0;
        }
    }
}

fn legend(svg: &mut Svg, top: f64, arms: &[Sorted<'_>], sdc: Option<f64>) {
    let widest = arms
        .iter()
        .map(|a| bold_width(a.name, 13.0))
        .fold(40.0, f64::max)
        .min(210.0);
    for (index, arm) in arms.iter().enumerate() {
        let y = top + 22.0 * index as f64;
        let colour = series_colour(index);
        svg.line(
            [LEFT, y - 4.5],
            [LEFT + 26.0, y - 4.5],
            &format!("stroke=\"{colour}\" stroke-width=\"1.8\""),
        );
        svg.marker(
            index,
            [LEFT + 13.0, y - 4.5],
            4.2,
            &format!("fill=\"{colour}\" stroke=\"#fff\" stroke-width=\".6\""),
        );
        let bold = Type {
            bold: true,
            ..Type::default()
        };
        let name = fitted(arm.name, 13.0 * 1.12, widest);
        if name == arm.name {
            svg.write(LEFT + 36.0, y, bold, &name);
        } else {
            svg.hint(arm.name, |svg| svg.write(LEFT + 36.0, y, bold, &name));
        }
        let x = LEFT + 36.0 + widest + 14.0;
        svg.write(x, y, Type::default(), &format!("n {}", arm.values.len()));
        let words = fitted(&arm.words(sdc), 12.0, WIDTH - x - 58.0);
        svg.write(x + 54.0, y, soft(Hold::Start), &words);
    }
    if arms.len() > 1 {
        let y = top - 18.0;
        svg.line([LEFT, y], [WIDTH - 20.0, y], &format!("stroke=\"{GRID}\""));
    }
}
