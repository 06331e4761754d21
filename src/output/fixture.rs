//! Judgements made by hand, with their texts: every state, cause, decision and kind of subject. All renderers are
//! tested on these.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{CheckReport, Evidence, Merge, MergeStrategy, Revision, RunInfo};
use crate::access::Place;
use crate::duties::{Apart, Certainty};
use crate::facts::Gap;
use crate::facts::scope::{Dimension, Scope, Values};
use crate::gate::{
    Cause, Change, ConflictRef, ControlRef, Decision, DutyRef, Extent, ExtentPart, Finding, Fingerprint, Fix, Judged,
    Judgement, Leg, Location, LocationRole, Outcome, PolicyRun, Population, RulesDiffer, Side, State, Step, Subject,
    SubjectKind, Texts, Tier, UnresolvedAt, Verdict,
};
use crate::rules::{Enforcement, Severity};
use crate::store::Digest;
use crate::syntax::Span;

/// A judgement with everything that a report is made from.
pub(crate) struct Fixture {
    pub(crate) judgement: Judgement,
    pub(crate) run: RunInfo,
    pub(crate) texts: Files,
}

impl Fixture {
    pub(crate) fn report(&self) -> CheckReport {
        CheckReport::new(&self.judgement, &self.run, &self.texts)
    }
}

/// Files of both sides; base has the same ones unless it has its own.
#[derive(Clone, Default)]
pub(crate) struct Files {
    pub(crate) head: BTreeMap<&'static str, Arc<[u8]>>,
    pub(crate) base: BTreeMap<&'static str, Arc<[u8]>>,
}

impl Texts for Files {
    fn bytes(&self, side: Side, path: &str) -> Option<Arc<[u8]>> {
        let own = match side {
            Side::Head => &self.head,
            Side::Base => &self.base,
        };
        own.get(path).or_else(|| self.head.get(path)).cloned()
    }
}

const TREASURY: &str = r#"apiVersion: countersign.dev/v1
kind: Grant
metadata: {id: treasury-display}
spec:
  system: sap-treasury
  to: account:sap-treasury/ANG
  role: Z_TR_DISPLAY
  scope: {company_code: "1000"}
---
apiVersion: countersign.dev/v1
kind: Grant
metadata: {id: payment-run-de}
spec:
  system: sap-treasury
  to: account:sap-treasury/ANG
  role: Z_TR_PAYMENT_RUN
  scope: {company_code: "1000"}
  until: 2027-03-31
"#;

const NETSUITE: &str = "apiVersion: countersign.dev/v1
kind: Grant
metadata: {id: supplier-banking-de}
spec:
  system: netsuite-prod
  to:
    - account:netsuite-prod/alice.ng@acme.example
    - account:netsuite-prod/emil.hansen@acme.example
  role: supplier-banking
  scope: {subsidiary: Acme GmbH}
";

const SUPPLIERS: &str = "apiVersion: countersign.dev/v1
kind: Role
metadata: {id: supplier-banking, name: Supplier bank details}
spec:
  system: netsuite-prod
  permissions:
    - {permission: Vendors, level: view}
    - {permission: Entity Bank Details, level: edit}
";

const SAP_ROLES: &str = "apiVersion: countersign.dev/v1
kind: Role
metadata: {id: Z_TR_PAYMENT_RUN, name: Supplier payment run}
spec:
  system: sap-treasury
  permissions:
    - F110
    - F-53
";

const PEOPLE: &str = "apiVersion: countersign.dev/v1
kind: Person
metadata: {id: alice.ng, name: Alice Ng}
spec:
  accounts:
    - {system: netsuite-prod, name: alice.ng@acme.example}
    - {system: sap-treasury, name: ANG}
";

const RBAC: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: on-call
subjects:
  - kind: User
    name: kim.alvarez@acme.example
    apiGroup: rbac.authorization.k8s.io
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
";

const BOTS: &str = "apiVersion: countersign.dev/v1
kind: ServiceIdentity
metadata: {id: invoice-bot, name: Invoice intake}
spec:
  owner: person:priya.nair
  credentials:
    - {id: intake-2026-10, kind: token, created: 2026-10-01, expires: 2026-12-15, system: netsuite-prod}
    - {id: intake-backfill, kind: token, created: 2026-11-20, expires: never, system: netsuite-prod}
";

const PAYABLES: &str = "apiVersion: countersign.dev/v1
kind: Role
metadata: {id: ap-lead, name: Accounts payable lead}
spec:
  system: netsuite-prod
  permissions:
    - {permission: Bills, level: edit}
    - Vendor Bill Approval
";

const BROKEN: &str =
    "apiVersion: countersign.dev/v1\nkind: Role\nspec:\n  system: netsuite-prod\n  system: sap-treasury\n";

/// The place of a text in a file.
pub(crate) fn place(files: &Files, side: Side, file: &'static str, needle: &str) -> Place {
    let bytes = files.bytes(side, file).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let start = text.find(needle).unwrap_or_else(|| panic!("`{needle}` is not in {file}"));
    Place { file: file.into(), span: Span::new(start, start + needle.len()) }
}

struct Maker {
    files: Files,
}

impl Maker {
    fn location(&self, file: &'static str, needle: &str, text: &str) -> Location {
        Location {
            side: Side::Head,
            place: place(&self.files, Side::Head, file, needle),
            role: LocationRole::Related,
            text: text.to_owned(),
            added: false,
        }
    }

    fn added(&self, file: &'static str, needle: &str, text: &str) -> Location {
        Location { added: true, role: LocationRole::Primary, ..self.location(file, needle, text) }
    }

    fn primary(&self, file: &'static str, needle: &str, text: &str) -> Location {
        Location { role: LocationRole::Primary, ..self.location(file, needle, text) }
    }

    fn step(&self, text: &str, file: &'static str, needle: &str) -> Step {
        Step { text: text.to_owned(), place: Some((Side::Head, place(&self.files, Side::Head, file, needle))) }
    }
}

fn entity(value: &str) -> Scope {
    Scope::unknown().with(Dimension::new("legal_entity"), Values::of([value]))
}

fn part(scope: Scope) -> ExtentPart {
    ExtentPart { scope, held: Certainty::Certain, conditions: BTreeSet::new(), apart: None, until: None }
}

fn controls(list: &[(&str, &str)]) -> Vec<ControlRef> {
    list.iter()
        .map(|(framework, control)| ControlRef { framework: (*framework).to_owned(), control: (*control).to_owned() })
        .collect()
}

fn sod_controls() -> Vec<ControlRef> {
    controls(&[
        ("iso-27001-2022", "5.3"),
        ("nist-800-53r5", "AC-5"),
        ("nist-800-53r5", "AC-6"),
        ("soc2-tsc-2017", "CC6.3"),
    ])
}

fn conflict(id: &str, title: &str, risk: &str, owner: &str) -> ConflictRef {
    ConflictRef {
        id: id.into(),
        title: title.into(),
        risk: risk.into(),
        owner: owner.into(),
        ruleset: "cs-p2p".into(),
        dimensions: vec!["legal_entity".into()],
    }
}

fn duties(list: &[(&str, &str)]) -> Vec<DutyRef> {
    list.iter().map(|(id, title)| DutyRef { id: (*id).into(), title: (*title).into() }).collect()
}

/// A finding with nothing but its name.
fn bare(policy: &str, severity: Severity, kind: SubjectKind, id: &str, message: &str) -> Finding {
    let name = id.split_once(':').map_or(id, |(_, name)| name);
    let (title, remediation) = policy_text(policy);
    Finding {
        policy: policy.into(),
        title: title.into(),
        severity,
        subject: Subject { kind, id: id.into(), name: name.into() },
        systems: Vec::new(),
        fingerprint: Fingerprint::new(policy, id, &[message], &[]),
        extent: Extent::default(),
        message: message.to_owned(),
        conflict: None,
        duties: Vec::new(),
        implied: Vec::new(),
        credential: None,
        explained_by: None,
        under: None,
        locations: Vec::new(),
        legs: Vec::new(),
        tier: Tier::Declared,
        frameworks: Vec::new(),
        remediation: remediation.into(),
        erp: false,
        in_scope: true,
    }
}

fn policy_text(policy: &str) -> (&'static str, &'static str) {
    POLICIES.iter().find(|(id, ..)| *id == policy).map(|(_, _, title, remediation)| (*title, *remediation)).unwrap()
}

const POLICIES: &[(&str, Severity, &str, &str)] = &[
    (
        "CS-COVER-001",
        Severity::High,
        "a definition could not be evaluated",
        "Mend the file so that it can be read. A file that is not meant as a definition can be named under `exclude` in countersign.yaml.",
    ),
    (
        "CS-CRED-001",
        Severity::High,
        "a declared credential lives too long",
        "Use a credential that is issued for minutes (workload identity, OIDC federation, token requests), or give it an end within the allowed age.",
    ),
    (
        "CS-GRANT-001",
        Severity::High,
        "a privileged duty is held",
        "Grant something narrower, or have the grant approved by someone who neither receives nor proposes it.",
    ),
    (
        "CS-LINK-001",
        Severity::High,
        "an account that holds access was unlinked from its person",
        "Keep the link, or remove what the account was granted in the same change.",
    ),
    (
        "CS-NHI-001",
        Severity::Medium,
        "a service identity has no active owner",
        "Name an active person as owner, or remove the service identity and what it was granted.",
    ),
    (
        "CS-SOD-001",
        Severity::High,
        "one principal holds conflicting duties",
        "Take away the grant of one side, narrow its scope so that the sides no longer meet, or ask the owner of the risk for an exception with a compensating control.",
    ),
    (
        "CS-SOD-002",
        Severity::High,
        "one role contains a conflict",
        "Split the role so that each part holds one side of the conflict.",
    ),
];

fn judged(finding: Finding, enforcement: Enforcement, because: &str) -> Judged {
    let blocks = matches!(enforcement, Enforcement::Block | Enforcement::Approve);
    Judged {
        finding,
        state: State::Introduced,
        change: Some(Change::New),
        cause: Cause::Access,
        delta: Vec::new(),
        decision: Decision { enforcement, because: because.to_owned(), record: None, blocks },
        fix: None,
    }
}

fn existing(finding: Finding) -> Judged {
    Judged {
        state: State::Existing,
        change: None,
        ..judged(finding, Enforcement::Record, "it was there before this change")
    }
}

fn resolved(finding: Finding) -> Judged {
    Judged { state: State::Resolved, change: None, ..judged(finding, Enforcement::Record, "this change resolves it") }
}

/// Everything at once: a change that is stopped for several reasons.
pub(crate) fn blocked() -> Fixture {
    let files: &[(&'static str, &str)] = &[
        ("erp/grants/treasury.yaml", TREASURY),
        ("erp/grants/netsuite.yaml", NETSUITE),
        ("erp/roles/suppliers.yaml", SUPPLIERS),
        ("erp/roles/sap-treasury.yaml", SAP_ROLES),
        ("erp/roles/payables.yaml", PAYABLES),
        ("erp/roles/broken.yaml", BROKEN),
        ("people/finance.yaml", PEOPLE),
        ("kubernetes/rbac.yaml", RBAC),
        ("bots/finance.yaml", BOTS),
    ];
    let head = files.iter().map(|(path, text)| (*path, Arc::from(text.as_bytes()))).collect();
    let maker = Maker { files: Files { head, base: BTreeMap::new() } };
    let mut findings = vec![payment(&maker), cluster_admin(&maker), implied(&maker), token(&maker)];
    findings.extend(role_conflict(&maker));
    findings.push(broken(&maker));
    findings.push(approved());
    findings.extend(warnings(&maker));
    findings.extend([
        judged(
            bare(
                "CS-NHI-001",
                Severity::Low,
                SubjectKind::Service,
                "service:usage-reports",
                "usage-reports has no owner",
            ),
            Enforcement::Record,
            "it is low",
        ),
        existing(bare(
            "CS-GRANT-001",
            Severity::High,
            SubjectKind::Person,
            "person:sam.oduya",
            "sam.oduya would be able to rewrite the policy of a key in aws:111122223333",
        )),
        existing(Finding {
            locations: vec![maker.primary("bots/finance.yaml", "intake-2026-10", "is declared here")],
            ..bare(
                "CS-CRED-001",
                Severity::High,
                SubjectKind::Credential,
                "credential:sap-treasury/feed-2024",
                "the token feed-2024 of service:bank-feed lives for 1,095 days, longer than 90",
            )
        }),
        existing(bare(
            "CS-NHI-001",
            Severity::Medium,
            SubjectKind::Service,
            "service:usage-reports-old",
            "the owner of usage-reports-old, person:nils.berg, has left",
        )),
        resolved(bare(
            "CS-GRANT-001",
            Severity::High,
            SubjectKind::Person,
            "person:tess.murphy",
            "tess.murphy would be able to administer the organisation in github:acme",
        )),
        resolved(bare(
            "CS-CRED-001",
            Severity::High,
            SubjectKind::Credential,
            "credential:aws/AKIA-old",
            "the access key old of service:deployer never expires",
        )),
    ]);
    Fixture { judgement: judgement(&maker, findings), run: run_info(), texts: maker.files }
}

/// A conflict whose legs are in two systems and two files.
fn payment(maker: &Maker) -> Judged {
    let finding = Finding {
        systems: vec!["netsuite-prod".into(), "sap-treasury".into()],
        extent: Extent(vec![ExtentPart {
            apart: Some(Apart::CrossAccount),
            until: Some(1_806_537_600),
            ..part(entity("DE01"))
        }]),
        conflict: Some(conflict(
            "P2P-03",
            "maintain supplier bank details + execute supplier payments",
            "A real payment can be sent to another account by changing the bank details before it and restoring them after.",
            "payables-controller",
        )),
        duties: duties(&[("VBANK", "maintain supplier bank details"), ("PAY", "execute supplier payments")]),
        locations: vec![
            maker.location(
                "erp/grants/netsuite.yaml",
                "account:netsuite-prod/alice.ng@acme.example",
                "account:netsuite-prod/alice.ng@acme.example is granted supplier-banking on legal entity DE01",
            ),
            maker.location(
                "erp/roles/suppliers.yaml",
                "{permission: Entity Bank Details, level: edit}",
                "confers maintain supplier bank details (legal entity DE01)",
            ),
            maker.added(
                "erp/grants/treasury.yaml",
                "role: Z_TR_PAYMENT_RUN",
                "this change adds execute supplier payments (legal entity DE01): account:sap-treasury/ANG is granted Z_TR_PAYMENT_RUN on legal entity DE01",
            ),
            maker.location("erp/roles/sap-treasury.yaml", "F110", "confers execute supplier payments (legal entity DE01)"),
        ],
        legs: vec![
            Leg {
                duty: "VBANK".into(),
                title: "maintain supplier bank details".into(),
                system: "netsuite-prod".into(),
                steps: vec![
                    maker.step(
                        "person:alice.ng uses account:netsuite-prod/alice.ng@acme.example",
                        "people/finance.yaml",
                        "{system: netsuite-prod, name: alice.ng@acme.example}",
                    ),
                    maker.step(
                        "account:netsuite-prod/alice.ng@acme.example is granted supplier-banking on legal entity DE01",
                        "erp/grants/netsuite.yaml",
                        "account:netsuite-prod/alice.ng@acme.example",
                    ),
                    maker.step(
                        "supplier-banking permits Entity Bank Details (edit)",
                        "erp/roles/suppliers.yaml",
                        "{permission: Entity Bank Details, level: edit}",
                    ),
                ],
            },
            Leg {
                duty: "PAY".into(),
                title: "execute supplier payments".into(),
                system: "sap-treasury".into(),
                steps: vec![
                    maker.step(
                        "person:alice.ng uses account:sap-treasury/ANG",
                        "people/finance.yaml",
                        "{system: sap-treasury, name: ANG}",
                    ),
                    maker.step(
                        "account:sap-treasury/ANG is granted Z_TR_PAYMENT_RUN on legal entity DE01",
                        "erp/grants/treasury.yaml",
                        "role: Z_TR_PAYMENT_RUN",
                    ),
                    maker.step("Z_TR_PAYMENT_RUN permits F110", "erp/roles/sap-treasury.yaml", "F110"),
                ],
            },
        ],
        frameworks: sod_controls(),
        erp: true,
        ..bare(
            "CS-SOD-001",
            Severity::Critical,
            SubjectKind::Person,
            "person:alice.ng",
            "alice.ng would hold conflicting duties: maintain supplier bank details + execute supplier payments",
        )
    };
    Judged {
        fix: Some(Fix {
            text: "remove Z_TR_PAYMENT_RUN from account:sap-treasury/ANG".to_owned(),
            place: Some(place(&maker.files, Side::Head, "erp/grants/treasury.yaml", "role: Z_TR_PAYMENT_RUN")),
        }),
        ..judged(finding, Enforcement::Block, "it is critical")
    }
}

/// A privileged grant that needs an approval, and speaks for what it implies.
fn cluster_admin(maker: &Maker) -> Judged {
    let grant = "kind: ClusterRole\n  name: cluster-admin";
    let finding = Finding {
        systems: vec!["kubernetes:prod".into()],
        extent: Extent(vec![part(Scope::unknown())]),
        duties: duties(&[("SUPER", "do anything")]),
        implied: ["IT-02", "IT-07", "KSECRET", "KWORKLOAD", "RBACADM", "WEBHOOK"].map(Arc::from).to_vec(),
        explained_by: Some("role:kubernetes:prod/cluster-admin".into()),
        locations: vec![maker.added(
            "kubernetes/rbac.yaml",
            grant,
            "this change adds do anything: account:kubernetes:prod/kim.alvarez@acme.example is granted cluster-admin",
        )],
        legs: vec![Leg {
            duty: "SUPER".into(),
            title: "do anything".into(),
            system: "kubernetes:prod".into(),
            steps: vec![
                Step {
                    text: "person:kim.alvarez uses account:kubernetes:prod/kim.alvarez@acme.example".to_owned(),
                    place: Some((
                        Side::Head,
                        Place { file: "kubernetes/accounts.yaml".into(), span: Span::new(10, 20) },
                    )),
                },
                maker.step(
                    "account:kubernetes:prod/kim.alvarez@acme.example is granted cluster-admin",
                    "kubernetes/rbac.yaml",
                    grant,
                ),
                Step { text: "cluster-admin permits *".to_owned(), place: None },
            ],
        }],
        frameworks: controls(&[("nist-800-53r5", "AC-6"), ("soc2-tsc-2017", "CC6.1")]),
        ..bare(
            "CS-GRANT-001",
            Severity::Critical,
            SubjectKind::Person,
            "person:kim.alvarez",
            "kim.alvarez would be able to do anything in kubernetes:prod",
        )
    };
    Judged {
        fix: Some(Fix {
            text: "remove cluster-admin from account:kubernetes:prod/kim.alvarez@acme.example".to_owned(),
            place: Some(place(&maker.files, Side::Head, "kubernetes/rbac.yaml", grant)),
        }),
        ..judged(finding, Enforcement::Approve, "it needs an approval; the approval k8s-on-call does not cover as much")
    }
}

/// A finding for which the wide grant speaks.
fn implied(maker: &Maker) -> Judged {
    let finding = Finding {
        under: Some("SUPER".into()),
        conflict: Some(conflict("IT-02", "write code + deploy code", "Code can reach production unseen.", "cto")),
        locations: vec![maker.location("kubernetes/rbac.yaml", "name: cluster-admin", "confers deploy code")],
        ..bare(
            "CS-SOD-001",
            Severity::High,
            SubjectKind::Person,
            "person:kim.alvarez",
            "kim.alvarez would hold conflicting duties: write code + deploy code",
        )
    };
    judged(finding, Enforcement::Record, "it comes along with SUPER, whose finding speaks for it")
}

fn token(maker: &Maker) -> Judged {
    let finding = Finding {
        credential: Some("intake-backfill".into()),
        extent: Extent(vec![part(Scope::unknown())]),
        locations: vec![Location {
            added: true,
            ..maker.primary(
                "bots/finance.yaml",
                "{id: intake-backfill, kind: token, created: 2026-11-20, expires: never, system: netsuite-prod}",
                "is declared here",
            )
        }],
        frameworks: controls(&[("nist-800-53r5", "IA-5"), ("pci-dss-4.0", "8.6.3")]),
        ..bare(
            "CS-CRED-001",
            Severity::High,
            SubjectKind::Credential,
            "credential:netsuite-prod/intake-backfill",
            "the token intake-backfill of service:invoice-bot never expires",
        )
    };
    judged(finding, Enforcement::Block, "it is high")
}

/// A role with a conflict inside, and those who hold it.
fn role_conflict(maker: &Maker) -> Vec<Judged> {
    let met = || {
        conflict(
            "P2P-12",
            "enter supplier invoices + approve supplier invoices",
            "An invoice can be approved or unblocked by whoever entered it.",
            "payables-controller",
        )
    };
    let both = || duties(&[("INV", "enter supplier invoices"), ("INVA", "approve supplier invoices")]);
    let leg = |duty: &str, title: &str, text: &str, needle: &str| Leg {
        duty: duty.into(),
        title: title.into(),
        system: "netsuite-prod".into(),
        steps: vec![maker.step(text, "erp/roles/payables.yaml", needle)],
    };
    let legs = vec![
        leg("INV", "enter supplier invoices", "ap-lead permits Bills (edit)", "{permission: Bills, level: edit}"),
        leg("INVA", "approve supplier invoices", "ap-lead permits Vendor Bill Approval", "Vendor Bill Approval"),
    ];
    let role = Finding {
        systems: vec!["netsuite-prod".into()],
        extent: Extent(vec![ExtentPart { apart: Some(Apart::Intrinsic), ..part(Scope::unknown()) }]),
        conflict: Some(met()),
        duties: both(),
        locations: vec![
            maker.location(
                "erp/roles/payables.yaml",
                "{permission: Bills, level: edit}",
                "confers enter supplier invoices",
            ),
            maker.added("erp/roles/payables.yaml", "Vendor Bill Approval", "confers approve supplier invoices"),
        ],
        legs,
        frameworks: sod_controls(),
        ..bare(
            "CS-SOD-002",
            Severity::Critical,
            SubjectKind::Role,
            "role:netsuite-prod/ap-lead",
            "ap-lead gives conflicting duties to everyone who holds it: enter supplier invoices + approve supplier invoices",
        )
    };
    let mut all = vec![judged(role, Enforcement::Block, "it is critical")];
    let names = [
        "ada.okoro",
        "ben.okafor",
        "carla.ruiz",
        "dana.weiss",
        "eva.lund",
        "farah.aziz",
        "grace.lim",
        "hana.sato",
        "ivan.petrov",
        "jo.lindqvist",
        "kim.alvarez",
        "liam.byrne",
        "mia.rossi",
        "nils.berg",
    ];
    for name in names {
        let id = format!("person:{name}");
        let finding = Finding {
            systems: vec!["netsuite-prod".into()],
            conflict: Some(met()),
            duties: both(),
            explained_by: Some("role:netsuite-prod/ap-lead".into()),
            frameworks: sod_controls(),
            ..bare(
                "CS-SOD-001",
                Severity::Critical,
                SubjectKind::Person,
                &id,
                &format!("{name} would hold conflicting duties: enter supplier invoices + approve supplier invoices"),
            )
        };
        all.push(judged(finding, Enforcement::Block, "it is critical"));
    }
    all
}

fn broken(maker: &Maker) -> Judged {
    let finding = Finding {
        locations: vec![maker.primary(
            "erp/roles/broken.yaml",
            "system: sap-treasury",
            "the key `system` is written twice",
        )],
        ..bare(
            "CS-COVER-001",
            Severity::High,
            SubjectKind::Document,
            "document:erp/roles/broken.yaml",
            "erp/roles/broken.yaml could not be evaluated: the key `system` is written twice",
        )
    };
    judged(finding, Enforcement::Block, "it is high")
}

fn approved() -> Judged {
    let finding = Finding {
        systems: vec!["aws:111122223333".into()],
        duties: duties(&[("SUPER", "do anything")]),
        ..bare(
            "CS-GRANT-001",
            Severity::Critical,
            SubjectKind::Person,
            "person:jo.lindqvist",
            "jo.lindqvist would be able to do anything in aws:111122223333",
        )
    };
    let mut judged = judged(finding, Enforcement::Approve, "person:liam.byrne approved it until 2026-12-31");
    judged.decision.blocks = false;
    judged.decision.record = Some("aws-migration-jo".to_owned());
    judged
}

/// Introduced and not stopped: widened under a condition, revealed by knowledge, lapsed, unsure.
fn warnings(maker: &Maker) -> Vec<Judged> {
    let conditional = ExtentPart {
        held: Certainty::Conditional,
        conditions: BTreeSet::from(["aws:SourceIp in 10.0.0.0/8".into()]),
        ..part(entity("DE01"))
    };
    let widened = Finding {
        extent: Extent(
            vec![part(entity("US01")), conditional.clone()]
                .into_iter()
                .map(|part| ExtentPart { held: Certainty::Conditional, ..part })
                .collect(),
        ),
        conflict: Some(conflict(
            "P2P-03",
            "maintain supplier bank details + execute supplier payments",
            "Payments can be diverted.",
            "payables-controller",
        )),
        locations: vec![maker.added(
            "erp/grants/netsuite.yaml",
            "account:netsuite-prod/emil.hansen@acme.example",
            "this change adds maintain supplier bank details (legal entity DE01)",
        )],
        ..bare(
            "CS-SOD-001",
            Severity::Critical,
            SubjectKind::Service,
            "service:emil-agent",
            "emil-agent would hold conflicting duties: maintain supplier bank details + execute supplier payments",
        )
    };
    let widened = Judged {
        change: Some(Change::Widened),
        delta: vec![conditional],
        fix: Some(Fix {
            text: "take account:netsuite-prod/emil.hansen@acme.example out of the grant".to_owned(),
            place: None,
        }),
        ..judged(widened, Enforcement::Warn, "it is held only under a condition that narrows it")
    };
    let revealed = Judged {
        cause: Cause::Knowledge,
        ..judged(
            Finding {
                locations: vec![maker.primary(
                    "people/finance.yaml",
                    "{system: sap-treasury, name: ANG}",
                    "links the account",
                )],
                ..bare(
                    "CS-LINK-001",
                    Severity::High,
                    SubjectKind::Account,
                    "account:sap-treasury/DWEISS",
                    "account:sap-treasury/DWEISS still holds access and is no longer linked to person:dana.weiss",
                )
            },
            Enforcement::Warn,
            "the change only reveals it: the access was there before",
        )
    };
    let lapsed = Judged {
        cause: Cause::Time,
        ..judged(
            bare(
                "CS-GRANT-001",
                Severity::High,
                SubjectKind::Group,
                "group:github:acme/Release Owners",
                "Release Owners would be able to administer the organisation in github:acme",
            ),
            Enforcement::Warn,
            "the approval github-owners ended on 2026-10-31; this change does not touch its subject",
        )
    };
    vec![widened, revealed, lapsed]
}

fn judgement(maker: &Maker, findings: Vec<Judged>) -> Judgement {
    let head = |policy: &str| {
        findings.iter().filter(|judged| &*judged.finding.policy == policy && judged.state != State::Resolved).count()
    };
    let policies = POLICIES
        .iter()
        .map(|(id, severity, title, _)| PolicyRun {
            id: (*id).to_owned(),
            title: (*title).to_owned(),
            digest: Digest::of(id.as_bytes()),
            severity: *severity,
            subjects: 31,
            findings: head(id),
        })
        .collect();
    let gap = |gap, reason: &str, consequence: &str, place, existing| UnresolvedAt {
        gap,
        reason: reason.to_owned(),
        consequence: consequence.to_owned(),
        place,
        existing,
    };
    let chart =
        |line: u32| Place { file: format!("deploy/chart/templates/rbac-{line}.yaml").into(), span: Span::default() };
    let mut unresolved: Vec<UnresolvedAt> = (1..=5)
        .map(|number| {
            gap(
                Gap::Unsupported,
                "a Helm template is not rendered",
                "its bindings are unknown",
                Some(chart(number)),
                true,
            )
        })
        .collect();
    unresolved.push(gap(
        Gap::Dangling,
        "the role Z_TR_ARCHIVE is not defined anywhere",
        "what it gives is unknown",
        Some(place(&maker.files, Side::Head, "erp/grants/treasury.yaml", "Z_TR_DISPLAY")),
        false,
    ));
    unresolved.push(gap(
        Gap::Ambiguous,
        "two links claim account:github/okafor",
        "it is linked to nobody",
        None,
        false,
    ));
    Judgement {
        as_of: 1_795_219_200,
        findings,
        unresolved,
        population: Population {
            files: 1_248,
            definition_files: 31,
            definitions: BTreeMap::from([
                ("Grant".to_owned(), 58),
                ("Role".to_owned(), 41),
                ("statement".to_owned(), 112),
            ]),
            principals: BTreeMap::from([("account", 3), ("person", 24), ("service", 5)]),
            grants: 97,
            not_evaluated: 6,
            excluded: 2,
            unlinked_accounts: 3,
            conflicts_static: 132,
            conflicts_dynamic: ["P2P-40", "P2P-41"].map(Arc::from).to_vec(),
        },
        policies,
        verdict: Verdict::Blocked,
        outcome: Outcome::Blocked,
        rules_differ: Some(RulesDiffer { paths: vec![".countersign/approvals/k8s-on-call.yaml".into()] }),
        asked: 64,
        reused: 31,
    }
}

fn run_info() -> RunInfo {
    RunInfo {
        version: "0.1.0".to_owned(),
        head: Revision {
            label: "year-end".to_owned(),
            commit: Some("5f0c1d6a3be94e1f8a2d7c6b5a4938271605f4e3".to_owned()),
            tree: Some("0a1b2c3d4e5f60718293a4b5c6d7e8f901234567".to_owned()),
        },
        base: Some(Revision {
            label: "main".to_owned(),
            commit: Some("9b8a7c6d5e4f30211203f4e5d6c7b8a990817263".to_owned()),
            tree: Some("89abcdef0123456789abcdef0123456789abcdef".to_owned()),
        }),
        merge: Some(Merge {
            strategy: MergeStrategy::Predicted,
            merge_base: "11aa22bb33cc44dd55ee66ff77008899aabbccdd".to_owned(),
            tree: Some("fedcba9876543210fedcba9876543210fedcba98".to_owned()),
            conflicts: Vec::new(),
        }),
        repository: Some("https://github.com/acme/access".to_owned()),
        evidence: Some(Evidence {
            record: Some(".git/countersign/evidence/2026/11/21/7d9e.json".to_owned()),
            digest: Some(Digest::of(b"record")),
            durable: false,
            because: Some("it stays on this machine".to_owned()),
        }),
        reproduce: Some("countersign check --base 9b8a7c6d5 --head 5f0c1d6a3 --as-of 2026-11-21T00:00:00Z".to_owned()),
    }
}

/// The same repository with other findings.
pub(crate) fn with(findings: Vec<Judged>, verdict: Verdict, outcome: Outcome) -> Fixture {
    let mut fixture = blocked();
    for policy in &mut fixture.judgement.policies {
        policy.findings = 0;
    }
    fixture.judgement =
        Judgement { findings, verdict, outcome, unresolved: Vec::new(), rules_differ: None, ..fixture.judgement };
    fixture
}

/// Nothing found.
pub(crate) fn clean() -> Fixture {
    with(Vec::new(), Verdict::Pass, Outcome::Clean)
}

/// Only what was there before.
pub(crate) fn nothing_new() -> Fixture {
    let findings = blocked().judgement.findings.into_iter().filter(|judged| judged.state == State::Existing).collect();
    with(findings, Verdict::Pass, Outcome::Clean)
}

/// Only warnings.
pub(crate) fn warned() -> Fixture {
    let findings = blocked()
        .judgement
        .findings
        .into_iter()
        .filter(|judged| judged.decision.enforcement == Enforcement::Warn)
        .collect();
    with(findings, Verdict::Pass, Outcome::Clean)
}

/// No definitions, and none expected: a plain folder, compared with nothing.
pub(crate) fn nothing_to_judge() -> Fixture {
    let mut fixture = with(Vec::new(), Verdict::Pass, Outcome::NotApplicable);
    fixture.judgement.population = Population { files: 12, ..Population::default() };
    fixture.run = RunInfo {
        version: "0.1.0".to_owned(),
        head: Revision { label: "src".to_owned(), ..Revision::default() },
        evidence: Some(Evidence { because: Some("--no-evidence was given".to_owned()), ..Evidence::default() }),
        ..RunInfo::default()
    };
    fixture
}

/// Definitions were expected and none are there; the two sides do not merge.
pub(crate) fn nothing_collected() -> Fixture {
    let mut fixture = with(Vec::new(), Verdict::Error, Outcome::NothingCollected);
    fixture.judgement.population = Population { files: 12, conflicts_static: 132, ..Population::default() };
    if let Some(merge) = &mut fixture.run.merge {
        merge.strategy = MergeStrategy::HeadAgainstMergeBase;
        merge.tree = None;
        merge.conflicts = vec!["erp/grants/treasury.yaml".to_owned(), "people/finance.yaml".to_owned()];
    }
    fixture
}

/// Very many findings of many people, none with a common cause.
pub(crate) fn many(count: usize) -> Fixture {
    let mut fixture = blocked();
    let files = Maker { files: fixture.texts.clone() };
    let make = |number: usize| {
        let id = format!("person:p{number:05}");
        let mut judged = payment(&files);
        judged.finding.subject =
            Subject { kind: SubjectKind::Person, id: id.as_str().into(), name: id.as_str().into() };
        judged.finding.fingerprint = Fingerprint::new("CS-SOD-001", &id, &["P2P-03"], &[]);
        judged
    };
    fixture.judgement.findings = (0..count).map(make).collect();
    fixture
}

/// One conflict of one person with a single location in a text of its own.
pub(crate) fn pointing_at(text: &[u8], span: Span) -> Fixture {
    let mut fixture = blocked();
    let files = Maker { files: fixture.texts.clone() };
    let mut judged = payment(&files);
    judged.finding.legs.clear();
    judged.finding.locations.truncate(1);
    if let Some(location) = judged.finding.locations.first_mut() {
        location.role = LocationRole::Primary;
        location.added = true;
        location.text = "this change adds execute supplier payments".to_owned();
        location.place = Place { file: "odd.yaml".into(), span };
    }
    fixture.texts.head.insert("odd.yaml", text.into());
    fixture.judgement.findings = vec![judged];
    fixture.judgement.unresolved.clear();
    fixture
}
