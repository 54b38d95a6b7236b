//! The elements of an SVG (<https://www.w3.org/TR/SVG2/>), with numbers and text as they may stand in one.

use std::fmt::Write as _;

use super::style;
use super::text::width;

/// A picture that is being made.
pub(super) struct Svg {
    body: String,
}

/// A box, in pixels from the upper left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Svg {
    pub(super) fn new() -> Self {
        Self { body: String::new() }
    }

    /// A rectangle whose corners have a radius.
    pub(super) fn rectangle(&mut self, class: &str, frame: Frame, radius: f64) {
        let Frame { x, y, width, height } = frame;
        let [x, y, width, height, radius] = [x, y, width, height, radius].map(number);
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>"
        );
    }

    /// Text that begins at `x`, and stands on the line `y`.
    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let (x, y) = (number(x), number(y));
        let _ = writeln!(self.body, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(text));
    }

    /// A line of strokes, as the attribute `d` of a path has them.
    pub(super) fn path(&mut self, class: &str, strokes: &str) {
        let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{strokes}\"/>");
    }

    /// What is drawn in `inside`, as one thing with a title, which a browser shows when it is pointed at; without one if
    /// that is empty.
    pub(super) fn group(&mut self, class: &str, title: &str, inside: impl FnOnce(&mut Self)) {
        let _ = writeln!(self.body, "<g class=\"{class}\">");
        if !title.is_empty() {
            let _ = writeln!(self.body, "<title>{}</title>", escaped(title));
        }
        inside(self);
        self.body.push_str("</g>\n");
    }

    /// The whole picture. `description` is what those hear who do not see it.
    pub(super) fn finish(self, width: f64, height: f64, (title, description): (&str, &str)) -> String {
        let (title, description, body) = (escaped(title), escaped(description), self.body);
        let (wide, high) = (number(width), number(height));
        let (inner_width, inner_height) = (number(width - 1.0), number(height - 1.0));
        let style = style::STYLE;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" role=\"img\" \
             aria-labelledby=\"splitbuild-title splitbuild-description\">\n\
             <title id=\"splitbuild-title\">{title}</title>\n\
             <desc id=\"splitbuild-description\">{description}</desc>\n\
             <style>\n{style}</style>\n\
             <rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"{inner_width}\" height=\"{inner_height}\" rx=\"8\"/>\n\
             {body}</svg>\n"
        )
    }
}

/// A number, to a tenth of a pixel.
pub(super) fn number(value: f64) -> String {
    // `-0` would be another text for the same place.
    ((value * 10.0).round() / 10.0 + 0.0).to_string()
}

/// Text as XML has it; characters that XML does not know are left out (<https://www.w3.org/TR/xml/#charsets>).
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push('\n'),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Where text begins that is in the middle of a frame at least as wide as it may get; it is centred by `text-anchor`.
pub(super) fn middle(frame: Frame) -> f64 {
    frame.x + frame.width / 2.0
}

/// How wide a frame is with a text and some room around it.
pub(super) fn fitting<'t>(texts: impl Iterator<Item = &'t str>, size: f64, room: f64) -> f64 {
    texts.map(|text| width(text, size)).fold(0.0, f64::max).ceil() + room
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        assert_eq!(escaped("<a b=\"c\">&'\u{7}\u{ffff}ü"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;  ü");
    }

    #[test]
    fn a_number_has_one_form() {
        assert_eq!([1.0, 2.25, -0.04, 100.06].map(number), ["1", "2.3", "0", "100.1"]);
    }
}
