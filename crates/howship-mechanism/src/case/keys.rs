/// A key of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Table, as in `therapy`; tables that repeat are marked by [`Key::repeats`].
    pub table: &'static str,
    /// Name in its table.
    pub name: &'static str,
    /// What it says, its unit, and whether it is needed.
    pub says: &'static str,
    /// An example, as TOML.
    pub example: &'static str,
}

impl Key {
    /// Whether its table may be there several times (`[[...]]`).
    #[must_use]
    pub fn repeats(&self) -> bool {
        !matches!(self.table, "subject" | "model" | "run")
    }
}

const fn key(
    table: &'static str,
    name: &'static str,
    says: &'static str,
    example: &'static str,
) -> Key {
    Key {
        table,
        name,
        says,
        example,
    }
}

/// Every key of a record but those of `[model]`, which are the constants of
/// [`crate::chain::Parameters::constants`].
pub const KEYS: [Key; 54] = [
    key("subject", "id", "name in tables and pages", "\"A\""),
    key(
        "subject",
        "baseline",
        "date of M0; needed where any date stands in the record",
        "\"2001-03-15\"",
    ),
    key("subject", "age", "years at baseline", "52"),
    key("subject", "sex", "`female` or `male`", "\"female\""),
    key(
        "subject",
        "weight_kg",
        "body weight; needed for doses per kg",
        "68",
    ),
    key(
        "subject",
        "creatinine_clearance_ml_min",
        "renal function; anakinra's clearance follows it",
        "95",
    ),
    key(
        "subject",
        "diagnosis",
        "diagnosis in words",
        "\"rheumatoid arthritis\"",
    ),
    key("subject", "duration_years", "since the diagnosis", "6"),
    key(
        "subject",
        "rheumatoid_factor",
        "whether it is positive",
        "true",
    ),
    key(
        "subject",
        "acpa",
        "whether antibodies to citrullinated peptides are positive",
        "true",
    ),
    key("subject", "note", "anything else in words", "\"synthetic\""),
    key(
        "therapy",
        "drug",
        "name of the drug; needed",
        "\"anakinra\"",
    ),
    key(
        "therapy",
        "dose",
        "one dose with its unit: mg, g, ug or mg/kg; needed",
        "\"100 mg\"",
    ),
    key(
        "therapy",
        "route",
        "`s.c.`, `i.v.`, `i.m.` or `p.o.`",
        "\"s.c.\"",
    ),
    key(
        "therapy",
        "interval",
        "time between doses: h, d, wk or mo; needed",
        "\"1 d\"",
    ),
    key("therapy", "start", "first dose; needed", "\"M0\""),
    key(
        "therapy",
        "stop",
        "no dose from here on; absent where it goes on",
        "\"M24\"",
    ),
    key(
        "therapy",
        "loading",
        "further first doses, times after the start",
        "[\"2 wk\", \"6 wk\"]",
    ),
    key("therapy", "missed", "share of doses missed, 0 to 1", "0.05"),
    key(
        "therapy",
        "pauses",
        "spans without doses, pairs of occasions",
        "[[\"M6\", \"M7\"]]",
    ),
    key(
        "therapy",
        "parameters",
        "named set of kinetics",
        "\"label-compromise\"",
    ),
    key(
        "therapy",
        "note",
        "anything else in words",
        "\"stopped: rash\"",
    ),
    key("activity", "visit", "when; needed", "\"M0\""),
    key(
        "activity",
        "das28",
        "the score; worked out from its items where absent",
        "6.0",
    ),
    key(
        "activity",
        "kind",
        "which DAS28: `esr4`, `esr3`, `crp4`, `crp3`",
        "\"crp4\"",
    ),
    key("activity", "tender", "tender joints of 28", "12"),
    key("activity", "swollen", "swollen joints of 28", "9"),
    key(
        "activity",
        "global_mm",
        "patient's global assessment, 0-100 mm",
        "70",
    ),
    key(
        "activity",
        "evaluator_mm",
        "evaluator's global assessment, 0-100 mm",
        "65",
    ),
    key("activity", "crp_mg_l", "C-reactive protein, mg/L", "38"),
    key(
        "activity",
        "esr_mm_h",
        "erythrocyte sedimentation rate, mm/h",
        "52",
    ),
    key("activity", "haq", "HAQ disability index, 0-3", "1.25"),
    key(
        "lesion",
        "site",
        "bone or joint with side, as in `R.MC2`; needed",
        "\"R.MC2.head.radial\"",
    ),
    key(
        "lesion",
        "depth_mm",
        "depth at baseline; drawn where absent",
        "2.3",
    ),
    key(
        "lesion",
        "width_mm",
        "width at baseline; drawn where absent",
        "2.0",
    ),
    key(
        "lesion",
        "in_profile",
        "whether films show it in profile; by chance where absent",
        "true",
    ),
    key(
        "lesion",
        "observed_id",
        "its `id` in the verdicts.json given to `--observed`",
        "3",
    ),
    key("imaging", "visit", "when; needed", "\"M6\""),
    key(
        "imaging",
        "modality",
        "`film`, `hr-pqct` or `mri`; needed",
        "\"film\"",
    ),
    key(
        "imaging",
        "status",
        "`done` or `planned` (default)",
        "\"planned\"",
    ),
    key(
        "imaging",
        "precision",
        "SD of one measurement repeated in vivo, in the tool's unit",
        "0.06",
    ),
    key(
        "imaging",
        "precision_source",
        "`in-vivo`; a phantom's repeatability is refused",
        "\"in-vivo\"",
    ),
    key("imaging", "pixel_mm", "pixel of a film", "0.1"),
    key("observation", "visit", "when; needed", "\"M6\""),
    key(
        "observation",
        "lesion",
        "number of the lesion in this record, from 1; needed",
        "1",
    ),
    key(
        "observation",
        "quantity",
        "`depth` (mm), `volume` (mm³) or `rim` (mm); needed",
        "\"depth\"",
    ),
    key(
        "observation",
        "change",
        "measured change since baseline, negative is repair; needed",
        "-0.2",
    ),
    key(
        "observation",
        "se",
        "standard error of the change; the tool's where absent",
        "0.45",
    ),
    key("run", "months", "how long", "24"),
    key(
        "run",
        "patients",
        "virtual patients behind the bands",
        "2000",
    ),
    key(
        "run",
        "lesions",
        "lesions per patient where the record states none",
        "5",
    ),
    key("run", "seed", "of all chance", "1"),
    key(
        "run",
        "profile_share",
        "share of lesions that films show in profile",
        "0.2",
    ),
    key(
        "run",
        "vary_constants",
        "whether constants are drawn from their ranges",
        "false",
    ),
];

/// The keys as text, table by table, with an example each.
#[must_use]
pub fn keys_in_words() -> String {
    let mut text = String::new();
    let mut table = "";
    for key in &KEYS {
        if key.table != table {
            table = key.table;
            let heading = if key.repeats() {
                format!("\n[[{table}]]\n")
            } else {
                format!("\n[{table}]\n")
            };
            text.push_str(heading.trim_start_matches(if text.is_empty() { "\n" } else { "" }));
        }
        text.push_str(&format!("{} = {}  # {}\n", key.name, key.example, key.says));
    }
    text.push_str("\n[model]\n");
    let defaults = crate::chain::Parameters::default();
    for (name, unit, [low, high]) in crate::chain::Parameters::constants() {
        let value = defaults.get(name).unwrap_or(f64::NAN);
        let unit = if unit.is_empty() {
            String::new()
        } else {
            format!(" {unit}")
        };
        text.push_str(&format!("{name} = {value:?}  # {low} to {high}{unit}\n"));
    }
    text
}
