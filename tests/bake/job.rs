//! What a build job of a plan tells `docker build` in a run, worked out from the plan alone.

use std::collections::BTreeMap;

use splitbuild::plan::{Build, Context, Job, Plan, Recipe, Tag, Work, Workflow};
use splitbuild::template::{Part, Template};

pub const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
pub const SOURCE: &str = "https://git.acme.org/images";
const BRANCH: &str = "feature/.x y";

/// A build job in a workflow.
#[derive(Clone, Copy)]
pub struct BuildJob<'p> {
    pub plan: &'p Plan,
    pub place: usize,
    pub job: &'p Job,
    pub build: &'p Build,
}

/// What the environment of the run has, beside the names in upper case, each of which is itself in lower case.
pub fn run(version: &str) -> BTreeMap<String, String> {
    let all = [("git_sha", SHA), ("git_branch", BRANCH), ("git_tag", version), ("pipeline", "42"), ("pr", "7")];
    all.into_iter().chain([("source", SOURCE), ("revision", "built")]).map(|(k, v)| (k.into(), v.into())).collect()
}

/// The jobs of a workflow that run `docker build`.
pub fn jobs(plan: &Plan, place: usize) -> Vec<BuildJob<'_>> {
    let all = plan.workflows[place].jobs.iter().map(|id| plan.job(*id));
    all.filter_map(|job| match &job.work {
        Work::Build(build) if matches!(build.recipe, Recipe::Docker(_)) => Some(BuildJob { plan, place, job, build }),
        _ => None,
    })
    .collect()
}

fn clean(text: &str, room: usize) -> String {
    let kept = text.chars().map(|c| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' });
    let mut tag: String = kept.take(room).collect();
    if tag.starts_with(['.', '-']) {
        tag.replace_range(..1, "_");
    }
    tag
}

impl BuildJob<'_> {
    fn workflow(&self) -> &Workflow {
        &self.plan.workflows[self.place]
    }

    pub fn text(&self, value: &Template, version: &str) -> String {
        let filled = value.fill(|name| Some(Template::literal(&self.name(name, version))));
        filled.as_literal().expect("every name has a value").to_owned()
    }

    fn name(&self, name: &str, version: &str) -> String {
        if let Some(value) = self.workflow().vars.get(name) {
            return self.text(value, version);
        }
        if let Some(given) = self.plan.given.get(name) {
            return given.otherwise.clone();
        }
        let number = version.trim_start_matches('v');
        let first = |count| number.split('-').next().expect("one").split('.').take(count).collect::<Vec<_>>().join(".");
        let is_tag = self.workflow().trigger.branches.is_empty() && !self.workflow().trigger.tags.is_empty();
        match name {
            "git_short_sha" => SHA[..8].to_owned(),
            "git_ref" => if is_tag { version } else { BRANCH }.to_owned(),
            "git_version" => match &self.workflow().version {
                Some(value) => self.text(value, version).trim_start_matches('v').to_owned(),
                None => number.to_owned(),
            },
            "git_version_minor" => first(2),
            "git_version_major" => first(1),
            "platform" => self.build.platform.to_string(),
            "arch" => self.build.arch.clone(),
            "tag" => self.tag(&self.job.tags[self.place][0], version),
            "arch_tag" => {
                self.arch_name("x", &self.job.tags[self.place][0], version).split_once(':').expect("a tag").1.into()
            }
            "arch_image" => {
                let image = self.text(&self.build.images[0], version);
                self.arch_name(&image, &self.job.tags[self.place][0], version)
            }
            "workflow_tag" | "workflow_tag_prefix" => {
                let of = self.text(&self.workflow().tags[0], version);
                let is_prefix = name.ends_with("prefix");
                if is_prefix && of == "latest" {
                    return String::new();
                }
                clean(&of, self.plan.tag_room) + if is_prefix { "-" } else { "" }
            }
            "revision" => match &self.build.context {
                Context::Folder(_) => SHA.to_owned(),
                Context::Git { .. } => "built".to_owned(),
            },
            name => match (name.split_once(':'), run(version).get(name)) {
                (Some((_, length)), _) => SHA[..length.parse().expect("a number")].to_owned(),
                (_, Some(value)) => value.clone(),
                _ => name.to_lowercase(),
            },
        }
    }

    pub fn tag(&self, tag: &Tag, version: &str) -> String {
        let piece = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Name(name) if name == "tag" => clean(&self.text(&tag.of, version), self.plan.tag_room),
            Part::Name(name) => clean(&self.name(name, version), self.plan.tag_room),
        };
        tag.template.parts().iter().map(piece).collect()
    }

    /// The name under which one of its images is pushed.
    pub fn arch_name(&self, image: &str, tag: &Tag, version: &str) -> String {
        let tag = self.tag(tag, version);
        let filled = self.build.arch_image.fill(|name| match name {
            "image" => Some(Template::literal(image)),
            "tag" => Some(Template::literal(&tag)),
            _ => None,
        });
        self.text(&filled, version)
    }

    /// The tags of a run of this version: those that move do so unless it is a pre-release.
    pub fn tags(&self, version: &str) -> Vec<&Tag> {
        let moves = !self.name("git_version", version).contains('-');
        let moving = self.job.moving[self.place].iter().filter(|_| moves);
        self.job.tags[self.place].iter().chain(moving).collect()
    }

    /// The names of its images, without those that the workflow leaves empty.
    pub fn images(&self, version: &str) -> Vec<String> {
        self.build.images.iter().map(|image| self.text(image, version)).filter(|image| !image.is_empty()).collect()
    }

    /// The values of an option, in order.
    pub fn values(&self, flag: &str, version: &str) -> Vec<String> {
        let Recipe::Docker(options) = &self.build.recipe else { return Vec::new() };
        let options = options.iter().filter(|option| option.flag == flag);
        options.map(|option| option.value.as_ref().map(|it| self.text(it, version)).unwrap_or_default()).collect()
    }

    /// The sources, as BuildKit names them.
    pub fn context(&self, version: &str) -> String {
        let Context::Git { repository, reference, folder } = &self.build.context else {
            return self.text(&self.build.context.path(), version);
        };
        let [url, reference, folder] = [repository, reference, folder].map(|value| self.text(value, version));
        match (reference.as_str(), folder.as_str()) {
            ("", "") => url,
            (reference, "") => format!("{url}#{reference}"),
            (reference, folder) => format!("{url}#{reference}:{folder}"),
        }
    }
}
