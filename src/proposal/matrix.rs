//! The proposal as the text of a matrix.

use std::collections::BTreeSet;

use super::declared::names;
use super::parent::{REGISTRY, name_template};
use super::{Build, Image, Proposal};
use crate::draft::{Draft, Map, Value};
use crate::template::Template;

/// For whom the matrix is written.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// What the workflow is called.
    pub workflow: String,
    /// Where the variables are set with which its runs log in; `None` if they do so without being told.
    pub login: Option<&'static str>,
    /// The image that holds splitbuild.
    pub tool: String,
    /// Lines at the end of the comment at the top.
    pub hints: Vec<String>,
}

impl Proposal {
    /// The matrix, to be read and mended by a person.
    pub fn text(&self, target: &Target) -> String {
        let mut draft = Draft::default();
        draft.comment(
            "Drafted by `splitbuild init` from the Dockerfiles of this repository. Read it, and mend what it guessed.",
        );
        target.hints.iter().for_each(|hint| draft.comment(hint));
        draft.section("vars").put(REGISTRY, self.prefix.text.as_str()).behind(self.prefix.why.as_str());
        if let Some(place) = target.login {
            let (user, password) = self.variables();
            let login = [("username", Template::name(&user)), ("password", Template::name(&password))];
            let login = Map::of(login.map(|(key, value)| (key, Value::from(value))));
            draft.section("registries").put(&self.prefix.host(), login).behind(format!("set both {place}"));
        }
        for image in &self.images {
            self.image(image, draft.section("images"));
        }
        self.sections(&mut draft);
        let mut main = Map::default();
        let mut on = Map::default();
        on.put("branches", Value::list([Value::verbatim(&self.branch)]));
        main.put("on", on);
        main.put("tags", Value::texts(["latest"]));
        let entry = draft.section("workflows").put(&target.workflow, main);
        if !self.is_branch_known {
            entry.behind("guessed: no git repository says which branch");
        }
        draft.section("tool").put("image", target.tool.as_str());
        if let Some(tool) = draft.entry("tool") {
            tool.above("Manifest jobs run splitbuild: name an image of yours that holds it.");
        }
        draft.text()
    }

    /// The variables that hold the login of the registry: of `ghcr.io` those that begin with `GHCR`.
    pub fn variables(&self) -> (String, String) {
        variables(&self.prefix.host())
    }

    /// The vars that the images refer to, and those that these refer to; and secrets.
    fn sections(&self, draft: &mut Draft) {
        let mut used = BTreeSet::new();
        for image in draft.get("images").map(Map::entries).unwrap_or_default() {
            names(image.value(), &mut used);
        }
        let empty = Map::default();
        let vars = self.sections.get("vars").unwrap_or(&empty);
        for _ in vars.entries() {
            for name in used.clone() {
                vars.get(&name).into_iter().for_each(|value| names(value, &mut used));
            }
        }
        for entry in vars.entries().iter().filter(|entry| used.contains(entry.key())) {
            draft.section("vars").put(entry.key(), entry.value().clone());
        }
        for entry in self.sections.get("secrets").unwrap_or(&empty).entries() {
            draft.section("secrets").put(entry.key(), entry.value().clone());
        }
    }

    fn image(&self, image: &Image, images: &mut Map) {
        let mut map = Map::default();
        map.put("image", name_template(image));
        if !image.variant.is_empty() {
            let mut tag = Template::name("tag_prefix");
            tag.push_literal(&image.variant);
            map.put("tags", Value::list([Value::from(tag)]));
        }
        let folder = common(&image.builds);
        if let [build] = image.builds.as_slice() {
            put_build(build, &mut map);
        } else if folder != "." {
            map.put("context", folder);
        }
        if !image.needs.is_empty() {
            let entry = map.put("needs", Value::texts(image.needs.iter().map(|need| &need.key)));
            for doubt in image.needs.iter().filter_map(|need| need.doubt.as_ref()) {
                entry.above(doubt.as_str());
            }
        }
        for entry in image.keys.entries() {
            map.put(entry.key(), entry.value().clone());
        }
        // The parent of this run is meant, whatever the file says.
        for (name, value) in &image.args {
            map.map("args").put(name, value.clone());
        }
        for (name, value) in &image.contexts {
            map.map("additional_contexts").put(name, value.clone());
        }
        match image.builds.as_slice() {
            [_] if image.platforms.is_empty() => {}
            [_] => {
                map.put("platforms", Value::texts(image.platforms.iter().map(ToString::to_string)));
            }
            builds => {
                let platforms = map.map("platforms");
                for build in builds {
                    let Some(platform) = &build.platform else { continue };
                    let mut on = Map::default();
                    on.put("dockerfile", within(folder, &build.path));
                    platforms.put(&platform.to_string(), on);
                }
            }
        }
        let entry = images.put(&image.key, map);
        for comment in &image.comments {
            entry.above(comment.as_str());
        }
    }
}

/// The context of all builds: that of each, or the folder that all of them are in.
fn common(builds: &[Build]) -> &str {
    let Some(first) = builds.first() else { return "." };
    let mut folder = first.context.folder.as_str();
    let holds = |folder: &str, path: &str| folder == "." || path == folder || path.starts_with(&format!("{folder}/"));
    while !builds.iter().all(|build| holds(folder, &build.context.folder)) {
        folder = crate::repository::folder(folder);
    }
    folder
}

fn within<'p>(folder: &str, path: &'p str) -> &'p str {
    if folder == "." { path } else { path.strip_prefix(&format!("{folder}/")).unwrap_or(path) }
}

fn put_build(build: &Build, map: &mut Map) {
    let context = &build.context;
    if context.folder != "." {
        let entry = map.put("context", context.folder.as_str());
        if let Some(guess) = &context.guess {
            entry.behind(format!("guessed: {guess}"));
        }
    }
    if let Some(dockerfile) = context.dockerfile(&build.path) {
        let entry = map.put("dockerfile", dockerfile);
        if let Some(guess) = context.guess.as_ref().filter(|_| context.folder == ".") {
            entry.behind(format!("guessed to be built in the root: {guess}"));
        }
    }
}

fn variables(host: &str) -> (String, String) {
    if host == crate::reference::DOCKER_HUB {
        return ("DOCKER_USER".into(), "DOCKER_PASS".into());
    }
    let first = host.split(['.', ':']).find(|part| !["registry", "docker", "www"].contains(part)).unwrap_or("registry");
    let name: String =
        first.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let name = if name.starts_with(|c: char| c.is_ascii_digit()) { format!("REGISTRY_{name}") } else { name };
    (format!("{name}_USER"), format!("{name}_TOKEN"))
}
