//! The parent's side: start, ask, kill.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::child::Worker;
use super::{Answer, COMMAND, Child, Isolation, Job, Limits, Loaded, NotEvaluated};
use crate::rules::RuleFile;

/// Answers that wait to be looked at, at most.
const WAITING: usize = 1024;

/// One policy, loaded somewhere and ready to be asked. Once it failed to answer it stays silent.
pub struct Session(Place);

enum Place {
    Child(Box<Process>),
    // Reached by tests only, through `Isolation::InProcess`.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests ask in this process"))]
    Here(Box<Worker>),
}

struct Process {
    child: std::process::Child,
    input: Option<std::process::ChildStdin>,
    lines: Receiver<Line>,
    /// What is left of the time. Only waiting for the child takes of it: what this process does between two questions is
    /// not the policy's doing.
    left: Duration,
    limits: Limits,
}

/// What the thread that reads hands on.
enum Line {
    Text(String),
    TooMuch,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl Session {
    /// Loads all policies of a repository and makes one of them ready. `ask` is its path.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn open(place: &Isolation, files: &[RuleFile], ask: &str, data: &Value) -> Result<Self, NotEvaluated> {
        match place {
            Isolation::Nowhere => Err(NotEvaluated::NoBinary),
            Isolation::Child(child) => {
                let job = Job::new(files, ask, data, child.limits);
                Ok(Self(Place::Child(Box::new(Process::start(child, &job)?))))
            }
            #[cfg(test)]
            Isolation::InProcess => {
                let job = Job::new(files, ask, data, Limits::default());
                Worker::load(&job).map(|worker| Self(Place::Here(Box::new(worker)))).map_err(NotEvaluated::Refused)
            }
        }
    }

    /// Asks about documents; the answers come in the same order.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn ask(&mut self, documents: &[&Value]) -> Result<Vec<Answer>, NotEvaluated> {
        match &mut self.0 {
            Place::Child(process) => process.ask(documents),
            Place::Here(worker) => Ok(documents.iter().map(|document| worker.answer((*document).clone())).collect()),
        }
    }
}

impl Process {
    fn start(place: &Child, job: &Job) -> Result<Self, NotEvaluated> {
        let mut command = Command::new(&place.binary);
        command.arg(COMMAND).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // The folder of the binary is there for certain, and not the one that is judged.
        if let Some(folder) = place.binary.parent().filter(|folder| folder.is_dir()) {
            command.current_dir(folder);
        }
        let mut child = command.spawn().map_err(|error| NotEvaluated::NotStarted(error.to_string()))?;
        let (sender, lines) = sync_channel(WAITING);
        let output = child.stdout.take();
        let input = child.stdin.take();
        let most = place.limits.output;
        // It ends with the child: when the child is gone the stream is, and when nobody listens it stops.
        std::thread::spawn(move || read(output, most, &sender));
        let mut process = Self { child, input, lines, left: place.limits.deadline, limits: place.limits };
        let first = process.send(|input| write_line(input, job))?;
        match serde_json::from_str(&first.unwrap_or_default()) {
            Ok(Loaded::Ready) => Ok(process),
            Ok(Loaded::Refused(why)) => Err(NotEvaluated::Refused(why)),
            Err(_) => Err(NotEvaluated::NotUnderstood),
        }
    }

    /// Writes a request on a thread of its own, since a child that does not read would block it, and waits for the
    /// first line.
    fn send(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()> + Send,
    ) -> Result<Option<String>, NotEvaluated> {
        let mut lines = Vec::new();
        self.exchange(write, 1, &mut lines)?;
        Ok(lines.pop())
    }

    fn exchange(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()> + Send,
        wanted: usize,
        into: &mut Vec<String>,
    ) -> Result<(), NotEvaluated> {
        let Some(mut input) = self.input.take() else { return Err(NotEvaluated::Ended) };
        let started = Instant::now();
        let until = started + self.left;
        let (child, lines, limits) = (&mut self.child, &self.lines, self.limits);
        let (input, result) = std::thread::scope(|scope| {
            let writer = scope.spawn(move || write(&mut input).map(|()| input));
            let mut result = Ok(());
            while into.len() < wanted {
                match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(Line::Text(line)) => into.push(line),
                    Ok(Line::TooMuch) => result = Err(NotEvaluated::TooMuch(limits.output)),
                    Err(RecvTimeoutError::Timeout) => result = Err(NotEvaluated::Late(limits.deadline)),
                    Err(RecvTimeoutError::Disconnected) => result = Err(NotEvaluated::Ended),
                }
                if result.is_err() {
                    // Frees the writer, too: nobody reads any more.
                    let _ = child.kill();
                    break;
                }
            }
            (writer.join(), result)
        });
        self.left = self.left.saturating_sub(started.elapsed());
        // A stream that broke shows as an answer that is missing, or at the next question.
        self.input = input.ok().and_then(Result::ok);
        result
    }

    fn ask(&mut self, documents: &[&Value]) -> Result<Vec<Answer>, NotEvaluated> {
        let mut lines = Vec::with_capacity(documents.len());
        self.exchange(
            |input| documents.iter().try_for_each(|document| write_line(input, document)),
            documents.len(),
            &mut lines,
        )?;
        lines.iter().map(|line| serde_json::from_str(line).map_err(|_| NotEvaluated::NotUnderstood)).collect()
    }
}

impl Drop for Process {
    /// Nothing that was started outlives its session.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_line<T: serde::Serialize>(input: &mut dyn Write, value: &T) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    input.write_all(&line)
}

/// Hands on lines until there are no more, nobody listens, or there were too many bytes.
fn read(output: Option<std::process::ChildStdout>, most: u64, lines: &SyncSender<Line>) {
    let Some(output) = output else { return };
    let mut output = BufReader::new(output.take(most.saturating_add(1)));
    let mut seen = 0_u64;
    loop {
        let mut line = String::new();
        let Ok(bytes @ 1..) = output.read_line(&mut line) else { return };
        seen = seen.saturating_add(bytes as u64);
        let line = if seen > most { Line::TooMuch } else { Line::Text(line) };
        let last = matches!(line, Line::TooMuch);
        if lines.send(line).is_err() || last {
            return;
        }
    }
}
