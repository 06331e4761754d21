//! The child's side: load, answer, and nothing else.

use std::io::{BufRead, Write};

use super::{Answer, Job, Loaded};
use crate::policy::{Bundle, Engine, Input, Policy};
use crate::rules::RuleFile;

/// Policies that are loaded, and the one to ask.
pub(super) struct Worker {
    engine: Engine,
    policy: Policy,
}

impl Worker {
    /// Loads the policies of a job.
    pub(super) fn load(job: &Job) -> Result<Self, String> {
        let files: Vec<RuleFile> =
            job.policies.iter().map(|file| RuleFile::new(file.path.as_str(), file.text.as_bytes())).collect();
        let bundle = Bundle::load(&files, job.data.clone()).map_err(|errors| {
            let own = errors.iter().find(|error| *error.file.path == *job.ask).or(errors.first());
            own.map_or_else(String::new, |error| format!("{}: {}", error.file.path, error.message))
        })?;
        let engine = bundle.engine();
        let policy = bundle
            .policies
            .into_iter()
            .find(|policy| !policy.built_in && *policy.file.path == *job.ask)
            .ok_or_else(|| format!("{}: it is not there", job.ask))?;
        Ok(Self { engine, policy })
    }

    /// Asks about one document.
    pub(super) fn answer(&mut self, document: serde_json::Value) -> Answer {
        match self.engine.evaluate(&self.policy, "", &Input::new(document)) {
            Ok(findings) => Answer::Findings(findings),
            Err(error) => Answer::Failed(error.message),
        }
    }
}

/// Serves one job: reads it and its documents, writes the answers. Limits what this process may use first, so it is
/// for a process that does nothing else.
///
/// # Errors
/// When a stream fails or a line is not what was agreed on.
pub fn serve(requests: &mut dyn BufRead, answers: &mut dyn Write) -> std::io::Result<()> {
    let mut line = String::new();
    requests.read_line(&mut line)?;
    let job: Job = serde_json::from_str(&line)?;
    limit(&job)?;
    let mut worker = match Worker::load(&job) {
        Ok(worker) => {
            say(answers, &Loaded::Ready)?;
            worker
        }
        Err(why) => return say(answers, &Loaded::Refused(why)),
    };
    loop {
        line.clear();
        if requests.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let document: serde_json::Value = serde_json::from_str(&line)?;
        say(answers, &worker.answer(document))?;
    }
}

fn say<T: serde::Serialize>(answers: &mut dyn Write, answer: &T) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    answers.write_all(&line)?;
    answers.flush()
}

/// Takes away what a policy has no use for: memory beyond the job's, processor time that nobody waits for, files, more
/// processes, core dumps.
#[cfg(unix)]
fn limit(job: &Job) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// Deep nesting ends the process here and not at whatever the machine allows.
    const STACK: u64 = 16 * 1024 * 1024;
    /// What the allocator takes at once, and a quarter more for what goes with it.
    const ARENA: u64 = 5 << 28;
    let limits = [
        // Address space is more than memory in use: the allocator reserves before it uses.
        (Resource::As, job.memory.saturating_add(4 << 30)),
        // The allocator takes its first gibibyte as a whole, whatever comes to be used of it; were that refused, it would
        // now and then end the process.
        (Resource::Data, job.memory.saturating_add(ARENA)),
        (Resource::Stack, STACK),
        (Resource::Cpu, job.seconds),
        (Resource::Fsize, 0),
        // The three streams stay open; nothing else opens.
        (Resource::Nofile, 3),
        (Resource::Core, 0),
    ];
    for (resource, most) in limits {
        let most = getrlimit(resource).maximum.map_or(most, |hard| most.min(hard));
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        // Some systems know a limit and do not let it be set; the parent's deadline holds all the same.
        let _ = setrlimit(resource, limit);
    }
    Ok(())
}

/// Elsewhere the parent's deadline and its bound on the output hold alone.
#[cfg(not(unix))]
fn limit(_: &Job) -> std::io::Result<()> {
    Ok(())
}
