//! Every target of every right matrix agrees with the jobs that it stands for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use splitbuild::plan::{Parent, Plan, Work};
use splitbuild::provider::ALL;

use crate::buildx::Buildx;
use crate::command::splitbuild;
use crate::job::{BuildJob, SHA, SOURCE, jobs, run};
use crate::planned::Example;
use crate::printed::{AGENT, KEY, Target, fields, targets};

/// Every right matrix of the examples and the fixtures.
fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["examples", "fixtures"].map(|folder| std::fs::read_dir(root.join(folder)).expect("a folder"));
    let paths = folders.into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let is_right = |path: &PathBuf| path.join("splitbuild.yml").is_file() && !path.join("error.txt").is_file();
    let mut cases: Vec<PathBuf> = paths.filter(is_right).collect();
    cases.sort();
    cases
}

/// What a case is called tells which provider it is for.
fn provider(case: &Path) -> &'static str {
    let name = case.file_name().expect("a name").to_string_lossy();
    let is_of = |provider: &&str| name == *provider || name.starts_with(&format!("{provider}-"));
    ALL.iter().map(|provider| provider.name()).find(is_of).unwrap_or_else(|| ALL[0].name())
}

#[test]
fn what_buildx_reads_is_what_the_jobs_say() {
    let (mut read, mut compared, mut empty) = (0, 0, 0);
    for case in cases() {
        let provider = provider(&case);
        let plan = Example::files_of(&case, provider).swap_remove(0).plan;
        for (place, workflow) in plan.workflows.iter().enumerate() {
            let output = splitbuild(&case, &["bake", "--provider", provider, "--workflow", &workflow.name]);
            let jobs = jobs(&plan, place);
            if jobs.is_empty() {
                assert_eq!(output.status.code(), Some(1), "{}", case.display());
                empty += 1;
                continue;
            }
            let shown = format!("{}, {}", case.display(), workflow.name);
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            assert!(output.status.success(), "{shown}: {}", String::from_utf8_lossy(&output.stderr));
            agree(&plan, place, &text).unwrap_or_else(|error| panic!("{shown}: {error}"));
            read += 1;
            compared += jobs.len();
        }
    }
    assert!(read > 40 && compared > 150 && empty > 0, "{read} files, {compared} jobs, {empty} without any");
}

/// Whether each target of the bake file of a workflow is what its jobs would be told, in runs of a release and another.
///
/// # Errors
/// Why buildx does not take the file.
pub fn agree(plan: &Plan, place: usize, text: &str) -> Result<(), String> {
    let jobs = jobs(plan, place);
    for (buildx, version) in [(Buildx::Old, "v1.2.3"), (Buildx::New, "v1.2.3"), (Buildx::New, "v2.0.0-rc.1")] {
        let folder = tempfile::tempdir().expect("a folder");
        let found = targets(buildx, folder.path(), (text, &environment(text, version)))?;
        let built: usize = found.values().map(|target| target.list("platforms").len()).sum();
        assert_eq!(built, jobs.len(), "each platform of each image once:\n{text}");
        for job in &jobs {
            let (name, target) = target_of(job, &found);
            let of_image = jobs.iter().filter(|other| other.job.key == job.job.key).count();
            let is_split = target.list("platforms").len() < of_image;
            Compared { job, target, version, shown: name.to_owned() }.all(is_split);
            contexts(job, (name, target), (&jobs, &found), version);
        }
    }
    Ok(())
}

/// The variables of a file that a run sets: names of the run, and those of the environment, which are what they are called.
fn environment(text: &str, version: &str) -> BTreeMap<String, String> {
    let file: Value = serde_json::from_str(text).expect("JSON");
    let names = file["variable"].as_object().into_iter().flatten().map(|(name, _)| name);
    let is_upper = |name: &&String| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let of_environment = names.filter(is_upper).map(|name| (name.clone(), name.to_lowercase()));
    run(version).into_iter().chain(of_environment).collect()
}

/// The target that builds what a job does.
fn target_of<'t>(job: &BuildJob<'_>, found: &'t BTreeMap<String, Target>) -> (&'t str, &'t Target) {
    let (key, arch) = (&job.job.key, &job.build.arch);
    let names = [key.clone(), format!("{key}-{arch}"), format!("{key}-2")];
    let platform = job.build.platform.to_string();
    let builds = |name: &&String| found.get(*name).is_some_and(|it| it.list("platforms").contains(&platform));
    let name = names.iter().find(builds).unwrap_or_else(|| panic!("no target builds {key} for {arch}"));
    let (name, target) = found.get_key_value(name).expect("it is there");
    (name, target)
}

/// A job and its target in a run.
struct Compared<'c> {
    job: &'c BuildJob<'c>,
    target: &'c Target,
    version: &'c str,
    shown: String,
}

impl Compared<'_> {
    fn values(&self, flag: &str) -> Vec<String> {
        self.job.values(flag, self.version)
    }

    fn all(&self, is_split: bool) {
        self.tags(is_split);
        self.maps();
        self.lists();
        let first = |flag| self.values(flag).first().cloned();
        for (flag, key) in [("--target", "target"), ("--shm-size", "shm-size")] {
            assert_eq!(first(flag), self.target.text(key), "{}: {flag}", self.shown);
        }
        // It does not print this.
        let is_old = self.target.buildx == Buildx::Old;
        let network = self.target.text("network");
        assert!(network.is_none() && is_old || network == first("--network"), "{}", self.shown);
        for (flag, key) in [("--no-cache", "no-cache"), ("--pull", "pull")] {
            assert_eq!(first(flag).is_some(), self.target.flag(key), "{}: {flag}", self.shown);
        }
        let context = self.job.context(self.version);
        assert_eq!(clean(&self.target.text("context").expect("one")), clean(&context), "{}", self.shown);
        let folder = self.job.text(&self.job.build.context.path(), self.version);
        let dockerfile = self.target.text("dockerfile").expect("it is printed");
        // An empty one is none to Docker as well.
        let expected =
            first("--file").filter(|file| !file.is_empty()).unwrap_or_else(|| format!("{folder}/Dockerfile"));
        assert_eq!(clean(&format!("{folder}/{dockerfile}")), clean(&expected), "{}", self.shown);
    }

    fn tags(&self, is_split: bool) {
        let mut expected = Vec::new();
        for image in self.job.images(self.version) {
            for tag in self.job.tags(self.version) {
                expected.push(match is_split {
                    true => self.job.arch_name(&image, tag, self.version),
                    false => format!("{image}:{}", self.job.tag(tag, self.version)),
                });
            }
        }
        let found = self.target.list("tags");
        let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
        assert_eq!(set(&found), set(&expected), "{}", self.shown);
        assert_eq!(found.first(), expected.first(), "{}", self.shown);
    }

    fn maps(&self) {
        let mut labels = BTreeMap::from([
            ("org.opencontainers.image.revision".to_owned(), SHA.to_owned()),
            ("org.opencontainers.image.source".to_owned(), SOURCE.to_owned()),
        ]);
        if let Some(address) = self.job.build.context.address() {
            labels.remove("org.opencontainers.image.revision");
            labels.insert("org.opencontainers.image.source".into(), self.job.text(&address, self.version));
        }
        labels.extend(self.values("--label").iter().map(|label| pair(label, "=", |_| String::new())));
        assert_eq!(self.target.map("labels"), labels, "{}", self.shown);
        // One whose name no variable can have is left out.
        let is_word = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && name != "tag";
        let arguments = self.values("--build-arg");
        let kept = arguments.iter().filter(|argument| argument.contains('=') || is_word(argument));
        let args: BTreeMap<String, String> = kept.map(|argument| pair(argument, "=", str::to_lowercase)).collect();
        assert_eq!(self.target.map("args"), args, "{}", self.shown);
        let is_old = self.target.buildx == Buildx::Old;
        let hosts = self.target.map("extra-hosts");
        let expected: BTreeMap<_, _> =
            self.values("--add-host").iter().map(|host| pair(host, ":", |_| String::new())).collect();
        assert!(hosts.is_empty() && is_old || hosts == expected, "{}", self.shown);
    }

    fn lists(&self) {
        for (flag, key) in
            [("--secret", "secret"), ("--ssh", "ssh"), ("--cache-from", "cache-from"), ("--cache-to", "cache-to")]
        {
            let expected: BTreeSet<_> =
                self.values(flag).iter().map(|value| fields(key, &value.replace(KEY, AGENT))).collect();
            let found: BTreeSet<_> = self.target.fields(key).into_iter().collect();
            assert_eq!(found, expected, "{}: {flag}", self.shown);
        }
        assert_eq!(self.target.list("ulimits"), self.values("--ulimit"), "{}", self.shown);
        let mut expected = BTreeSet::new();
        for kind in ["provenance", "sbom"] {
            for value in self.values(&format!("--{kind}")) {
                let more = match value.as_str() {
                    "true" => String::new(),
                    "false" => ",disabled=true".to_owned(),
                    value => format!(",{value}"),
                };
                expected.insert(fields("attest", &format!("type={kind}{more}")));
            }
        }
        assert_eq!(self.target.fields("attest").into_iter().collect::<BTreeSet<_>>(), expected, "{}", self.shown);
    }
}

/// `NAME=VALUE`, or a name alone.
fn pair(text: &str, separator: &str, alone: impl Fn(&str) -> String) -> (String, String) {
    match text.split_once(separator) {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (text.to_owned(), alone(text)),
    }
}

/// A path without `.` and `..`; an absolute one stays what it is, wherever it is looked for.
fn clean(path: &str) -> String {
    if let Some((_, absolute)) = path.rsplit_once("//").filter(|(before, _)| !before.ends_with(':')) {
        return format!("/{absolute}");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| *part != ".") {
        match part {
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The names of parents mean their targets, and of copies what is copied; what the matrix names stays.
fn contexts(
    job: &BuildJob<'_>,
    (name, target): (&str, &Target),
    (jobs, found): (&[BuildJob<'_>], &BTreeMap<String, Target>),
    version: &str,
) {
    let mut expected = BTreeMap::new();
    for parent in job.plan.parents(job.job) {
        let (Parent::Build(key, _) | Parent::Index(key)) = &parent;
        let arch = match &parent {
            Parent::Build(_, arch) => arch,
            Parent::Index(_) => &job.build.arch,
        };
        let of_key = || jobs.iter().filter(|other| other.job.key == *key);
        let Some(other) = of_key().find(|other| other.build.arch == *arch).or_else(|| of_key().next()) else {
            expected.extend(copied(job, key, (jobs, found), version));
            continue;
        };
        let means = format!("target:{}", target_of(other, found).0);
        for image in other.images(version) {
            for tag in other.job.tags[job.place].iter().chain(&*other.job.moving[job.place]) {
                expected.insert(format!("{image}:{}", other.tag(tag, version)), means.clone());
                if other.build.arch == *arch {
                    expected.insert(other.arch_name(&image, tag, version), means.clone());
                }
            }
        }
    }
    expected.extend(job.values("--build-context", version).iter().map(|it| pair(it, "=", |_| String::new())));
    let found = target.map("contexts");
    // A target of several platforms has what each of them needs.
    let missing: Vec<_> = expected.iter().filter(|(name, means)| found.get(*name) != Some(means)).collect();
    assert!(missing.is_empty(), "{name} lacks {missing:?}: {found:?}");
    let is_single = target.list("platforms").len() == 1;
    assert!(!is_single || found.len() == expected.len(), "{name} has more than {expected:?}: {found:?}");
}

/// The names of a copy, with what they mean.
fn copied(
    job: &BuildJob<'_>,
    key: &str,
    (jobs, found): (&[BuildJob<'_>], &BTreeMap<String, Target>),
    version: &str,
) -> BTreeMap<String, String> {
    let plan: &Plan = job.plan;
    let all = plan.workflows[job.place].jobs.iter().map(|id| plan.job(*id)).filter(|other| other.key == key);
    let mut names = BTreeMap::new();
    for other in all {
        let Work::Copy(copy) = &other.work else { continue };
        let here = BuildJob { job: other, ..*job };
        let from = plan.copied_from(other).and_then(|from| {
            let of_key = || jobs.iter().filter(|built| built.job.key == from);
            of_key().find(|built| built.build.arch == job.build.arch).or_else(|| of_key().next())
        });
        let means = match from {
            Some(built) => format!("target:{}", target_of(built, found).0),
            None => format!("docker-image://{}", here.text(&copy.source, version)),
        };
        for image in &copy.images {
            for tag in other.tags[job.place].iter().chain(&*other.moving[job.place]) {
                names.insert(format!("{}:{}", here.text(image, version), here.tag(tag, version)), means.clone());
            }
        }
    }
    names
}
