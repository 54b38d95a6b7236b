//! Images as builders push them: small, but whole.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::http::{Message, ask, send};
use crate::registry::plain;

pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";

pub fn digest(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// An image of one architecture.
#[derive(Clone, Debug)]
pub struct Image {
    pub os: &'static str,
    pub architecture: &'static str,
    pub variant: Option<&'static str>,
    pub os_version: Option<&'static str>,
    pub revision: Option<String>,
    pub media_type: &'static str,
    /// Its content, so that two images differ: one layer for each.
    pub contents: Vec<String>,
    /// How its layers are compressed.
    pub packing: Packing,
    /// What the configuration says of what is in the layers, if that is not the truth.
    pub lie: Option<String>,
}

/// How layers are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    fn pack(self, tar: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Plain => tar,
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                std::io::Write::write_all(&mut encoder, &tar).expect("in memory");
                encoder.finish().expect("in memory")
            }
            Self::Zstd => ruzstd::encoding::compress_to_vec(&tar[..], ruzstd::encoding::CompressionLevel::Fastest),
        }
    }

    fn ending(self, oci: bool) -> &'static str {
        match (self, oci) {
            (Self::Plain, _) => "",
            (Self::Gzip, true) => "+gzip",
            (Self::Gzip, false) => ".gzip",
            (Self::Zstd, true) => "+zstd",
            (Self::Zstd, false) => ".zstd",
        }
    }
}

/// Text that no compressor makes much smaller.
pub fn noise(seed: u32, size: usize) -> String {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(state >> 26) as usize])
    };
    (0..size).map(next).collect()
}

/// What was pushed.
#[derive(Clone, Debug)]
pub struct Pushed {
    pub digest: String,
    pub size: usize,
    pub config: String,
    pub media_type: &'static str,
}

/// What of an image is pushed, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    pub manifest: Vec<u8>,
    pub config: Vec<u8>,
    pub layers: Vec<Vec<u8>>,
}

impl Image {
    pub fn new(architecture: &'static str) -> Self {
        Self {
            os: "linux",
            architecture,
            variant: None,
            os_version: None,
            revision: Some("c0ffee".into()),
            media_type: MANIFEST,
            contents: vec![architecture.to_owned()],
            packing: Packing::Plain,
            lie: None,
        }
    }

    pub fn packing(self, packing: Packing) -> Self {
        Self { packing, ..self }
    }

    /// One layer for each.
    pub fn contents(self, contents: &[String]) -> Self {
        Self { contents: contents.to_vec(), ..self }
    }

    pub fn revision(self, revision: Option<&str>) -> Self {
        Self { revision: revision.map(str::to_owned), ..self }
    }

    pub fn variant(self, variant: &'static str) -> Self {
        Self { variant: Some(variant), ..self }
    }

    pub fn docker(self) -> Self {
        Self { media_type: DOCKER, ..self }
    }

    pub fn content(self, content: &str) -> Self {
        Self { contents: vec![content.to_owned()], ..self }
    }

    /// Pushes it to the plain registry, under a tag.
    pub fn push(&self, repository: &str, tag: &str) -> Pushed {
        self.push_to(plain(), repository, tag)
    }

    pub fn push_to(&self, host: &str, repository: &str, tag: &str) -> Pushed {
        let Parts { manifest, config, layers } = self.parts();
        blob(host, repository, &config);
        layers.iter().for_each(|layer| blob(host, repository, layer));
        let mut pushed = put_bytes(host, repository, tag, self.media_type, manifest);
        pushed.config = digest(&config);
        pushed
    }

    /// The same bytes each time.
    pub fn parts(&self) -> Parts {
        let tars: Vec<Vec<u8>> = self.contents.iter().map(|content| layer(content)).collect();
        let inside: Vec<String> = tars.iter().map(|tar| self.lie.clone().unwrap_or_else(|| digest(tar))).collect();
        let layers: Vec<Vec<u8>> = tars.into_iter().map(|tar| self.packing.pack(tar)).collect();
        let labels = self.revision.as_ref().map(|it| json!({ "org.opencontainers.image.revision": it }));
        let mut config = json!({
            "architecture": self.architecture,
            "os": self.os,
            "created": "2026-01-02T03:04:05Z",
            "config": { "Labels": labels },
            "rootfs": { "type": "layers", "diff_ids": inside },
            "history": [{ "created": "2026-01-02T03:04:05Z", "created_by": "test" }],
        });
        for (key, value) in [("variant", self.variant), ("os.version", self.os_version)] {
            if let Some(value) = value {
                config[key] = value.into();
            }
        }
        let config = config.to_string().into_bytes();
        let (config_type, layer_type) = match self.media_type {
            DOCKER => {
                ("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar")
            }
            _ => ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar"),
        };
        let layer_type = format!("{layer_type}{}", self.packing.ending(self.media_type != DOCKER));
        let described_layers: Vec<Value> = layers.iter().map(|layer| described(&layer_type, layer)).collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": self.media_type,
            "config": described(config_type, &config),
            "layers": described_layers,
        });
        Parts { manifest: manifest.to_string().into_bytes(), config, layers }
    }

    /// Pushes it as Docker 29 does: in an index, with an attestation.
    pub fn push_attested(&self, repository: &str, tag: &str) -> (Pushed, String) {
        let host = plain();
        let image = self.push(repository, &format!("{tag}-bare"));
        let statement = format!(r#"{{"about":"{}"}}"#, image.digest).into_bytes();
        let config = br#"{"architecture":"unknown","os":"unknown","config":{}}"#;
        let mut layer = described("application/vnd.in-toto+json", &statement);
        layer["annotations"] = json!({ "in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2" });
        let attestation = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": described("application/vnd.oci.image.config.v1+json", config),
            "layers": [layer],
        });
        blob(host, repository, config);
        blob(host, repository, &statement);
        let attestation = put(host, repository, &format!("{tag}-attestation"), MANIFEST, &attestation);
        let index = json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [
                entry(&image, Some(self)),
                {
                    "mediaType": MANIFEST,
                    "digest": attestation.digest,
                    "size": attestation.size,
                    "annotations": {
                        "vnd.docker.reference.digest": image.digest,
                        "vnd.docker.reference.type": "attestation-manifest",
                    },
                    "platform": { "architecture": "unknown", "os": "unknown" },
                },
            ],
            "annotations": { "org.example.both": "same", "org.example.arch": self.architecture },
        });
        put(host, repository, tag, INDEX, &index);
        (image, attestation.digest)
    }
}

/// An entry of an index.
pub fn entry(pushed: &Pushed, image: Option<&Image>) -> Value {
    let mut entry = json!({ "mediaType": pushed.media_type, "digest": pushed.digest, "size": pushed.size });
    if let Some(image) = image {
        entry["platform"] = json!({ "architecture": image.architecture, "os": image.os });
        for (key, value) in [("variant", image.variant), ("os.version", image.os_version)] {
            if let Some(value) = value {
                entry["platform"][key] = value.into();
            }
        }
    }
    entry
}

/// A layer: a tar with one file.
fn layer(content: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "content", content.as_bytes()).expect("written");
    tar.into_inner().expect("written")
}

pub fn described(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest(bytes), "size": bytes.len() })
}

pub fn blob(host: &str, repository: &str, bytes: &[u8]) {
    let begun = ask(host, "POST", &format!("/v2/{repository}/blobs/uploads/"));
    assert_eq!(begun.status(), 202, "{}", begun.text());
    let place = begun.header("location").expect("a place");
    let path = place.split_once("/v2/").map(|(_, path)| format!("/v2/{path}")).expect("a path");
    let joint = if path.contains('?') { '&' } else { '?' };
    let first = format!("PUT {path}{joint}digest={} HTTP/1.1", digest(bytes));
    let done = send(host, Message { first, headers: Vec::new(), body: bytes.to_vec() });
    assert_eq!(done.status(), 201, "{}", done.text());
}

pub fn put(host: &str, repository: &str, tag: &str, media_type: &'static str, document: &Value) -> Pushed {
    let body = document.to_string().into_bytes();
    put_bytes(host, repository, tag, media_type, body)
}

pub fn put_bytes(host: &str, repository: &str, tag: &str, media_type: &'static str, body: Vec<u8>) -> Pushed {
    let (digest, size) = (digest(&body), body.len());
    let headers = vec![("Content-Type".to_owned(), media_type.to_owned())];
    let first = format!("PUT /v2/{repository}/manifests/{tag} HTTP/1.1");
    let done = send(host, Message { first, headers, body });
    assert_eq!(done.status(), 201, "{}", done.text());
    Pushed { digest, size, config: String::new(), media_type }
}

/// What a tag leads to in the plain registry: the media type and the bytes.
pub fn get(repository: &str, tag: &str) -> Option<(String, Vec<u8>)> {
    let answer = ask(plain(), "GET", &format!("/v2/{repository}/manifests/{tag}"));
    let kind = answer.header("content-type").unwrap_or_default().to_owned();
    (answer.status() == 200).then_some((kind, answer.body))
}

/// The index that a tag leads to.
pub fn index(repository: &str, tag: &str) -> Value {
    let (_, bytes) = get(repository, tag).unwrap_or_else(|| panic!("{repository}:{tag} is there"));
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The platforms of the index that a tag leads to, in order.
pub fn platforms(repository: &str, tag: &str) -> Vec<String> {
    let index = index(repository, tag);
    let entries = index["manifests"].as_array().expect("entries").iter();
    let platform = |entry: &Value| {
        let word = |key: &str| entry["platform"][key].as_str().map(str::to_owned);
        let words = [word("os"), word("architecture"), word("variant")];
        words.into_iter().flatten().collect::<Vec<_>>().join("/")
    };
    entries.map(platform).collect()
}

/// Two good architectures under `tag-amd64` and `tag-arm64`.
pub fn pair(repository: &str, tag: &str) -> [Pushed; 2] {
    ["amd64", "arm64"].map(|architecture| {
        let image = Image::new(architecture).content(&format!("{repository} {tag} {architecture}"));
        image.push(repository, &format!("{tag}-{architecture}"))
    })
}
