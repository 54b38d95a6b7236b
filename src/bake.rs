//! A workflow of a plan as a bake file, which `docker buildx bake` and others build without splitbuild
//! (<https://docs.docker.com/build/bake/reference/>). It is JSON, whose strings are templates of HCL
//! (<https://github.com/hashicorp/hcl/blob/main/json/spec.md>).

mod image;
mod left_out;
mod parent;
mod target;
mod value;
mod variable;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use self::image::Image;
use self::value::Writer;
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::spec::Spec;

/// The group that is built where no target is named.
const DEFAULT: &str = "default";

/// A property that HCL takes for a comment (<https://github.com/hashicorp/hcl/blob/main/json/spec.md#bodies>).
const COMMENT: &str = "//";

/// A bake file.
#[derive(Debug)]
pub struct Baked {
    pub text: String,
    /// What of the matrix it does not say.
    pub warnings: Vec<Diagnostic>,
}

/// The images that bake can build, with the names of their targets.
struct Targets<'p> {
    images: Vec<Image<'p>>,
    /// For each image, the name of each of its targets.
    names: Vec<Vec<String>>,
}

/// The bake file of the workflow at this place of the plan; `origin` says where it comes from.
///
/// # Errors
/// What is left out of it, if that is all there is.
pub fn bake(plan: &Plan, spec: &Spec, (place, origin): (usize, &str)) -> Result<Baked, Vec<Diagnostic>> {
    let workflow = &plan.workflows[place];
    let mut warnings = left_out::left_out(plan, spec, place);
    let targets = Targets::of(image::images(plan, place));
    if targets.images.is_empty() {
        let message = format!("bake can build no image of the workflow `{}`", workflow.name);
        let problem = Diagnostic::new("nothing-to-bake", workflow.span, message);
        warnings.push(problem.help("`--workflow` names another one; bake builds images that have a Dockerfile"));
        return Err(warnings);
    }
    warnings.extend(targets.images.iter().filter_map(|image| by_platform(spec, image)));
    let mut writer = Writer::new(plan, place);
    let mut written = Map::new();
    for (image, names) in targets.images.iter().zip(&targets.names) {
        for (builds, name) in image.targets().iter().zip(names) {
            let contexts = parent::contexts(&mut writer, &targets, builds);
            written.insert(name.clone(), target::target(&mut writer, image, builds, contexts).into());
        }
    }
    let variable = |(name, default)| (name, json!({ "default": default }));
    let variables: Map<String, Value> = writer.variables.into_iter().map(variable).collect();
    let mut file = Map::new();
    file.insert(COMMENT.into(), origin.into());
    if !variables.is_empty() {
        file.insert("variable".into(), variables.into());
    }
    file.insert("group".into(), targets.groups().into());
    file.insert("target".into(), written.into());
    let text = serde_json::to_string_pretty(&file).expect("text, lists and maps are JSON") + "\n";
    Ok(Baked { text, warnings })
}

impl<'p> Targets<'p> {
    fn of(images: Vec<Image<'p>>) -> Self {
        // A group goes before a target of its name.
        let mut taken = BTreeSet::from([DEFAULT.to_owned()]);
        let mut free = |wanted: String| {
            let numbered = (2..).map(|number| format!("{wanted}-{number}"));
            let name = std::iter::once(wanted.clone()).chain(numbered).find(|name| !taken.contains(name));
            let name = name.unwrap_or(wanted);
            taken.insert(name.clone());
            name
        };
        let name = |image: &Image<'_>, at: usize| match image.split {
            Some(_) => format!("{}-{}", image.key, image.builds[at].1.arch),
            None => image.key.to_owned(),
        };
        let names = |image: &Image<'_>| (0..image.targets().len()).map(|at| free(name(image, at))).collect();
        Self { names: images.iter().map(names).collect(), images }
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.images.iter().position(|image| image.key == key)
    }

    /// The image of a key, if it is one of these.
    fn image(&self, key: &str) -> Option<&Image<'p>> {
        self.place(key).map(|place| &self.images[place])
    }

    /// The target that builds the image of a key for an architecture.
    fn name(&self, key: &str, arch: &str) -> Option<&str> {
        let place = self.place(key)?;
        Some(&self.names[place][self.images[place].target(arch)])
    }

    /// All targets, and those that are one in the matrix.
    fn groups(&self) -> Map<String, Value> {
        let all: Vec<&str> = self.names.iter().flatten().map(String::as_str).collect();
        let mut groups = Map::new();
        groups.insert(DEFAULT.into(), json!({ "targets": all }));
        let families = self.images.iter().flat_map(|image| [image.family, image.key]);
        for name in families.filter(|name| !all.contains(name)) {
            if groups.contains_key(name) {
                continue;
            }
            let members =
                self.images.iter().zip(&self.names).filter(|(image, _)| [image.family, image.key].contains(&name));
            let members: Vec<&str> = members.flat_map(|(_, names)| names).map(String::as_str).collect();
            groups.insert(name.to_owned(), json!({ "targets": members }));
        }
        groups
    }
}

/// What is said of an image that has a target for each platform.
fn by_platform(spec: &Spec, image: &Image<'_>) -> Option<Diagnostic> {
    let why = image.split?;
    let (name, _) = spec.images.iter().find(|(name, _)| name.text == image.family)?;
    let message = format!("`{}` has a target for each platform, since {why}", image.key);
    let help = "each has the per-architecture name; once they are pushed, `splitbuild manifest` links them";
    Some(Diagnostic::new("bake-by-platform", name.span, message).warning().help(help))
}
