//! Matrices that nobody wrote: images that wait for each other, values of every kind, workflows with tags and vars.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

/// A part of a value: text, or a reference.
#[derive(Clone, Debug)]
pub enum Piece {
    Text(String),
    Name(&'static str),
}

/// A value of the matrix.
pub type Pieces = Vec<Piece>;

/// The names that values of images refer to, beside `v0` to `v2`.
const NAMES: &[&str] = &[
    "v0",
    "v1",
    "v2",
    "tag",
    "arch",
    "platform",
    "arch_tag",
    "image",
    "git_sha",
    "git_sha:7",
    "git_ref",
    "pipeline",
    "FROM_CONTEXT",
];

#[derive(Clone, Debug)]
pub struct Image {
    pub key: String,
    pub kind: Kind,
    /// Earlier images, and whether only their job of the same architecture is waited for.
    needs: Vec<(Index, bool)>,
    arches: Arches,
    retry: u8,
    has_setup: bool,
    timeout: Option<u16>,
    /// Whether its index is a Docker manifest list.
    pub is_dockers: bool,
    /// Of its index, unless that is Docker's.
    pub annotations: Vec<(String, Pieces)>,
    has_test: bool,
    /// An earlier image that its index waits for.
    gate: Option<Index>,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Built {
        dockerfile: Option<Pieces>,
        target: Option<Pieces>,
        args: Vec<(String, Pieces)>,
        labels: Vec<(String, Pieces)>,
    },
    Script,
    Copied(Pieces),
}

#[derive(Clone, Copy, Debug)]
enum Arches {
    Default,
    One,
    Map,
}

#[derive(Clone, Debug)]
pub struct Workflow {
    pub name: String,
    pub branch: String,
    pub tags: Vec<Pieces>,
    pub vars: [Option<Pieces>; 3],
}

#[derive(Clone, Debug)]
pub struct Matrix {
    pub vars: [Pieces; 3],
    pub images: Vec<Image>,
    pub workflows: Vec<Workflow>,
    login: Login,
    /// Whether workflows for pull requests and starts by hand follow.
    has_flows: bool,
}

#[derive(Clone, Copy, Debug)]
enum Login {
    None,
    Password,
    Script,
}

/// Texts that mean something to somebody on the way, and any others.
pub fn text() -> impl Strategy<Value = String> {
    let special = select(vec![
        "",
        " ",
        "a b",
        "'",
        "\"",
        "$",
        "$$",
        "${HOME}",
        "%HOME%",
        "%%",
        "50%",
        "$SECRET",
        "$(touch pwned)",
        "`id`",
        "\\",
        "\\<<",
        "<<",
        "<< parameters.tags >>",
        "<<EOF",
        "a\nb\n",
        "\n",
        "\t",
        "a: b",
        " #",
        "- x",
        "no",
        "1.10",
        "~",
        "*",
        "?[a]*",
        ";&|",
        "%s",
        "{{ x }}",
        "!t &a *b",
        "é你🚀",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\r",
        "--",
        "-",
        "=",
        ">>",
        "|",
        ">",
        "@",
        "%",
    ]);
    prop_oneof![3 => special.prop_map(str::to_owned), 2 => "[a-z0-9./_-]{0,12}", 2 => "\\PC{0,8}", 1 => "[ -~\\n]{0,30}"]
}

pub fn pieces(names: &'static [&'static str]) -> impl Strategy<Value = Pieces> {
    let piece = prop_oneof![2 => text().prop_map(Piece::Text), 1 => select(names).prop_map(Piece::Name)];
    vec(piece, 1..4)
}

fn value() -> impl Strategy<Value = Pieces> {
    pieces(NAMES)
}

fn image(number: usize) -> impl Strategy<Value = Image> {
    let pairs = || btree_map("[A-Z][A-Z0-9_]{0,6}", value(), 0..4).prop_map(|map| map.into_iter().collect());
    let built = (option::of(value()), option::of(value()), pairs(), pairs())
        .prop_map(|(dockerfile, target, args, labels)| Kind::Built { dockerfile, target, args, labels });
    let copied = ("[a-z]{1,5}", option::of(Just(Piece::Name("v0"))))
        .prop_map(|(name, more)| [Piece::Text(name)].into_iter().chain(more).collect());
    let kind = prop_oneof![5 => built, 2 => Just(Kind::Script), 1 => copied.prop_map(Kind::Copied)];
    let needs = vec((any::<Index>(), any::<bool>()), 0..3);
    let arches = select(vec![Arches::Default, Arches::One, Arches::Map]);
    let annotation = pieces(&["v0", "v1", "git_sha", "git_sha:7", "git_ref", "pipeline", "FROM_CONTEXT"]);
    let annotations = btree_map("[a-z][a-z.]{0,6}", annotation, 0..3).prop_map(|map| map.into_iter().collect());
    let index = (option::weighted(0.3, 1..99_u16), prop::bool::weighted(0.2), annotations);
    let scripts = (any::<bool>(), any::<bool>(), option::weighted(0.3, any::<Index>()));
    ("[a-z][a-z0-9]{0,4}([_-][a-z0-9]{1,3})?", kind, needs, arches, 0..3_u8, scripts, index).prop_map(
        move |(key, kind, needs, arches, retry, (has_setup, has_test, gate), (timeout, is_dockers, annotations))| {
            let key = format!("{key}{number}");
            Image { key, kind, needs, arches, retry, has_setup, has_test, gate, timeout, is_dockers, annotations }
        },
    )
}

fn workflow(number: usize) -> impl Strategy<Value = Workflow> {
    let tag = || {
        vec(
            prop_oneof![3 => "[a-z0-9]{1,6}".prop_map(Piece::Text), 1 => select(&["git_short_sha", "git_sha:12", "pipeline", "git_ref"][..]).prop_map(Piece::Name)],
            1..3,
        )
    };
    let var = || option::weighted(0.3, pieces(&["git_sha", "pipeline", "FROM_CONTEXT"]));
    ("[a-z]{1,8}", vec(tag(), 1..3), [var(), var(), var()]).prop_map(move |(branch, mut tags, vars)| {
        // Every tag is another, and not one of another workflow.
        for (place, tag) in tags.iter_mut().enumerate() {
            tag.insert(0, Piece::Text(format!("w{number}t{place}-")));
        }
        Workflow { name: format!("flow{number}"), branch: format!("{branch}{number}"), tags, vars }
    })
}

pub fn matrix() -> impl Strategy<Value = Matrix> {
    let var = || pieces(&["git_sha", "pipeline", "FROM_CONTEXT"]);
    let images = (1..6_usize).prop_flat_map(|count| (0..count).map(image).collect::<Vec<_>>());
    let workflows = (1..4_usize).prop_flat_map(|count| (0..count).map(workflow).collect::<Vec<_>>());
    let login = select(vec![Login::None, Login::Password, Login::Script]);
    ([var(), var(), var()], images, workflows, login, any::<bool>())
        .prop_map(|(vars, images, workflows, login, has_flows)| Matrix { vars, images, workflows, login, has_flows })
}

/// A value as the matrix has it.
fn written(pieces: &Pieces) -> Value {
    let write = |piece: &Piece| match piece {
        Piece::Text(text) => text.replace('$', "$$"),
        Piece::Name(name) => format!("${{{name}}}"),
    };
    Value::String(pieces.iter().map(write).collect())
}

impl Image {
    pub fn arches(&self) -> &'static [&'static str] {
        match self.arches {
            Arches::One => &["arm64"],
            _ => &["amd64", "arm64"],
        }
    }

    fn written(&self, place: usize, all: &[Image]) -> Value {
        let mut map = Map::new();
        map.insert("image".into(), json!(format!("acme/{}", self.key)));
        match &self.kind {
            Kind::Built { dockerfile, target, args, labels } => {
                let pairs = |pairs: &[(String, Pieces)]| -> Map<String, Value> {
                    pairs.iter().map(|(name, value)| (name.clone(), written(value))).collect()
                };
                dockerfile.iter().for_each(|value| drop(map.insert("dockerfile".into(), written(value))));
                target.iter().for_each(|value| drop(map.insert("target".into(), written(value))));
                map.insert("args".into(), pairs(args).into());
                map.insert("labels".into(), pairs(labels).into());
            }
            Kind::Script => drop(map.insert(
                "run".into(),
                json!("docker build -t \"$arch_image\" .\nnote \"$v0\" \"$v1\" \"$arch_tag\" <<EOF\nEOF\n"),
            )),
            Kind::Copied(source) => drop(map.insert("copy".into(), written(source))),
        }
        if !matches!(self.kind, Kind::Copied(_)) {
            map.insert("retry".into(), json!(self.retry.to_string()));
            if self.has_test {
                map.insert("test".into(), json!("docker run --rm \"$image:$arch_tag\" \"$v0\" <<EOF\nEOF\n"));
            }
            self.timeout.iter().for_each(|timeout| drop(map.insert("timeout".into(), json!(timeout))));
            if self.is_dockers {
                map.insert("format".into(), json!("docker"));
            } else {
                let pairs = self.annotations.iter().map(|(name, value)| (name.clone(), written(value)));
                map.insert("annotations".into(), pairs.collect::<Map<_, _>>().into());
            }
        }
        if self.has_setup {
            map.insert("setup".into(), json!("true"));
        }
        let mut needs: Vec<String> = Vec::new();
        for (index, by_arch) in self.needs.iter().filter(|_| place > 0) {
            let other = &all[index.index(place)];
            let is_covered = self.arches().iter().all(|arch| other.arches().contains(arch));
            let can = !matches!(self.kind, Kind::Copied(_)) && !matches!(other.kind, Kind::Copied(_)) && is_covered;
            let need = if *by_arch && can { format!("build-{}-${{arch}}", other.key) } else { other.key.clone() };
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        if !matches!(self.kind, Kind::Copied(_)) {
            match self.arches {
                Arches::Default => {}
                Arches::One => drop(map.insert("platforms".into(), json!(["linux/arm64"]))),
                Arches::Map => {
                    // The last one is waited for on one platform only.
                    let own: Vec<String> = needs.pop().into_iter().collect();
                    let arm = json!({ "circleci": { "runners": "big" }, "gitlab": { "runners": [] }, "needs": own });
                    map.insert("platforms".into(), json!({ "linux/amd64": {}, "linux/arm64": arm }));
                }
            }
        }
        map.insert("needs".into(), json!(needs));
        if let Some(index) = self.gate.filter(|_| place > 0) {
            map.insert("gate".into(), json!([all[index.index(place)].key]));
        }
        map.into()
    }
}

impl Matrix {
    /// As YAML. With an order, the keys of every map whose order means nothing are turned round by it.
    pub fn text(&self, order: usize) -> String {
        let turned = |map: Map<String, Value>| -> Value {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            let by = order % entries.len().max(1);
            entries.rotate_left(by);
            Value::Object(entries.into_iter().collect())
        };
        let names = ["v0", "v1", "v2"];
        let mut vars: Map<String, Value> =
            names.iter().zip(&self.vars).map(|(n, v)| ((*n).to_owned(), written(v))).collect();
        if self.has_flows {
            vars.insert("given".into(), json!("v1"));
        }
        let image = |(place, image): (usize, &Image)| {
            let Value::Object(map) = image.written(place, &self.images) else { unreachable!("an image is a map") };
            (image.key.clone(), turned(map))
        };
        let workflow = |workflow: &Workflow| {
            let vars: Map<String, Value> = names
                .iter()
                .zip(&workflow.vars)
                .filter_map(|(name, value)| Some(((*name).to_owned(), written(value.as_ref()?))))
                .collect();
            let mut map = Map::new();
            map.insert("on".into(), json!({ "branches": [workflow.branch] }));
            map.insert("tags".into(), workflow.tags.iter().map(written).collect());
            map.insert("vars".into(), turned(vars));
            (workflow.name.clone(), turned(map))
        };
        let mut root = Map::new();
        root.insert("version".into(), json!(1));
        root.insert("vars".into(), turned(vars));
        root.insert("images".into(), self.images.iter().enumerate().map(image).collect::<Map<_, _>>().into());
        let mut workflows: Map<String, Value> = self.workflows.iter().map(workflow).collect();
        // One that pushes nothing builds something.
        if self.has_flows && self.images.iter().any(|image| !matches!(image.kind, Kind::Copied(_))) {
            workflows.insert(
                "requests".into(),
                json!({ "on": { "pull_requests": ["**"] }, "push": false, "login": !matches!(self.login, Login::None) }),
            );
            let by_hand = json!({ "on": { "manual": ["given"] }, "tags": ["by-hand-${given}"] });
            workflows.insert("by-hand".into(), by_hand);
        }
        root.insert("workflows".into(), workflows.into());
        root.insert("tool".into(), json!({ "image": "acme/tool:1" }));
        // What scripts use, GitHub has to be told.
        root.insert("github".into(), json!({ "secrets": ["PASS"] }));
        let login = match self.login {
            Login::None => None,
            Login::Password => Some(json!({ "username": "me", "password": "${PASS}" })),
            Login::Script => Some(json!({ "username": "me", "login": "cat <<EOF\n$PASS\nEOF\n" })),
        };
        login.into_iter().for_each(|login| drop(root.insert("registries".into(), json!({ "r.acme.org": login }))));
        // JSON is YAML, but for what YAML takes for a line break or does not print.
        let json = turned(root).to_string();
        let escape = |c: char| match c {
            '\u{7f}' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        };
        json.chars().map(escape).collect()
    }
}
