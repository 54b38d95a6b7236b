//! Compose files: the services with a `build` section, and what it may name elsewhere in the file
//! (<https://github.com/compose-spec/compose-spec/blob/main/build.md>). What services are while they run means nothing here:
//! `depends_on` orders containers, and no image is built from another because of it.

mod dotenv;
mod extend;
mod interpolate;
mod merge;
mod neighbour;

use std::collections::BTreeMap;

use self::dotenv::Dotenv;
use self::extend::Services;
use self::interpolate::Interpolation;
use super::Request;
use super::found::{Found, Input, Origin};
use super::reader::{Reader, each_scalar};
use super::target::Target;
use crate::diagnostic::Diagnostic;
use crate::draft::{Map, Value};
use crate::platform::Platform;
use crate::yaml::{self, Entry, Mapping, Node};

/// The command that writes a file with all that it includes and extends.
const CONFIG: &str = "`docker compose config --no-interpolate` writes one file of all; import that";

pub(super) fn read(request: &Request<'_>, root: &Node) -> (Input, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let dotenv = Dotenv::parse(request.environment.unwrap_or_default());
    let mut interpolation = Interpolation::new(&dotenv);
    if let Some(include) = root.as_mapping().and_then(|map| map.entry("include")) {
        reader.unmapped(include.key.span, "what other files declare is not read", CONFIG);
    }
    let declared = secrets(request, root, &mut reader, &mut interpolation);
    let services = root.get("services").and_then(|node| reader.map(node, "services")).cloned();
    let services = services.unwrap_or(Mapping { entries: Vec::new() });
    let services = Services::of(&services, request, &mut reader);
    let mut images = Vec::new();
    let mut is_ordered = false;
    for (key, service) in services.built() {
        is_ordered |= service.get("depends_on").is_some();
        let mut found = Found::new(&key.text, key.span);
        let mut take = |name: &str, reader: &mut Reader| {
            let mut node = service.get(name).filter(|node| !node.is_null())?.clone();
            each_scalar(&mut node, &mut |text, span| *text = interpolation.filled(text, span, &mut reader.problems));
            Some(node)
        };
        let image = take("image", &mut reader);
        let text = image.as_ref().and_then(|node| reader.text(node, "image").map(|text| (text, node.span)));
        found.references.extend(text);
        let image = image.map(|node| node.span);
        let (build, platform) = (take("build", &mut reader), take("platform", &mut reader));
        let mut target = Target { reader: &mut reader, folder: request.folder, declared: &declared, found };
        match build.as_ref().map(|build| &build.value) {
            Some(yaml::Value::Mapping(map)) => target.read(map),
            // What is no map is taken for the short form, which is the context.
            _ => target.read(&Mapping { entries: build.iter().map(|node| entry("context", node.clone())).collect() }),
        }
        let mut found = target.found;
        // Tags for bake take the place of the image's name.
        let has_own = build.as_ref().is_some_and(|it| it.get("x-bake").is_some_and(|bake| bake.get("tags").is_some()));
        found.references.retain(|(_, span)| !has_own || Some(*span) != image);
        if let Some(word) = platform.as_ref().and_then(Node::as_str)
            && found.platforms.is_empty()
        {
            found.platforms.extend(Platform::by_any_name(word).ok());
        }
        for argument in found.keys.get_map_mut("args").map(Map::entries_mut).unwrap_or_default() {
            let value = Some(argument.key()).filter(|name| dotenv.get(name).is_some()).map(str::to_owned);
            if let (Value::Nothing, Some(name)) = (argument.value(), value) {
                *argument.value_mut() = interpolation.named(&name, found.span, &mut reader.problems).into();
            }
        }
        images.push(found);
    }
    let remark =
        "Compose's `depends_on` orders containers while they run; `needs` is for images that are built FROM others.";
    let remarks = is_ordered.then(|| remark.to_owned()).into_iter().collect();
    (Input { images, vars: interpolation.vars(), wanted: None, remarks }, reader.problems)
}

fn entry(name: &str, value: Node) -> Entry {
    let key = crate::yaml::Key { text: name.to_owned(), span: value.span, style: crate::yaml::Style::Plain };
    Entry { key, value }
}

/// The file's secrets; one that says wrongly where it comes from is known by name.
fn secrets(
    request: &Request<'_>,
    root: &Node,
    reader: &mut Reader,
    interpolation: &mut Interpolation<'_>,
) -> BTreeMap<String, Option<Origin>> {
    let Some(map) = root.get("secrets").filter(|node| !node.is_null()) else { return BTreeMap::new() };
    let mut declared = BTreeMap::new();
    for Entry { key, value } in reader.map(map, "secrets").map(|map| &map.entries[..]).unwrap_or_default() {
        let origin = match (value.get("environment").and_then(Node::as_str), value.get("file")) {
            (Some(name), _) => Some(Origin::Environment(name.to_uppercase())),
            (None, Some(file)) => {
                let mut file = file.clone();
                each_scalar(&mut file, &mut |text, span| {
                    *text = interpolation.filled(text, span, &mut reader.problems)
                });
                reader.text(&file, "file").map(|path| {
                    let local = super::path::from_root(request.folder, &path);
                    Origin::File(local.unwrap_or(path))
                })
            }
            // One that somebody else keeps is set as a variable of the job.
            (None, None) => {
                let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
                Some(Origin::Environment(key.text.chars().map(upper).collect()))
            }
        };
        declared.insert(key.text.clone(), origin);
    }
    declared
}
