//! `countersign check --conftest`: which policies of Conftest are asked, and with which data.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Env;
use super::error::CliError;
use super::forge;
use super::policy_files::{read_below, read_policies};
use crate::policy::conftest::{ConftestFiles, reads};
use crate::source::Comparison;

/// Policies of Conftest.
#[derive(Debug, Args)]
pub(super) struct ConftestArgs {
    /// Ask the Conftest policies of this folder or bundle about every YAML, JSON, TOML and HCL file; may be given several
    /// times.
    /// What `deny` and `violation` find is high, what `warn` finds is medium.
    #[arg(long, value_name = "DIR")]
    conftest: Vec<PathBuf>,
    /// Data for the Conftest policies: YAML and JSON files of this folder.
    #[arg(long, value_name = "DIR", requires = "conftest")]
    conftest_data: Vec<PathBuf>,
    /// The package of the Conftest policies to ask, with * for any text; default: main.
    #[arg(long, value_name = "PACKAGE", requires = "conftest")]
    namespace: Vec<String>,
}

impl ConftestArgs {
    /// The options as they were given, for the command that says the same again.
    pub(super) fn options(&self) -> impl Iterator<Item = (&'static str, String)> {
        let folder = |name: &'static str| move |own: &PathBuf| (name, own.to_string_lossy().into_owned());
        let policies = self.conftest.iter().map(folder("--conftest"));
        let data = self.conftest_data.iter().map(folder("--conftest-data"));
        policies.chain(data).chain(self.namespace.iter().map(|own| ("--namespace", own.clone())))
    }

    /// What was given; `None` without `--conftest`. The change that is judged may have edited none of it.
    pub(super) fn read(&self, env: &Env<'_>, comparison: &Comparison) -> Result<Option<ConftestFiles>, CliError> {
        if self.conftest.is_empty() {
            return Ok(None);
        }
        let mut given = ConftestFiles { namespaces: self.namespace.clone(), ..ConftestFiles::default() };
        for folder in &self.conftest {
            given.policies.extend(read_policies(&env.cwd, folder)?);
        }
        let is_data = |path: &str| reads(path) && [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
        for folder in &self.conftest_data {
            let what = ("data", "name a folder with YAML or JSON files, or a bundle");
            let found = read_below(&env.cwd, folder, &is_data, what)?;
            given.data.extend(found.into_iter().map(|own| (own.below, own.file)));
        }
        let files = given.policies.iter().chain(given.data.iter().map(|(_, file)| file));
        files.into_iter().try_for_each(|file| forge::not_edited(Path::new(&*file.path), env, comparison))?;
        Ok(Some(given))
    }
}
