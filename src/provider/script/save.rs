//! What saves published images as files.

use super::copy::{assigned, lacking};
use super::{Names, Values, is_clean};
use crate::plan::{Export, ExportFile};
use crate::reference::TAG_LIMIT;
use crate::shell;
use crate::template::Template;

/// The shell that saves every platform's image, by the digest of the index that was just published, to files in a folder.
pub(in crate::provider) fn save(values: &Values<'_>, export: &Export, (logins, folder): (&[String], &str)) -> String {
    let index = format!(".splitbuild/{}-index", values.job.key);
    // Not every shell ends where the file of a loop is not there.
    let mut text = format!("mkdir -p {folder}\ncat {index}\nwhile IFS=@ read -r published digest; do\n");
    text.push_str("  tag=${published##*:}\n  case $published in\n");
    let mut images: Vec<&Template> = Vec::new();
    for file in &export.files {
        if !images.contains(&&file.image) {
            images.push(&file.image);
        }
    }
    for image in images {
        text.push_str(&format!("    {}:*)\n", word(values, image)));
        for file in export.files.iter().filter(|file| file.image == *image) {
            one(values, file, (logins, folder), &mut text);
        }
        text.push_str("      ;;\n");
    }
    text.push_str(&format!("  esac\ndone <{index}\n"));
    text
}

/// What stands before it: the names that it needs.
pub(in crate::provider) fn before_save(values: &Values<'_>, names: &dyn Names, export: &Export) -> Vec<String> {
    let all: Vec<Template> = export.files.iter().flat_map(|file| [&file.image, &file.file]).cloned().collect();
    let mut lines = lacking(values, names, &all);
    lines.extend(assigned(values, names));
    lines
}

fn one(values: &Values<'_>, file: &ExportFile, (logins, folder): (&[String], &str), text: &mut String) {
    let name = word(values, &file.file);
    if file.file.names().any(|name| !["tag", "arch", "arch_tag"].contains(&name)) {
        text.push_str(&format!("      file={name}\n"));
        text.push_str("      case $file in '' | */*) echo \"'$file' is no name of a file\" >&2; exit 1 ;; esac\n");
    }
    let mut path = Template::literal(&format!("{folder}/"));
    path.push(&file.file);
    text.push_str("      splitbuild export");
    logins.iter().for_each(|login| text.push_str(&format!(" \\\n        {login}")));
    text.push_str(&format!(" \\\n        --platform {}", file.platform));
    text.push_str(&format!(" \\\n        --name \"$published\" --name {}", arch_name(values, file)));
    text.push_str(&format!(" \\\n        --output {}", word(values, &path)));
    text.push_str(&format!(" \\\n        \"{}@$digest\"\n", quoted(values, &file.image)));
}

/// The per-architecture name that the saved image gets as well.
fn arch_name(values: &Values<'_>, file: &ExportFile) -> String {
    let Some((name, tag)) = file.arch_image.rsplit_once(":") else { return word(values, &file.arch_image) };
    match is_clean(&filled(values, &tag)) {
        true => word(values, &file.arch_image),
        false => format!("\"{}:$(clean \"{}\" {TAG_LIMIT})\"", quoted(values, &name), quoted(values, &tag)),
    }
}

/// Whether a name must be cleaned.
pub(in crate::provider) fn save_cleans(values: &Values<'_>, export: &Export) -> bool {
    let tag = |file: &ExportFile| file.arch_image.rsplit_once(":").map(|(_, tag)| tag).unwrap_or_default();
    export.files.iter().any(|file| !is_clean(&filled(values, &tag(file))))
}

/// The tag is each of those that were published in turn.
fn filled(values: &Values<'_>, value: &Template) -> Template {
    value.fill(|name| values.same_var(name).cloned())
}

fn word(values: &Values<'_>, value: &Template) -> String {
    shell::word(&filled(values, value), &|name| values.parameter(name))
}

fn quoted(values: &Values<'_>, value: &Template) -> String {
    shell::quoted(&filled(values, value), &|name| values.parameter(name))
}
