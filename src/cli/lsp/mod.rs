//! `countersign lsp`: findings in an editor, while definitions are written.
//!
//! Three threads: one reads what the editor says, one judges ([`judge`]), and this one keeps the open buffers, answers and
//! publishes. Nothing is executed or written, no evidence is kept, and nothing that stands in a file is ever logged.

mod actions;
mod completion;
mod cuts;
mod definition;
mod diagnostics;
mod documents;
mod frames;
mod hover;
mod judge;
mod session;
mod subjects;
mod yaml_place;

use std::io::{self, BufRead};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};

use clap::Args;
use serde_json::Value;

use self::frames::{Incoming, Out, Refused};
use self::judge::{Judge, Outcome, Slot};
use self::session::{Session, Start};
use super::check::instant;
use super::error::CliError;
use super::{Env, Exit};
use crate::policy::untrusted::Isolation;

/// Show findings in an editor while definitions are written, by the Language Server Protocol.
#[derive(Debug, Args)]
#[command(after_help = "\
An editor starts it and speaks with it over standard input and output; docs/editors.md says how to
set one up. What is open is judged with the edits that are not saved yet. No evidence is kept.

Examples:
  countersign lsp                      against the branch that origin calls HEAD
  countersign lsp --base origin/main   against a branch that is named

Exit status: 0 after the editor asked it to shut down, 1 otherwise")]
pub struct LspArgs {
    /// Compare with this revision: what the branch would bring to it is shown. Left out: the branch that origin calls
    /// HEAD; where there is none, all counts as introduced.
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Judge as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
    /// Speak over standard input and output, as it always does; some editors add this.
    #[arg(long, hide = true)]
    stdio: bool,
}

/// What happens.
enum Event {
    /// The editor says something.
    Incoming(Incoming),
    /// The editor says nothing any longer.
    Ended,
    /// A state is judged, or cannot be.
    Outcome(Outcome),
}

/// Runs the command.
pub(super) fn run(args: &LspArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let as_of = args.as_of.as_deref().map(instant).transpose()?;
    let start = Start {
        cwd: env.cwd.clone(),
        base: args.base.clone(),
        git: env.git(),
        isolation: Isolation::of(env.binary.clone()),
        version: env.version.to_owned(),
    };
    let now = env.now;
    let clock = move || as_of.unwrap_or_else(now);
    let (stdin, mut out) = (&mut *env.stdin, Out(env.stdout));
    let (events, inbox) = channel();
    std::thread::scope(|scope| {
        let heard = events.clone();
        scope.spawn(move || listen(stdin, &heard));
        let Some(mut session) = first(start, &inbox, &mut out)? else { return Ok(Exit::Blocked) };
        let slot = Slot::default();
        let mut judge = Judge::new(session.setting(), &slot);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                judge.run(&|outcome| {
                    // Nobody listens any longer when the session is over.
                    let _ = events.send(Event::Outcome(outcome));
                });
            });
            let ended = session.run(&inbox, &slot, &clock, &mut out);
            slot.close();
            ended
        })
    })
}

/// Reads what the editor says, up to its last word.
fn listen(input: &mut dyn BufRead, events: &Sender<Event>) {
    while let Ok(Some(incoming)) = frames::read(input) {
        let is_last = matches!(&incoming, Incoming::Notification { method, .. } if method == "exit");
        if events.send(Event::Incoming(incoming)).is_err() || is_last {
            break;
        }
    }
    let _ = events.send(Event::Ended);
}

/// Waits for the request that begins a session. Nothing else is done before it.
fn first(start: Start, inbox: &Receiver<Event>, out: &mut Out<'_>) -> io::Result<Option<Session>> {
    for event in inbox {
        match event {
            Event::Incoming(Incoming::Request { id, method, params }) if method == "initialize" => {
                match serde_json::from_value(params) {
                    Ok(params) => {
                        let session = Session::new(start, &params);
                        out.answer(&id, Ok(session.capabilities()))?;
                        return Ok(Some(session));
                    }
                    Err(error) => out.answer(&id, Err(Refused::params(&error)))?,
                }
            }
            Event::Incoming(Incoming::Request { id, method, .. }) => {
                let answer = if method == "shutdown" { Ok(Value::Null) } else { Err(Refused::not_initialized()) };
                out.answer(&id, answer)?;
            }
            Event::Incoming(Incoming::Broken(why)) => out.answer_broken(&why)?,
            Event::Incoming(Incoming::Notification { method, .. }) if method == "exit" => break,
            Event::Incoming(Incoming::Notification { .. } | Incoming::Answer) | Event::Outcome(_) => {}
            Event::Ended => break,
        }
    }
    Ok(None)
}

/// A folder that the editor names, as a path.
fn folder_of(uri: &lsp_types::Uri) -> Option<PathBuf> {
    documents::file_of(uri).filter(|path| path.is_dir())
}
