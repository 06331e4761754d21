//! Examples of the commands whose help has none beside their arguments.

use std::borrow::Cow;
use std::fmt::Write as _;

use clap::Command;

/// Each command with what to type, and what that is for.
const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "",
        &[
            ("countersign init", "what the gate would find here, and what it needs to begin"),
            ("countersign check --base origin/main", "judge what this branch would bring to main"),
            ("countersign explain CS-SOD-001", "what a finding means, and what to do about it"),
        ],
    ),
    ("hook", &[("countersign hook install", "judge every commit before it is made")]),
    ("hook uninstall", &[("countersign hook uninstall", "take away what `install` wrote, and nothing else")]),
    ("hook status", &[("countersign hook status", "which hooks are there, and whose they are")]),
    ("access export", &[("countersign access export --output graph.json", "what other repositories build on")]),
    (
        "approval",
        &[
            ("countersign approval list", "the approvals, and what became of each"),
            (
                "countersign approval new --subject person:ann --duty SUPER --approver person:bob --reason INC-7",
                "write one",
            ),
        ],
    ),
    (
        "approval new",
        &[
            (
                "countersign approval new --subject person:ann --duty SUPER --approver person:bob --reason INC-7",
                "a duty of one person",
            ),
            (
                "countersign approval new --role role:k8s/deployer --duty SUPER --system k8s --approver person:bob --reason deploys",
                "whoever has it by this role alone",
            ),
            ("countersign approval new --rules --approver person:bob --reason CHG-12", "the rules of this tree"),
        ],
    ),
    (
        "approval sign",
        &[("countersign approval sign ann-super --key ~/.ssh/id_ed25519", "with the key that signs commits")],
    ),
    ("approval list", &[("countersign approval list --format csv", "for a spreadsheet")]),
    ("approval verify", &[("countersign approval verify", "all of them")]),
    ("exception", &[("countersign exception list", "the exceptions, and what became of each")]),
    (
        "exception new",
        &[(
            "countersign exception new CS-SOD-001 --subject person:ann --about P2P-03 --approver person:bob --owner \
             person:cy --reason two-of-us --control CC-12 --control-does weekly-review --monitor person:eve --frequency \
             weekly",
            "one conflict of one person, for a time",
        )],
    ),
    (
        "exception sign",
        &[("countersign exception sign ann-p2p-03 --key ~/.ssh/id_ed25519", "with the key that signs commits")],
    ),
    ("exception list", &[("countersign exception list --format csv", "for a spreadsheet")]),
    ("exception verify", &[("countersign exception verify ann-p2p-03", "one of them")]),
    (
        "exception renew",
        &[("countersign exception renew ann-p2p-03 --expires 2027-03-31", "then have it signed again")],
    ),
    (
        "exception expire",
        &[("countersign exception expire ann-p2p-03 --reviewer person:bob --reason moved", "end it today")],
    ),
    ("emergency", &[("countersign emergency list", "the emergencies, and what became of each")]),
    (
        "emergency new",
        &[(
            "countersign emergency new --incident INC-7 --subject person:ann --approver person:bob --reason outage \
             --hours 4",
            "access for four hours",
        )],
    ),
    (
        "emergency sign",
        &[("countersign emergency sign inc-7 --key ~/.ssh/id_ed25519", "with the key that signs commits")],
    ),
    ("emergency list", &[("countersign emergency list --format csv", "for a spreadsheet")]),
    ("emergency verify", &[("countersign emergency verify inc-7", "one of them")]),
    (
        "emergency review",
        &[("countersign emergency review inc-7 --reviewer person:eve --reason looked-at-it", "afterwards, by another")],
    ),
    (
        "emergency reconcile",
        &[(
            "countersign emergency reconcile 3f2a91c --incident INC-7 --approver person:bob --reason outage",
            "answer for a commit that landed past the gate",
        )],
    ),
    (
        "review",
        &[
            ("countersign review open --help", "begin one"),
            ("countersign review status", "who still has to decide what"),
        ],
    ),
    ("review sign", &[("countersign review sign person-max --key ~/.ssh/id_ed25519", "sign what you decided")]),
    (
        "adopt",
        &[
            ("countersign adopt --owner person:olga", "write the register of what exists"),
            ("countersign adopt sign adoption --key ~/.ssh/id_ed25519", "sign it"),
        ],
    ),
    ("adopt sign", &[("countersign adopt sign adoption --key ~/.ssh/id_ed25519", "with the key that signs commits")]),
    ("adopt verify", &[("countersign adopt verify", "who signed it, and whether that counts")]),
    ("record", &[("countersign record --key evidence.key", "the commit that landed, signed and logged")]),
    ("evidence", &[("countersign evidence verify --all", "whether all of it is as it was written")]),
    (
        "evidence verify",
        &[
            ("countersign evidence verify --all", "every record and the log"),
            ("countersign evidence verify 3f2a91 --store dir:/mnt/evidence", "one record, of another place"),
        ],
    ),
    (
        "evidence reperform",
        &[
            ("countersign evidence reperform --all", "judge everything again"),
            ("countersign evidence reperform --sample 25 --seed 42", "those that a seed selects"),
        ],
    ),
    ("evidence list", &[("countersign evidence list --verdict blocked", "what was stopped")]),
    ("evidence show", &[("countersign evidence show 3f2a91", "one record in words")]),
    (
        "evidence attach",
        &[(
            "countersign evidence attach users.csv --source SUIM --run-by person:ann --run-at 2026-10-01T09:00:00Z",
            "a list from a system, with where it came from",
        )],
    ),
    ("evidence hold", &[("countersign evidence hold list", "what must not be purged, and who said so")]),
    (
        "evidence hold place",
        &[(
            "countersign evidence hold place --all --by person:lex --reason CASE-9",
            "keep everything until it is lifted",
        )],
    ),
    (
        "evidence hold lift",
        &[("countersign evidence hold lift 3f2a91 --by person:lex --reason CASE-9-closed", "the days count again")],
    ),
    ("evidence hold list", &[("countersign evidence hold list --format json", "for a program")]),
    ("evidence purge", &[("countersign evidence purge --dry-run", "what has been kept for long enough")]),
    (
        "evidence erase",
        &[("countersign evidence erase --subject person:ann --reason GDPR-17 --dry-run", "what names somebody")],
    ),
    (
        "evidence pseudonyms",
        &[("countersign evidence pseudonyms new pseudonyms.json", "keep names out of the evidence from now on")],
    ),
    ("evidence pseudonyms new", &[("countersign evidence pseudonyms new pseudonyms.json", "an empty table")]),
    (
        "evidence pseudonyms forget",
        &[("countersign evidence pseudonyms forget pseudonyms.json --subject person:ann", "nobody is that any more")],
    ),
    ("evidence sign", &[("countersign evidence sign 3f2a91 --key evidence.key", "a record that was kept unsigned")]),
    ("evidence keygen", &[("countersign evidence keygen evidence.key", "and evidence.key.pub beside it")]),
    ("evidence trust", &[("countersign evidence trust show", "whose keys count, since when and until when")]),
    (
        "evidence trust init",
        &[("countersign evidence trust init --origin acme.example/evidence --key evidence.key", "begin a log")],
    ),
    (
        "evidence trust add",
        &[("countersign evidence trust add witness.pub --role witness --name audit --key evidence.key", "a witness")],
    ),
    (
        "evidence trust revoke",
        &[(
            "countersign evidence trust revoke old.pub --reason lost --key evidence.key",
            "what it signs later counts not",
        )],
    ),
    ("evidence trust show", &[("countersign evidence trust show", "whose keys count")]),
    (
        "evidence witness",
        &[(
            "countersign evidence witness --name audit --genesis e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 --last seen.json --key witness.key",
            "see that the log only grew, and sign it",
        )],
    ),
    ("evidence checkpoint", &[("countersign evidence checkpoint", "the log's size and hash, signed")]),
    ("evidence tidy", &[("countersign evidence tidy", "take away what an interrupted writer left")]),
    (
        "population",
        &[("countersign population verify --period 2026Q4", "whether something landed that was not judged")],
    ),
    (
        "population merges",
        &[("countersign population merges --period 2026Q4 --output merges.csv", "what landed, from git")],
    ),
    (
        "population evaluations",
        &[("countersign population evaluations --period 2026Q4 --output judged.csv", "what was judged, from the log")],
    ),
    (
        "report verify",
        &[
            ("countersign report verify report.json --period 2026Q4", "make it again and compare"),
            (
                "countersign report verify report.json --period 2026Q4 --also csv=papers --also oscal=oscal",
                "the workpapers too",
            ),
        ],
    ),
    ("benchmark", &[("countersign benchmark check --baseline v1.0", "what of the gate must be tested again")]),
    (
        "policy",
        &[
            ("countersign policy list", "every policy that is asked"),
            ("countersign policy new ACME-ACCESS-001", "one of your own"),
        ],
    ),
    ("policy list", &[("countersign policy list --policy policies/", "with those of a folder")]),
    ("policy show", &[("countersign policy show CS-SOD-001", "what it says, why, and its Rego")]),
    ("policy lint", &[("countersign policy lint policies/", "every policy of a folder")]),
    ("policy doc", &[("countersign policy doc --own > docs/policies.md", "a page of your own policies")]),
    (
        "ruleset",
        &[
            ("countersign ruleset list --conflicts", "every conflict in force"),
            ("countersign ruleset show P2P-03", "one of them in words"),
        ],
    ),
    (
        "ruleset list",
        &[
            ("countersign ruleset list", "the rulesets, and who adopted them"),
            ("countersign ruleset list --conflicts --format csv > matrix.csv", "the matrix for a spreadsheet"),
        ],
    ),
    (
        "ruleset show",
        &[
            ("countersign ruleset show cs-p2p", "a ruleset"),
            ("countersign ruleset show VBANK", "a duty, with what confers it in which system"),
        ],
    ),
    (
        "schema",
        &[("countersign schema", "the names"), ("countersign schema manifest > manifest.schema.json", "for an editor")],
    ),
];

/// Gives every command that has none its examples, before what else its help ends with.
pub(super) fn with_examples(command: Command) -> Command {
    below(command, "")
}

fn below(command: Command, path: &str) -> Command {
    let command = command.mut_subcommands(|sub| {
        let own = if path.is_empty() { sub.get_name().to_owned() } else { format!("{path} {}", sub.get_name()) };
        below(sub, &own)
    });
    let Some((_, examples)) = EXAMPLES.iter().find(|(own, _)| *own == path) else { return command };
    let mut text = String::from("Examples:\n");
    let widest = examples.iter().map(|(line, _)| line.len()).filter(|length| *length < 62).max().unwrap_or_default();
    for (line, what) in *examples {
        // What has to be typed in one line stands in one line; what does not fit beside it stands under it.
        let _ = if line.len() <= widest {
            writeln!(text, "  {line:widest$}  {what}")
        } else {
            writeln!(text, "  {}\n      {what}", folded(line))
        };
    }
    let rest =
        command.get_after_help().map(ToString::to_string).map_or(Cow::Borrowed(""), |rest| format!("\n{rest}").into());
    let text = format!("{text}{rest}").trim_end().to_owned();
    command.after_help(text)
}

/// A command in lines of at most 94 columns, as a shell takes them.
fn folded(line: &str) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for (number, part) in line.split(" --").enumerate() {
        if number > 0 {
            if column + part.len() > 90 {
                out.push_str(" \\\n     ");
                column = 5;
            }
            out.push_str(" --");
            column += 3;
        }
        out.push_str(part);
        column += part.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::args::{Cli, parse};
    use super::*;

    #[test]
    fn every_entry_is_for_a_command() {
        for (path, _) in EXAMPLES {
            let mut command = &Cli::command();
            for word in path.split_whitespace() {
                command = command.find_subcommand(word).unwrap_or_else(|| panic!("there is no `{path}`"));
            }
        }
    }

    #[test]
    fn every_example_can_be_typed() {
        for (line, _) in EXAMPLES.iter().flat_map(|(_, examples)| *examples) {
            let words = line.split(" > ").next().unwrap_or_default().split_whitespace().map(Into::into);
            if let Err(error) = parse(words, 100) {
                assert!(!error.use_stderr(), "{line}: {error}");
            }
        }
    }

    #[test]
    fn a_long_command_is_folded_before_an_option() {
        let line = format!("countersign check --base main --output {} --head HEAD", "x".repeat(80));
        let folded = folded(&line);
        assert_eq!(folded.matches(" \\\n      --").count(), 2, "{folded}");
        assert_eq!(folded.replace(" \\\n     ", ""), line);
        assert_eq!(super::folded("countersign check --base main"), "countersign check --base main");
    }

    #[test]
    fn what_is_longer_than_a_line_is_a_paragraph_by_itself() {
        fn walk(command: &Command) {
            for text in command.get_after_help().into_iter().chain(command.get_before_help()) {
                let text = text.to_string();
                let lines: Vec<&str> = text.lines().collect();
                for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.chars().count() > 100) {
                    let beside = [at.checked_sub(1).and_then(|at| lines.get(at)), lines.get(at + 1)];
                    let apart = beside.into_iter().flatten().all(|line| line.is_empty());
                    assert!(apart, "{}: a paragraph is broken by hand, and wraps badly: {line}", command.get_name());
                }
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&with_examples(Cli::command()));
    }

    #[test]
    fn no_command_has_its_examples_twice() {
        fn walk(command: &Command, path: &str) {
            let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert_eq!(text.matches("Examples:").count(), usize::from(!command.is_hide_set()), "{path}");
            command.get_subcommands().for_each(|sub| walk(sub, &format!("{path} {}", sub.get_name())));
        }
        walk(&with_examples(Cli::command()), "countersign");
    }
}
