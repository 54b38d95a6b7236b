//! A target: what `docker build` would be told, by the keys of bake
//! (<https://docs.docker.com/build/bake/reference/#target>).

use serde_json::{Map, Value};

use super::image::Image;
use super::value::{Form, On, Writer, escaped};
use super::variable::SOURCE;
use crate::plan::{Build, BuildOption, Context, Recipe};
use crate::template::Template;

/// The target of an image for the platforms of `builds`, where names of parents mean `contexts`.
pub(super) fn target(
    writer: &mut Writer<'_>,
    image: &Image<'_>,
    builds: &[On<'_>],
    contexts: Vec<(String, String)>,
) -> Map<String, Value> {
    let mut target = Map::new();
    let [on @ On { build: Some(build), .. }, ..] = *builds else { return target };
    let options = Options { writer, build, on };
    options.write(&mut target, contexts);
    let platforms = builds.iter().filter_map(|on| Some(on.build?.platform.to_string()));
    put(&mut target, "platforms", platforms.collect::<Vec<_>>());
    put(&mut target, "tags", tags(writer, image, on, build));
    put(&mut target, "annotations", annotations(writer, image));
    target
}

/// An empty list says nothing.
fn put(target: &mut Map<String, Value>, key: &str, values: Vec<String>) {
    if !values.is_empty() {
        target.insert(key.to_owned(), values.into());
    }
}

/// The names under which it is published; of one platform among several, those under which that is pushed.
fn tags(writer: &mut Writer<'_>, image: &Image<'_>, on: On<'_>, build: &Build) -> Vec<String> {
    let (fixed, moving) = (&on.job.tags[writer.place], &on.job.moving[writer.place]);
    let mut names = Vec::new();
    for name in writer.images(&build.images) {
        for (tag, is_moving) in fixed.iter().map(|tag| (tag, false)).chain(moving.iter().map(|tag| (tag, true))) {
            let form = if is_moving { Form::Quoted } else { Form::Text };
            let full = match image.split {
                Some(_) => writer.arch_name(on, (name, tag), form),
                None => writer.name(name, tag, form),
            };
            names.push(if is_moving { writer.if_moving(&full) } else { full });
        }
    }
    names
}

/// The annotations of the index; an image of one platform is pushed without one, and has them itself
/// (<https://docs.docker.com/build/metadata/annotations/#specify-annotation-level>).
fn annotations(writer: &mut Writer<'_>, image: &Image<'_>) -> Vec<String> {
    if image.split.is_some() {
        return Vec::new();
    }
    let level = if image.builds.len() > 1 { "index:" } else { "" };
    let annotation = |(key, value): &(String, Template)| {
        format!("{level}{}={}", escaped(key, Form::Text), writer.text(value, None, Form::Text))
    };
    image.annotations.iter().map(annotation).collect()
}

/// The options of a build, on their way to keys.
struct Options<'w, 'p, 'b> {
    writer: &'w mut Writer<'p>,
    build: &'b Build,
    on: On<'b>,
}

impl Options<'_, '_, '_> {
    fn write(mut self, target: &mut Map<String, Value>, contexts: Vec<(String, String)>) {
        let Recipe::Docker(options) = &self.build.recipe else { return };
        let context = self.context();
        target.insert("context".into(), context.into());
        let mut labels = self.labels();
        let mut contexts: Map<String, Value> = contexts.into_iter().map(|(name, to)| (name, to.into())).collect();
        let mut args = Map::new();
        let mut hosts = Map::new();
        for option in options {
            match option.flag {
                // An empty one is none to Docker; an old bake looks for it.
                "--file" if self.value(option).is_empty() => {}
                "--file" => drop(target.insert("dockerfile".into(), self.dockerfile(option).into())),
                "--target" | "--network" | "--shm-size" => {
                    target.insert(option.flag[2..].to_owned(), self.value(option).into());
                }
                "--build-arg" => self.pair(option, "=", &mut args),
                "--label" => self.pair(option, "=", &mut labels),
                // One that the matrix names is meant, whatever a parent is called.
                "--build-context" => self.pair(option, "=", &mut contexts),
                "--add-host" => self.pair(option, ":", &mut hosts),
                "--ssh" | "--ulimit" | "--cache-from" | "--cache-to" | "--secret" | "--provenance" | "--sbom" => {
                    self.list(option, target);
                }
                "--no-cache" | "--pull" => drop(target.insert(option.flag[2..].to_owned(), true.into())),
                _ => {}
            }
        }
        for (key, map) in [("args", args), ("labels", labels), ("contexts", contexts), ("extra-hosts", hosts)] {
            if !map.is_empty() {
                target.insert(key.into(), map.into());
            }
        }
    }

    /// A folder, or another repository in BuildKit's words
    /// (<https://docs.docker.com/build/concepts/context/#url-fragments>).
    fn context(&mut self) -> String {
        let Context::Git { repository, reference, folder } = &self.build.context else {
            return self.text(&self.build.context.path());
        };
        let mut url = repository.clone();
        if !reference.parts().is_empty() || !folder.parts().is_empty() {
            url.push_literal("#");
            url.push(reference);
        }
        if !folder.parts().is_empty() {
            url.push_literal(":");
            url.push(folder);
        }
        self.text(&url)
    }

    /// The Dockerfile, from the context.
    fn dockerfile(&mut self, option: &BuildOption) -> String {
        let file = option.value.clone().unwrap_or_default();
        let mut folder = self.build.context.path();
        folder.push_literal("/");
        self.text(&file.strip_prefix(&folder).unwrap_or(file))
    }

    /// What every build is labelled with, where it is known.
    fn labels(&mut self) -> Map<String, Value> {
        let source = self.build.context.address().unwrap_or_else(|| Template::name(SOURCE));
        let revision = self.writer.revision(self.build).map(|revision| ("revision", revision));
        let all = revision.into_iter().chain([("source", source)]);
        let label = |(name, value): (&str, Template)| {
            let text = self.writer.text(&value, Some(self.on), Form::Optional);
            (format!("org.opencontainers.image.{name}"), text.into())
        };
        all.map(label).collect()
    }

    fn text(&mut self, value: &Template) -> String {
        self.writer.text(value, Some(self.on), Form::Text)
    }

    fn value(&mut self, option: &BuildOption) -> String {
        self.text(&option.value.clone().unwrap_or_default())
    }

    /// A name with its value; without one it is taken from the environment, or empty.
    fn pair(&mut self, option: &BuildOption, separator: &str, map: &mut Map<String, Value>) {
        let value = option.value.clone().unwrap_or_default();
        let (name, text) = match value.split_once(separator) {
            Some((name, value)) => (name, Some(self.writer.text(&value, Some(self.on), Form::Optional))),
            None if option.flag == "--build-arg" => {
                let name = value.as_literal().unwrap_or_default().to_owned();
                (value, self.writer.environment(&name))
            }
            None => (value, Some(String::new())),
        };
        if let Some(text) = text {
            let name = escaped(name.as_literal().unwrap_or_default(), Form::Text);
            map.insert(name, text.into());
        }
    }

    fn list(&mut self, option: &BuildOption, target: &mut Map<String, Value>) {
        let (key, value) = match option.flag {
            "--provenance" | "--sbom" => ("attest", self.attestation(option)),
            "--ulimit" => ("ulimits", self.value(option)),
            flag => (&flag[2..], self.value(option)),
        };
        let list = target.entry(key).or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut().into_iter().for_each(|list| list.push(value.clone().into()));
    }

    /// As buildx understands its own flags
    /// (<https://docs.docker.com/reference/cli/docker/buildx/build/#provenance>).
    fn attestation(&mut self, option: &BuildOption) -> String {
        let kind = &option.flag[2..];
        match self.value(option).as_str() {
            "true" => format!("type={kind}"),
            "false" => format!("type={kind},disabled=true"),
            value => format!("type={kind},{value}"),
        }
    }
}
