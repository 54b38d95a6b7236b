//! What a manifest job publishes: an index over the platforms of an image, with its annotations.

use super::image::ResolvedImage;
use super::{Problems, Scope};
use crate::diagnostic::Diagnostic;
use crate::oci::RUN;
use crate::plan::Manifest;
use crate::spec::IndexFormat;

pub(super) fn manifest(scope: &Scope, image: &ResolvedImage, problems: &mut Problems) -> Manifest {
    let format = image.common.format();
    let own = image.own.settings.annotations.as_deref();
    if let Some(own) = own.filter(|_| format == IndexFormat::Docker) {
        let message = "`annotations` cannot be used here: a Docker manifest list holds none";
        problems.push(Diagnostic::new("unusable-key", own.key, message).help("remove this key, or `format: docker`"));
    }
    // Those of the defaults are for others.
    let written = image.common.annotations.as_deref().filter(|_| format == IndexFormat::Oci);
    let mut annotations = Vec::new();
    for (name, value) in written.iter().flat_map(|written| &written.value.entries) {
        let problem = |message| Diagnostic::new("annotation", name.span, message);
        match value {
            _ if name.text == RUN => {
                let message = format!("`{RUN}` is the annotation by which runs know each other");
                problems.push(problem(message).help("choose another name"));
            }
            None => {
                let message = format!("the annotation `{}` has no value", name.text);
                problems.push(problem(message).help("write one: `org.opencontainers.image.title: Acme`"));
            }
            Some(value) => annotations.push((name.text.clone(), image.fold(&scope.vars, None, &value.template))),
        }
    }
    let platforms = image.platforms.iter().map(|on| (on.platform.clone(), on.arch.clone())).collect();
    Manifest { platforms, annotations, format }
}
