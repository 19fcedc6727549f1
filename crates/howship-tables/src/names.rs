/// Strings numbered in the order in which they first came.
///
/// All strings lie in one buffer and are found through a table of slots, so that a column of a million different
/// strings costs two allocations, not two million.
#[derive(Debug, Clone, Default)]
pub struct Names {
    text: String,
    /// Where each string ends in `text`.
    ends: Vec<usize>,
    /// Numbers plus one, open addressing, a power of two long; 0 is free. Looked up, never iterated.
    slots: Vec<u32>,
}

/// Two lists of names are equal where they hold the same strings in the same order.
impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

impl Eq for Names {}

impl Names {
    /// No names yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of a name, given now if it is new.
    pub fn intern(&mut self, name: &str) -> u32 {
        if self.ends.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(name);
        if let Some(&number) = self.slots.get(slot)
            && number != 0
        {
            return number - 1;
        }
        // More than 2^32 different strings do not fit in memory before they overflow here.
        let id = u32::try_from(self.ends.len()).unwrap_or(u32::MAX - 1);
        self.text.push_str(name);
        self.ends.push(self.text.len());
        if let Some(free) = self.slots.get_mut(slot) {
            *free = id + 1;
        }
        id
    }

    /// The number of a name, where it has one.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<u32> {
        let number = *self.slots.get(self.slot(name))?;
        number.checked_sub(1)
    }

    /// The name of a number; empty where there is none.
    #[must_use]
    pub fn name(&self, id: u32) -> &str {
        let id = id as usize;
        let Some(&end) = self.ends.get(id) else {
            return "";
        };
        let start = id.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end).unwrap_or_default()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All names in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|i| self.name(i as u32))
    }

    /// The slot that holds the name, or the free one where it would go; 0 where there are no slots.
    fn slot(&self, name: &str) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = hash(name.as_bytes()) as usize & mask;
        while let Some(&number) = self.slots.get(slot) {
            if number == 0 || self.name(number - 1) == name {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
        0
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        let mask = size - 1;
        let mut slots = vec![0; size];
        for id in 0..self.ends.len() as u32 {
            let mut slot = hash(self.name(id).as_bytes()) as usize & mask;
            while slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            slots[slot] = id + 1;
        }
        self.slots = slots;
    }
}

/// Multiply-and-fold over words of eight bytes. The same on every machine; it decides only where a name is looked
/// for, never an order.
fn hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let fold = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(ODD);
        product as u64 ^ (product >> 64) as u64
    };
    let mut state = bytes.len() as u64 ^ 0xA076_1D64_78BD_642F;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = fold(state, u64::from_le_bytes(*word));
    }
    let mut last = 0;
    for &byte in rest {
        last = last << 8 | u64::from(byte);
    }
    fold(fold(state, last), ODD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_order_of_first_appearance() {
        let mut names = Names::new();
        assert_eq!(
            (names.id(""), names.id("a"), names.name(0)),
            (None, None, "")
        );
        let ids: Vec<u32> = ["b", "", "a", "b", ""]
            .iter()
            .map(|n| names.intern(n))
            .collect();
        assert_eq!(ids, [0, 1, 2, 0, 1]);
        assert_eq!(names.iter().collect::<Vec<_>>(), ["b", "", "a"]);
        assert_eq!(
            (names.id("a"), names.id("c"), names.len()),
            (Some(2), None, 3)
        );
        assert_eq!(names.name(7), "");
    }

    #[test]
    fn many_names_are_all_found_again() {
        let mut names = Names::new();
        for i in 0..20_000_u32 {
            assert_eq!(names.intern(&format!("subject {i}")), i);
        }
        for i in (0..20_000_u32).rev() {
            assert_eq!(names.id(&format!("subject {i}")), Some(i));
            assert_eq!(names.name(i), format!("subject {i}"));
        }
    }

    #[test]
    fn names_are_equal_whatever_way_they_were_built() {
        let mut grown = Names::new();
        grown.intern("x");
        let mut copy = grown.clone();
        assert_eq!(grown, copy);
        copy.intern("y");
        assert_ne!(grown, copy);
    }
}
