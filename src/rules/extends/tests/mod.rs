//! What may be said over rules that bind, key by key.

mod config;
mod definitions;
mod entries;

use super::super::*;

fn file(path: &str, text: &str) -> RuleFile {
    RuleFile::new(path, text.as_bytes())
}

/// Rules under `org/` and a repository's own, pinned as they are.
fn pinned(org: &[(&str, &str)], own: &[(&str, &str)]) -> Vec<RuleFile> {
    let mut files: Vec<RuleFile> = org.iter().map(|(path, text)| file(&format!("org/{path}"), text)).collect();
    let digest = digest(&files);
    let entry = format!("extends: [{{folder: org, digest: {digest}}}]\n");
    let config = own.iter().find(|(path, _)| *path == CONFIG_FILE).map_or("", |(_, text)| text);
    files.push(file(CONFIG_FILE, &format!("{entry}{config}")));
    files.extend(own.iter().filter(|(path, _)| *path != CONFIG_FILE).map(|(path, text)| file(path, text)));
    files
}

/// The digest of the rules under `org/`.
fn digest(files: &[RuleFile]) -> String {
    super::super::layer::Layer::read("org/".to_owned(), files.into(), None, &mut Vec::new())
        .digest()
        .unwrap()
        .to_string()
}

fn load(org: &[(&str, &str)], own: &[(&str, &str)]) -> Rules {
    Rules::load(&pinned(org, own), None).unwrap_or_else(|errors| panic!("{:?}", shown(&errors)))
}

fn errors(org: &[(&str, &str)], own: &[(&str, &str)]) -> Vec<String> {
    shown(&Rules::load(&pinned(org, own), None).err().unwrap_or_default())
}

/// `FILE | the text at fault | message | help`.
fn shown(errors: &[RuleError]) -> Vec<String> {
    errors
        .iter()
        .map(|error| {
            let place = error.span.map_or(String::new(), |span| {
                let text = &error.file.bytes[span.start as usize..span.end as usize];
                String::from_utf8_lossy(text).lines().next().unwrap_or_default().to_owned()
            });
            format!("{} | {place} | {} | {}", error.file.path, error.message, error.help.as_deref().unwrap_or("-"))
        })
        .collect()
}

/// A ruleset with an id.
fn ruleset(id: &str, text: &str) -> String {
    format!("apiVersion: countersign.dev/v1\nkind: Ruleset\nmetadata: {{id: {id}, version: '1', title: x}}\n{text}")
}
