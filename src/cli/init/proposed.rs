//! What `init` would write, by what it saw.

use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::Look;
use super::folders::Area;
use crate::cli::error::CliError;
use crate::gate::ERP_KINDS;
use crate::rules::{CONFIG_FILE, day};

/// Days after which a rule that only warns at first would begin to stop changes.
const LATER: i64 = 30 * 86_400;

/// A file to write, or what somebody has to do by hand.
pub(super) enum Proposed {
    /// A file that is written unless it is there.
    File {
        /// From the root of the tree.
        path: &'static str,
        /// Its bytes.
        text: String,
        /// What it is for.
        what: &'static str,
    },
    /// A file that others own.
    Advice {
        /// From the root of the tree.
        path: &'static str,
        /// What to add to it.
        says: String,
    },
}

/// Where changes are reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forge {
    GitHub,
    GitLab,
    Unknown,
}

impl Forge {
    /// By the address of the remote, else by the files that a forge reads.
    fn of(look: &Look) -> Self {
        let remote = look.comparison.repository.as_ref().and_then(|own| own.remote_url.as_deref()).unwrap_or_default();
        let has = |start: &str| look.comparison.head.files.iter().any(|file| file.path.starts_with(start));
        if remote.contains("github.") {
            Self::GitHub
        } else if remote.contains("gitlab.") {
            Self::GitLab
        } else if has(".github/") {
            Self::GitHub
        } else if has(".gitlab-ci.yml") {
            Self::GitLab
        } else {
            Self::Unknown
        }
    }
}

/// What GitHub runs: path, text, and what it is for. Recorder and night want a key first, so they come later.
const GITHUB: [(&str, &str, &str); 3] = [
    (
        ".github/workflows/countersign.yml",
        include_str!("../../../.github/examples/countersign.yml"),
        "judges every pull request",
    ),
    (
        ".github/workflows/countersign-review.yml",
        include_str!("../../../.github/examples/countersign-review.yml"),
        "notes that a review arrived",
    ),
    (
        ".github/workflows/countersign-rejudge.yml",
        include_str!("../../../.github/examples/countersign-rejudge.yml"),
        "then has the judge look again",
    ),
];

/// Where a job begins that only those want who use code scanning.
const CODE_SCANNING: &str = "\n  # Only where code scanning is used.";

/// An example as it is written: without what only some use, and with the commit of this release where it is known.
fn pinned(example: &str) -> String {
    let text = example.split_once(CODE_SCANNING).map_or(example, |(text, _)| text);
    match option_env!("COUNTERSIGN_COMMIT") {
        Some(commit) => text.replace("@COMMIT", &format!("@{commit}")),
        None => text.to_owned(),
    }
}

/// What is still to be written into files of GitHub's by hand, where this program does not know its release.
pub(super) fn unpinned() -> Option<&'static str> {
    option_env!("COUNTERSIGN_COMMIT")
        .is_none()
        .then_some("write a release's commit id for COMMIT in .github/workflows/")
}

/// Everything that is to be there, in the order in which it is read.
pub(super) fn proposed(look: &Look, now: i64) -> Result<Vec<Proposed>, CliError> {
    let mut all = vec![
        Proposed::File {
            path: CONFIG_FILE,
            text: configuration(look, now)?,
            what: "what is in scope, and what stops a change",
        },
        Proposed::File {
            path: ".countersign/README.md",
            text: include_str!("folder.md").to_owned(),
            what: "where approvals and exceptions will stand",
        },
    ];
    match Forge::of(look) {
        Forge::GitHub => all.extend(GITHUB.map(|(path, text, what)| Proposed::File { path, text: pinned(text), what })),
        Forge::GitLab => all.push(Proposed::Advice {
            path: ".gitlab-ci.yml",
            says: concat!("add the job of ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/gitlab.md").to_owned(),
        }),
        Forge::Unknown => {}
    }
    if look.comparison.head.get(".pre-commit-config.yaml").is_some() {
        all.push(Proposed::Advice {
            path: ".pre-commit-config.yaml",
            says: concat!(
                "to have the framework run the hook, add the lines of ",
                env!("CARGO_PKG_REPOSITORY"),
                "/blob/main/docs/pre-commit.md"
            )
            .to_owned(),
        });
    }
    Ok(all)
}

fn configuration(look: &Look, now: i64) -> Result<String, CliError> {
    let failed = |error: minijinja::Error| CliError::other(format!("the configuration: {error}"), "report it as a bug");
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_keep_trailing_newline(true);
    environment.add_template("configuration", include_str!("countersign.yaml.jinja")).map_err(failed)?;
    let template = environment.get_template("configuration").map_err(failed)?;
    let judgement = &look.record.judgement;
    // A system that is called as its kind is one that nothing names.
    let unnamed: Vec<Value> = judgement
        .kinds()
        .filter(|(id, kind)| id == kind)
        .map(|(_, kind)| {
            let of_kind = |area: &&Area| area.formats.iter().any(|format| format.contains(kind));
            let globs: Vec<String> =
                look.areas.declared.iter().filter(of_kind).map(|area| quoted(&area.glob)).collect();
            let globs = if globs.is_empty() { quoted("**") } else { globs.join(", ") };
            context! { kind, globs }
        })
        .collect();
    let erp = look.record.judgement.kinds().any(|(_, kind)| ERP_KINDS.contains(&kind));
    template
        .render(context! {
            in_scope => rows(&look.areas.declared),
            samples => rows(&look.areas.samples),
            unnamed,
            erp,
            later => day(now + LATER),
        })
        .map_err(failed)
}

/// Globs with what is there, one below the other.
fn rows(areas: &[Area]) -> Vec<Value> {
    let width = areas.iter().map(|area| quoted(&area.glob).chars().count()).max().unwrap_or_default();
    let row = |area: &Area| {
        let glob = quoted(&area.glob);
        let pad = " ".repeat(width.saturating_sub(glob.chars().count()));
        let formats: Vec<&str> = area.formats.iter().copied().collect();
        let files = if area.files == 1 { "1 file".to_owned() } else { format!("{} files", area.files) };
        context! { glob, pad, says => format!("{files}: {}", formats.join(", ")) }
    };
    areas.iter().map(row).collect()
}

/// A text in YAML's double quotes, which take what JSON's take (YAML 1.2, 1.3).
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
