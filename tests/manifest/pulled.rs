//! What we publish, pulled by a client that shares no code with us, `oci-client`: every index, manifest, configuration
//! and layer that it gets is, byte for byte, what was pushed. It checks each against its digest, too.

use oci_client::client::{Client, ClientConfig, ClientProtocol};
use oci_client::manifest::{OciDescriptor, OciImageIndex, OciImageManifest};
use oci_client::{Reference, secrets::RegistryAuth};

use crate::command::run;
use crate::export::place;
use crate::image::{DOCKER, INDEX, Image, LIST, MANIFEST, Packing, Parts, digest, get, noise};
use crate::registry::{folder, plain, start};

/// All that a reference to an index leads to.
#[derive(Debug, PartialEq, Eq)]
struct Pulled {
    digest: String,
    index: Vec<u8>,
    /// By their platforms, in the index's order; an attestation's is `unknown/unknown`.
    images: Vec<(String, Parts)>,
}

/// Pulls an index and everything in it.
fn pull(name: &str) -> Pulled {
    // It is built with TLS, though plain HTTP is spoken here, and there may be one provider in a process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let config = ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() };
        let client = Client::try_from(config).expect("a client");
        let reference: Reference = name.parse().expect("a reference");
        let (index, digest) = manifest(&client, &reference).await;
        let mut images = Vec::new();
        for entry in read::<OciImageIndex>(&index).manifests {
            let platform = entry.platform.expect("every image of ours has one");
            let words =
                [platform.os.to_string(), platform.architecture.to_string()].into_iter().chain(platform.variant);
            let parts = parts(&client, &at(&reference, entry.digest)).await;
            assert_eq!(usize::try_from(entry.size), Ok(parts.manifest.len()), "the size of {words:?}");
            images.push((words.collect::<Vec<_>>().join("/"), parts));
        }
        Pulled { digest, index, images }
    })
}

fn at(reference: &Reference, digest: String) -> Reference {
    Reference::with_digest(reference.registry().to_owned(), reference.repository().to_owned(), digest)
}

/// An index's or an image's bytes, and their digest.
async fn manifest(client: &Client, reference: &Reference) -> (Vec<u8>, String) {
    let kinds = [INDEX, LIST, MANIFEST, DOCKER];
    let pulled = client.pull_manifest_raw(reference, &RegistryAuth::Anonymous, &kinds).await;
    let (bytes, digest) = pulled.unwrap_or_else(|error| panic!("{reference}: {error}"));
    (bytes.to_vec(), digest)
}

async fn parts(client: &Client, reference: &Reference) -> Parts {
    let (manifest, _) = manifest(client, reference).await;
    let image: OciImageManifest = read(&manifest);
    let config = blob(client, reference, &image.config).await;
    let mut layers = Vec::new();
    for layer in &image.layers {
        layers.push(blob(client, reference, layer).await);
    }
    Parts { manifest, config, layers }
}

async fn blob(client: &Client, reference: &Reference, descriptor: &OciDescriptor) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pulled = client.pull_blob(reference, descriptor, &mut bytes).await;
    pulled.unwrap_or_else(|error| panic!("{} of {reference}: {error}", descriptor.digest));
    assert_eq!(usize::try_from(descriptor.size), Ok(bytes.len()), "{} of {reference}", descriptor.digest);
    bytes
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> T {
    serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// Images that differ in all that one can differ in: how many layers, how they are compressed, whose media types.
fn images() -> [(&'static str, Image); 3] {
    let large = [noise(7, 300_000), "small".to_owned()];
    [
        ("linux/amd64", Image::new("amd64").contents(&large).packing(Packing::Gzip)),
        ("linux/arm/v7", Image::new("arm").variant("v7").docker()),
        ("linux/arm64/v8", Image::new("arm64").variant("v8").contents(&large).packing(Packing::Zstd)),
    ]
}

/// Pushes them to a registry, and says where they are, as arguments.
fn sources(host: &str, repository: &str) -> Vec<String> {
    let arguments = images().map(|(platform, image)| {
        let tag = format!("of-{}", image.architecture);
        image.push_to(host, repository, &tag);
        ["--source".to_owned(), format!("{platform}={host}/{repository}:{tag}")]
    });
    arguments.into_iter().flatten().collect()
}

/// The bytes of the images that were pushed.
fn pushed() -> Vec<(String, Parts)> {
    images().map(|(platform, image)| (platform.to_owned(), image.parts())).into()
}

fn link(target: &str, sources: &[String]) -> Pulled {
    let arguments: Vec<&str> = ["manifest", target].into_iter().chain(sources.iter().map(String::as_str)).collect();
    let told = run(&arguments).good().stdout;
    let pulled = pull(target);
    assert_eq!(told, format!("{target}@{}\n", pulled.digest), "the digest that we tell is the one that others find");
    assert_eq!(pull(&format!("{target}@{}", pulled.digest)), pulled, "by its digest as well");
    pulled
}

#[test]
fn an_index_and_the_images_in_it() {
    let sources = sources(plain(), "pulled/app");
    assert_eq!(link(&format!("{}/pulled/app:v1", plain()), &sources).images, pushed());
    // Another repository of the registry, where the blobs are mounted.
    assert_eq!(link(&format!("{}/pulled/mounted:v1", plain()), &sources).images, pushed());
}

#[test]
fn images_that_were_copied_from_another_registry() {
    let elsewhere = start("pulled", &folder("pulled-storage"), "");
    let sources = sources(&elsewhere, "pulled/origin");
    let carried: Vec<String> = sources.iter().map(|it| it.replace(&elsewhere, plain())).collect();
    for (from, to) in sources.iter().zip(&carried).filter(|(from, _)| from.contains('=')) {
        let [from, to] = [from, to].map(|it| it.split_once('=').expect("PLATFORM=REFERENCE").1);
        run(&["copy", from, to]).good();
    }
    assert_eq!(link(&format!("{}/pulled/carried:v1", plain()), &carried).images, pushed());
}

#[test]
fn a_copy_by_way_of_a_folder() {
    let (amd64, _) = Image::new("amd64").content(&noise(3, 200_000)).push_attested("pulled/source", "v1-amd64");
    Image::new("arm64").push("pulled/source", "v1-arm64");
    let source = format!("{}/pulled/source:v1", plain());
    run(&["manifest", &source]).good();
    let first = pull(&source);
    assert_eq!(first.images.len(), 3, "the attestation is in it");
    assert!(first.images.iter().any(|(_, image)| digest(&image.manifest) == amd64.digest));
    assert_eq!(Some(&first.index), get("pulled/source", "v1").map(|(_, bytes)| bytes).as_ref());
    let layout = format!("oci:{}:v1", place("pulled").join("layout").display());
    let elsewhere = start("pulled-copy", &folder("pulled-copy-storage"), "");
    for (from, to) in [(&source, &layout), (&layout, &format!("{elsewhere}/acme/app:v1"))] {
        run(&["copy", from, to]).good();
    }
    assert_eq!(pull(&format!("{elsewhere}/acme/app:v1")), first);
}
