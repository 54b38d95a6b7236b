//! What an image is built from: a folder of this repository, or another git repository.

use super::Resolver;
use super::image::Resolved;
use crate::diagnostic::Diagnostic;
use crate::plan::Context;
use crate::spec::Text;
use crate::template::{Part, Template};

impl<'s> Resolver<'s> {
    /// Where the sources are: a folder of this repository, or what `docker build` would take for a git repository
    /// (<https://docs.docker.com/build/concepts/context/#git-repositories>).
    pub(super) fn located(&self, image: &Resolved<'s>) -> Context {
        let written = image.common.context.as_ref();
        let mut context = written.map(|context| self.fold(image, None, &context.value.template)).unwrap_or_default();
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

    /// The same, with all that is wrong with it reported.
    pub(super) fn context(&mut self, image: &Resolved<'s>) -> Context {
        let context = self.located(image);
        let Some(text) = image.common.context.as_ref().map(|context| &context.value) else { return context };
        if holds_password(&self.fold(image, None, &text.template)) {
            let problem =
                Diagnostic::new("context", text.span, "this URL holds a password, which would be in every log");
            self.report(problem.secret().help(self.request.provider.advice.git_password));
            return Context::Folder(Template::default());
        }
        match &context {
            Context::Folder(folder) => self.check_folder(folder, text),
            Context::Git { repository, reference, folder } => {
                self.check_repository(repository, text);
                self.check_folder(folder, text);
                if reference.leading().starts_with('-') {
                    let message = format!("`{reference}` is no branch, tag or commit");
                    let problem = Diagnostic::new("context", text.span, message);
                    self.report(problem.help("write what stands before the colon as git calls it: `#main:folder`"));
                }
            }
        }
        context
    }

    fn check_repository(&mut self, url: &Template, text: &Text) {
        let start = url.leading();
        let is_web = start.starts_with("https://") || start.starts_with("http://");
        let ends_git = match url.parts().last() {
            Some(Part::Literal(text)) => text.ends_with(".git"),
            _ => true,
        };
        if is_web && !ends_git {
            let message = "docker would take this for a file to download: the URL of a git repository ends with `.git`";
            self.report(Diagnostic::new("context", text.span, message).help(format!("write `{url}.git`")));
        }
    }

    /// A Dockerfile is told from the context, as in Compose, and the build runs at the root of this repository.
    pub(super) fn dockerfile(&self, image: &Resolved<'s>, file: &Template) -> Template {
        let mut path = self.located(image).path();
        if file.leading().starts_with('/') || path.as_literal() == Some(".") {
            return file.clone();
        }
        path.push_literal("/");
        path.push(file);
        path
    }

    fn check_folder(&mut self, folder: &Template, text: &Text) {
        let start = folder.leading();
        let leaves = folder.parts().iter().any(|part| match part {
            Part::Literal(text) => text.split('/').any(|component| component == ".."),
            Part::Name(_) => false,
        });
        if start.starts_with(['/', '~', '-']) || leaves {
            let problem =
                Diagnostic::new("context", text.span, format!("`{folder}` is not a folder of the repository"));
            self.report(problem.help("write a path from the repository's root, without `..`"));
        }
    }
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
