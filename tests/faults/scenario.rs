//! The calls whose requests fail: each verb in the ways that make other requests than the rest.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::command::run;
use crate::ground::{Lacks, MANY, Repository, SOURCE, fresh, ground, lead, link, repository, wide};
use crate::registry::{folder, htpasswd, plain, start, storage};
use crate::token::{IDENTITY, PASSWORD, USER, bundle};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    Manifest,
    Run,
    Sources,
    Release,
    Token,
    Identity,
    Password,
    CopyTo,
    CopyFrom,
    Mount,
    Referrers,
    Export,
    Inspect,
}

/// How many targets, or images, a call has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    One,
    Twenty,
}

/// A tag that is to be led from one index to another.
#[derive(Clone, Debug)]
pub struct Tag {
    pub repository: String,
    pub name: String,
    pub old: String,
    pub new: String,
}

/// Whose requests fail.
#[derive(Clone, Debug)]
pub struct Victim {
    pub repository: String,
    pub tag: String,
    pub of: Repository,
}

pub struct Case {
    /// `HOST` stands for the relay, `PLAIN` for the registry itself.
    pub arguments: Vec<String>,
    pub environment: Vec<(&'static str, String)>,
    pub upstream: &'static str,
    pub tags: Vec<Tag>,
    /// Whether a repository must have the image if its tag says so.
    pub is_copied: bool,
    /// The file that is to be written.
    pub file: Option<PathBuf>,
    pub victim: Victim,
}

/// The registry that wants a token, wherever that comes from: the relay says where.
fn tokens() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let auth = "auth:\n  token:\n    realm: http://127.0.0.1:9/token\n    service: registry\n    issuer: tests\n";
        start("tokens", &storage(), &format!("{auth}    rootcertbundle: {}\n", bundle()))
    })
}

/// The digests of the indexes that a call without faults publishes, of each of the repositories.
fn published(tag: &str, more: &[&str]) -> Vec<String> {
    let many = &ground().many;
    let targets: Vec<String> = many.iter().map(|it| format!("{}/{}:{tag}", plain(), it.name)).collect();
    let mut arguments = vec!["manifest", "--arch-image", "${image}:v1-${arch}"];
    arguments.extend(more);
    arguments.extend(targets.iter().map(String::as_str));
    run(&arguments).good();
    many.iter().map(|it| link(&it.name, tag).expect("it was published")).collect()
}

impl Scenario {
    /// What the page calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifest => "`manifest`",
            Self::Run => "`manifest --run`",
            Self::Sources => "`manifest`, images of another repository",
            Self::Release => "`manifest --release`",
            Self::Token => "`manifest`, token service",
            Self::Identity => "`manifest`, identity token",
            Self::Password => "`manifest`, Basic login",
            Self::CopyTo => "`copy`, to the registry",
            Self::CopyFrom => "`copy`, from the registry",
            Self::Mount => "`copy`, within the registry",
            Self::Referrers => "`copy --referrers`",
            Self::Export => "`export`",
            Self::Inspect => "`inspect`",
        }
    }

    /// Makes everything ready for a call.
    pub fn case(self, count: Count) -> Case {
        let source = &ground().source;
        let at_source = Victim { repository: SOURCE.into(), tag: "v1".into(), of: source.clone() };
        let text = |arguments: &[&str]| arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let plainly = |arguments: Vec<String>, tags: Vec<Tag>, victim: Victim| Case {
            arguments,
            environment: Vec::new(),
            upstream: plain(),
            tags,
            is_copied: false,
            file: None,
            victim,
        };
        match self {
            Self::Manifest | Self::Run | Self::Token | Self::Identity | Self::Password => self.manifest(count),
            Self::Sources => {
                let names = repositories(count, Lacks::Image);
                let images = format!("HOST/{SOURCE}:v1-${{arch}}");
                let mut arguments: Vec<String> = text(&["manifest", "--arch-image", &images]);
                arguments.extend(names.iter().map(|name| format!("HOST/{name}:v1")));
                let victim = Victim { repository: names[names.len() / 2].clone(), ..at_source };
                let tags = names.iter().map(|name| of_source(name, "v1")).collect();
                Case { is_copied: true, ..plainly(arguments, tags, victim) }
            }
            Self::Release => release(count, plainly),
            Self::CopyTo | Self::CopyFrom | Self::Mount | Self::Referrers => {
                let name = format!("u/{}", fresh());
                repository(&name, Lacks::Image);
                let (from, to) = match self {
                    Self::CopyTo => ("PLAIN", "HOST"),
                    Self::Mount => ("HOST", "HOST"),
                    _ => ("HOST", "PLAIN"),
                };
                let tags: Vec<String> = match count {
                    Count::One => vec!["v1".into()],
                    Count::Twenty => (0..MANY).map(|number| format!("w{number:02}")).collect(),
                };
                tags.iter().for_each(|tag| lead(&name, tag, &source.old));
                let mut arguments = vec!["copy".to_owned(), format!("{from}/{SOURCE}:v1")];
                arguments.extend(tags.iter().map(|tag| format!("{to}/{name}:{tag}")));
                arguments.extend((self == Self::Referrers).then(|| "--referrers".to_owned()));
                let victim = match self {
                    Self::CopyTo | Self::Mount => {
                        Victim { repository: name.clone(), tag: tags[tags.len() / 2].clone(), of: source.clone() }
                    }
                    _ => at_source,
                };
                let tags = tags.iter().map(|tag| of_source(&name, tag)).collect();
                Case { is_copied: true, ..plainly(arguments, tags, victim) }
            }
            Self::Export => {
                let file = folder(&format!("exported/{}", fresh())).join("image.tar");
                std::fs::write(&file, "old").expect("written");
                let output = file.display().to_string();
                let mut arguments: Vec<String> = text(&["export", "--platform", "linux/arm64", "-o", &output]);
                let victim = match count {
                    Count::One => {
                        arguments.push(format!("HOST/{SOURCE}:v1"));
                        at_source
                    }
                    Count::Twenty => {
                        let many = &ground().many;
                        arguments.extend(many.iter().map(|it| format!("HOST/{}:v1", it.name)));
                        let of = many[MANY / 2].clone();
                        Victim { repository: of.name.clone(), tag: "v1".into(), of }
                    }
                };
                Case { file: Some(file), ..plainly(arguments, Vec::new(), victim) }
            }
            Self::Inspect => {
                let victim = match count {
                    Count::One => at_source,
                    Count::Twenty => {
                        let of = wide().clone();
                        Victim { repository: of.name.clone(), tag: "v1".into(), of }
                    }
                };
                let reference = format!("HOST/{}:{}", victim.repository, victim.tag);
                plainly(text(&["inspect", &reference]), Vec::new(), victim)
            }
        }
    }

    /// Indexes beside their images.
    fn manifest(self, count: Count) -> Case {
        static OF_RUN: OnceLock<Vec<String>> = OnceLock::new();
        let (ground, tag) = (ground(), fresh());
        let chosen = match count {
            Count::One => &ground.many[..1],
            Count::Twenty => &ground.many[..],
        };
        let new: Vec<String> = match self {
            Self::Run => OF_RUN.get_or_init(|| published("of-run", &["--run", "p/7"])).clone(),
            _ => ground.many.iter().map(|it| it.new.clone()).collect(),
        };
        let tags: Vec<Tag> = chosen.iter().zip(new).map(|(it, new)| tag_of(it, &tag, new)).collect();
        tags.iter().for_each(|tag| lead(&tag.repository, &tag.name, &tag.old));
        let mut arguments: Vec<String> = ["manifest", "--arch-image", "${image}:v1-${arch}"].map(str::to_owned).into();
        arguments.extend(tags.iter().map(|tag| format!("HOST/{}:{}", tag.repository, tag.name)));
        if self == Self::Run {
            arguments.extend(["--run", "p/7"].map(str::to_owned));
        }
        let of = chosen[chosen.len() / 2].clone();
        let environment = match self {
            Self::Token | Self::Password => {
                vec![("SPLITBUILD_USERNAME", USER.to_owned()), ("SPLITBUILD_PASSWORD", PASSWORD.to_owned())]
            }
            Self::Identity => {
                let auths = format!(r#"{{"auths":{{"HOST":{{"identitytoken":"{IDENTITY}"}}}}}}"#);
                vec![("DOCKER_AUTH_CONFIG", auths)]
            }
            _ => Vec::new(),
        };
        let upstream = match self {
            Self::Token | Self::Identity => tokens(),
            Self::Password => htpasswd(),
            _ => plain(),
        };
        let victim = Victim { repository: of.name.clone(), tag, of };
        Case { arguments, environment, upstream, tags, is_copied: false, file: None, victim }
    }
}

fn tag_of(repository: &Repository, tag: &str, new: String) -> Tag {
    Tag { repository: repository.name.clone(), name: tag.to_owned(), old: repository.old.clone(), new }
}

fn of_source(name: &str, tag: &str) -> Tag {
    let source = &ground().source;
    Tag { repository: name.to_owned(), name: tag.to_owned(), old: source.old.clone(), new: source.new.clone() }
}

/// Repositories of their own.
fn repositories(count: Count, lacks: Lacks) -> Vec<String> {
    let many = match count {
        Count::One => 1,
        Count::Twenty => MANY,
    };
    let names: Vec<String> = (0..many).map(|_| format!("u/{}", fresh())).collect();
    names.iter().for_each(|name| repository(name, lacks));
    names
}

/// A release with a moving tag.
fn release(count: Count, plainly: impl Fn(Vec<String>, Vec<Tag>, Victim) -> Case) -> Case {
    static NEW: OnceLock<String> = OnceLock::new();
    let version = ["--arch-image", "${image}:v1-${arch}", "--release", "1.0.0", "--moving-tag", "latest"];
    let new = NEW.get_or_init(|| {
        let name = &repositories(Count::One, Lacks::Tags)[0];
        run(&[&["manifest", &format!("{}/{name}:1.0.0", plain())], &version[..]].concat()).good();
        link(name, "1.0.0").expect("it was published")
    });
    let names = repositories(count, Lacks::Tags);
    let of = |name: &String| ["1.0.0", "latest"].map(|tag| Tag { new: new.clone(), ..of_source(name, tag) });
    let tags: Vec<Tag> = names.iter().flat_map(of).collect();
    tags.iter().for_each(|tag| lead(&tag.repository, &tag.name, &tag.old));
    let mut arguments = vec!["manifest".to_owned()];
    arguments.extend(version.map(str::to_owned));
    arguments.extend(names.iter().map(|name| format!("HOST/{name}:1.0.0")));
    let victim =
        Victim { repository: names[names.len() / 2].clone(), tag: "latest".into(), of: ground().source.clone() };
    plainly(arguments, tags, victim)
}
