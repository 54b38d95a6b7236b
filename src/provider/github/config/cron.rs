//! Times at which a workflow runs
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule>).

use super::key;
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

/// The fields of a time: what each is, its smallest and largest number, and what its numbers are called.
const FIELDS: [(&str, u32, u32, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day of the month", 1, 31, &[]),
    ("month", 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    // Some take 7 for Sunday, and this is no place to argue.
    ("day of the week", 0, 7, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

const HELP: &str = "write minute, hour, day of the month, month and day of the week: `30 4 * * 1`";

/// Reports times that are none.
pub(super) fn check(schedule: &Node, problems: &mut Vec<Diagnostic>) {
    let Some(items) = schedule.as_sequence() else {
        let message = format!("`schedule` must be a list, found {}", schedule.kind());
        problems.push(Diagnostic::new("shape", schedule.span, message).help("write `- cron: \"30 4 * * 1\"`"));
        return;
    };
    for item in items {
        let Some(map) = item.as_mapping() else {
            let message = format!("a time of `schedule` must be a map, found {}", item.kind());
            problems.push(Diagnostic::new("shape", item.span, message).help("write `- cron: \"30 4 * * 1\"`"));
            continue;
        };
        key::check(map, "a time of `schedule`", &["cron", "timezone"], problems);
        let Some(cron) = map.get("cron") else {
            let problem = Diagnostic::new("schedule", item.span, "a time of `schedule` has no `cron`");
            problems.push(problem.help(HELP));
            continue;
        };
        if let Some(wrong) = cron.as_str().and_then(wrong) {
            problems.push(Diagnostic::new("schedule", cron.span, wrong).help(HELP));
        }
    }
}

/// What is wrong with a time.
fn wrong(text: &str) -> Option<String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Some(format!("`{}` is no time: it must have 5 fields, and has {}", text.trim(), fields.len()));
    }
    let wrong = fields
        .iter()
        .zip(FIELDS)
        .find(|(field, (_, least, most, words))| !field.split(',').all(|part| is_part(part, (*least, *most), words)));
    wrong.map(|(field, (what, least, most, _))| format!("`{field}` is no {what}, which is {least} to {most}"))
}

/// Whether this is `*`, a number or a range, each with or without a step.
fn is_part(part: &str, (least, most): (u32, u32), words: &[&str]) -> bool {
    let number = |text: &str| -> Option<u32> {
        let word = words.iter().position(|word| word.eq_ignore_ascii_case(text));
        // The first month is 1, the first day of a week 0.
        let word = word.and_then(|place| u32::try_from(place).ok()).map(|place| place + least);
        word.or_else(|| text.parse().ok().filter(|number| (least..=most).contains(number)))
    };
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|step| step > 0)) {
        return false;
    }
    match range.split_once('-') {
        _ if range == "*" => true,
        None => number(range).is_some(),
        Some((from, to)) => matches!((number(from), number(to)), (Some(from), Some(to)) if from <= to),
    }
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn times() {
        for good in ["0 0 * * *\n", "*/15 4-6 1,15 jan-mar MON", "5/10 0 * * 7", "0  8-20/2 * * 1-5"] {
            assert_eq!(wrong(good), None, "{good}");
        }
        for bad in
            ["0 0 * *", "60 0 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "a * * * *", "@daily", "*/0 * * * *"]
        {
            assert!(wrong(bad).is_some(), "{bad}");
        }
    }
}
