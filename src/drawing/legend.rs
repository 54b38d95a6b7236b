//! What the signs of a picture mean, below it.

use super::style::NOTE;
use super::svg::{Frame, Svg, number};
use super::task::Kind;
use super::text::width;

/// A sign as it looks in the picture.
#[derive(Clone, Copy)]
pub(super) enum Sample {
    Box(Kind),
    /// A line of this class.
    Line(&'static str),
    /// A box of the marked chain.
    Marked,
}

#[derive(Default)]
pub(super) struct Legend {
    entries: Vec<(Option<Sample>, String)>,
}

/// How wide a sign is.
const SAMPLE: f64 = 22.0;
const LINE: f64 = 22.0;

impl Legend {
    pub(super) fn add(&mut self, sample: Sample, text: &str) {
        self.entries.push((Some(sample), text.to_owned()));
    }

    /// A remark that belongs to no sign.
    pub(super) fn note(&mut self, text: &str) {
        self.entries.push((None, text.to_owned()));
    }

    /// Draws it from a place on in lines of at most this width; gives where it ends.
    pub(super) fn draw(&self, svg: &mut Svg, (left, top): (f64, f64), room: f64) -> f64 {
        let (mut x, mut y) = (left, top);
        for (sample, text) in &self.entries {
            let wide = sample.map_or(0.0, |_| SAMPLE + 7.0) + width(text, NOTE);
            if x > left && x + wide > left + room {
                (x, y) = (left, y + LINE);
            }
            let mut at = x;
            if let Some(sample) = sample {
                sample.draw(svg, (x, y));
                at += SAMPLE + 7.0;
            }
            svg.text("note", (at, y), text);
            x += wide + 14.0;
        }
        y
    }
}

impl Sample {
    fn draw(self, svg: &mut Svg, (x, y): (f64, f64)) {
        let middle = y - 4.0;
        let frame = Frame { x, y: middle - 6.0, width: SAMPLE, height: 12.0 };
        let boxed = |svg: &mut Svg, class: &str, radius: f64| {
            svg.group(class, "", |svg| svg.rectangle("box", frame, radius));
        };
        match self {
            Self::Box(Kind::Build) => boxed(svg, "build", 3.0),
            Self::Box(Kind::External) => boxed(svg, "external", 6.0),
            Self::Box(_) => boxed(svg, "other", 6.0),
            Self::Marked => boxed(svg, "build marked", 3.0),
            Self::Line(class) => {
                let strokes = format!("M{} {}h{}", number(x), number(middle), number(SAMPLE));
                svg.path(class, &strokes);
                if class == "rail" {
                    svg.path("gap", &strokes);
                }
            }
        }
    }
}
