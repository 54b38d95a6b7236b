//! What an image is built from: a folder of this repository, or another git repository.

use super::image::ResolvedImage;
use super::{Problems, Scope};
use crate::diagnostic::Diagnostic;
use crate::plan::Context;
use crate::template::{Part, Template};

/// Where the sources are, with all that is wrong with it reported.
pub(super) fn context(scope: &Scope, image: &ResolvedImage, problems: &mut Problems) -> Context {
    let text = image.common.context();
    let url = image.fold(&scope.vars, None, &text.template);
    if holds_password(&url) {
        let message = "this URL contains a password, which would appear in every log";
        let problem = Diagnostic::new("context", text.span, message);
        problems.push(problem.secret().help(scope.request.provider.advice.git_password));
        return Context::Folder(Template::default());
    }
    let context = located(url);
    let wrong = match &context {
        Context::Folder(folder) => [None, None, folder_problem(folder)],
        Context::Git { repository, reference, folder } => {
            [repository_problem(repository), reference_problem(reference), folder_problem(folder)]
        }
    };
    let problem = |(message, help): (String, String)| Diagnostic::new("context", text.span, message).help(help);
    problems.extend(wrong.into_iter().flatten().map(problem));
    context
}

/// A folder of this repository, or what `docker build` would take for a git repository
/// (<https://docs.docker.com/build/concepts/context/#git-repositories>).
fn located(mut context: Template) -> Context {
    if context.leading().starts_with("github.com/") {
        // Docker takes it for the repository of that name.
        let mut url = Template::literal("https://");
        url.push(&context);
        context = url;
    }
    let (url, fragment) = context.split_once("#").unwrap_or_else(|| (context.clone(), Template::default()));
    let start = url.leading();
    if !["https://", "http://", "git://", "ssh://", "git@"].iter().any(|git| start.starts_with(git)) {
        let is_root = matches!(context.as_literal(), Some("." | "./"));
        return Context::Folder(if is_root { Template::default() } else { context });
    }
    let (reference, folder) = fragment.split_once(":").unwrap_or_else(|| (fragment.clone(), Template::default()));
    Context::Git { repository: url, reference, folder }
}

fn repository_problem(url: &Template) -> Option<(String, String)> {
    let start = url.leading();
    let is_web = start.starts_with("https://") || start.starts_with("http://");
    let ends_git = match url.parts().last() {
        Some(Part::Literal(text)) => text.ends_with(".git"),
        _ => true,
    };
    let message = "docker would download this as a file: the URL of a git repository ends with `.git`";
    (is_web && !ends_git).then(|| (message.into(), format!("write `{url}.git`")))
}

fn reference_problem(reference: &Template) -> Option<(String, String)> {
    let help = "write what stands before the colon as git calls it: `#main:folder`";
    let is_option = reference.leading().starts_with('-');
    is_option.then(|| (format!("`{reference}` is not a branch, tag or commit"), help.into()))
}

fn folder_problem(folder: &Template) -> Option<(String, String)> {
    let leaves = folder.parts().iter().any(|part| match part {
        Part::Literal(text) => text.split('/').any(|component| component == ".."),
        Part::Name(_) => false,
    });
    let help = "write a path from the repository's root, without `..`";
    let is_wrong = leaves || folder.leading().starts_with(['/', '~', '-']);
    is_wrong.then(|| (format!("`{folder}` is not a folder of the repository"), help.into()))
}

/// A Dockerfile is found from the context, as in Compose, and the build runs at the root of this repository.
pub(super) fn dockerfile(context: &Context, file: Template) -> Template {
    let mut path = context.path();
    if file.leading().starts_with('/') || path.as_literal() == Some(".") {
        return file;
    }
    path.push_literal("/");
    path.push(&file);
    path
}

/// Whether a password, or what can only be one, is written before the host of a URL; a reference to one is none.
fn holds_password(url: &Template) -> bool {
    const REFERENCE: &str = "\0";
    let text = url.fill(|_| Some(Template::literal(REFERENCE)));
    let Some((_, rest)) = text.as_literal().and_then(|text| text.split_once("://")) else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_port = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let is_written = |text: &str| !text.replace(REFERENCE, "").is_empty();
    match authority.rsplit_once('@') {
        // The last `@` ends it: those before it are part of it.
        Some((user, _)) => match user.split_once(':') {
            Some((_, password)) => is_written(password),
            None => user.contains('@'),
        },
        // What looks like a port and is none is a password that is cut off by a character which ends a host.
        None => {
            authority.split_once(':').is_some_and(|(_, port)| !is_port(&port.replace(REFERENCE, "")))
                && rest.contains('@')
        }
    }
}
