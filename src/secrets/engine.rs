//! The pass over the bytes: one automaton over everything that is searched for, a recogniser at each place that it finds.

use std::collections::BTreeMap;

use super::assignment::{self, Assignment, Operator};
use super::own::ImportedRule;
use super::search::{Found, Search};
use super::table::{Check, Kind, Random, Table};
use super::{Refutation, Tier, Verdict, checks, generic, jwt, pem, shape, url, value};
use crate::facts::Lifetime;

/// What is done where a text is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    /// Recognise a shape of a kind around it.
    Token {
        kind: usize,
        shape: usize,
    },
    /// Recognise a kind in what is assigned to a name that holds it.
    Near {
        kind: usize,
    },
    /// Judge what is assigned to a name that holds it.
    Password,
    Secret,
    Key,
    /// Try a user's own rule around it.
    Own {
        rule: usize,
    },
    /// Read a structure.
    Pem,
    Putty,
    WrappedPem,
    Jwt,
    Url,
    Authorization,
    Curl,
}

/// How distinctive a candidate's kind is: the first wins over the others at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A structure, or a shape with a distinctive text.
    Distinctive,
    /// A shape that a name gives away.
    Named,
    /// A user's own rule.
    Own,
    /// A password or secret of no known kind.
    Generic,
}

/// What may become a hit. It borrows nothing: it says where the secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Index of the kind in the table; of an own rule: its index among them.
    pub(super) kind: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) verdict: Verdict,
    pub(super) tier: Tier,
    pub(super) lifetime: Lifetime,
    pub(super) rank: Rank,
}

/// What is searched for, and what it leads to.
#[derive(Debug)]
pub(super) struct Engine {
    search: Option<Search>,
    actions: Vec<(Box<[u8]>, Vec<Action>)>,
    known: Known,
}

/// The indices of the kinds that mechanisms find.
#[derive(Debug, Default)]
struct Known {
    private_key: usize,
    encrypted_key: usize,
    putty_key: usize,
    service_account: usize,
    jwt: usize,
    kubernetes: usize,
    url: usize,
    authorization: usize,
    password: usize,
    secret: usize,
    aws_access: usize,
    aws_secret: usize,
}

// Texts that lead to mechanisms. Some are written in two parts, so that no text of this file is a key's first line.
const PEM: &str = concat!("-----", "BEGIN");
const PUTTY: &str = "PuTTY-User-Key-File-";
const WRAPPED_PEM: &str = concat!("LS0tLS1", "CRUdJTi");
const JWT: &str = "eyJ";

/// What each text leads to.
const STRUCTURES: &[(&str, Action)] = &[
    (PEM, Action::Pem),
    (PUTTY, Action::Putty),
    (WRAPPED_PEM, Action::WrappedPem),
    (JWT, Action::Jwt),
    ("://", Action::Url),
    ("authorization", Action::Authorization),
    ("curl", Action::Curl),
];

impl Engine {
    pub(super) fn new(table: &Table, own: &[ImportedRule]) -> Self {
        let mut actions: BTreeMap<Vec<u8>, Vec<Action>> = BTreeMap::new();
        let mut add = |text: &[u8], action| actions.entry(text.to_ascii_lowercase()).or_default().push(action);
        for (index, kind) in table.kinds().iter().enumerate() {
            if kind.near.is_empty() {
                for (at, shape) in kind.shapes.iter().enumerate() {
                    if let Some(text) = shape.searched() {
                        add(text, Action::Token { kind: index, shape: at });
                    }
                }
            }
            for word in &kind.near {
                add(word.as_bytes(), Action::Near { kind: index });
            }
        }
        for (rule, own) in own.iter().enumerate() {
            for word in own.keywords.iter().filter(|word| !word.is_empty()) {
                add(word.as_bytes(), Action::Own { rule });
            }
        }
        for word in &table.words.password {
            add(word.as_bytes(), Action::Password);
        }
        for word in &table.words.secret {
            add(word.as_bytes(), Action::Secret);
        }
        for word in &table.words.key {
            add(word.as_bytes(), Action::Key);
        }
        for (text, action) in STRUCTURES {
            add(text.as_bytes(), *action);
        }
        let actions: Vec<(Box<[u8]>, Vec<Action>)> =
            actions.into_iter().map(|(text, own)| (text.into_boxed_slice(), own)).collect();
        // It fails on sizes that no table has.
        let search = Search::new(actions.iter().map(|(text, _)| &**text));
        let index = |id: &str| table.kinds().iter().position(|kind| &*kind.id == id).unwrap_or(usize::MAX);
        let known = Known {
            private_key: index("private_key"),
            encrypted_key: index("encrypted_private_key"),
            putty_key: index("putty_private_key"),
            service_account: index("gcp_service_account_key"),
            jwt: index("jwt"),
            kubernetes: index("kubernetes_service_account_token"),
            url: index("url_password"),
            authorization: index("basic_authorization"),
            password: index("password"),
            secret: index("secret"),
            aws_access: index("aws_access_key"),
            aws_secret: index("aws_secret_key"),
        };
        Self { search, actions, known }
    }

    /// Everything on a page that has the look of a secret. Where the file is no text, only what is distinctive is.
    /// Where keywords of users' rules stand goes to `marks`, with the rule's index.
    pub(super) fn candidates(
        &self,
        table: &Table,
        page: &Page<'_>,
        found: &mut Vec<Candidate>,
        marks: &mut Vec<(usize, usize)>,
    ) {
        let Some(search) = &self.search else { return };
        for Found { word, place } in search.find(page.bytes) {
            let Some((_, actions)) = self.actions.get(word) else { continue };
            for action in actions {
                if let Action::Own { rule } = action {
                    marks.push((*rule, place.start));
                    continue;
                }
                self.act(*action, place.start, place.end, table, page, found);
            }
        }
    }

    /// The kinds of passwords and secrets that only an assignment gives away.
    pub(super) fn generic(&self) -> (usize, usize) {
        (self.known.password, self.known.secret)
    }

    fn act(
        &self,
        action: Action,
        start: usize,
        end: usize,
        table: &Table,
        page: &Page<'_>,
        found: &mut Vec<Candidate>,
    ) {
        let bytes = page.bytes;
        match action {
            Action::Token { kind: index, shape } => {
                let Some(kind) = table.kinds().get(index) else { return };
                let Some(shape) = kind.shapes.get(shape) else { return };
                // The automaton does not tell upper from lower case; the shape does.
                if let Some((from, to)) = shape.around(bytes, start) {
                    found.extend(token(table, index, shape, page, from, to));
                    if index == self.known.aws_access {
                        self.beside_an_id(table, page, from, to, found);
                    }
                }
            }
            Action::Near { kind } if page.is_text => found.extend(near(kind, table, page, start, end)),
            Action::Password if page.is_text => {
                found.extend(generic::password(self.known.password, page, start, end));
            }
            Action::Secret if page.is_text => found.extend(generic::secret(table, self.known.secret, page, start, end)),
            Action::Key if page.is_text => found.extend(generic::key(table, self.known.secret, page, start, end)),
            Action::Pem if starts(bytes, start, PEM) => {
                if let Some(key) = pem::read(bytes, start) {
                    found.push(self.key(table, page, start, key));
                }
            }
            Action::Putty if starts(bytes, start, PUTTY) => {
                if let Some(key) = pem::putty(bytes, start) {
                    let kind = if key.encrypted { self.known.encrypted_key } else { self.known.putty_key };
                    found.push(structure(table, kind, start, key.end, key.verdict, None));
                }
            }
            Action::WrappedPem if starts(bytes, start, WRAPPED_PEM) && shape::left_free(bytes, start) => {
                if let Some(key) = pem::wrapped(bytes, start) {
                    found.push(self.key(table, page, start, key));
                }
            }
            Action::Jwt if starts(bytes, start, JWT) && shape::left_free(bytes, start) => {
                if let Some(own) = jwt::read(bytes, start, page.as_of) {
                    let kind = if own.kubernetes { self.known.kubernetes } else { self.known.jwt };
                    let signature = bytes.get(start..own.end).and_then(|text| text.rsplit(|byte| *byte == b'.').next());
                    let published = signature.is_some_and(|signature| table.is_published(signature));
                    found.push(Candidate {
                        kind,
                        start,
                        end: own.end,
                        verdict: if published { Verdict::Refuted(Refutation::Placeholder) } else { own.verdict },
                        tier: if published { Tier::Record } else { own.tier },
                        lifetime: own.lifetime,
                        rank: Rank::Distinctive,
                    });
                }
            }
            Action::Url if page.is_text => {
                if let Some(own) = url::password(bytes, start) {
                    let whole = structure(table, self.known.url, own.start, own.end, own.verdict, Some(own.tier));
                    found.push(Candidate { rank: Rank::Named, ..whole });
                }
            }
            Action::Authorization | Action::Curl if page.is_text => {
                let own = if action == Action::Curl { url::curl(bytes, end) } else { url::authorization(bytes, end) };
                if let Some(own) = own {
                    let whole =
                        structure(table, self.known.authorization, own.start, own.end, own.verdict, Some(own.tier));
                    found.push(Candidate { rank: Rank::Generic, ..whole });
                }
            }
            _ => {}
        }
    }

    fn key(&self, table: &Table, page: &Page<'_>, start: usize, key: pem::Key) -> Candidate {
        let known = &self.known;
        let kind = if key.encrypted {
            known.encrypted_key
        } else if is_service_account(page.bytes, start, key.end) {
            known.service_account
        } else {
            known.private_key
        };
        structure(table, kind, start, key.end, key.verdict, None)
    }

    /// The secret that stands beside the id of an access key without a name of its own.
    fn beside_an_id(&self, table: &Table, page: &Page<'_>, from: usize, to: usize, found: &mut Vec<Candidate>) {
        const REACH: usize = 200;
        let bytes = page.bytes;
        let (first, last) = (from.saturating_sub(REACH), bytes.len().min(to + REACH));
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'/' || byte == b'+';
        let mut at = first;
        while at < last {
            let run = bytes.get(at..bytes.len().min(at + 64)).unwrap_or_default();
            let run = run.iter().take_while(|byte| is_sign(**byte)).count();
            let body = bytes.get(at..at + run).unwrap_or_default();
            let whole = at == first && first > 0;
            let closed = bytes.get(at + run).is_none_or(|next| !matches!(next, b'=' | b'-' | b'_' | b'.'));
            if run == 40 && !whole && closed && is_secret_key(body) {
                found.push(structure(table, self.known.aws_secret, at, at + run, Verdict::Shape, None));
            }
            at += run + 1;
        }
    }
}

/// Forty signs of base64 that look drawn by chance and are no digest in hexadecimal.
fn is_secret_key(body: &[u8]) -> bool {
    let has = |own: fn(&u8) -> bool| body.iter().any(own);
    has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
        && value::is_drawn(body)
        && !value::is_filler(body, 64)
        && body.iter().filter(|byte| **byte == b'/').count() < 6
}

/// A stretch of a file that is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'p> {
    /// The file.
    pub(super) path: &'p str,
    /// The bytes.
    pub(super) bytes: &'p [u8],
    /// Where they start in the file.
    pub(super) offset: usize,
    /// Whether that is the whole file.
    pub(super) is_whole: bool,
    /// Whether the file is text.
    pub(super) is_text: bool,
    /// Whether the file's name says that values stand without quotes in it (`.env`, `.yaml`, `.properties`).
    pub(super) is_configuration: bool,
    /// The instant at which lifetimes are judged, in epoch seconds.
    pub(super) as_of: i64,
}

/// Whether a text stands at a place as it is written: the automaton does not tell upper from lower case.
fn starts(bytes: &[u8], at: usize, text: &str) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
}

/// A candidate that a mechanism found.
fn structure(table: &Table, kind: usize, start: usize, end: usize, verdict: Verdict, tier: Option<Tier>) -> Candidate {
    let own = table.kinds().get(kind);
    let tier = match verdict {
        Verdict::Refuted(_) => Tier::Record,
        _ => tier.or(own.map(Kind::tier)).unwrap_or(Tier::Advisory),
    };
    let lifetime = own.map_or(Lifetime::Unknown, |own| own.lifetime.of_a_token());
    Candidate { kind, start, end, verdict, tier, lifetime, rank: Rank::Distinctive }
}

/// A candidate of a shape, verified.
fn token(
    table: &Table,
    index: usize,
    own: &shape::Shape,
    page: &Page<'_>,
    start: usize,
    end: usize,
) -> Option<Candidate> {
    let kind = table.kinds().get(index)?;
    let bytes = page.bytes;
    let text = bytes.get(start..end)?;
    let around = bytes.get(start.saturating_sub(256)..bytes.len().min(end + 256))?;
    if !kind.beside.is_empty() && !kind.beside.iter().any(|word| checks::find(around, word.as_bytes())) {
        return None;
    }
    let body = own.body(text);
    let filler = value::filler(&body, own.alphabet());
    let checked = kind.check.map(|check| checks::verify(check, text, around));
    let verdict = match checked {
        Some(Verdict::Proved) if kind.check.is_some_and(Check::is_checksum) => Verdict::Proved,
        _ if table.is_published(text) => Verdict::Refuted(Refutation::Placeholder),
        _ if filler == value::Filler::Sure => Verdict::Refuted(Refutation::Placeholder),
        Some(verdict) => verdict,
        None => Verdict::Shape,
    };
    // A shape that says little must look drawn by chance besides.
    if kind.random == Some(Random::Strict) && !value::is_drawn(&body) {
        return None;
    }
    let is_test = kind.test.iter().any(|prefix| text.starts_with(prefix.as_bytes()));
    let tier = match verdict {
        Verdict::Refuted(_) => Tier::Record,
        Verdict::Shape if filler == value::Filler::Perhaps || value::is_wordy(&body) => Tier::Advisory,
        _ if is_test => Tier::Advisory,
        _ => kind.tier(),
    };
    let lifetime = kind.lifetime.of_a_token();
    let rank = if kind.near.is_empty() { Rank::Distinctive } else { Rank::Named };
    Some(Candidate { kind: index, start, end, verdict, tier, lifetime, rank })
}

/// A candidate of a kind that the name gives away to which it is assigned.
fn near(index: usize, table: &Table, page: &Page<'_>, start: usize, end: usize) -> Option<Candidate> {
    let bytes = page.bytes;
    // The word starts a part of the name: `cameraKit` is none of Meraki's.
    if let (Some(before), Some(first)) = (start.checked_sub(1).and_then(|at| bytes.get(at)), bytes.get(start))
        && before.is_ascii_alphabetic()
        && !(before.is_ascii_lowercase() && first.is_ascii_uppercase())
    {
        return None;
    }
    let strict = assignment::parse(bytes, start, end, false).and_then(|own| named(table, index, page, &own));
    strict.or_else(|| assignment::parse(bytes, start, end, true).and_then(|own| named(table, index, page, &own)))
}

fn named(table: &Table, index: usize, page: &Page<'_>, own: &Assignment) -> Option<Candidate> {
    let kind = table.kinds().get(index)?;
    let bytes = page.bytes;
    if own.operator == Operator::Blank && !generic::is_option(bytes, own) {
        return None;
    }
    let end = |own_shape: &shape::Shape| {
        let end = own_shape.from(bytes, own.start)?;
        let closed = match own.quote {
            Some(_) => end == own.end,
            None => {
                bytes.get(end).is_none_or(|next| !matches!(next, b'-' | b'/' | b'+' | b'=' | b'.' | b'(' | b'[' | b':'))
            }
        };
        closed.then_some(end)
    };
    let (shape, end) = kind.shapes.iter().find_map(|shape| Some((shape, end(shape)?)))?;
    // A name that asks for an identifier gets one.
    if generic::names_no_secret(bytes.get(own.name_start..own.name_end)?) {
        return None;
    }
    token(table, index, shape, page, own.start, end)
}

/// Whether a key stands in the key file of a Google service account.
fn is_service_account(bytes: &[u8], start: usize, end: usize) -> bool {
    const REACH: usize = 4096;
    let before = bytes.get(start.saturating_sub(REACH)..start).unwrap_or_default();
    let after = bytes.get(end..bytes.len().min(end + REACH)).unwrap_or_default();
    checks::find(before.get(before.len().saturating_sub(64)..).unwrap_or_default(), b"private_key")
        && (checks::find(before, b"service_account")
            || checks::find(after, b"service_account")
            || checks::find(after, b"gserviceaccount"))
}

/// Drops what stands where something more distinctive does; what is left is sorted by place.
pub(super) fn settle<T>(found: Vec<(Candidate, T)>) -> Vec<(Candidate, T)> {
    let mut found = found;
    found.sort_by_key(|(own, _)| {
        (own.rank, own.tier, own.verdict, std::cmp::Reverse(own.end - own.start), own.start, own.kind)
    });
    let mut kept: BTreeMap<usize, (Candidate, T)> = BTreeMap::new();
    for own in found {
        let before = kept.range(..own.0.end).next_back();
        if before.is_none_or(|(_, (other, _))| other.end <= own.0.start) {
            kept.insert(own.0.start, own);
        }
    }
    kept.into_values().collect()
}
