//! Definitions and limits, for those who read the page without the documentation.

use super::FilmReportInput;
use crate::paper::{escape, number};

pub(super) fn section(input: &FilmReportInput<'_>) -> String {
    let decision = &input.result.decision;
    let wrong = input
        .result
        .expected_false_discovery
        .map_or(String::new(), |share| {
            format!(
                " Of the erosions called healing, stable or progressing, {} are expected to be called wrongly.",
                number::percent(share)
            )
        });
    format!(
        "<section aria-labelledby=\"method\"><h2 id=\"method\">How this was measured, and what films cannot show</h2>\
<dl class=\"terms\">\
<dt>area</dt><dd>bone that is gone, in projection: at each place under the intact outline the share of the bone's contrast that is lost, added up; smaller than the shadow that one would outline</dd>\
<dt>narrowing</dt><dd>from the motion of the two registered bones against each other, never from two outlines</dd>\
<dt>cortical continuity</dt><dd>share of the former mouth along which a cortical line is seen; its error is large, only changes above about 0.4 can be seen</dd>\
<dt>filling</dt><dd>share of the bone's contrast in the former cavity that is there, against the intact outline beside it: 1 where nothing is missing; an open cavity is not 0, since rays pass the bone before and behind it</dd>\
<dt class=\"healing\">healing</dt><dd>probability at least {level} that the area became smaller by more than what matters, and every condition listed with the erosion holds</dd>\
<dt class=\"stable\">stable</dt><dd>probability at least {level} that it changed by less than what matters</dd>\
<dt class=\"progressing\">progressing</dt><dd>probability at least {level} that it became larger by more than what matters</dd>\
<dt class=\"uncertain\">uncertain</dt><dd>anything else, with the reason</dd>\
</dl>\
<p>Errors hold {precision}.{wrong}</p>\
<aside class=\"limits\"><p class=\"limits-head\">What this cannot show</p><ul>\
<li>A film is a shadow: it shows about a quarter of the erosions that CT shows (25.5 % at the wrist; BMC Musculoskeletal Disorders 2013;14:265), those whose mouth lies in profile. An erosion that looks closed on a film may be open on CT.</li>\
<li>A hand or foot laid down otherwise changes widths and areas more than a year of disease does: 5 to 54 µm per degree at an MCP joint. Flags of position widen the errors; no film measures tilt.</li>\
<li>Grey levels of films processed for looking at are no bone mass.</li>\
<li>Where cavities are called healing in less than about 10 to 20 % of erosions, this lies within what measurement alone gives unless films were read without knowing their order.</li>\
</ul></aside></section>\n",
        level = number::setting(decision.level),
        precision = escape(&input.result.precision),
    )
}
