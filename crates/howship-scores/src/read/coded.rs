use howship_tables::{Column, Names, Values};
use std::borrow::Cow;
use std::collections::HashMap;

/// A column as codes of distinct strings, so that each string is looked at once.
pub(super) struct Coded<'a> {
    pub(super) names: Cow<'a, Names>,
    pub(super) codes: Cow<'a, [u32]>,
}

impl<'a> Coded<'a> {
    pub(super) fn new(column: &'a Column) -> Self {
        match &column.values {
            Values::Text { names, codes } => Self {
                names: Cow::Borrowed(names),
                codes: Cow::Borrowed(codes),
            },
            Values::Number(numbers) => Self::of_numbers(numbers),
        }
    }

    fn of_numbers(numbers: &[f64]) -> Self {
        let mut names = Names::new();
        let mut known: HashMap<u64, u32> = HashMap::new();
        let codes = numbers.iter().map(|&x| {
            *known.entry(x.to_bits()).or_insert_with(|| {
                let text = if x.is_nan() {
                    String::new()
                } else {
                    x.to_string()
                };
                names.intern(&text)
            })
        });
        let codes: Vec<u32> = codes.collect();
        Self {
            names: Cow::Owned(names),
            codes: Cow::Owned(codes),
        }
    }
}
