//! What an exit status means.

use super::super::Exit;
use super::super::error::CliError;
use super::{empty, next};
use crate::output::{ExplainReport, ExplainedKind};

pub(super) fn of(status: &str, version: &str) -> Result<ExplainReport, CliError> {
    let Some(exit) = Exit::ALL.into_iter().find(|exit| status.parse() == Ok(exit.code())) else {
        return Err(CliError::other(format!("there is no exit status `{status}`"), "they are 0 to 5"));
    };
    let (meaning, fix, commands) = match exit {
        Exit::Clean => (
            "Nothing stops the change. What only warns is printed all the same, and the evidence says what was evaluated.",
            "Nothing.",
            vec![next("countersign access", "who holds what as it stands:")],
        ),
        Exit::Blocked => (
            "The change brings something that the rules do not let pass: the findings marked `×`. What stood there before \
             the change stops nobody.",
            "Each finding says one fix, and who can let it pass as it is.",
            vec![
                next("countersign check --base main", "the same, at your desk:"),
                next("countersign explain POLICY", "what a policy finds, by an example:"),
            ],
        ),
        Exit::Usage => (
            "Nothing was judged: an option, a rule file, or the repository itself is not as it has to be. In a workflow it \
             is mostly a shallow clone, which has no merge base.",
            "The message says what is wrong and where. For a shallow clone: fetch all of it (`fetch-depth: 0`).",
            vec![
                next("countersign check --help", "the options:"),
                next("countersign schema config", "what countersign.yaml may hold:"),
            ],
        ),
        Exit::NothingCollected => (
            "`in_scope:` in countersign.yaml says that definitions stand here, and none were found; or no policy was asked. \
             A gate that looks at nothing would pass everything, so it does not pass.",
            "Correct `in_scope:` and `include:` in countersign.yaml, or the folder that is judged.",
            vec![next("countersign access", "what is read here:"), next("countersign policy list", "what is asked:")],
        ),
        Exit::NotEvaluated => (
            "The change brings a definition that is recognised and cannot be evaluated: it is broken, has a key twice, or is \
             too large. What it grants is not known, so it does not pass.",
            "Mend the file: the finding CS-COVER-001 says where and why.",
            vec![next("countersign explain CS-COVER-001", "the policy that finds it, with examples:")],
        ),
        Exit::EvidenceInvalid => (
            "A record, a signature or the log is not what it has to be, or something is missing that has to be there. Nothing \
             that rests on it can be relied on.",
            "Keep it as it is, and find out who could write there. The message names the first record that is wrong.",
            vec![
                next("countersign evidence verify --help", "what is verified, and with which keys:"),
                next("countersign evidence list", "the records:"),
            ],
        ),
    };
    Ok(ExplainReport {
        meaning: vec![meaning.to_owned()],
        fix: vec![fix.to_owned()],
        next: commands,
        ..empty(ExplainedKind::ExitStatus, &exit.code().to_string(), exit.meaning(), version)
    })
}
