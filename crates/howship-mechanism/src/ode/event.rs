/// Something that happens when a trigger turns from false to true.
///
/// As in SBML, an event fires on the *passage* from false to true. Whether a trigger that is true already at the
/// start counts as a passage is [`Event::before_start`]: SBML Level 2 assumes that it was true before (`true`: no
/// event), and a model that relies on the other reading never switches. The curated file BIOMD0000000148
/// (Komarova 2003) is such a model: its resorption is switched on by events whose triggers are true at time 0.
pub struct Event<'a, S, const N: usize> {
    /// Name in [`Fired`].
    pub name: &'static str,
    /// True where positive.
    pub trigger: &'a dyn Fn(&S, f64, &[f64; N]) -> f64,
    /// What the trigger is taken to have been before the start.
    pub before_start: bool,
    /// What it does to the system and its state.
    pub action: &'a dyn Fn(&mut S, f64, &mut [f64; N]),
}

/// An event that fired.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fired {
    /// Which.
    pub name: &'static str,
    /// When.
    pub time: f64,
}
