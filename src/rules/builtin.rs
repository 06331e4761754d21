//! The knowledge that ships with the binary.

use super::error::RuleFile;

macro_rules! embed {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/", $path)))),*]
    };
}

/// Every embedded YAML file by its path under `policies/`. A test holds this list against the folder.
pub(super) static FILES: &[(&str, &str)] = embed![
    "frameworks/cobit-2019.yaml",
    "frameworks/iso-27001-2022.yaml",
    "frameworks/nist-800-53r5.yaml",
    "frameworks/nist-csf-2.0.yaml",
    "frameworks/pci-dss-4.0.yaml",
    "frameworks/soc2-tsc-2017.yaml",
    "retention.yaml",
    "roles/aws.yaml",
    "roles/countersign.yaml",
    "roles/kubernetes.yaml",
    "rulesets/assets.yaml",
    "rulesets/h2r.yaml",
    "rulesets/inventory.yaml",
    "rulesets/it.yaml",
    "rulesets/o2c.yaml",
    "rulesets/p2p.yaml",
    "rulesets/privileged.yaml",
    "rulesets/r2r.yaml",
    "rulesets/sets.yaml",
    "rulesets/treasury.yaml",
];

/// The embedded files under a folder of `policies/`, or the one of that name.
pub(super) fn under(folder: &str) -> Vec<RuleFile> {
    FILES
        .iter()
        .filter(|(path, _)| path.starts_with(folder))
        .map(|(path, text)| RuleFile::new(format!("built-in/{path}"), text.as_bytes()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_yaml_file_under_policies_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        let mut found = Vec::new();
        for entry in glob::glob(&format!("{}/**/*.yaml", root.display())).unwrap() {
            found.push(entry.unwrap().strip_prefix(&root).unwrap().display().to_string());
        }
        found.sort();
        let listed: Vec<&str> = super::FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(found, listed);
    }
}
