//! Layouts of their own, written and read back.

use super::*;
use crate::oci::{Format, MANIFEST, assemble};

fn reference(folder: &Path, tag: &str) -> Reference {
    format!("oci:{}:{tag}", folder.display()).parse().expect("a reference")
}

fn index() -> Raw {
    Raw::new(assemble(&[], Format::Oci, &std::collections::BTreeMap::new()), Format::Oci.media_type())
}

#[test]
fn what_is_written_is_read_back() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("a/b");
    let (layout, raw) = (Layout::at(&folder), index());
    let v1 = reference(&folder, "v1");
    assert_eq!(layout.manifest(&v1), Ok(None), "nothing is there yet");
    layout.put_manifest(&v1, &raw).expect("written");
    layout.put_manifest(&reference(&folder, "v2"), &raw).expect("written");
    layout.put_manifest(&v1, &raw).expect("written again");
    assert_eq!(layout.manifest(&v1), Ok(Some(raw.clone())));
    assert_eq!(layout.manifest(&v1.at(raw.digest.clone())), Ok(Some(raw.clone())));
    assert_eq!(layout.manifest(&reference(&folder, "v3")), Ok(None));
    assert_eq!(layout.index().expect("an index").len(), 2, "a tag stands once");
    let mut left: Vec<String> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left, ["blobs", "index.json", "oci-layout"]);
}

#[test]
fn a_tag_moves_and_what_is_not_known_stays() {
    let home = tempfile::tempdir().expect("a folder");
    let (layout, v1) = (Layout::at(home.path()), reference(home.path(), "v1"));
    layout.put_manifest(&v1, &index()).expect("written");
    let path = home.path().join("index.json");
    let text = std::fs::read_to_string(&path).expect("text").replacen('{', "{\"annotations\":{\"by\":\"me\"},", 1);
    std::fs::write(&path, text).expect("written");
    let other = Raw::new(b"{\"schemaVersion\":2,\"manifests\":[] }".to_vec(), Format::Oci.media_type());
    layout.put_manifest(&v1, &other).expect("written");
    assert_eq!(layout.manifest(&v1).expect("readable"), Some(other));
    assert!(std::fs::read_to_string(&path).expect("text").contains("\"by\":\"me\""));
}

#[test]
fn damage_is_found() {
    let home = tempfile::tempdir().expect("a folder");
    let (layout, v1, raw) = (Layout::at(home.path()), reference(home.path(), "v1"), index());
    layout.put_manifest(&v1, &raw).expect("written");
    let path = layout.path(&raw.digest);
    std::fs::write(&path, "{}").expect("written");
    assert!(matches!(layout.manifest(&v1), Err(Error::WrongBytes { .. })));
    assert_eq!(layout.holds(&raw.descriptor()), Ok(false));
    assert!(matches!(layout.blob(&raw.descriptor()), Err(Error::WrongBytes { .. })));
    std::fs::write(home.path().join("oci-layout"), "{\"imageLayoutVersion\":\"2.0.0\"}").expect("written");
    assert!(matches!(layout.manifest(&v1), Err(Error::Malformed { .. })));
    assert!(matches!(layout.put_manifest(&v1, &raw), Err(Error::Malformed { .. })));
}

#[test]
fn a_blob_that_is_not_finished_leaves_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let layout = Layout::at(home.path());
    let blob = Raw::new(b"content".to_vec(), MANIFEST).descriptor();
    let mut writer = layout.writer(&blob).expect("begun");
    writer.write(b"cont").expect("taken");
    drop(writer);
    assert_eq!(layout.holds(&blob), Ok(false));
    let files = std::fs::read_dir(home.path()).expect("a folder");
    assert_eq!(files.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_file())).count(), 0);
}
