//! The colours and letters of a picture, light and dark.
//!
//! Text has a contrast of at least 4.5 to what it stands on, and lines and outlines one of 3, as WCAG 2.2 wants it
//! (<https://www.w3.org/TR/WCAG22/#contrast-minimum>, <https://www.w3.org/TR/WCAG22/#non-text-contrast>). There are no CSS
//! variables, because librsvg knows none.

/// Of names, in pixels.
pub(super) const NAME: f64 = 13.0;
/// Of the words in a job's box.
pub(super) const WORD: f64 = 11.5;
/// Of what stands beside.
pub(super) const NOTE: f64 = 12.0;
/// Of the workflow's name.
pub(super) const TITLE: f64 = 16.0;

pub(super) const STYLE: &str = "\
text { font-family: ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.name { font-size: 13px; }
.note { font-size: 12px; fill: #59636e; }
.tick { font-size: 11.5px; fill: #59636e; text-anchor: middle; }
.word { font-size: 11.5px; text-anchor: middle; }
.beside { font-size: 11.5px; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
.page { fill: #ffffff; stroke: #d1d9e0; }
.stripe { fill: #f6f8fa; }
.grid { stroke: #d1d9e0; fill: none; }
.wait, .rail { stroke: #7b8590; stroke-width: 1.5; fill: none; }
.rail { stroke-width: 4; }
.gap { stroke: #ffffff; stroke-width: 1.6; fill: none; }
.part { stroke: #7b8590; stroke-width: 1.5; stroke-dasharray: 2 3; fill: none; }
.head { fill: #7b8590; }
.box { fill: #ffffff; stroke: #7b8590; }
.build .box { fill: #e7f0fb; stroke: #5b8ec6; }
.build .word { fill: #0a3a6b; }
.external .box { stroke-dasharray: 3 2; }
.marked .box { fill: #fff0e3; stroke: #bc4c00; stroke-width: 1.6; }
.marked .word, .marked .beside { fill: #7d2f00; font-weight: 600; }
.chain { stroke: #bc4c00; stroke-width: 2.4; fill: none; }
.rail.chain { stroke-width: 5; }
.tip { fill: #bc4c00; }
.chain-note { font-size: 12px; fill: #953800; font-weight: 600; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; }
.note, .tick { fill: #9198a1; }
.page { fill: #0d1117; stroke: #3d444d; }
.stripe { fill: #151b23; }
.grid { stroke: #2f3742; }
.wait, .rail, .part { stroke: #717983; }
.gap, .beside { stroke: #0d1117; }
.head { fill: #717983; }
.box { fill: #0d1117; stroke: #717983; }
.build .box { fill: #12294a; stroke: #4f86c0; }
.build .word { fill: #cfe4ff; }
.marked .box { fill: #402208; stroke: #f0883e; }
.marked .word, .marked .beside { fill: #ffd9b8; }
.chain { stroke: #f0883e; }
.tip { fill: #f0883e; }
.chain-note { fill: #f0a56b; }
}
";

#[cfg(test)]
mod tests {
    use super::*;

    /// A colour of a rule, in the light or the dark part.
    fn colour(part: &str, selector: &str, property: &str) -> [f64; 3] {
        let rule = part.lines().rev().find(|line| {
            let (selectors, rest) = line.split_once(" {").unwrap_or_default();
            selectors.split(", ").any(|one| one == selector) && rest.contains(&format!("{property}: #"))
        });
        let rule = rule.unwrap_or_else(|| panic!("{selector} has {property}"));
        let digits = rule.split(&format!("{property}: #")).nth(1).and_then(|rest| rest.get(..6)).expect("a colour");
        [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&digits[at..at + 2], 16).expect("digits")) / 255.0)
    }

    /// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
    fn luminance(colour: [f64; 3]) -> f64 {
        let [red, green, blue] = colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn everything_can_be_seen_in_both_schemes() {
        let (light, dark) = STYLE.split_once("@media").expect("two schemes");
        for part in [light, dark] {
            let fill = |selector: &str| colour(part, selector, "fill");
            for (text, ground) in [
                ("text", ".page"),
                ("text", ".stripe"),
                ("text", ".box"),
                (".note", ".page"),
                (".tick", ".page"),
                (".build .word", ".build .box"),
                (".marked .word", ".marked .box"),
                (".chain-note", ".page"),
            ] {
                let contrast = contrast(fill(text), fill(ground));
                assert!(contrast >= 4.5, "{text} on {ground}: {contrast}");
            }
            let beside = colour(part, ".marked .beside", "fill");
            assert!(contrast(beside, fill(".stripe")) >= 4.5);
            for line in [".wait", ".rail", ".part", ".box", ".build .box", ".marked .box", ".chain"] {
                for ground in [".page", ".stripe"] {
                    let contrast = contrast(colour(part, line, "stroke"), fill(ground));
                    assert!(contrast >= 3.0, "{line} on {ground}: {contrast}");
                }
            }
        }
    }
}
