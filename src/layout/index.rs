//! The two files that make a folder a layout: `oci-layout`, which says so, and `index.json`, which says what is in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Error, Layout, read};
use crate::file;
use crate::oci::{Descriptor, INDEX, Index, LONGEST_MANIFEST, REF_NAME, Raw, subject_of};

/// What `oci-layout` says.
const VERSION: &str = "1.0.0";

impl Layout {
    fn marker_path(&self) -> PathBuf {
        self.folder.join("oci-layout")
    }

    fn index_path(&self) -> PathBuf {
        self.folder.join("index.json")
    }

    /// What is in it; nothing, if it is not there.
    pub(super) fn index(&self) -> Result<Vec<Descriptor>, Error> {
        let path = self.index_path();
        let Some(bytes) = read(&path, LONGEST_MANIFEST)? else { return Ok(Vec::new()) };
        self.check_version()?;
        let index: Index = serde_json::from_slice(&bytes)
            .map_err(|error| Error::Malformed { path, why: format!("it is not an index: {error}") })?;
        Ok(index.manifests)
    }

    fn check_version(&self) -> Result<(), Error> {
        let path = self.marker_path();
        let said: Option<Value> = read(&path, LONGEST_MANIFEST)?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match said.as_ref().and_then(|said| said["imageLayoutVersion"].as_str()) {
            Some(VERSION) => Ok(()),
            Some(other) => {
                let why = format!("its version is {}, and only {VERSION} is supported", crate::oci::shown(other));
                Err(Error::Malformed { path, why })
            }
            None => Err(Error::Malformed { path, why: "it has no version".into() }),
        }
    }

    /// Enters a manifest into the list: under a tag, which leads elsewhere no more; or without one if it is about another.
    pub(super) fn add_entry(&self, raw: &Raw, tag: Option<&str>) -> Result<(), Error> {
        let is_about_another = subject_of(&raw.bytes).is_some();
        if tag.is_none() && !is_about_another {
            return Ok(());
        }
        let lock = self.lock()?;
        let path = self.index_path();
        let mut document: Value = match read(&path, LONGEST_MANIFEST)? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| Error::Malformed {
                path: path.clone(),
                why: format!("it is not an index: {error}"),
            })?,
            None => json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] }),
        };
        let Some(entries) = document["manifests"].as_array_mut() else {
            return Err(Error::Malformed { path, why: "it is not an index: it has no manifests".into() });
        };
        let mut entry = raw.descriptor();
        entry.annotations.extend(tag.map(|tag| (REF_NAME.to_owned(), tag.to_owned())));
        let is_replaced = |old: &Value| match tag {
            Some(tag) => old["annotations"][REF_NAME] == tag,
            None => old["digest"] == entry.digest.as_str() && old["annotations"][REF_NAME].is_null(),
        };
        entries.retain(|old| !is_replaced(old));
        entries.push(serde_json::to_value(&entry).expect("a descriptor is JSON"));
        let bytes = serde_json::to_vec(&document).expect("JSON stays JSON");
        file::write(&path, &bytes).map_err(Error::file("write", &path))?;
        file::sweep(&self.folder, |begin| begin.starts_with('.'));
        drop(lock);
        Ok(())
    }

    /// Makes the folder a layout if it is none, and keeps others from changing it as long as the file is open.
    fn lock(&self) -> Result<File, Error> {
        let path = self.marker_path();
        fs::create_dir_all(&self.folder).map_err(Error::file("write", &self.folder))?;
        let mut file = open_marker(&path).map_err(Error::file("write", &path))?;
        lock_file(&file).map_err(Error::file("write", &path))?;
        if file.metadata().map_err(Error::file("read", &path))?.len() == 0 {
            let text = json!({ "imageLayoutVersion": VERSION }).to_string();
            file.write_all(text.as_bytes()).map_err(Error::file("write", &path))?;
        }
        self.check_version()?;
        Ok(file)
    }
}

/// Waits for other processes, each of which holds the lock for milliseconds.
fn lock_file(file: &File) -> io::Result<()> {
    const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_TIMEOUT => thread::sleep(Duration::from_millis(5)),
            Err(TryLockError::WouldBlock) => return Err(io::Error::other("another process has locked it")),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Opens the file that is locked, or makes it; nothing is made where a link leads to.
fn open_marker(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    match file::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => match options.clone().create_new(true).open(path) {
            // Another one was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(path),
            made => made,
        },
        found => found.and_then(|_| options.open(path)),
    }
}
