//! `export`: a blob is whole, or it is in no tarball, however small it says that it is.

use std::fs;
use std::io::Write as _;

use serde_json::{Value, json};

use crate::command::run;
use crate::export::path;
use crate::image::{Image, MANIFEST, blob, described, digest, put};
use crate::registry::plain;
use crate::relay::{Relay, nothing};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// An image of one layer, which the registry takes as it is; its content is what the configuration says.
fn image(repository: &str, tag: &str, (ending, layer, content): (&str, &[u8], &[u8])) -> String {
    let inside = json!({ "type": "layers", "diff_ids": [digest(content)] });
    let config = json!({ "architecture": "amd64", "os": "linux", "rootfs": inside }).to_string().into_bytes();
    blob(plain(), repository, &config);
    blob(plain(), repository, layer);
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": described("application/vnd.oci.image.config.v1+json", &config),
        "layers": [described(&format!("{LAYER}{ending}"), layer)],
    });
    put(plain(), repository, tag, MANIFEST, &manifest);
    format!("{}/{repository}:{tag}", plain())
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).expect("in memory");
    encoder.finish().expect("in memory")
}

/// What Docker and `gzip -t` refuse, though what comes out of it is what the image says.
#[test]
fn verify_full_reads_gzip_to_its_end() {
    let content = b"content ".repeat(1000);
    let good = gzip(&content);
    let end = good.len();
    let mut sum = good.clone();
    sum[end - 8] ^= 1;
    let mut length = good.clone();
    length[end - 1] ^= 1;
    let layers = [
        ("sum", sum),
        ("length", length),
        ("cut1", good[..end - 1].to_vec()),
        ("cut8", good[..end - 8].to_vec()),
        ("garbage", [&good[..], b"garbage"].concat()),
        ("zeros", [&good[..], &[0; 512]].concat()),
    ];
    let file = path("whole-gzip", "x.tar");
    for (name, layer) in layers {
        let source = image("export/gzip", name, ("+gzip", &layer, &content));
        let says = ["does not hold what its image says", "gzip", "was not changed"];
        run(&["export", &source, "--verify", "full", "-o", &file]).bad(&says);
        run(&["export", &source, "-o", &file]).good();
        fs::remove_file(&file).expect("there");
    }
    let members = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
    let source = image("export/gzip", "members", ("+gzip", &members, b"one two"));
    run(&["export", &source, "--verify", "full", "-o", &file]).good();
}

#[test]
fn what_zstandard_asks_for_may_be_more_than_is_decoded() {
    // A frame with one stored block; what it says of its window is 2 GiB, or 4 MiB.
    let frame = |window: u8| [&[0x28, 0xb5, 0x2f, 0xfd, 0, window, 0x29, 0, 0][..], b"hello"].concat();
    let wide = image("export/window", "wide", ("+zstd", &frame(0xa8), b"hello"));
    let [tar, zst] = ["x.tar", "x.tar.zst"].map(|file| path("whole-window", file));
    let says = ["its Zstandard window of 2147483648 bytes is more than the 134217728 bytes that this tool decodes"];
    for arguments in [&["-o", &tar][..], &["-o", &zst, "--verify", "full"]] {
        let refused = run(&[&["export", &wide], arguments].concat()).bad(&says);
        assert!(!refused.stderr.contains("does not hold"), "the image is not at fault: {}", refused.stderr);
    }
    run(&["export", &wide, "-o", &zst]).good();
    let narrow = image("export/window", "narrow", ("+zstd", &frame(0x60), b"hello"));
    run(&["export", &narrow, "-o", &tar]).good();
}

#[test]
fn no_blob_is_so_small_that_it_is_not_looked_at() {
    let file = path("whole-empty", "x.tar");
    // Nothing is something that can be fetched, and is.
    let source = image("export/empty", "good", ("", b"", b""));
    for more in [&[][..], &["--verify", "full"]] {
        for file in ["x.tar", "x.tar.gz", "x.tar.zst"].map(|file| path("whole-empty", file)) {
            let relay = Relay::new(plain(), nothing());
            let through = source.replace(plain(), &relay.host);
            run(&[&["export", &through, "-o", &file], more].concat()).good();
            let is_layer = |line: &&String| line.starts_with("GET") && line.ends_with(&digest(b""));
            assert_eq!(relay.short().iter().filter(is_layer).count(), 1, "{file}: {:#?}", relay.short());
            fs::remove_file(&file).expect("there");
        }
    }
    // What is not nothing does not become so because its image says that it has no bytes.
    let repository = "export/denied";
    Image::new("amd64").push(repository, "good");
    let (_, bytes) = crate::image::get(repository, "good").expect("there");
    for (tag, key) in [("layer", "/layers/0/size"), ("config", "/config/size")] {
        let mut manifest: Value = serde_json::from_slice(&bytes).expect("JSON");
        *manifest.pointer_mut(key).expect("a size") = 0.into();
        put(plain(), repository, tag, MANIFEST, &manifest);
        let source = format!("{}/{repository}:{tag}", plain());
        let target = format!("{}/{repository}:copy", plain());
        let layout = format!("oci:{}:v1", path("whole-empty", "layout"));
        let linked = format!("linux/amd64={source}");
        for arguments in [
            &["export", &source, "-o", &file][..],
            &["inspect", &source],
            &["copy", &source, &target],
            &["copy", &source, &layout],
            &["manifest", &target, "--source", &linked],
        ] {
            run(arguments).bad(&["has 0 bytes, but this is not the digest of empty content"]);
        }
        assert_eq!(crate::image::get(repository, "copy"), None);
    }
}
