//! Bicep is compiled to templates, which are read; files of Bicep itself are only told apart.

/// What a file of Bicep that declares access is told to become.
pub(in crate::formats) const REASON: &str =
    "Bicep is not read; compile it (`az bicep build`) and check the template that comes of it";

/// Whether a file of Bicep declares roles or assignments of Azure.
pub(in crate::formats) fn declares_access(path: &str, bytes: &[u8]) -> bool {
    if !path.ends_with(".bicep") {
        return false;
    }
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    text.lines().map(str::trim_start).filter(|line| line.starts_with("resource ")).any(|line| {
        line.contains("'microsoft.authorization/roleassignments@")
            || line.contains("'microsoft.authorization/roledefinitions@")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Gap;
    use crate::formats::trees::read;

    #[test]
    fn files_that_give_roles_are_said_not_to_be_read() {
        let gives =
            "param id string\nresource own 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: id\n}\n";
        let reading = read(&[
            ("infra/main.bicep", gives),
            ("infra/store.bicep", "resource own 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n}\n"),
            ("README.md", gives),
        ]);
        let found: Vec<_> = reading.not_lowered.iter().map(|own| (&*own.file, own.gap, own.reason.as_str())).collect();
        assert_eq!(found, [("infra/main.bicep", Gap::Unsupported, REASON)]);
    }
}
