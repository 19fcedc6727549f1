use crate::paper::{escape, number, png};
use crate::{AlignmentPicture, Error};

/// Slices of each bone at baseline and at a later visit, one over the other, and both to flicker.
pub(super) fn pictures(all: &[AlignmentPicture]) -> Result<String, Error> {
    if all.is_empty() {
        return Ok(String::new());
    }
    let mut html = String::from(
        "<h3>Aligned slices</h3><p class=\"soft\">A slice through the middle of each bone, the later visit brought onto the first by that bone’s own motion. In the third picture grey means that both are alike, magenta that only the first visit is bright there, green that only the later one is: a rim of one colour on one side and of the other on the opposite side is a bone that was not brought home. Other bones and skin move by themselves.</p>",
    );
    for (i, picture) in all.iter().enumerate() {
        html.push_str(&row(i, picture)?);
    }
    Ok(html)
}

fn row(index: usize, p: &AlignmentPicture) -> Result<String, Error> {
    let [first, later] = p.visits.each_ref().map(|v| escape(v));
    let grey = |k: usize| {
        let bytes = png::encode(p.size[0], p.size[1], png::Channels::Grey, &p.grey[k])?;
        Ok::<_, Error>(png::data_url(&bytes))
    };
    let [before, after] = [grey(0)?, grey(1)?];
    let both = png::encode(p.size[0], p.size[1], png::Channels::Rgb, &overlay(p))?;
    let both = png::data_url(&both);
    let bone = escape(&p.bone);
    let wide = number::fixed(p.size[0] as f64 * p.mm_per_pixel, 1);
    let image = |source: &str, class: &str, what: &str| {
        format!(
            "<img class=\"{class}\" src=\"{source}\" width=\"{}\" height=\"{}\" alt=\"{what}\">",
            p.size[0], p.size[1]
        )
    };
    Ok(format!(
        "<div class=\"aligned\" style=\"--aspect:{}/{}\"><figure>{}<figcaption>{bone} at {first}</figcaption></figure><figure>{}<figcaption>{bone} at {later}, aligned</figcaption></figure><figure>{}<figcaption>both; {wide} mm across</figcaption></figure><figure class=\"flick\"><input type=\"checkbox\" id=\"flick-{index}\" aria-label=\"Flicker {bone}, {first} and {later}\"><div class=\"shot\">{}{}</div><figcaption><label for=\"flick-{index}\">Flicker</label> {first} ↔ {later}</figcaption></figure></div>\n",
        p.size[0],
        p.size[1],
        image(&before, "", &format!("slice of {bone} at {first}")),
        image(&after, "", &format!("the same slice at {later}")),
        image(
            &both,
            "",
            &format!("{bone} at both visits, one over the other")
        ),
        image(&before, "", &format!("{bone} at {first}")),
        image(&after, "over", &format!("{bone} at {later}")),
    ))
}

/// The first visit in red and blue, the later one in green.
fn overlay(p: &AlignmentPicture) -> Vec<u8> {
    let pairs = p.grey[0].iter().zip(&p.grey[1]);
    pairs.flat_map(|(a, b)| [*a, *b, *a]).collect()
}
