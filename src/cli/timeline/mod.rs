//! `countersign timeline`: from when until when a branch declared each access and each conflict.

mod judge;
mod kept;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::judge::{Judge, RulesBy};
use self::kept::{Kept, Moment, Store, What, apply};
use self::walk::Walk;
use super::backtest::{Today, instant_of};
use super::check::READ_LIMIT;
use super::error::CliError;
use super::matters::program;
use super::table::{print, print_json};
use super::{Env, Exit};
use crate::gate::policy_data;
use crate::history::{
    Declared, DeclaredKind, Intervals, Offset, Period, Seen, Standing, Stretch, Window, landing_times,
};
use crate::output::{NotReadReport, RulesOf, TimelineAsked, TimelineReport, Track, timeline_csv, timeline_human};
use crate::policy::Bundle;
use crate::rules::{Rules, is_record_path};
use crate::source::{self, Branch, Past};
use crate::store::{Cache, Digest};
use crate::syntax::nearest;

/// Say from when until when the branch declared each access and each conflict, from git itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Every commit that the branch went through counts, whether or not anybody evaluated it. The
findings of `countersign report` come from evaluations, and are carried over landings without one.
Told are conflicts, privileged duties, other findings about whoever holds access, and duties that
are part of a conflict. Not told are secrets in texts, and findings about records and about the
gate itself.

What a commit declares is judged by the rules of this work tree, with the records (approvals,
exceptions, emergencies) that the branch had at that commit, as of that time. A record counts from
the landing that brought it to its last day; one that came later covers nothing before. Who made a
change is not asked again. A landing has the time that its commit says, and never one before the
landing that it follows.

While a file is broken, what may stand in it is neither there nor gone: those days are told as not
known. What is read is kept below .git/countersign/cache, so that the next run reads what is new.

Examples:
  countersign timeline                                 the last 90 days of HEAD
  countersign timeline --period 2026Q4 --branch origin/main
  countersign timeline --subject alice.ng              one person
  countersign timeline --conflict P2P-03 --since 365d  one conflict, over a year
  countersign timeline --period 2026Q4 --format csv > q4.csv

Exit status: 0 whatever it finds, 2 wrong usage, configuration or git state")]
pub struct TimelineArgs {
    /// A folder in the repository.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The branch that changes landed on.
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    branch: String,
    /// From when: a time before now (`90d`, `12w`, `6mo`), or a day.
    #[arg(long, value_name = "SPAN|DAY", default_value = "90d", conflicts_with = "period")]
    since: String,
    /// The period: `2026Q4`, `2026H2`, `2026`, `2026-10` or `2026-10-01..2026-12-31`.
    #[arg(long, value_name = "PERIOD")]
    period: Option<String>,
    /// How far the clock by which its days are counted is ahead of UTC: `UTC`, `+01:00`, `-05:30`.
    #[arg(long, value_name = "OFFSET", default_value = "UTC", requires = "period")]
    offset: String,
    /// Only this person, service identity, account, group, role or credential: its id, or the end of one.
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// Only this duty, and conflicts that it is a part of.
    #[arg(long, value_name = "ID")]
    duty: Option<String>,
    /// Only this conflict.
    #[arg(long, value_name = "ID", conflicts_with = "duty")]
    conflict: Option<String>,
    /// Judge by this configuration instead of countersign.yaml.
    #[arg(long, value_name = "FILE", conflicts_with = "own_rules")]
    config: Option<PathBuf>,
    /// Judge each commit by the rules that it had, not by those of this work tree.
    #[arg(long)]
    own_rules: bool,
    /// How to write it.
    #[arg(long, value_enum, default_value = "human")]
    format: TimelineFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TimelineFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Json,
    Csv,
}

/// Runs the command.
pub(super) fn run(args: &TimelineArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let now = (env.now)();
    let window = args.window(now)?;
    let git = env.git();
    let (branch, _) = source::branch(&env.cwd, &args.path, &args.branch, &git)?;
    let past = Past::open(&env.cwd, &args.path, &args.branch, READ_LIMIT, &git)?;
    let today = Today::read(&args.path, args.config.as_deref(), env);
    // Without rules of today things have the names that the built-in ones give them.
    let (by, rules, names_from) = if args.own_rules {
        let named = today.map_or_else(|_| Rules::built_in(), |own| Ok(own.rules))?;
        (RulesBy::Own, "each its own".to_owned(), named)
    } else {
        let today = today?;
        let (digest, named) = (digest_of(&today), today.rules.clone());
        (RulesBy::Today(Box::new((today.tree, today.rules))), digest.to_string(), named)
    };
    let (times, clocks) = landing_times(&branch.commits, now);
    // Times that are put right depend on when they are looked at: what follows from them is not kept.
    let keeps = branch.commits.iter().all(|own| own.at <= now);
    let store = program(env).filter(|_| keeps).map(|program| {
        // Beside what `check --staged` keeps, which would soon take its place.
        let cache = Cache::new(past.common_dir().join("countersign").join("cache").join("timeline"));
        Store::new(cache, &program, &rules, &branch.name)
    });
    let mut kept = store.as_ref().and_then(|own| own.read(&branch)).unwrap_or_default();
    kept.first = branch.commits.first().map(|own| own.commit.clone());
    let (landings, until) = (kept.landings, kept.tail.as_ref().map(|own| own.until));
    let judge = Judge::new(env, by, kept.take_names());
    let mut walk = Walk::new(judge, past, &branch, &times, now, kept);
    walk.run(env)?;
    let Walk { judge, kept, .. } = walk;
    let names = judge.names;
    let told = Told { branch: &branch, times: &times, window, kept: &kept };
    let (stretches, not_read) = told.intervals();
    let tracks = stretches
        .into_iter()
        .filter_map(|(number, stretches)| Some((names.things.get(usize::try_from(number).ok()?)?.clone(), stretches)));
    let tracks: Vec<(Declared, Vec<_>)> = tracks.collect();
    args.check(&tracks, &names_from)?;
    let bundle = Bundle::load(&names_from.policies, policy_data(now))?;
    let titled = Titled { rules: &names_from, bundle: &bundle };
    let tracks = tracks
        .into_iter()
        .filter(|(own, _)| args.wants(own))
        .map(|(declared, stretches)| titled.track(declared, stretches));
    let asked = TimelineAsked {
        version: env.version.to_owned(),
        branch: branch.name.clone(),
        rules: if args.own_rules { RulesOf::Then } else { RulesOf::Today },
        window,
        landings: times.iter().filter(|at| (window.from..window.to).contains(*at)).count(),
        shallow: branch.shallow,
        clocks,
        subject: args.subject.clone(),
        duty: args.duty.clone(),
        conflict: args.conflict.clone(),
    };
    let report = TimelineReport::new(asked, tracks.collect(), &names.records, not_read);
    let went_on = kept.landings != landings || kept.tail.as_ref().map(|own| own.until) != until;
    if let Some(store) = store.filter(|_| went_on) {
        store.write(kept, names);
    }
    match args.format {
        TimelineFormat::Json => print_json(env, &report)?,
        TimelineFormat::Csv => print(env, &timeline_csv(&report))?,
        TimelineFormat::Human => print(env, &timeline_human(&report))?,
    }
    Ok(Exit::Clean)
}

impl TimelineArgs {
    /// From when to when is asked, as far as that has come.
    fn window(&self, now: i64) -> Result<Window, CliError> {
        let Some(period) = &self.period else { return Ok(Window { from: instant_of(&self.since, now)?, to: now }) };
        let offset: Offset = self.offset.parse().map_err(|error| CliError::told(&error))?;
        let period = Period::parse(period, offset).map_err(|error| CliError::told(&error))?;
        if period.from >= now {
            return Err(CliError::other(
                format!("the period {} has not begun", period.name),
                "ask for one that has, as `--period 2026Q3`, or leave it out for the last 90 days",
            ));
        }
        Ok(Window { from: period.from, to: period.to.min(now) })
    }

    fn wants(&self, own: &Declared) -> bool {
        self.subject.as_ref().is_none_or(|wanted| is_named(&own.subject, wanted))
            && self.duty.as_ref().is_none_or(|wanted| own.duties.contains(wanted))
            && self.conflict.as_ref().is_none_or(|wanted| own.conflict.as_ref() == Some(wanted))
    }

    /// Whether what is asked about is known at all.
    fn check(&self, all: &[(Declared, Vec<Stretch>)], rules: &Rules) -> Result<(), CliError> {
        let missing = |what: &str, wanted: &str, known: &BTreeSet<&str>, list: &str| {
            let near = nearest(wanted, known.iter().copied());
            let help = near.map_or_else(|| list.to_owned(), |near| format!("did you mean `{near}`?"));
            Err(CliError::other(format!("there is no {what} `{wanted}`"), help))
        };
        if let Some(wanted) = &self.subject {
            let known: BTreeSet<&str> = all.iter().map(|(own, _)| own.subject.as_str()).collect();
            if !known.is_empty() && !known.iter().any(|own| is_named(own, wanted)) {
                let ends = known.iter().filter_map(|own| own.split_once(':').map(|(_, end)| end));
                let known = known.iter().copied().chain(ends).collect();
                let list = "`countersign timeline --since 365d` lists whoever ever held something";
                return missing("subject in this history", wanted, &known, list);
            }
        }
        if let Some(wanted) = &self.duty {
            let of_rules = rules.definitions.duties.keys().map(String::as_str);
            let known: BTreeSet<&str> =
                all.iter().flat_map(|(own, _)| &own.duties).map(String::as_str).chain(of_rules).collect();
            if !known.contains(wanted.as_str()) {
                return missing("duty", wanted, &known, "`countersign ruleset list --duties` names them all");
            }
        }
        if let Some(wanted) = &self.conflict {
            let of_rules = rules.definitions.conflicts.keys().map(String::as_str);
            let known: BTreeSet<&str> =
                all.iter().filter_map(|(own, _)| own.conflict.as_deref()).chain(of_rules).collect();
            if !known.contains(wanted.as_str()) {
                return missing("conflict", wanted, &known, "`countersign ruleset list` names them all");
            }
        }
        Ok(())
    }
}

/// Whether an id is meant: by all of it, or by its end.
fn is_named(id: &str, wanted: &str) -> bool {
    id == wanted || id.strip_suffix(wanted).is_some_and(|rest| rest.ends_with([':', '/']))
}

/// One digest of everything by which the work tree judges, records apart: those are of each commit.
fn digest_of(today: &Today) -> Digest {
    let Today { tree, rules } = today;
    let own = tree.files.iter().filter(|file| rules.config.is_rule(&file.path) && !is_record_path(&file.path));
    let own = own.map(|file| (file.path.to_string(), file.digest().map(|own| own.to_string()).unwrap_or_default()));
    let read = rules.files.iter().chain(&rules.policies).filter(|file| !is_record_path(&file.path));
    let read = read.map(|file| (file.path.to_string(), Digest::of(&file.bytes).to_string()));
    let all: BTreeSet<(String, String)> = own.chain(read).collect();
    let text: String = all.iter().map(|(path, digest)| format!("{path}\0{digest}\n")).collect();
    Digest::of(text.as_bytes())
}

/// What is told of a branch.
struct Told<'a> {
    branch: &'a Branch,
    times: &'a [i64],
    window: Window,
    kept: &'a Kept,
}

impl Told<'_> {
    /// When everything was there, up to the end of the window, and what could not be read within it.
    fn intervals(&self) -> (BTreeMap<u32, Vec<Stretch>>, Vec<NotReadReport>) {
        let mut intervals = Intervals::new(self.branch.shallow);
        let mut standing = Standing::default();
        let mut gaps = Gaps::default();
        for Moment { landing, at, what } in self.kept.all() {
            let commit = landing.and_then(|number| self.branch.commits.get(number)).map(|own| own.commit.as_str());
            let at = landing.and_then(|number| self.times.get(number)).copied().unwrap_or(*at);
            if at >= self.window.to {
                break;
            }
            apply(&mut standing, what);
            match what {
                What::Difference { .. } => {
                    gaps.known(at, commit, &standing.broken);
                    intervals.observe(at, commit, Seen::Known(&standing));
                }
                What::Unknown(why) => {
                    gaps.unknown(at, commit, why);
                    intervals.observe(at, commit, Seen::Unknown);
                }
            }
        }
        let cut = |all: Vec<Stretch>| all.iter().filter_map(|own| own.before(self.window.to)).collect();
        let stretches = intervals.finish().into_iter().map(|(number, all)| (number, cut(all))).collect();
        (stretches, gaps.finish(self.window))
    }
}

/// When files, or whole landings, could not be read.
#[derive(Default)]
struct Gaps {
    open: BTreeMap<Option<String>, NotReadReport>,
    done: Vec<NotReadReport>,
}

impl Gaps {
    fn known(&mut self, at: i64, commit: Option<&str>, broken: &BTreeSet<String>) {
        let gone = |own: &Option<String>| own.as_ref().is_none_or(|path| !broken.contains(path));
        let ended: Vec<Option<String>> = self.open.keys().filter(|own| gone(own)).cloned().collect();
        for own in ended.iter().filter_map(|own| self.open.remove(own)) {
            self.done.extend(own.ended(at, commit));
        }
        for path in broken {
            let begun = || NotReadReport::begun(at, commit, Some(path), "it could not be read as it should");
            self.open.entry(Some(path.clone())).or_insert_with(begun);
        }
    }

    fn unknown(&mut self, at: i64, commit: Option<&str>, why: &str) {
        self.open.entry(None).or_insert_with(|| NotReadReport::begun(at, commit, None, why));
    }

    fn finish(mut self, window: Window) -> Vec<NotReadReport> {
        self.done.extend(self.open.into_values());
        self.done.retain(|own| own.reaches(window));
        self.done.sort();
        self.done
    }
}

/// What the rules call things.
struct Titled<'a> {
    rules: &'a Rules,
    bundle: &'a Bundle,
}

impl Titled<'_> {
    fn track(&self, declared: Declared, stretches: Vec<Stretch>) -> Track {
        let definitions = &self.rules.definitions;
        let policy = declared.policy.as_ref().and_then(|id| self.bundle.find(id));
        let of_policy = policy.map(|own| (own.metadata.title.clone(), Some(own.metadata.custom.severity)));
        let found = match declared.kind {
            DeclaredKind::Conflict => {
                let conflict = declared.conflict.as_ref().and_then(|id| definitions.conflicts.get(id));
                conflict.map(|own| (own.value.title.clone(), Some(own.value.severity)))
            }
            DeclaredKind::Duty => {
                let duty = declared.duties.first().and_then(|id| definitions.duties.get(id));
                duty.map(|own| (own.value.title.clone(), own.value.severity))
            }
            DeclaredKind::Finding => None,
        };
        let (title, severity) = found.or(of_policy).unwrap_or_default();
        Track { declared, title, severity, stretches }
    }
}
