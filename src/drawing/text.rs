//! Text in a picture: how wide it gets at the most, and where it is cut.

/// The widest that a text may get, in pixels, whatever font without serifs the reader has.
///
/// The widths are those of DejaVu Sans, which is wider than Helvetica, Arial, Segoe UI and Roboto, rounded up.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size
}

fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 0.34,
        ' ' | '.' | ',' | ':' | ';' | '!' | 'I' | 'f' | 't' | '/' | '\\' | '-' | '(' | ')' | '[' | ']' => 0.4,
        'r' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 1.0,
        'A'..='Z' | '&' | '+' | '=' | '<' | '>' | '×' | '→' | '#' => 0.84,
        ' '..='~' | '·' => 0.64,
        _ => 1.1,
    }
}

/// The text, cut where it would get wider than so many pixels.
pub(super) fn shortened(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut left = room - width("…", size);
    let fits = |c: &char| {
        left -= em(*c) * size;
        left >= 0.0
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_it_gets_too_wide() {
        assert_eq!(shortened("base", 10.0, 100.0), "base");
        let cut = shortened("a-name-that-is-long", 10.0, 60.0);
        assert!(cut.starts_with("a-name") && cut.ends_with('…') && width(&cut, 10.0) <= 60.0, "{cut}");
        assert_eq!(shortened("日本語日本語", 10.0, 35.0), "日日…".replace("日日", "日本"));
        assert_eq!(shortened("anything", 10.0, 1.0), "…");
    }
}
