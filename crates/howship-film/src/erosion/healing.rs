//! When an erosion on films may be called healing: more is asked than of a volume, because projection hides and tilt
//! feigns.

use super::ErosionOptions;
use crate::position;
use howship_change::{
    FilmErosionVisit, FilmQuantity, HealingCondition, Judged, PositionFlags, Verdict,
};

/// What the conditions look at.
pub(crate) struct Evidence<'a> {
    pub visits: &'a [FilmErosionVisit],
    /// Of the area, baseline to each later visit.
    pub changes: &'a [Judged],
    pub flags: &'a [Option<PositionFlags>],
    /// Whether the bone's end is hollow beside the joint.
    pub hollow: bool,
}

/// The conditions at the last visit, and the verdict after them.
///
/// (a) the area fell beyond the study's smallest detectable change, (b) a cortical line is seen over the former mouth,
/// (c) no flag of tilt is raised, (d) the visit beside it does not contradict.
pub(crate) fn conditions(
    evidence: &Evidence,
    options: &ErosionOptions,
) -> (Vec<HealingCondition>, Judged) {
    let Some(last) = evidence.changes.last() else {
        return (
            Vec::new(),
            Judged::unmeasured("one visit only: no change to judge"),
        );
    };
    let all = vec![
        smaller(last),
        plate(evidence.visits.last(), options.healed(evidence.hollow)),
        calm(evidence.flags.last().copied().flatten()),
        beside(evidence.changes),
    ];
    let mut verdict = last.clone();
    if verdict.verdict == Verdict::Healing {
        let missing: Vec<&str> = all
            .iter()
            .filter(|c| c.holds != Some(true))
            .map(|c| c.condition.as_str())
            .collect();
        if !missing.is_empty() {
            verdict.verdict = Verdict::Uncertain;
            verdict.reason = format!(
                "{}, but healing on films also needs: {}",
                last.reason,
                missing.join("; ")
            );
        }
    }
    (all, verdict)
}

fn smaller(last: &Judged) -> HealingCondition {
    let condition = "area smaller by more than its smallest detectable change".to_owned();
    match &last.change {
        Some(c) => HealingCondition {
            condition,
            holds: Some(c.value < -c.lsc),
            detail: format!("{:+.2} {} against {:.2}", c.value, c.unit, c.lsc),
        },
        None => HealingCondition {
            condition,
            holds: None,
            detail: last.reason.clone(),
        },
    }
}

fn plate(last: Option<&FilmErosionVisit>, needed: f64) -> HealingCondition {
    let condition = "cortical line over the former mouth".to_owned();
    let seen = last.and_then(|v| v.measurements.get(&FilmQuantity::CorticalContinuity));
    match seen {
        Some(m) => HealingCondition {
            condition,
            holds: Some(m.value >= needed),
            detail: format!(
                "seen over {:.0} ± {:.0} % of it, {:.0} % is needed",
                100.0 * m.value,
                100.0 * m.se,
                100.0 * needed
            ),
        },
        None => HealingCondition {
            condition,
            holds: None,
            detail: "the line could not be looked for".to_owned(),
        },
    }
}

fn calm(flags: Option<PositionFlags>) -> HealingCondition {
    let condition = "position as at baseline".to_owned();
    match flags {
        Some(f) => HealingCondition {
            condition,
            holds: Some(!f.raised),
            detail: position::in_words(&f),
        },
        None => HealingCondition {
            condition,
            holds: None,
            detail: "position was not compared".to_owned(),
        },
    }
}

fn beside(changes: &[Judged]) -> HealingCondition {
    let condition = "not contradicted by the visit beside it".to_owned();
    let Some(before) = changes.len().checked_sub(2).map(|k| &changes[k]) else {
        return HealingCondition {
            condition,
            holds: Some(true),
            detail: "there is no other visit to contradict or to confirm".to_owned(),
        };
    };
    let (holds, detail) = match &before.change {
        Some(c) => (
            Some(before.verdict != Verdict::Progressing),
            format!("{:+.2} {} at {}", c.value, c.unit, c.to),
        ),
        None => (Some(true), before.reason.clone()),
    };
    HealingCondition {
        condition,
        holds,
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::erosion::judge;
    use howship_change::{Measurement, Scale, VerdictOptions};

    fn visit(continuity: f64) -> FilmErosionVisit {
        let m = Measurement {
            value: continuity,
            unit: "1".into(),
            se: 0.1,
            df: None,
        };
        FilmErosionVisit {
            visit: "M6".into(),
            refused: None,
            outline: vec![],
            mouth: vec![],
            measurements: [(FilmQuantity::CorticalContinuity, m)].into(),
            unbounded: Default::default(),
        }
    }

    fn verdict(continuity: f64, raised: bool, changes: &[f64]) -> Judged {
        let scale = Scale::new("mm²", 0.25, 5.0);
        let judged: Vec<Judged> = changes
            .iter()
            .map(|&c| {
                judge(
                    c,
                    0.1,
                    None,
                    &scale,
                    ("M0", "M6"),
                    &VerdictOptions::default(),
                )
            })
            .collect();
        let flags = PositionFlags {
            raised,
            ..PositionFlags::default()
        };
        let evidence = Evidence {
            visits: &[visit(0.0), visit(continuity)],
            changes: &judged,
            flags: &[None, Some(flags)],
            hollow: true,
        };
        conditions(&evidence, &ErosionOptions::default()).1
    }

    #[test]
    fn healing_needs_every_condition() {
        assert_eq!(verdict(0.92, false, &[-1.0]).verdict, Verdict::Healing);
        let open = verdict(0.3, false, &[-1.0]);
        assert!(open.verdict == Verdict::Uncertain && open.reason.contains("cortical line"));
        let tilted = verdict(0.92, true, &[-1.0]);
        assert!(tilted.verdict == Verdict::Uncertain && tilted.reason.contains("position"));
        // A picture with other than square pixels shows the same signs.
        let of = |raised| {
            let flags = PositionFlags {
                raised,
                ..PositionFlags::default()
            };
            calm(Some(flags))
                .detail
                .contains("stretched along one axis")
        };
        assert!(of(true) && !of(false));
        let contradicted = verdict(0.92, false, &[1.0, -1.0]);
        assert_eq!(contradicted.verdict, Verdict::Uncertain);
        // The conditions are of healing alone.
        assert_eq!(verdict(0.3, true, &[1.0]).verdict, Verdict::Progressing);
    }
}
