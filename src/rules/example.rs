//! For each built-in policy one small example that it finds and one that it leaves alone: knowledge, as YAML.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::builtin;
use super::collect;
use super::ruleset::ApiVersion;

/// `kind: PolicyExamples`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum PolicyExamplesKind {
    PolicyExamples,
}

/// A file of examples.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyExamples {
    #[serde(rename = "apiVersion")]
    _api_version: ApiVersion,
    #[serde(rename = "kind")]
    _kind: PolicyExamplesKind,
    policies: BTreeMap<String, Examples>,
}

/// What a policy finds and what it leaves alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// Files that stand in the trees of both, by path.
    #[serde(default)]
    pub world: BTreeMap<String, String>,
    /// What it finds.
    pub fires: Example,
    /// What it leaves alone.
    pub silent: Example,
}

/// One example: files of a tree, or the document that the policy reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows, in a sentence.
    pub says: String,
    /// What stands on the line that matters, and on no other.
    pub mark: String,
    /// The files, by path.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// What the target has instead of them, where the policy compares.
    #[serde(default)]
    pub before: BTreeMap<String, String>,
    /// Employment facts that are imported, as CSV.
    #[serde(default)]
    pub people: Option<String>,
    /// The document that the policy reads, as JSON, where files would be too long to show.
    #[serde(default)]
    pub input: Option<String>,
}

/// The examples of the built-in policies, by policy. They are read when they are first asked for.
static EXAMPLES: LazyLock<BTreeMap<String, Examples>> = LazyLock::new(|| {
    let (mut all, mut errors) = (Vec::<PolicyExamples>::new(), Vec::new());
    for file in builtin::files("examples/") {
        collect(file, &mut all, &mut errors);
    }
    all.into_iter().flat_map(|own| own.policies).collect()
});

/// The examples of a built-in policy.
#[must_use]
pub fn examples(policy: &str) -> Option<&'static Examples> {
    EXAMPLES.get(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_examples_can_be_read_and_names_a_policy_once() {
        let (mut all, mut errors) = (Vec::<PolicyExamples>::new(), Vec::new());
        builtin::files("examples/").for_each(|file| collect(file, &mut all, &mut errors));
        assert_eq!(errors, []);
        let named: usize = all.iter().map(|own| own.policies.len()).sum();
        assert_eq!(named, EXAMPLES.len());
    }

    #[test]
    fn each_marks_one_line() {
        for (id, own) in EXAMPLES.iter() {
            for example in [&own.fires, &own.silent] {
                let lines = example.files.values().chain(&example.input).flat_map(|text| text.lines());
                assert_eq!(lines.filter(|line| line.contains(&example.mark)).count(), 1, "{id}: {}", example.mark);
                assert_eq!(example.input.is_some(), example.files.is_empty(), "{id}");
            }
        }
    }
}
