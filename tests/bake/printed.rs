//! What buildx makes of a bake file, in one form for all its versions.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::net::UnixListener;
use std::path::Path;

use serde_json::{Map, Value};

use crate::buildx::Buildx;

/// A key that a fixture names, and the agent that stands for it: it is looked into.
pub const KEY: &str = "/keys/deploy";
pub const AGENT: &str = "agent";

/// The targets of a file, by name, with these variables in the environment.
pub fn targets(
    buildx: Buildx,
    folder: &Path,
    file: (&str, &BTreeMap<String, String>),
) -> Result<BTreeMap<String, Target>, String> {
    let text = printed(buildx, folder, file)?;
    let printed: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let targets = printed["target"].as_object().expect("targets");
    let target = |target: &Value| Target { buildx, map: target.as_object().expect("a map").clone() };
    Ok(targets.iter().map(|(name, it)| (name.clone(), target(it))).collect())
}

/// What `--print` says of a file.
pub fn printed(
    buildx: Buildx,
    folder: &Path,
    (text, variables): (&str, &BTreeMap<String, String>),
) -> Result<String, String> {
    std::fs::write(folder.join("docker-bake.json"), text.replace(KEY, AGENT)).expect("written");
    // It looks whether files of secrets are there, and an agent for `ssh`.
    for file in ["config/pip.conf", "home/.npmrc"] {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, "x").expect("written");
    }
    let socket = folder.join(AGENT);
    let _agent = UnixListener::bind(&socket).expect("a socket");
    let mut command = buildx.command();
    command.args(["bake", "--print"]).current_dir(folder).env_clear();
    command.env("DOCKER_CONFIG", folder.join("docker")).env("SSH_AUTH_SOCK", &socket).envs(variables);
    let output = command.output().expect("buildx runs");
    let error = String::from_utf8_lossy(&output.stderr);
    std::fs::remove_file(&socket).expect("removed");
    if !output.status.success() {
        return Err(format!("{error}\n{text}"));
    }
    Ok(String::from_utf8(output.stdout).expect("UTF-8"))
}

/// A target as it is printed.
pub struct Target {
    pub buildx: Buildx,
    map: Map<String, Value>,
}

impl Target {
    pub fn text(&self, key: &str) -> Option<String> {
        self.map.get(key).map(|value| value.as_str().expect("text").to_owned())
    }

    pub fn flag(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| value.as_bool().expect("true or false"))
    }

    pub fn list(&self, key: &str) -> Vec<String> {
        let items = self.map.get(key).and_then(Value::as_array).into_iter().flatten();
        items.map(|item| item.as_str().expect("text").to_owned()).collect()
    }

    pub fn map(&self, key: &str) -> BTreeMap<String, String> {
        let entries = self.map.get(key).and_then(Value::as_object).into_iter().flatten();
        // Newer ones print values in such a way that the result is a bake file again.
        let unescaped = |text: &str| match self.buildx {
            Buildx::New if key != "contexts" => text.replace("$${", "${").replace("%%{", "%{"),
            _ => text.to_owned(),
        };
        entries.map(|(key, value)| (key.clone(), unescaped(value.as_str().expect("text")))).collect()
    }

    /// The fields of each entry: newer ones print maps, older ones what was written.
    pub fn fields(&self, key: &str) -> Vec<BTreeSet<String>> {
        let items = self.map.get(key).and_then(Value::as_array).into_iter().flatten();
        items
            .map(|item| match item {
                Value::String(text) => fields(key, text),
                item => {
                    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let pair = |(key, value): (&String, &Value)| match (key.as_str(), value) {
                        ("paths", value) => format!("src={}", text(&value[0])),
                        (key, value) => format!("{key}={}", text(value)),
                    };
                    item.as_object().expect("a map").iter().map(pair).collect()
                }
            })
            .collect()
    }
}

/// What an entry of a list says: `id=a,env=A`. Of an agent it is the id, then what it is; of a cache, where it is.
pub fn fields(key: &str, text: &str) -> BTreeSet<String> {
    let whole = match (key, text.contains('=')) {
        ("ssh", true) => text.split_once('=').map(|(id, path)| format!("id={id},src={path}")).expect("it has one"),
        ("ssh", false) => format!("id={text}"),
        ("cache-from", false) => format!("type=registry,ref={text}"),
        _ => text.to_owned(),
    };
    whole.split(',').map(str::to_owned).collect()
}
