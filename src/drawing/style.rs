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
.beside { font-size: 11.5px; }
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
.gap { stroke: #0d1117; }
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
