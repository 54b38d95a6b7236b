//! `splitbuild export`: images out of a registry or a folder into a tarball that Docker loads.

mod reader;

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::Path;

use serde_json::{Value, json};

use self::reader::Reader;
use super::arguments::export::{Export as Arguments, Verified};
use super::digests::Digests;
use super::network::block_on_or_stop;
use super::screen::Screen;
use super::size::size;
use super::{Failure, print};
use crate::export::{Exported, FileState, Image, Output, Request, Selection, Verify, export};
use crate::file;
use crate::graph::{ForeignLayers, Scope};
use crate::reference::{Place, Reference};
use crate::registry::Access;

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let failed = |cause| Failure::File { action: "write", path: arguments.output.clone(), cause };
    let output = file::Output::at(&arguments.output).map_err(failed)?;
    let is_piped = matches!(output, file::Output::Standard);
    if is_piped && arguments.json {
        return Err(Failure::Usage("--json needs -o FILE: standard output is for the tarball".into()));
    }
    if is_piped && std::io::stdout().is_terminal() {
        return Err(Failure::Usage("refusing to write a tarball to a terminal: name a file with -o FILE".into()));
    }
    let request = request(arguments)?;
    if let file::Output::File(path) = &output {
        check_not_source(path, &request)?;
    }
    let screen = Screen::new(&arguments.network);
    let uses = request.selections.iter().map(|selection| (selection.reference.place(), Access::Pull)).collect();
    let store = arguments.network.store_with(&[uses], &screen, request.scope.foreign)?;

    let (reader, name) = (Reader::default(), destination(arguments, is_piped));
    let to = match &output {
        file::Output::Standard => Output::Stream(&name, Box::new(reader.watched(std::io::stdout()))),
        file::Output::Through(device) => {
            Output::Stream(&name, Box::new(reader.watched(device.try_clone().map_err(failed)?)))
        }
        file::Output::File(path) => Output::File(path),
    };
    let is_file = matches!(to, Output::File(_));
    let (exported, stopped) = block_on_or_stop(async |stop| stop.before(export(&store, &request, to)).await)?;
    let exported = match exported {
        Some(Ok(exported)) => exported,
        // The reader of the pipe has gone: like other tools, we end without a message.
        Some(Err(_)) if reader.is_gone() => return Err(Failure::Reported),
        Some(Err(error)) => {
            screen.end();
            screen.line(&format!("splitbuild: {error}"));
            if let Some(help) = error.help() {
                screen.line(&format!("  help: {help}"));
            }
            if is_file {
                screen.line(&format!("splitbuild: {} was not changed", arguments.output.display()));
            }
            return Err(Failure::Reported);
        }
        None if is_file => return Err(stopped.map_or(Failure::Reported, Failure::Stopped)),
        None => return Err(stopped.map_or(Failure::Reported, Failure::StoppedHalfway)),
    };
    report(&screen, (if is_file { "wrote" } else { "wrote to" }, &name), &exported);
    if is_piped {
        return Ok(());
    }
    print(if arguments.json { as_json(arguments, &exported) } else { lines(&exported) })
}

/// The output must not overwrite a part of a layout that is exported.
fn check_not_source(path: &Path, request: &Request) -> Result<(), Failure> {
    let is_part = |folder: &Path| {
        ["blobs", "index.json", "oci-layout"].iter().any(|part| file::is_within(path, &folder.join(part)))
    };
    for selection in &request.selections {
        if let Place::Layout(folder) = selection.reference.place()
            && is_part(&folder)
        {
            let (path, reference) = (path.display(), &selection.reference);
            return Err(Failure::Usage(format!("-o {path}: this is a part of {reference}; name another file")));
        }
    }
    Ok(())
}

/// The output's name in messages.
fn destination(arguments: &Arguments, is_piped: bool) -> String {
    if is_piped { "standard output".into() } else { arguments.output.display().to_string() }
}

fn request(arguments: &Arguments) -> Result<Request, Failure> {
    if arguments.references.len() > 1 && !arguments.name.is_empty() {
        return Err(Failure::Usage("--name needs exactly one REF".into()));
    }
    if let Some(layout) = arguments.name.iter().find(|name| name.repository().is_none()) {
        return Err(Failure::Usage(format!("--name {layout}: expected the name of an image, not a folder")));
    }
    let mut selections: Vec<Selection> = Vec::new();
    let digests = Digests::read(&arguments.digests, "nothing was written")?;
    for reference in &arguments.references {
        let reference = digests.pin(reference)?;
        let own = match (reference.place(), reference.tag()) {
            (Place::Repository(_), Some(tag)) => vec![Reference::tagged(reference.name(), tag)],
            _ => Vec::new(),
        };
        let names = if arguments.name.is_empty() { own } else { arguments.name.clone() };
        if let Some(twice) = names.iter().find(|name| selections.iter().any(|other| other.names.contains(name))) {
            return Err(Failure::Usage(format!("{twice} is given twice")));
        }
        selections.push(Selection { reference, names });
    }
    let foreign = if arguments.foreign_layers { ForeignLayers::Take } else { ForeignLayers::Refuse };
    Ok(Request {
        selections,
        scope: Scope { platforms: arguments.platform.clone(), foreign },
        compression: arguments.compression(),
        verify: if arguments.verify == Verified::Full { Verify::Full } else { Verify::Blobs },
    })
}

fn report(screen: &Screen, (wrote, file): (&str, &str), exported: &Exported) {
    for image in exported.images.iter().filter(|image| image.converted > 0) {
        let noun = if image.converted == 1 { "layer" } else { "layers" };
        screen.note(&format!(
            "{} ({}): {} {noun} converted from zstd to gzip, for Docker before 23; its manifest is now {}",
            image.reference, image.platform, image.converted, image.digest
        ));
    }
    let word = match exported.state {
        FileState::Written => wrote,
        FileState::Unchanged => "unchanged:",
    };
    let images: Vec<String> =
        exported.images.iter().map(|image| format!("{} ({})", called(image), image.platform)).collect();
    screen.note(&format!("{word} {file}, {}: {}", size(exported.size), images.join(", ")));
}

fn called(image: &Image) -> String {
    if image.names.is_empty() { image.reference.to_string() } else { image.names.join(", ") }
}

fn lines(exported: &Exported) -> String {
    exported.images.iter().fold(String::new(), |mut lines, image| {
        for name in &image.names {
            let _ = writeln!(lines, "{name}@{}", image.digest);
        }
        if image.names.is_empty() {
            let _ = writeln!(lines, "{}@{}", image.reference.name(), image.digest);
        }
        lines
    })
}

fn as_json(arguments: &Arguments, exported: &Exported) -> String {
    let image = |image: &Image| -> Value {
        json!({
            "reference": image.reference.to_string(),
            "platform": image.platform,
            "digest": image.digest,
            "id": image.id,
            "names": image.names,
            "convertedLayers": image.converted,
        })
    };
    let json = json!({
        "file": arguments.output.display().to_string(),
        "size": exported.size,
        "state": if exported.state == FileState::Written { "written" } else { "unchanged" },
        "images": exported.images.iter().map(image).collect::<Vec<Value>>(),
    });
    serde_json::to_string_pretty(&json).expect("text, numbers and lists are JSON") + "\n"
}
