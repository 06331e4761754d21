//! Gives what was found in texts to the policies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::describe::{Describe, Substance};
use super::super::finding::{Finding, Location, LocationRole, Side, Subject, SubjectKind};
use super::super::side::{Evaluated, Evaluator, Tree, Whens};
use super::Searched;
use crate::access::Place;
use crate::facts::Gap;
use crate::policy::input::{DocumentInput, SecretInput};
use crate::policy::{EngineError, Policy, RawFinding, Scope as PolicyScope, When};
use crate::secrets::{Hit, Kind, SecretDigest, Table, Verdict};
use crate::syntax::Span;

/// Most places of one secret that a finding shows. The message counts the files.
const MOST_PLACES: usize = 10;

/// What was found in the texts of a tree, and in those of the tree that it is compared with.
#[derive(Clone, Copy, Default)]
pub(in crate::gate) struct SecretsOf<'a> {
    pub(in crate::gate) own: Option<&'a Searched>,
    pub(in crate::gate) base: Option<&'a Searched>,
}

/// One secret: it is the same wherever it stands.
struct Secret<'a> {
    digest: SecretDigest,
    /// The hit that weighs most: a password stands for more at an attribute than in prose.
    worst: &'a Hit,
    /// Where it stands.
    places: Vec<(&'a Arc<str>, &'a Hit)>,
}

impl Searched {
    /// Every secret, in the order of their digests.
    fn secrets(&self) -> Vec<Secret<'_>> {
        let mut all: BTreeMap<SecretDigest, Secret<'_>> = BTreeMap::new();
        for (file, hit) in self.files.iter().flat_map(|(file, own)| own.hits.iter().map(move |hit| (file, hit))) {
            let own =
                all.entry(hit.digest).or_insert_with(|| Secret { digest: hit.digest, worst: hit, places: Vec::new() });
            if (hit.tier, hit.verdict) < (own.worst.tier, own.worst.verdict) {
                own.worst = hit;
            }
            own.places.push((file, hit));
        }
        all.into_values().collect()
    }

    /// The digests of all hits.
    fn digests(&self) -> BTreeSet<SecretDigest> {
        self.files.values().flat_map(|file| &file.hits).map(|hit| hit.digest).collect()
    }
}

impl Evaluator<'_> {
    /// Judges what was found, and the files in which nothing could be looked for.
    pub(in crate::gate) fn secrets(
        &self,
        tree: &Tree<'_>,
        describe: &Describe<'_>,
        all: &mut Evaluated,
    ) -> Result<(), EngineError> {
        let SecretsOf { own: Some(searched), base } = tree.secrets else { return Ok(()) };
        let known = base.map(Searched::digests).unwrap_or_default();
        let secrets = searched.secrets();
        all.subjects.insert(PolicyScope::Secret, secrets.len());
        let mut engine = self.bundle.engine();
        for secret in &secrets {
            let input = input_of(secret);
            let (digest, answers) = self.ask(&mut engine, (tree.side, PolicyScope::Secret), &input.id, &input, None)?;
            if !answers.is_empty() {
                all.documents.insert(input.id.as_str().into(), digest);
            }
            let added = base.is_some() && tree.side == Side::Head && !known.contains(&secret.digest);
            all.findings
                .extend(answers.iter().map(|(policy, raw)| describe.secret(policy, raw, secret, &input, added)));
        }
        self.not_searched(tree, searched, describe, all)
    }

    fn not_searched(
        &self,
        tree: &Tree<'_>,
        searched: &Searched,
        describe: &Describe<'_>,
        all: &mut Evaluated,
    ) -> Result<(), EngineError> {
        let mut engine = self.bundle.engine();
        // Of a definition that could not be read, that is said already.
        let said: BTreeSet<(&str, &str)> = tree
            .reading
            .not_lowered
            .iter()
            .filter(|found| found.gap == Gap::Broken)
            .map(|found| (&*found.file, &*found.reason))
            .collect();
        let failures = searched.files.iter().filter_map(|(file, own)| Some((file, own.failure.as_ref()?)));
        for (file, failure) in failures.filter(|(file, failure)| !said.contains(&(&***file, failure.as_str()))) {
            let input = DocumentInput {
                file: file.to_string(),
                format: String::new(),
                gap: "not_searched",
                reason: failure.clone(),
                in_scope: self.rules.in_scope.matches(file),
            };
            let (_, answers) = self.ask(&mut engine, (tree.side, PolicyScope::Document), file, &input, None)?;
            let place = Place { file: file.clone(), span: Span::default() };
            let identity = format!("not searched:{file}");
            all.findings.extend(
                answers
                    .iter()
                    .map(|(policy, raw)| describe.part(policy, raw, &place, &identity, "it was not searched")),
            );
        }
        Ok(())
    }
}

impl Describe<'_> {
    fn secret(
        &self,
        policy: &Policy,
        raw: &RawFinding,
        secret: &Secret<'_>,
        input: &SecretInput,
        added: bool,
    ) -> Finding {
        let subject = Subject {
            kind: SubjectKind::Secret,
            id: input.id.as_str().into(),
            name: format!("{} {}", input.title, short(&secret.digest)).into(),
        };
        let locations = secret.places.iter().take(MOST_PLACES).enumerate().map(|(number, (file, hit))| Location {
            side: self.tree.side,
            place: Place { file: Arc::clone(file), span: span(hit) },
            role: if number == 0 { LocationRole::Primary } else { LocationRole::Related },
            text: if number == 0 { input.title.clone() } else { "the same one".to_owned() },
            added,
        });
        let in_scope = secret.places.iter().any(|(file, _)| self.evaluator.rules.in_scope.matches(file));
        let refuted = matches!(secret.worst.verdict, Verdict::Refuted(_));
        let revoke = kind(secret.worst).filter(|_| !refuted).map(|kind| kind.revoke.trim_end_matches('.'));
        let remedy = revoke.map(|revoke| format!("{revoke}. {}", policy.metadata.custom.remediation));
        let substance = Substance { locations: locations.collect(), in_scope, remedy, ..Substance::default() };
        self.finding(policy, raw, subject, substance)
    }
}

/// Enough of a digest to tell secrets of one tree apart.
fn short(digest: &SecretDigest) -> String {
    digest.to_string().chars().take(12).collect()
}

fn span(hit: &Hit) -> Span {
    let at = |offset: u64| u32::try_from(offset).unwrap_or(u32::MAX);
    Span { start: at(hit.place.start), end: at(hit.place.end) }
}

fn kind(hit: &Hit) -> Option<&'static Kind> {
    Table::built_in().kind(&hit.kind)
}

fn input_of(secret: &Secret<'_>) -> SecretInput {
    let hit = secret.worst;
    let kind = kind(hit);
    let own = || format!("secret of the rule {}", hit.kind.trim_start_matches("own/"));
    let files: BTreeSet<&str> = secret.places.iter().map(|(file, _)| &***file).collect();
    SecretInput {
        id: format!("secret:{}", secret.digest),
        kind: hit.kind.to_string(),
        title: kind.map_or_else(own, |kind| kind.title.clone()),
        provider: kind.map(|kind| kind.provider.clone()).filter(|provider| provider != "any"),
        verdict: hit.verdict.as_str(),
        refuted_by: match hit.verdict {
            Verdict::Refuted(why) => Some(why.as_str()),
            Verdict::Proved | Verdict::Shape => None,
        },
        tier: hit.tier.as_str(),
        lifetime: hit.lifetime.into(),
        length: hit.length,
        files: files.into_iter().map(str::to_owned).collect(),
    }
}

impl Whens for SecretInput {
    fn has(&self, _: When) -> bool {
        true
    }
}
