//! The keys of `countersign.yaml`.

use super::*;
use crate::facts::CredentialKind;

fn config_errors(org: &str, own: &str) -> Vec<String> {
    errors(&[("countersign.yaml", org)], &[("countersign.yaml", own)])
}

fn config_load(org: &str, own: &str) -> Rules {
    load(&[("countersign.yaml", org)], &[("countersign.yaml", own)])
}

fn decided(rules: &Rules, conflict: Option<&str>, policy: &str, severity: Severity, day: &str) -> (Enforcement, bool) {
    let at =
        day.parse::<jiff::civil::Date>().unwrap().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
    let enforced = rules.config.enforcement.decide(EnforcedOn { conflict, policy, severity }, at);
    (enforced.enforcement, enforced.extended)
}

const TODAY: &str = "2026-11-21";

#[test]
fn enforcement_is_the_stricter_of_both_and_silence_adds_nothing() {
    let rules = config_load(
        "enforcement: {conflicts: {P2P-11: record}, severities: {medium: approve}}\n",
        "enforcement: {conflicts: {P2P-12: block}, severities: {medium: block}, policies: {CS-NHI-001: block}}\n",
    );
    let of = |conflict, policy, severity| decided(&rules, conflict, policy, severity, TODAY);
    // What the organisation leaves to its repositories stays left to them.
    assert_eq!(of(Some("P2P-11"), "CS-SOD-001", Severity::Critical), (Enforcement::Record, true));
    assert_eq!(of(Some("P2P-12"), "CS-SOD-001", Severity::Medium), (Enforcement::Block, false));
    assert_eq!(of(None, "CS-X", Severity::Medium), (Enforcement::Block, false));
    assert_eq!(of(None, "CS-X", Severity::High), (Enforcement::Block, true));
    assert_eq!(of(None, "CS-NHI-001", Severity::Low), (Enforcement::Block, false));
    // A severity says nothing of what an approval answers, here as without an organisation.
    assert_eq!(of(None, "CS-GRANT-001", Severity::Medium), (Enforcement::Approve, true));
}

#[test]
fn enforcement_is_the_stricter_of_both_on_each_day() {
    let rules = config_load(
        "enforcement: {conflicts: {P2P-11: [{enforcement: warn}, {enforcement: block, from: 2027-06-01}]}}\n",
        "enforcement: {conflicts: {P2P-11: [{enforcement: warn}, {enforcement: approve, from: 2027-01-01}, \
         {enforcement: block, from: 2027-05-01}]}}\n",
    );
    let on = |day| decided(&rules, Some("P2P-11"), "CS-SOD-001", Severity::High, day);
    assert_eq!(on(TODAY), (Enforcement::Warn, true));
    assert_eq!(on("2027-01-01"), (Enforcement::Approve, false));
    assert_eq!(on("2027-05-01"), (Enforcement::Block, false));
    assert_eq!(on("2027-06-01"), (Enforcement::Block, true));
}

#[test]
fn enforcement_that_asks_for_less_is_an_error() {
    let place = "countersign.yaml |";
    let cases = [
        (
            "enforcement: {conflicts: {P2P-01: block}}\n",
            "enforcement: {conflicts: {P2P-01: warn}}\n",
            "P2P-01 | the rules that these extend say block for P2P-01, and this says warn | write `block`, or leave the \
             entry out",
        ),
        // By a severity, and by the default of one.
        (
            "enforcement: {severities: {high: approve, critical: approve}}\n",
            "enforcement: {conflicts: {P2P-01: warn}}\n",
            "P2P-01 | the rules that these extend say approve for P2P-01, and this says warn",
        ),
        (
            "version: 1\n",
            "enforcement: {conflicts: {P2P-01: approve}}\n",
            "P2P-01 | the rules that these extend say block",
        ),
        (
            "version: 1\n",
            "enforcement: {severities: {high: warn}}\n",
            "high | the rules that these extend say block for high findings",
        ),
        (
            "enforcement: {policies: {CS-NHI-001: warn}}\n",
            "enforcement: {policies: {CS-NHI-001: record}}\n",
            "CS-NHI-001 | the rules that these extend say warn for CS-NHI-001, and this says record",
        ),
        (
            "version: 1\n",
            "enforcement: {policies: {CS-GRANT-001: warn}}\n",
            "CS-GRANT-001 | the rules that these extend say approve for CS-GRANT-001, and this says warn",
        ),
        (
            "enforcement: {conflicts: {P2P-01: [{enforcement: warn}, {enforcement: block, from: 2027-01-01}]}}\n",
            "enforcement: {conflicts: {P2P-01: [{enforcement: warn}, {enforcement: block, from: 2027-02-01}]}}\n",
            "P2P-01 | the rules that these extend say block for P2P-01 from 2027-01-01, and this says warn",
        ),
    ];
    for (org, own, wanted) in cases {
        let found = config_errors(org, own);
        assert!(found.len() == 1 && found[0].starts_with(&format!("{place} {wanted}")), "{own}: {found:?}");
    }
}

#[test]
fn an_entry_for_a_policy_is_held_against_the_severity_of_its_findings() {
    let rules = config_load("version: 1\n", "enforcement: {policies: {CS-CRED-001: warn, ACME-1: warn}}\n");
    assert_eq!(decided(&rules, None, "CS-CRED-001", Severity::High, TODAY), (Enforcement::Block, true));
    let severities = [("CS-CRED-001", Severity::High), ("ACME-1", Severity::Medium)];
    let found = shown(&rules.check_policies(severities.into_iter()).unwrap_err());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("CS-CRED-001 | the rules that these extend say block for CS-CRED-001, and this says warn")
    );
    let alone = Rules::load(&[file(CONFIG_FILE, "enforcement: {policies: {CS-CRED-001: warn}}\n")], None).unwrap();
    assert_eq!(alone.check_policies(severities.into_iter()), Ok(()));
}

#[test]
fn credentials_live_for_the_shorter_time_and_a_longer_one_is_an_error() {
    let org = "credentials: {max_age_days: 60, kinds: {certificate: 398}}\n";
    let rules = config_load(org, "credentials: {max_age_days: 50, kinds: {token: 7, certificate: 300}}\n");
    let days = |kind| rules.config.credentials.days(kind);
    assert_eq!([CredentialKind::Password, CredentialKind::Token, CredentialKind::Certificate].map(days), [50, 7, 300]);
    let silent = config_load(org, "version: 1\n");
    assert_eq!(silent.config.credentials.days(CredentialKind::Certificate), 398);
    assert_eq!(
        config_errors(org, "credentials: {max_age_days: 61, kinds: {ssh_key: 70, certificate: 400}}\n"),
        [
            "countersign.yaml | max_age_days | `credentials.max_age_days` is 61 days, and the rules that these extend say \
             60 | write 60 or less, or leave `credentials.max_age_days` out",
            "countersign.yaml | certificate | `credentials.kinds.certificate` is 400 days, and the rules that these extend \
             say 398 | write 398 or less, or leave `credentials.kinds.certificate` out",
            "countersign.yaml | ssh_key | `credentials.kinds.ssh_key` is 70 days, and the rules that these extend say 60 | \
             write 60 or less, or leave `credentials.kinds.ssh_key` out",
        ]
    );
    // What they do not say is the default.
    assert!(config_errors("version: 1\n", "credentials: {max_age_days: 91}\n")[0].contains("is 91 days"));
}

#[test]
fn limits_are_the_smaller_number_and_a_larger_one_is_an_error() {
    let org = "limits: {exceptions: {max_days: {critical: 30}, max_renewals: 1}, approvals: {max_days: 100}}\n";
    let rules = config_load(org, "limits: {exceptions: {max_days: {high: 20}}, emergencies: {max_hours: 4}}\n");
    let limits = &rules.config.limits;
    assert_eq!((limits.exception_days(Severity::Critical), limits.exception_days(Severity::High)), (30, 20));
    assert_eq!((limits.renewals(), limits.approval_days(), limits.emergency_hours()), (1, 100, 4));
    let own = "limits: {exceptions: {max_days: {critical: 31}, max_renewals: 2}, approvals: {max_days: 101}, emergencies: \
               {max_hours: 25, review_within_days: 6, reconcile_within_hours: 25}}\n";
    let found = config_errors(org, own);
    let places: Vec<&str> = found.iter().map(|error| error.split(" | ").nth(1).unwrap()).collect();
    assert_eq!(
        places,
        ["critical", "max_renewals", "max_days", "max_hours", "review_within_days", "reconcile_within_hours"]
    );
    assert!(
        found[0].contains("`limits.exceptions.max_days.critical` is 31 days, and the rules that these extend say 30")
    );
}

#[test]
fn what_the_organisation_expects_is_read_whatever_is_excluded() {
    let rules = config_load(
        "in_scope: [erp/**]\n",
        "include: [k8s/**]\nexclude: [erp/old/**, k8s/old/**]\nin_scope: [k8s/prod/**]\n",
    );
    let read = |path| (rules.reads(path), rules.in_scope.matches(path));
    assert_eq!(read("erp/old/a.yaml"), (true, true));
    assert_eq!(read("k8s/prod/a.yaml"), (true, true));
    assert_eq!(read("k8s/old/a.yaml"), (false, false));
    assert_eq!(read("other/a.yaml"), (false, false));
}

#[test]
fn systems_and_links_of_the_organisation_come_first() {
    let rules = config_load(
        "systems: [{paths: [\"k8s/**\"], id: \"kubernetes:org\"}]\nlinks: [{system: a, account: \"{person}\"}]\n",
        "systems: [{paths: [\"**\"], id: \"kubernetes:own\", guardrail: true}]\nlinks: [{system: b, account: \"{person}\"}]\n",
    );
    assert_eq!(&*rules.system_of("k8s/a.yaml").unwrap().id, "kubernetes:org");
    assert_eq!(&*rules.system_of("aws/a.yaml").unwrap().id, "kubernetes:own");
    assert_eq!(rules.config.links.iter().map(|link| link.system.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn who_adopts_a_ruleset_there_stands() {
    let org = "rulesets: [{id: cs-p2p, owner: person:ann}]\n";
    let rules = config_load(org, "rulesets: [{id: cs-o2c, owner: person:ben}, {id: cs-p2p, owner: person:ann}]\n");
    assert_eq!(
        (rules.ruleset_owner("cs-p2p"), rules.ruleset_owner("cs-o2c")),
        (Some("person:ann"), Some("person:ben"))
    );
    assert_eq!(
        config_errors(org, "rulesets: [{id: cs-p2p, owner: person:ben}]\n"),
        [
            "countersign.yaml | person:ben | `cs-p2p` is adopted by person:ann in the rules that these extend | leave `owner` \
          out: who adopts a ruleset there stands"
        ]
    );
}

#[test]
fn each_key_of_authority_stands_where_it_is_first_given() {
    let owners = "authority: {control_owners: [person:ann]}\n";
    let rules = config_load(owners, "authority: {approvers: [{people: [person:ben]}]}\n");
    assert_eq!(rules.authority.of_rules(0).people.unwrap().into_iter().collect::<Vec<_>>(), ["person:ann"]);
    assert!(rules.authority.people().contains("person:ben"));
    let both = rules.config.authority.as_ref().unwrap();
    assert_eq!((both.control_owners.len(), both.approvers.len()), (1, 1));

    let all = "authority:\n  control_owners: [person:ann]\n  approvers: [{people: [person:cara]}]\n  deputies: [{of: \
               person:ann, person: person:dan, from: 2026-01-01, until: 2026-12-31}]\n";
    let found = config_errors(
        all,
        "authority:\n  control_owners: [person:ben]\n  control_quorum: 1\n  approvers: [{people: [person:ben]}]\n  deputies: \
         [{of: person:eve, person: person:ben, from: 2026-01-01, until: 2026-12-31}]\n",
    );
    let places: Vec<&str> = found.iter().map(|error| error.split(" | ").nth(1).unwrap()).collect();
    assert_eq!(places, ["control_owners", "control_quorum", "approvers", "deputies"]);
    assert_eq!(
        found[0],
        "countersign.yaml | control_owners | `authority.control_owners` is given by the rules that these extend | leave \
         `control_owners` out, or have it changed where it is given"
    );
}

#[test]
fn authority_that_is_given_there_is_not_handed_on_here() {
    let found = config_errors(
        "authority: {control_owners: [person:ann]}\n",
        "authority: {deputies: [{of: person:ann, person: person:ben, from: 2026-01-01, until: 2026-12-31}]}\n",
    );
    assert_eq!(
        found,
        [
            "countersign.yaml | person:ann | person:ann has authority by the rules that these extend | a deputy for it is \
          named where it is given"
        ]
    );
}

#[test]
fn whose_keys_count_is_said_once() {
    const KEY: &str =
        "ann@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqS5i8Ybq2kqJ0cTjM2C1vWmv1cWm1w3Wm0rR0JxS9p\n";
    let signers = (".countersign/allowed_signers", KEY);
    let rules = load(&[signers], &[]);
    assert_eq!(&*rules.signers.unwrap().0.path, "org/.countersign/allowed_signers");
    let found = errors(&[signers], &[signers]);
    assert_eq!(
        found,
        [
            ".countersign/allowed_signers |  | whose keys count is said by the rules that these extend | remove this list, or \
          have a key added there"
        ]
    );
}

#[test]
fn what_is_a_repositorys_own_stays_its_own() {
    let rules = config_load(
        "policies: [rego]\n",
        "gate: {repository: acme/iam}\nevidence: {path: kept}\npolicies: [own]\nrulesets: [{id: cs-p2p}]\n",
    );
    assert_eq!(rules.config.gate.repository().unwrap().1, "iam");
    assert_eq!(rules.config.evidence.path.as_deref(), Some("kept"));
    assert_eq!(rules.config.policies.len(), 1);
    assert_eq!(&*rules.config_file.unwrap().path, "countersign.yaml");
}

#[test]
fn grants_end_by_the_smaller_number_and_trusted_accounts_are_the_organisations() {
    let rules = config_load(
        "grants: {privileged: {max_days: 90}}\ntrusted_accounts: ['111122223333', 'aws:444455556666']\n",
        "grants: {privileged: {max_days: 30, workloads: true}}\ntrusted_accounts: ['aws:111122223333']\n",
    );
    assert_eq!(rules.config.grants.privileged.max_days, Some(30));
    assert!(rules.config.grants.privileged.workloads);
    assert_eq!(rules.config.trusted_accounts.len(), 2);
    let own = config_load("version: 1\n", "trusted_accounts: ['111122223333']\n");
    assert_eq!(own.config.trusted_accounts.len(), 1);
    for (org, own, wanted) in [
        (
            "grants: {privileged: {max_days: 90}}\n",
            "grants: {privileged: {max_days: 91}}\n",
            "`grants.privileged.max_days` is 91 days, and the rules that these extend say 90",
        ),
        (
            "trusted_accounts: ['111122223333']\n",
            "trusted_accounts: ['444455556666']\n",
            "the rules that these extend do not trust `444455556666`",
        ),
        ("version: 1\n", "trusted_accounts: [acme]\n", "`acme` is not an account of AWS"),
    ] {
        let found = config_errors(org, own);
        assert!(found.iter().any(|error| error.contains(wanted)), "{found:?}");
    }
}
