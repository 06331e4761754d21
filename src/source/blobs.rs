//! The bytes of git objects, each read once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::process::{ChildStdout, Stdio};
use std::sync::Arc;

use rayon::prelude::*;

use super::SourceError;
use super::git::{Git, cannot_run, failed, not_understood};
use crate::store::Digest;

/// Objects to read, by name, each with one path that uses it (for messages).
pub(super) type Wanted<'a> = BTreeMap<&'a str, &'a [u8]>;

/// One object, or why it was not read.
#[derive(Debug, Clone)]
pub(super) enum Blob {
    Bytes { bytes: Arc<[u8]>, digest: Digest },
    TooLarge { bytes: u64 },
}

/// Everything that was read: by object name, and by digest so that equal bytes are kept once.
#[derive(Debug, Default)]
pub(super) struct Contents {
    blobs: HashMap<Box<str>, Blob>,
    equal: HashMap<Digest, Arc<[u8]>>,
}

impl Contents {
    pub(super) fn get(&self, object: &str) -> Option<&Blob> {
        self.blobs.get(object)
    }

    /// The copy of these bytes that is kept.
    pub(super) fn share(&mut self, digest: Digest, bytes: Arc<[u8]>) -> Arc<[u8]> {
        Arc::clone(self.equal.entry(digest).or_insert(bytes))
    }

    /// Reads objects with one `git cat-file`; those above `limit` bytes are passed over.
    ///
    /// # Errors
    /// [`SourceError::MissingObjects`] when some are not there, or what git reports.
    pub(super) fn read(git: &Git, wanted: &Wanted<'_>, limit: u64) -> Result<Self, SourceError> {
        let mut contents = Self::default();
        contents.renew(git, wanted, limit)?;
        Ok(contents)
    }

    /// Reads what is wanted and not there yet, and forgets what is not wanted any more.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(super) fn renew(&mut self, git: &Git, wanted: &Wanted<'_>, limit: u64) -> Result<(), SourceError> {
        let missing: Wanted<'_> = wanted
            .iter()
            .filter(|(object, _)| !self.blobs.contains_key(**object))
            .map(|(object, path)| (*object, *path))
            .collect();
        let raw = if missing.is_empty() { Vec::new() } else { batch(git, &missing, "blob", limit)? };
        let read: Vec<(&str, Blob)> = raw
            .into_par_iter()
            .map(|(object, raw)| match raw {
                Raw::TooLarge(bytes) => (object, Blob::TooLarge { bytes }),
                Raw::Bytes(bytes) => {
                    let digest = Digest::of(&bytes);
                    (object, Blob::Bytes { bytes: bytes.into(), digest })
                }
            })
            .collect();
        self.blobs.retain(|object, _| wanted.contains_key(&**object));
        let kept: HashSet<Digest> = self
            .blobs
            .values()
            .filter_map(|blob| if let Blob::Bytes { digest, .. } = blob { Some(*digest) } else { None })
            .collect();
        self.equal.retain(|digest, _| kept.contains(digest));
        self.blobs.reserve(read.len());
        for (object, blob) in read {
            let blob = match blob {
                Blob::Bytes { bytes, digest } => Blob::Bytes { bytes: self.share(digest, bytes), digest },
                too_large @ Blob::TooLarge { .. } => too_large,
            };
            self.blobs.insert(object.into(), blob);
        }
        Ok(())
    }
}

/// Reads commit objects, byte for byte. One that is too large is left out.
pub(super) fn commits(git: &Git, ids: &[String], limit: u64) -> Result<HashMap<String, Arc<[u8]>>, SourceError> {
    let wanted: Wanted<'_> = ids.iter().map(|id| (id.as_str(), &b"a commit"[..])).collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let read = batch(git, &wanted, "commit", limit)?.into_iter();
    Ok(read
        .filter_map(|(id, raw)| match raw {
            Raw::Bytes(bytes) => Some((id.to_owned(), Arc::from(bytes))),
            Raw::TooLarge(_) => None,
        })
        .collect())
}

enum Raw {
    Bytes(Vec<u8>),
    TooLarge(u64),
}

const ARGUMENTS: [&str; 3] = ["cat-file", "--batch", "--buffer"];

/// Runs the process: names go in from one thread while another reads what comes out, so neither pipe can fill up and
/// stop both sides.
fn batch<'a>(git: &Git, wanted: &Wanted<'a>, kind: &str, limit: u64) -> Result<Vec<(&'a str, Raw)>, SourceError> {
    let mut child =
        git.command(&ARGUMENTS).stdin(Stdio::piped()).spawn().map_err(|error| cannot_run(&ARGUMENTS, &error))?;
    let (Some(stdin), Some(stdout), Some(mut stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(not_understood(&ARGUMENTS));
    };
    let mut names = String::with_capacity(wanted.len() * 65);
    for object in wanted.keys() {
        names.push_str(object);
        names.push('\n');
    }
    let (answer, complaint) = std::thread::scope(|scope| {
        // A process that ends early closes its input; the reader finds out and says why.
        scope.spawn(move || {
            let mut stdin = stdin;
            let _ = stdin.write_all(names.as_bytes());
        });
        let complaint = scope.spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            text
        });
        let answer = answers(BufReader::with_capacity(1 << 16, stdout), wanted, kind, limit);
        if answer.is_err() {
            let _ = child.kill();
        }
        (answer, complaint.join().unwrap_or_default())
    });
    let status = child.wait().map_err(|error| cannot_run(&ARGUMENTS, &error))?;
    match answer {
        Ok((read, missing)) if missing.is_empty() && status.success() => Ok(read),
        Ok((_, missing)) if !missing.is_empty() => Err(lacking(wanted, &missing)),
        Ok(_) => Err(failed(&ARGUMENTS, &complaint)),
        Err(_) if complaint.is_empty() => Err(not_understood(&ARGUMENTS)),
        Err(_) => Err(failed(&ARGUMENTS, &complaint)),
    }
}

type Answers<'a> = (Vec<(&'a str, Raw)>, Vec<&'a str>);

/// Reads one answer for each name, in order: what was read, and the names of which nothing of that kind is here.
fn answers<'a>(
    mut from: BufReader<ChildStdout>,
    wanted: &Wanted<'a>,
    expected: &str,
    limit: u64,
) -> io::Result<Answers<'a>> {
    let mut read = Vec::with_capacity(wanted.len());
    let mut missing = Vec::new();
    let mut header = Vec::new();
    for &object in wanted.keys() {
        header.clear();
        from.read_until(b'\n', &mut header)?;
        let text = std::str::from_utf8(&header).map_err(io::Error::other)?;
        let rest = text.strip_prefix(object).ok_or_else(|| io::Error::other("an answer to another question"))?;
        let mut words = rest.split_whitespace();
        let kind = words.next().unwrap_or("");
        let Some(size) = words.next() else {
            missing.push(object);
            continue;
        };
        let size: u64 = size.parse().map_err(io::Error::other)?;
        if kind != expected || size > limit {
            // One byte more: the line break after the content.
            skip(&mut from, size.saturating_add(1))?;
            if kind == expected {
                read.push((object, Raw::TooLarge(size)))
            } else {
                missing.push(object)
            }
            continue;
        }
        let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
        from.read_exact(&mut bytes)?;
        skip(&mut from, 1)?;
        read.push((object, Raw::Bytes(bytes)));
    }
    Ok((read, missing))
}

fn skip(from: &mut BufReader<ChildStdout>, bytes: u64) -> io::Result<()> {
    let skipped = io::copy(&mut from.take(bytes), &mut io::sink())?;
    if skipped == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn lacking(wanted: &Wanted<'_>, missing: &[&str]) -> SourceError {
    let shown = missing.iter().take(3).map(|&object| {
        let path = wanted.get(object).copied().unwrap_or_default();
        format!("{} ({object})", String::from_utf8_lossy(path))
    });
    SourceError::MissingObjects { wanted: shown.collect(), count: missing.len() }
}
