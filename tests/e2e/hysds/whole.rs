//! The two workflows that build, from the first job to the last.

use std::collections::BTreeSet;
use std::fs;

use super::hub::{PASSWORD, get, proof, tags};
use super::machine::{AMD64, ARM64, MACHINES, Machine};
use super::organization::{Organization, TOKEN};
use super::published;
use crate::runner::{Event, JobReport, Report, State};

/// The files that have been uploaded to a repository's release.
fn uploaded(organization: &Organization, repository: &str) -> BTreeSet<String> {
    let folder = organization.shared("releases").join(repository);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files.map(|file| file.expect("a file").file_name().into_string().expect("text")).collect()
}

/// An uploaded image is loaded under these names, and runs.
fn loads(organization: &Organization, file: &str, machine: &Machine, names: &[String], says: &str) {
    let path = organization.shared("releases/hysds/hysds-framework").join(file);
    let said = machine.docker(&["load", "--input", &path.display().to_string()]);
    let loaded: BTreeSet<&str> = said.lines().filter_map(|line| line.strip_prefix("Loaded image: ")).collect();
    assert_eq!(loaded, names.iter().map(String::as_str).collect(), "{file}: {said}");
    for name in names {
        assert_eq!(machine.run(name), format!("{says}{}\n", machine.spelling), "{file}");
    }
}

/// The tarballs of the image that workers run are uploaded, and are what was published.
fn exported(organization: &Organization, tag: &str) {
    for (machine, file) in
        [(&AMD64, format!("hysds-verdi-{tag}.tar.gz")), (&ARM64, format!("hysds-verdi-{tag}-arm64.tar.gz"))]
    {
        let name = organization.image(&format!("verdi:{tag}"));
        let own = format!("{name}-{}", machine.architecture);
        // What is here already would run even if nothing were loaded.
        for name in [&name, &own] {
            machine.docker(&["image", "rm", "--force", name]);
        }
        loads(organization, &file, machine, &[name.clone(), own.clone()], "verdi ");
        let id = machine.docker(&["image", "inspect", "--format", "{{.Id}}", &name]);
        let (_, manifest) = get(&organization.repository("verdi"), &format!("{tag}-{}", machine.architecture));
        assert_eq!(manifest["config"]["digest"].as_str(), Some(id.trim()), "{file}");
    }
}

/// Every job has succeeded, now or before.
fn complete(report: &Report, jobs: usize) {
    let unfinished = |job: &&JobReport| !matches!(job.state, State::Succeeded | State::Kept);
    if let Some(job) = report.jobs.iter().find(unfinished) {
        panic!("{}: {:?}\n{}", job.name, report.states(), job.log);
    }
    assert_eq!(report.jobs.len(), jobs, "{:?}", report.states());
    for job in &report.jobs {
        for secret in [PASSWORD, &proof(), TOKEN] {
            assert!(!job.log.contains(secret), "{}: {}", job.name, job.log);
        }
    }
}

#[test]
fn develop_completes_after_a_failure_of_one_architecture() {
    let _turn = crate::turn();
    let organization = Organization::new("develop");
    organization.publish_upstream();
    // Whoever makes it has not made it for arm64 yet.
    organization.publish("library/oraclelinux:8", &[&AMD64]);
    let event = || Event::Branch("develop".into());
    let first = organization.run(event());
    let state = |name: &str| first.job("build-deploy-develop", name).state;
    assert_eq!(state("build-hysds_base-amd64"), State::Succeeded);
    assert_eq!(state("build-hysds_base-arm64"), State::Failed);
    assert_eq!(state("build-hysds_base-manifest"), State::Blocked);
    assert_eq!(state("build-hysds_dev-arm64"), State::Blocked);
    assert_eq!(state("deploy"), State::Blocked);
    assert_eq!(state("build-rabbitmq-manifest"), State::Succeeded);
    let failures = first.jobs.iter().filter(|job| job.state == State::Failed).count();
    assert_eq!(failures, 1, "{:?}", first.states());
    let reason = "no match";
    for job in &first.jobs {
        assert_eq!(job.log.contains(reason), job.name == "build-hysds_base-arm64", "{}: {}", job.name, job.log);
    }
    assert_eq!(tags(&organization.repository("base")), ["develop-amd64"]);
    assert_eq!(tags(&organization.repository("dev")), [""; 0]);

    organization.publish("library/oraclelinux:8", &MACHINES);
    let second = organization.rerun(event(), &first);
    complete(&second, 28);
    for job in &first.jobs {
        let kept = second.job(&job.workflow, &job.name).state == State::Kept;
        assert_eq!(kept, job.state == State::Succeeded, "{}", job.name);
    }
    for machine in MACHINES {
        let job = second.job("build-deploy-develop", &format!("build-hysds_verdi_pge_base-{}", machine.architecture));
        for image in ["pge-base", "verdi"] {
            let said = format!("building {image} on {}\n", machine.spelling);
            assert!(job.log.contains(&said), "{said}: {}", job.log);
        }
    }
    published::all(&organization, &["develop"]);
    for repository in ["hysds/hysds-dockerfiles", "hysds/hysds-framework"] {
        let files = ["hysds-verdi-develop-arm64.tar.gz", "hysds-verdi-develop.tar.gz"].map(str::to_owned);
        assert_eq!(uploaded(&organization, repository), files.into());
    }
    exported(&organization, "develop");
    let calls = fs::read_to_string(organization.shared("calls")).expect("calls");
    for call in ["pip install --editable . pytest", "pytest ", "apk add --no-cache github-cli"] {
        assert!(calls.lines().any(|line| line == call), "{call}: {calls}");
    }
}

/// Writes how long each job took, for `splitbuild plan --times`, if a file is named for that.
fn timed(report: &Report) {
    let Ok(file) = std::env::var("E2E_TIMES") else { return };
    let mut lines = String::new();
    for job in &report.jobs {
        if let (Some(started), Some(ended)) = (job.started, job.ended) {
            lines.push_str(&format!("{} {:.1}\n", job.name, (ended - started).as_secs_f64()));
        }
    }
    let started = report.jobs.iter().filter_map(|job| job.started).min().expect("a job");
    let ended = report.jobs.iter().filter_map(|job| job.ended).max().expect("a job");
    lines.push_str(&format!("# the whole of it {:.1}\n", (ended - started).as_secs_f64()));
    fs::write(file, lines).expect("written");
}

#[test]
fn a_release_publishes_two_tags_and_what_an_installation_needs() {
    let _turn = crate::turn();
    let mut organization = Organization::new("release");
    // The images of its jobs have Bash.
    organization.runner.bash = true;
    organization.publish_upstream();
    organization.publish_support();
    let report = organization.run(Event::Tag("v6.1.0".into()));
    complete(&report, 30);
    timed(&report);
    published::all(&organization, &["latest", "v6.1.0"]);
    let verdi = ["latest-arm64", "latest", "v6.1.0-arm64", "v6.1.0"].map(|tag| format!("hysds-verdi-{tag}.tar.gz"));
    assert_eq!(uploaded(&organization, "hysds/hysds-dockerfiles"), verdi.clone().into());
    let logstash = "logstash-oss-with-opensearch-output-plugin-7.16.3";
    let both = ["registry-2", "logstash-7.9.3", "logstash-7.16.3", "logstash-8.1.0", logstash];
    let support = both.iter().flat_map(|name| [format!("{name}.tar.gz"), format!("{name}-arm64.tar.gz")]);
    let files = support.chain(verdi).chain(["verdi-develop-es1.tar.gz".into()]);
    assert_eq!(uploaded(&organization, "hysds/hysds-framework"), files.collect());
    for tag in ["latest", "v6.1.0"] {
        exported(&organization, tag);
    }
    let name = organization.image("").replace("hysds/", "library/registry:2");
    for (machine, file) in [(&AMD64, "registry-2.tar.gz"), (&ARM64, "registry-2-arm64.tar.gz")] {
        loads(&organization, file, machine, std::slice::from_ref(&name), "");
    }
}
