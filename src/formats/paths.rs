//! Paths inside of a tree, as definitions name other files.

/// The folder of a path; the root is the empty text.
pub(in crate::formats) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path relative to a folder, as one from the root of the tree; None when it leaves the tree.
pub(in crate::formats) fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = if relative.starts_with('/') { return None } else { folder.split('/').collect() };
    parts.retain(|part| !part.is_empty());
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}
