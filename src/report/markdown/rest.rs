//! The later sections.

use super::super::charts::longest;
use super::super::words::{commands, counted, short};
use super::{Page, all, code, plain};
use crate::evidence::RecordId;

impl Page<'_> {
    pub(super) fn exposure(&mut self) {
        self.heading("Exposure between the dates");
        let found = longest(self.report);
        self.line(format_args!(
            "{} for {} of the period, all together; a day that was begun counts as one.\n",
            counted(found.len() as u64, "finding", "findings"),
            counted(self.report.position.days, "day", "days")
        ));
        if found.is_empty() {
            return;
        }
        let clock = self.clock;
        let rows: Vec<Vec<String>> = found
            .into_iter()
            .map(|own| {
                let spans = all(&own.spans, |span| {
                    let from = if span.since_before {
                        "before the first evaluation".to_owned()
                    } else {
                        clock.minute(span.from)
                    };
                    format!("{from} to {}", span.to.map_or_else(|| "now".to_owned(), |to| clock.minute(to)))
                });
                let about = [Some(&own.subject), own.conflict.as_ref()].into_iter().flatten().chain(&own.duties);
                vec![
                    format!("{} {}", code(short(&own.fingerprint)), plain(&own.policy)),
                    plain(&own.severity),
                    about.map(|text| plain(text)).collect::<Vec<_>>().join(", "),
                    all(&[own.systems.as_slice(), &own.observed_in].concat(), |place| plain(place)),
                    spans,
                    own.days.to_string(),
                    all(&own.accepted_by, |record| plain(record)),
                ]
            })
            .collect();
        self.table(&["Finding", "Severity", "About", "Where", "From, to", "#Days", "Let pass by"], rows);
    }

    pub(super) fn accepted(&mut self) {
        self.heading("Accepted records");
        let rows: Vec<Vec<String>> = self
            .report
            .accepted
            .iter()
            .map(|own| {
                vec![
                    plain(&own.record),
                    all(&own.landings, |commit| code(short(commit))),
                    all(&own.findings, |finding| code(short(finding))),
                ]
            })
            .collect();
        if rows.is_empty() {
            let (landed, found) = (self.report.completeness.landed, self.report.exposures.len());
            self.line(format_args!("0 records let something pass, among {landed} landings and {found} findings."));
        } else {
            self.table(&["Record", "Landings", "Findings"], rows);
        }
    }

    pub(super) fn tests(&mut self) {
        self.heading("Tests of one");
        self.line("The first evaluation of each sort; each opens with `countersign evidence show ID`.\n");
        let example = |id: Option<RecordId>| {
            id.map_or_else(|| "none in the period".to_owned(), |id| code(short(&id.to_string())))
        };
        let rows: Vec<Vec<String>> = self
            .report
            .policies
            .iter()
            .map(|own| {
                let examples = &own.examples;
                let each = [examples.allowed, examples.denied, examples.accepted, examples.error].map(example);
                std::iter::once(code(&own.id)).chain(each).collect()
            })
            .collect();
        self.table(&["Policy", "Allowed", "Denied", "Accepted", "Error"], rows);
    }

    pub(super) fn versions(&mut self) {
        self.heading("Versions of program and rules");
        let versions = &self.report.completeness.versions;
        if versions.is_empty() {
            self.line("0 evaluations in the period, so no version was in use.");
            return;
        }
        let rows: Vec<Vec<String>> = versions
            .iter()
            .map(|own| {
                vec![
                    plain(&own.engine),
                    code(&own.rules),
                    self.clock.minute(own.first),
                    self.clock.minute(own.last),
                    own.evaluations.to_string(),
                ]
            })
            .collect();
        self.table(&["Program", "Rules", "First evaluation", "Last", "#Evaluations"], rows);
    }

    pub(super) fn frameworks(&mut self) {
        self.heading("Framework crosswalk");
        self.line("That a policy speaks of a requirement does not say that the requirement is met.\n");
        let frameworks = &self.report.frameworks;
        let rows: Vec<Vec<String>> = frameworks
            .iter()
            .flat_map(|own| {
                own.requirements.iter().map(|(requirement, policies)| {
                    vec![plain(&own.title), plain(requirement), all(policies, |policy| plain(policy))]
                })
            })
            .collect();
        self.table(&["Framework", "Requirement", "Policies"], rows);
    }

    pub(super) fn sources(&mut self) {
        self.heading("Register of information used");
        let (complete, log) = (&self.report.completeness, &self.report.log);
        let rows: Vec<Vec<String>> =
            self.report.sources.iter().map(|own| vec![plain(&own.what), code(&own.digest)]).collect();
        self.table(&["What was read", "As it was"], rows);
        self.line(format_args!("Records that do not verify: {} of {}.\n", complete.refused.len(), log.size));
        for own in &complete.refused {
            self.line(format_args!("- {}: {}", code(&own.record.to_string()), plain(&own.what)));
        }
        self.line(format_args!(
            "\nProblems with the log: {} among {}, with {}.\n",
            log.problems.len(),
            counted(log.size, "record", "records"),
            counted(log.witnesses.len() as u64, "witness", "witnesses")
        ));
        for problem in &log.problems {
            self.line(format_args!("- {}", plain(problem)));
        }
    }

    pub(super) fn verify(&mut self) {
        self.heading("How to verify this without us");
        for (at, (what, command)) in commands(self.report).into_iter().enumerate() {
            self.line(format_args!("{}. {what}\n   {}", at + 1, code(&command)));
        }
    }
}
