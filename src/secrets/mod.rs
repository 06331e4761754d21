//! Literal secrets in text: found by prefix, proved by checksum or structure, named without being shown.
//!
//! [`Table`] is the knowledge (`policies/secrets/tokens.yaml`): one entry a kind of token. [`Scanner`] is the mechanism:
//! one pass of an automaton over prefixes and assignment words, a recogniser where one is met, and validators for what
//! survives. No regular expression is involved, but for [`own`] rules of users.
//!
//! A [`Hit`] says what kind of secret stands where, how sure that is and how long it lives. It has no field that can hold
//! the secret or a piece of it: whoever prints, logs or stores hits cannot leak.
//!
//! | verdict | means |
//! |---|---|
//! | proved | a checksum holds, or the structure decodes to what only a secret of the kind is |
//! | shape | prefix, characters and length are those of the kind, which has nothing to check |
//! | refuted | it looks like the kind and is none: a wrong checksum, a placeholder, a reference. Kept as a record |

mod assignment;
mod checks;
mod context;
mod engine;
mod file;
mod generic;
mod hit;
mod issued;
mod jwt;
mod key;
pub mod own;
mod pem;
mod search;
mod shape;
mod table;
mod url;
mod value;

use file::Cut;

pub use file::Buffer;
pub use hit::{Hit, Place, Refutation, Scan, Tier, Unread, Verdict};
pub use key::{DigestKey, SecretDigest};
pub use own::{ImportedRule, OwnRules};
pub use table::{Check, Kind, KindLifetime, Recogniser, Table};

use std::sync::{Arc, LazyLock};

use engine::{Candidate, Engine, Page, Rank};

use crate::facts::Lifetime;

/// Looks for secrets. It is shared by all threads; what one scan needs is its own.
#[derive(Debug)]
pub struct Scanner<'t> {
    table: &'t Table,
    engine: Arc<Engine>,
    key: DigestKey,
    as_of: i64,
    own: Vec<ImportedRule>,
    cut: Cut,
}

/// Most hits of one file that are kept.
const MOST_HITS: usize = 10_000;

/// Most candidates of one file that are looked at; several may become one hit.
const MOST_CANDIDATES: usize = 50_000;

impl<'t> Scanner<'t> {
    /// A scanner that knows `table` and the users' `own` rules, keys its digests with `key`, and judges at `as_of`, in
    /// epoch seconds, how long tokens that say so still live.
    #[must_use]
    pub fn new(table: &'t Table, key: DigestKey, as_of: i64, own: Vec<ImportedRule>) -> Self {
        // What ships with the binary is compiled once a process.
        static BUILT_IN: LazyLock<Arc<Engine>> = LazyLock::new(|| Arc::new(Engine::new(Table::built_in(), &[])));
        let engine = match own.is_empty() && std::ptr::eq(table, Table::built_in()) {
            true => Arc::clone(&BUILT_IN),
            false => Arc::new(Engine::new(table, &own)),
        };
        Self { table, engine, key, as_of, own, cut: Cut::default() }
    }

    /// The table that it knows.
    #[must_use]
    pub fn table(&self) -> &'t Table {
        self.table
    }

    /// The secrets of one file, in the order of their places. `path` is from the root of the tree, with `/`: it says
    /// which language the text may be parsed as, and own rules may ask for it; no digest depends on it.
    #[must_use]
    pub fn scan(&self, path: &str, bytes: &[u8]) -> Scan {
        self.scan_in(path, bytes, &mut Buffer::default())
    }

    /// As [`scan`](Self::scan), in memory that is used for one file after another.
    #[must_use]
    pub fn scan_in(&self, path: &str, bytes: &[u8], buffer: &mut Buffer) -> Scan {
        let mut reader = bytes;
        match self.stream(path, &mut reader, Some(bytes.len() as u64), buffer) {
            Ok(scan) => scan,
            // Memory does not fail to be read.
            Err(error) => Scan { hits: Vec::new(), unread: Some(Unread::refused(&error)) },
        }
    }

    /// The candidates of a page that start in `body`, as hits; offsets are the file's.
    fn page(
        &self,
        page: &Page<'_>,
        body: std::ops::Range<usize>,
        place: &mut Lines,
        found: &mut Vec<(Candidate, Hit)>,
    ) {
        let (mut candidates, mut marks) = (Vec::new(), Vec::new());
        self.engine.candidates(self.table, page, &mut candidates, &mut marks);
        self.own(page, marks, &mut candidates);
        if page.is_whole && page.is_text {
            context::judge(self.table, page, self.engine.generic(), &mut candidates);
        }
        candidates.retain(|own| body.contains(&own.start));
        candidates.sort_by_key(|own| (own.start, own.end, own.kind));
        candidates.dedup();
        for own in candidates {
            if found.len() > MOST_CANDIDATES {
                return;
            }
            let Some(hit) = self.hit(&own, page, place) else { continue };
            let (start, end) = (own.start + page.offset, own.end + page.offset);
            found.push((Candidate { start, end, ..own }, hit));
        }
    }

    /// What users' own rules find on a page.
    fn own(&self, page: &Page<'_>, mut marks: Vec<(usize, usize)>, candidates: &mut Vec<Candidate>) {
        let everywhere = self.own.iter().enumerate().filter(|(_, own)| own.keywords.is_empty());
        let mut windows: Vec<(usize, std::ops::Range<usize>)> =
            everywhere.map(|(rule, _)| (rule, 0..page.bytes.len())).collect();
        marks.sort_unstable();
        for (rule, at) in marks {
            let (from, to) = (at.saturating_sub(own::BEFORE), page.bytes.len().min(at + own::BEHIND));
            match windows.last_mut() {
                Some((last, window)) if *last == rule && window.end >= from => window.end = to,
                _ => windows.push((rule, from..to)),
            }
        }
        let mut found = Vec::new();
        for (index, window) in windows {
            let Some(rule) = self.own.get(index).filter(|rule| rule.is_for(page.path)) else { continue };
            rule.find(page.path, page.bytes, window, &mut found);
            candidates.extend(found.drain(..).map(|one| Candidate {
                kind: self.table.kinds().len() + index,
                start: one.start,
                end: one.end,
                verdict: if one.allowed { Verdict::Refuted(Refutation::Allowed) } else { Verdict::Shape },
                tier: if one.allowed { Tier::Record } else { Tier::Blocking },
                lifetime: Lifetime::Unknown,
                rank: Rank::Own,
            }));
        }
    }

    /// What rules find that are about paths alone: the file itself.
    fn by_path(&self, path: &str) -> Vec<Hit> {
        let own = self.own.iter().filter(|own| own.is_path_alone() && own.is_for(path));
        own.map(|own| Hit {
            kind: Arc::clone(&own.kind),
            verdict: Verdict::Shape,
            tier: Tier::Blocking,
            lifetime: Lifetime::Unknown,
            place: Place { start: 0, end: 0, line: 1, column: 1 },
            length: 0,
            digest: self.key.digest(&own.kind, path.as_bytes()),
        })
        .collect()
    }

    /// The id of a kind, or of a rule behind them.
    fn kind_id(&self, index: usize) -> Option<Arc<str>> {
        let behind = || self.own.get(index.checked_sub(self.table.kinds().len())?).map(|own| Arc::clone(&own.kind));
        self.table.kinds().get(index).map(|kind| Arc::clone(&kind.id)).or_else(behind)
    }

    fn hit(&self, own: &Candidate, page: &Page<'_>, place: &mut Lines) -> Option<Hit> {
        let kind = self.kind_id(own.kind)?;
        let secret = page.bytes.get(own.start..own.end)?;
        let (line, column) = place.at(page, own.start);
        let (start, end) = ((own.start + page.offset) as u64, (own.end + page.offset) as u64);
        Some(Hit {
            digest: self.key.digest(&kind, secret),
            kind,
            verdict: own.verdict,
            tier: own.tier,
            lifetime: own.lifetime,
            place: Place { start, end, line, column },
            length: u32::try_from(secret.len()).unwrap_or(u32::MAX),
        })
    }
}

/// Lines and columns of places that come in order; nothing is counted twice.
#[derive(Debug, Default)]
struct Lines {
    /// Where counting stopped, from the front of the file.
    at: usize,
    /// The newlines before it.
    newlines: u32,
    /// The code points between the last of them and it.
    points: u32,
}

impl Lines {
    /// Line and column of a byte of a page, from 1.
    fn at(&mut self, page: &Page<'_>, offset: usize) -> (u32, u32) {
        let from = self.at.saturating_sub(page.offset);
        let passed = page.bytes.get(from..offset).unwrap_or_default();
        let rest = match memchr::memrchr(b'\n', passed) {
            Some(last) => {
                let newlines = memchr::memchr_iter(b'\n', passed).count();
                self.newlines = self.newlines.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
                self.points = 0;
                passed.get(last + 1..).unwrap_or_default()
            }
            None => passed,
        };
        // A code point starts at every byte that is not a UTF-8 continuation byte.
        let points = rest.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        self.points = self.points.saturating_add(u32::try_from(points).unwrap_or(u32::MAX));
        self.at = self.at.max(page.offset + offset);
        (self.newlines.saturating_add(1), self.points.saturating_add(1))
    }
}

/// Whether values stand without quotes in a file of this name.
fn is_configuration(path: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "env",
        "ini",
        "properties",
        "yaml",
        "yml",
        "conf",
        "cfg",
        "cnf",
        "config",
        "toml",
        "sh",
        "bash",
        "zsh",
        "txt",
        "netrc",
        "npmrc",
        "pypirc",
        "tfvars",
        "dockerfile",
        "plist",
        "xml",
        "service",
        "reg",
        "log",
        "pgpass",
        "htpasswd",
        "credentials",
    ];
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let ending = name.rsplit('.').next().unwrap_or(&name);
    ENDINGS.contains(&ending) || name.starts_with(".env") || name.starts_with("dockerfile")
}

#[cfg(test)]
mod tests;
