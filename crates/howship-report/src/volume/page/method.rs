use crate::paper::number;
use howship_change::{PriorChoice, Quantity, VerdictFile};

/// What holds of a page on remodelling alone.
const REMODELLING: &str = "<section aria-labelledby=\"limits\"><h2 id=\"limits\">How it is measured, and its limits</h2><ul>\
<li>Each bone is aligned to the first visit by itself. Both images are smoothed as the definition says; bone is formed where a voxel becomes bone and its density rises by more than the definition’s change, and resorbed the other way round; clusters below its size are dropped.</li>\
<li>Formed and resorbed volumes hold what noise and errors of alignment show as such: “expected false” is what noise alone would, before clusters are dropped.</li>\
<li>A change of the scanner’s scale or blur between visits counts as remodelling; where it is seen, a warning says so.</li>\
<li>Research use only. This is not a medical device and does not replace a radiologist's or rheumatologist's reading.</li></ul></section>\n";

/// How a verdict is reached, and what it cannot tell.
pub(super) fn section(result: &VerdictFile) -> String {
    if !result.looked_for_erosions() {
        return REMODELLING.to_owned();
    }
    let followed = result.visits.len() > 1;
    let how = if followed {
        verdict(result)
    } else {
        String::new()
    };
    format!("{how}{}", limits(followed))
}

fn verdict(result: &VerdictFile) -> String {
    let options = &result.decision;
    let (floor, share) = Quantity::Volume.delta_rule(options);
    let floor = number::setting(floor);
    let delta = if share > 0.0 {
        let share = number::setting(share * 100.0);
        format!("the larger of {floor} mm³ and {share} % of the lesion’s volume at the first visit")
    } else {
        format!("{floor} mm³")
    };
    let level = number::setting(options.level * 100.0);
    let prior = match options.prior {
        PriorChoice::Weak => {
            "Before the measurement, no size or direction of change is favoured (a wide normal prior)."
        }
        PriorChoice::SpikeSlab => {
            "Before the measurement, half of all lesions are believed not to have changed at all (spike-and-slab prior)."
        }
    };
    format!(
        "<section aria-labelledby=\"how\"><h2 id=\"how\">How a verdict is reached</h2>\
<p>Each bone is aligned to the first visit, the same lesion is measured at every visit, and the error of the <em>difference</em> is estimated. From the difference and its error follows how probable it is that the lesion truly shrank, stayed or grew.</p>\
<dl class=\"terms\">\
<dt class=\"healing\">▼ healing</dt><dd>smaller by more than δ with a probability of {level} % or more</dd>\
<dt class=\"stable\">● stable</dt><dd>changed by less than δ, in either direction, with that probability</dd>\
<dt class=\"progressing\">▲ progressing</dt><dd>larger by more than δ with that probability</dd>\
<dt class=\"uncertain\">? uncertain</dt><dd>none of the three, or the images could not be aligned well enough; the reason says which</dd></dl>\
<p><b>δ</b> is the smallest change that would matter; for the volume it is {delta} here. <b>LSC</b>, the least significant change, is what measurement error alone stays below in 95 of 100 comparisons of a lesion that did not change. {prior}</p></section>\n"
    )
}

fn limits(followed: bool) -> String {
    let of_change = "<li>“Uncertain” is not “stable”: it says that these images cannot tell. A longer interval, less noise or finer voxels may.</li>\
<li>A verdict is about size. It does not say why a lesion changed, nor whether treatment caused it.</li>\
<li>With many lesions, some calls will be wrong by chance; the expected share is stated at the top where it is known.</li>";
    format!(
        "<section aria-labelledby=\"limits\"><h2 id=\"limits\">Limits</h2><ul>{}\
<li>Research use only. This is not a medical device and does not replace a radiologist's or rheumatologist's reading.</li>\
<li>One program measured all visits; its errors are estimated from these images and from phantoms, not from repeated scans of this patient.</li>\
<li>Erosions near or below the voxel size are missed. Cysts, vascular channels and normal grooves can look like erosions: compare with the slices.</li>\
<li>Inflammation, cartilage and soft tissue are not assessed. Parts of a bone outside the images were not searched.</li>\
<li>Sides (left, anterior, superior) are as the image file states them; scanners do not record how a hand lay. Palmar, dorsal, radial and ulnar rest on the bones’ names and on where the palm was said to face; distal on the names alone.</li></ul></section>\n",
        if followed { of_change } else { "" }
    )
}
