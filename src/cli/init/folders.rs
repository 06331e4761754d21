//! Which folders hold definitions of access, as globs for `countersign.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use crate::formats::Reading;

/// Folders whose files give nobody anything in most repositories.
const SAMPLES: [&str; 14] = [
    "test",
    "tests",
    "testdata",
    "__tests__",
    "e2e",
    "fixture",
    "fixtures",
    "example",
    "examples",
    "sample",
    "samples",
    "mock",
    "mocks",
    "docs",
];
/// More globs than this are not read by anybody; then the outermost folders stand for what is in them.
const MOST: usize = 12;

/// Files with definitions that one glob covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Area {
    /// The glob, from the root.
    pub(super) glob: String,
    /// How many files with definitions it covers.
    pub(super) files: usize,
    /// Their formats.
    pub(super) formats: BTreeSet<&'static str>,
}

/// Where definitions stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Areas {
    /// Where access is declared.
    pub(super) declared: Vec<Area>,
    /// Folders that are called as samples or tests are.
    pub(super) samples: Vec<Area>,
}

/// A folder with what is below it.
#[derive(Default)]
struct Folder<'a> {
    folders: BTreeMap<&'a str, Folder<'a>>,
    /// Files with definitions that stand in it directly.
    own: Vec<(&'a str, &'a BTreeSet<&'static str>)>,
    /// Files with definitions below it, its own included.
    files: usize,
}

impl Areas {
    /// Of what was read. Files of the gate itself are left out.
    pub(super) fn of(reading: &Reading) -> Self {
        Self::of_paths(reading.formats.iter().map(|(path, formats)| (&**path, formats)))
    }

    fn of_paths<'a>(files: impl Iterator<Item = (&'a str, &'a BTreeSet<&'static str>)>) -> Self {
        let mut root = Folder::default();
        let mut samples: BTreeMap<String, Area> = BTreeMap::new();
        for (path, formats) in files {
            if let Some(folder) = sample_folder(path) {
                let glob = below(folder);
                let area =
                    samples.entry(glob.clone()).or_insert_with(|| Area { glob, files: 0, formats: BTreeSet::new() });
                area.files += 1;
                area.formats.extend(formats);
                continue;
            }
            root.add(path, formats);
        }
        let mut declared = Vec::new();
        root.cover("", &mut declared);
        if declared.len() > MOST {
            declared.clear();
            root.cover_outermost(&mut declared);
        }
        Self { declared, samples: samples.into_values().collect() }
    }
}

impl<'a> Folder<'a> {
    fn add(&mut self, rest: &'a str, formats: &'a BTreeSet<&'static str>) {
        self.files += 1;
        match rest.split_once('/') {
            Some((folder, rest)) => self.folders.entry(folder).or_default().add(rest, formats),
            None => self.own.push((rest, formats)),
        }
    }

    /// The smallest globs: a folder that holds definitions itself, or splits into several that do, is one.
    fn cover(&self, path: &str, areas: &mut Vec<Area>) {
        if path.is_empty() {
            self.cover_files(areas);
        } else if !self.own.is_empty() || self.folders.len() > 1 {
            areas.push(self.area(path));
            return;
        }
        for (name, folder) in &self.folders {
            let path = if path.is_empty() { (*name).to_owned() } else { format!("{path}/{name}") };
            folder.cover(&path, areas);
        }
    }

    fn cover_outermost(&self, areas: &mut Vec<Area>) {
        self.cover_files(areas);
        areas.extend(self.folders.iter().map(|(name, folder)| folder.area(name)));
    }

    /// Files at the root are named one by one, or by their ending where there are several.
    fn cover_files(&self, areas: &mut Vec<Area>) {
        let mut endings: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for file in &self.own {
            endings.entry(file.0.rsplit_once('.').map_or(file.0, |(_, ending)| ending)).or_default().push(file);
        }
        for (ending, files) in endings {
            let glob = match files.as_slice() {
                [(name, _)] => glob::Pattern::escape(name),
                _ => format!("*.{}", glob::Pattern::escape(ending)),
            };
            let formats = files.iter().flat_map(|(_, formats)| formats.iter().copied()).collect();
            areas.push(Area { glob, files: files.len(), formats });
        }
    }

    fn area(&self, path: &str) -> Area {
        let mut formats = BTreeSet::new();
        self.collect(&mut formats);
        Area { glob: below(path), files: self.files, formats }
    }

    fn collect(&self, formats: &mut BTreeSet<&'static str>) {
        formats.extend(self.own.iter().flat_map(|(_, own)| own.iter().copied()));
        self.folders.values().for_each(|folder| folder.collect(formats));
    }
}

/// Everything below a folder, whatever characters are in its name.
fn below(folder: &str) -> String {
    format!("{}/**", glob::Pattern::escape(folder))
}

/// The outermost folder of a path that is called as samples or tests are.
fn sample_folder(path: &str) -> Option<&str> {
    let mut end = 0;
    for part in path.split('/') {
        let start = end;
        end += part.len() + 1;
        let is_folder = end <= path.len();
        if is_folder && SAMPLES.contains(&part.to_lowercase().as_str()) {
            return path.get(..start + part.len());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(paths: &[&str]) -> Areas {
        let formats = BTreeSet::from(["aws"]);
        Areas::of_paths(paths.iter().map(|path| (*path, &formats)))
    }

    fn globs(areas: &[Area]) -> Vec<(&str, usize)> {
        areas.iter().map(|area| (area.glob.as_str(), area.files)).collect()
    }

    #[test]
    fn a_folder_covers_what_is_below_it_as_far_in_as_it_can() {
        let found = areas(&["infra/live/prod/a.tf", "infra/live/dev/b.tf", "k8s/x.yaml", "k8s/base/y.yaml"]);
        assert_eq!(globs(&found.declared), [("infra/live/**", 2), ("k8s/**", 2)]);
        assert_eq!(globs(&areas(&["a/b/c/d.tf"]).declared), [("a/b/c/**", 1)]);
    }

    #[test]
    fn files_at_the_root_are_named_or_covered_by_their_ending() {
        let found = areas(&["main.tf", "iam.tf", "roles.yaml", "Jenkinsfile", "modules/a/b.tf"]);
        assert_eq!(globs(&found.declared), [("Jenkinsfile", 1), ("*.tf", 2), ("roles.yaml", 1), ("modules/a/**", 1)]);
    }

    #[test]
    fn samples_and_tests_are_told_apart_by_their_folder_and_not_by_a_file() {
        let found = areas(&["app/Tests/one/a.yaml", "app/tests.yaml", "examples/b.tf", "prod/c.tf"]);
        assert_eq!(globs(&found.samples), [("app/Tests/**", 1), ("examples/**", 1)]);
        assert_eq!(globs(&found.declared), [("app/**", 1), ("prod/**", 1)]);
    }

    #[test]
    fn many_folders_are_told_by_the_outermost() {
        let paths: Vec<String> = (0..30).map(|n| format!("{}/team-{n}/only/a.tf", n % 20)).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let found = areas(&paths);
        assert_eq!(found.declared.len(), 20);
        assert_eq!(found.declared.iter().map(|area| area.files).sum::<usize>(), 30);
        assert!(found.declared.iter().all(|area| area.glob.matches('/').count() == 1), "{found:?}");
    }

    #[test]
    fn characters_of_a_glob_in_a_name_stand_for_themselves() {
        let found = areas(&["a[1]/x.tf", "what?.tf"]);
        assert_eq!(globs(&found.declared), [("what[?].tf", 1), ("a[[]1[]]/**", 1)]);
        assert!(glob::Pattern::new(&found.declared[1].glob).unwrap().matches("a[1]/x.tf"));
    }
}
