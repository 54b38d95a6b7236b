//! The here-documents of `RUN`, which are of no interest, and which the parser knows only where they begin a command.

/// The text with the here-documents of `RUN` blanked out: of the same length, so that every place stays where it is.
pub(super) fn without(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n');
    // Whether the line goes on with a command of RUN, and what ends the documents that it has begun.
    let (mut is_run, mut goes_on, mut ends) = (false, false, Vec::new());
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        let is_comment = trimmed.starts_with('#') || trimmed.is_empty();
        if !goes_on {
            let word = trimmed.split_whitespace().next().unwrap_or_default();
            is_run = word.eq_ignore_ascii_case("RUN");
        }
        if !is_run || is_comment {
            goes_on = goes_on && is_comment || !is_comment && trimmed.ends_with('\\');
            out.push_str(line);
            continue;
        }
        let (begun, blanked) = begin(line);
        ends.extend(begun);
        goes_on = trimmed.ends_with('\\');
        out.push_str(&blanked);
        if goes_on {
            continue;
        }
        // All of them follow the command, in the order in which it names them.
        for (end, may_indent) in ends.drain(..) {
            for line in lines.by_ref() {
                out.push_str(&blank(line));
                let content = line.trim_end_matches(['\r', '\n']);
                if (if may_indent { content.trim_start_matches('\t') } else { content }) == end {
                    break;
                }
            }
        }
    }
    out
}

/// The words that end the documents that a line begins, each with whether it may be indented; and the line without them.
fn begin(line: &str) -> (Vec<(String, bool)>, String) {
    let (mut ends, mut out, mut rest) = (Vec::new(), String::new(), line);
    while let Some(at) = rest.find("<<") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        let (after, may_indent) = after.strip_prefix('-').map_or((after, false), |after| (after, true));
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let word = quote.map_or(after, |quote| after.strip_prefix(quote).unwrap_or(after));
        let length = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
        // `1 << 2` and `<<<` are none.
        let is_one = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !before.ends_with('<');
        let end = rest.len() - word.len() + if is_one { length } else { 0 };
        let end = if is_one { end + quote.map_or(0, char::len_utf8).min(rest.len() - end) } else { at + 2 };
        out.push_str(before);
        if is_one {
            ends.push((word[..length].to_owned(), may_indent));
            out.push_str(&blank(&rest[at..end]));
        } else {
            out.push_str(&rest[at..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    (ends, out)
}

/// The text without anything but its lines, of the same length.
pub(super) fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_go_and_places_stay() {
        for (text, gone) in [
            ("FROM a\nRUN cat <<EOF > /x\n[b]\nCOPY c\nEOF\nCOPY d e\n", "FROM a\nRUN cat > /x\nCOPY d e"),
            (
                "FROM a\nRUN cat <<-'E' && \\\n  cat <<F\n1\n\tE\n2\nF\nCOPY d e\n",
                "FROM a\nRUN cat && \\\ncat\nCOPY d e",
            ),
            (
                "FROM a\nRUN x \\\n# no <<EOF\n  y <<EOF\nü\nEOF\nCOPY d e\n",
                "FROM a\nRUN x \\\n# no <<EOF\ny\nCOPY d e",
            ),
            ("FROM a\nRUN echo $((1<<2)) <<<b\nCOPY d e\n", "FROM a\nRUN echo $((1<<2)) <<<b\nCOPY d e"),
            ("FROM a\nCOPY <<EOF /x\nb\nEOF\n", "FROM a\nCOPY <<EOF /x\nb\nEOF"),
            ("FROM a\nENV x=<<EOF\nRUN y\n", "FROM a\nENV x=<<EOF\nRUN y"),
            ("FROM a\nRUN cat <<EOF\nnever ends\n", "FROM a\nRUN cat"),
        ] {
            let found = without(text);
            assert_eq!(found.len(), text.len(), "{text}");
            let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            let shown: Vec<String> = found.lines().map(words).filter(|line| !line.is_empty()).collect();
            assert_eq!(shown.join("\n"), gone, "{text}");
        }
    }
}
