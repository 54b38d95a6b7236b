//! `splitbuild inspect`: an index or an image as a table, as JSON, or as it is.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::arguments::Inspect as Arguments;
use super::network::block_on;
use super::screen::Screen;
use super::size::size;
use super::{Failure, print};
use crate::inspect::{Image, InspectError, Inspected, inspect, raw};
use crate::oci::shown;
use crate::registry::Access;

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let screen = Screen::new(&arguments.network);
    let reference = &arguments.reference;
    let store = arguments.network.store(&[vec![(reference.place(), Access::Pull)]], &screen)?;
    if arguments.raw {
        let raw = block_on(raw(&store, reference))?.map_err(|error| report(&error, &screen))?;
        return print(raw.bytes);
    }
    let inspected = block_on(inspect(&store, reference))?.map_err(|error| report(&error, &screen))?;
    print(if arguments.json { as_json(arguments, &inspected) } else { as_table(arguments, &inspected) })?;
    let mut is_good = true;
    for image in &inspected.images {
        if let Err(why) = &image.content {
            screen.line(&format!("splitbuild: {} of {reference} ({}): {why}", image.digest, image.platform));
            is_good = false;
        }
    }
    if is_good { Ok(()) } else { Err(Failure::Reported) }
}

fn report(error: &InspectError, screen: &Screen) -> Failure {
    screen.line(&format!("splitbuild: {error}"));
    if let InspectError::Store(error) = error
        && let Some(help) = error.help()
    {
        screen.line(&format!("  help: {help}"));
    }
    Failure::Reported
}

fn as_table(arguments: &Arguments, inspected: &Inspected) -> String {
    let kind = if inspected.is_index { "index" } else { "image" };
    let mut text = format!("{}\n", arguments.reference);
    let _ = writeln!(text, "{kind} {} ({})", inspected.raw.digest, shown(&inspected.raw.media_type));
    for (key, value) in &inspected.annotations {
        let _ = writeln!(text, "{}: {}", shown(key), shown(value));
    }
    text.push('\n');
    let title = ["PLATFORM", "DIGEST", "SIZE", "CREATED", "REVISION", "ATTESTATIONS"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(title).chain(inspected.images.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..6).map(width).collect();
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}", width = *width)).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}

fn row(image: &Image) -> [String; 6] {
    let none = || "-".to_owned();
    let (platform, digest) = (image.platform.clone(), image.digest.to_string());
    let Ok(content) = &image.content else { return [platform, digest, none(), none(), none(), "unreadable".into()] };
    let text = |value: &Option<String>| value.as_deref().map_or_else(none, shown);
    let attestations = if content.attestations.is_empty() { none() } else { content.attestations.join(", ") };
    [platform, digest, size(content.size), text(&content.created), text(&content.revision), attestations]
}

fn as_json(arguments: &Arguments, inspected: &Inspected) -> String {
    let images: Vec<Value> = inspected.images.iter().map(image_json).collect();
    let annotations: serde_json::Map<String, Value> =
        inspected.annotations.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
    let json = json!({
        "reference": arguments.reference.to_string(),
        "digest": inspected.raw.digest,
        "mediaType": inspected.raw.media_type,
        "size": inspected.raw.bytes.len(),
        "annotations": annotations,
        "images": images,
    });
    serde_json::to_string_pretty(&json).expect("text, numbers and lists are JSON") + "\n"
}

fn image_json(image: &Image) -> Value {
    let mut json = json!({
        "platform": image.platform,
        "digest": image.digest,
        "mediaType": image.media_type,
    });
    let more = match &image.content {
        Ok(content) => json!({
            "compressedSize": content.size,
            "layers": content.layers,
            "created": content.created,
            "revision": content.revision,
            "attestations": content.attestations,
        }),
        Err(why) => json!({ "error": why }),
    };
    if let (Value::Object(json), Value::Object(more)) = (&mut json, more) {
        json.extend(more);
    }
    json
}
