//! What landed, what got past the gate, and the days.

use std::collections::BTreeMap;

use minijinja::{Value, context};

use super::super::charts;
use super::super::words::{looked, proof, short, shown_by, state, times};
use super::anchors::is_listed;
use super::{Page, markup};
use crate::evidence::RecordId;
use crate::history::{LandingReport, Looked, Proof, State};

impl Page<'_> {
    pub(super) fn completeness(&self) -> Value {
        let complete = &self.report.completeness;
        let listed = |wanted: fn(State) -> bool| -> Vec<Value> {
            let own = complete.landings.iter().filter(|own| is_listed(own.state) && wanted(own.state));
            own.map(|own| self.landing(own)).collect()
        };
        let evaluated = &complete.evaluated;
        context! {
            chart => markup(&charts::completeness(self.report)),
            complete => complete.complete,
            landed => complete.landed,
            gone => complete.ways.iter().filter(|way| way.way == crate::history::Way::HistoryReplaced).map(|way| way.taken.len()).sum::<usize>(),
            states => self.states(),
            ungated => listed(State::is_ungated),
            accepted => listed(|state| state == State::Accepted),
            before => listed(|state| state == State::BeforeTheGate),
            ways => self.ways(),
            evaluated => context! {
                by_judge => evaluated.by_judge,
                by_recorder => evaluated.by_recorder,
                not_landed => evaluated.not_landed,
                elsewhere => evaluated.elsewhere,
            },
        }
    }

    /// Each state with how many landings have it, and what stands behind those.
    fn states(&self) -> Vec<Value> {
        let complete = &self.report.completeness;
        let mut proofs: BTreeMap<(State, Option<Proof>), u64> = BTreeMap::new();
        for own in &complete.landings {
            *proofs.entry((own.state, own.proof)).or_default() += 1;
        }
        let of = |state: State, proof: Option<Proof>| proofs.get(&(state, proof)).copied().unwrap_or_default();
        State::ALL
            .into_iter()
            .map(|own| {
                let count = complete.states.get(&own).copied().unwrap_or_default();
                // What did not happen raises no alarm.
                let (shape, group) = match (own.is_gated(), own.is_ungated()) {
                    _ if count == 0 => ("○", "nothing"),
                    (true, _) => ("●", "gated"),
                    (_, true) => ("▲", "ungated"),
                    _ => ("◇", "before"),
                };
                context! {
                    word => state(own),
                    title => own.title(),
                    shape,
                    group,
                    count,
                    signed => of(own, Some(Proof::Signed)),
                    unsigned => of(own, Some(Proof::Unsigned)),
                    nothing => of(own, None),
                }
            })
            .collect()
    }

    fn landing(&self, own: &LandingReport) -> Value {
        let record = |id: Option<RecordId>| id.map(|id| short(&id.to_string()).to_owned());
        context! {
            link => self.anchors.landing(&own.commit),
            commit => own.commit,
            at => self.at(own.at),
            authors => own.authors,
            subject => own.subject,
            state => own.state.title(),
            word => state(own.state),
            evaluation => record(own.evaluation),
            proof => proof(own.proof),
            judged => record(own.judged),
            accepted_by => own.accepted_by.iter().map(|record| self.anchors.record(record)).collect::<Vec<_>>(),
            changed => own.changed,
        }
    }

    fn ways(&self) -> Vec<Value> {
        let way = |own: &crate::history::WayReport| {
            let taken = own.taken.iter().map(|taken| {
                context! {
                    at => self.at(taken.at),
                    commit => taken.commit.as_deref().map(|commit| self.anchors.landing(commit)),
                    who => taken.who,
                    what => taken.what,
                }
            });
            context! {
                title => own.title,
                shown_by => shown_by(own.shown_by),
                looked => looked(own.looked),
                shape => match own.looked { Looked::Yes => "●", Looked::InPart => "◐", Looked::No => "○" },
                times => times(own),
                taken => taken.collect::<Vec<_>>(),
            }
        };
        self.report.completeness.ways.iter().map(way).collect()
    }

    pub(super) fn coverage(&self) -> Value {
        let days = &self.report.completeness.days;
        let rows: Vec<Value> = days
            .iter()
            .map(|day| context! { day => day.day, landed => day.landed, ungated => day.ungated, evaluated => day.evaluated, night => day.night.title() })
            .collect();
        let count = |wanted: fn(&crate::history::DayReport) -> bool| days.iter().filter(|day| wanted(day)).count();
        let (over, dark) = self.report.completeness.nights();
        context! {
            chart => markup(&charts::calendar(self.report)),
            all => days.len(),
            busy => count(|day| day.landed > 0),
            idle => count(|day| day.landed > 0 && day.evaluated == 0),
            ungated => count(|day| day.ungated > 0),
            quiet => count(|day| day.landed == 0 && day.evaluated == 0),
            over,
            dark,
            days => rows,
        }
    }
}
