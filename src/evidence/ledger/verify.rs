//! Whether the ledger is what it says: every record signed, in the log, whole, and in order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rayon::prelude::*;

use super::attachment::Attached;
use super::hints::Hints;
use super::keeping::{HoldInForce, Keeping};
use super::look::{InLog, Kind, Looking, Looks, Seen};
use super::retained::{Dated, seconds};
use super::tombstone_statement::TombstoneStatement;
use super::trust::{Trust, TrustError};
use super::{Ledger, RecordId, Role, names};
use crate::evidence::error::EvidenceError;
use crate::evidence::log::{
    Checkpoint, Leaf, LogError, LogReader, NoteKey, Signed, Storage, head_agrees, verify_consistency,
};
use crate::evidence::references::Wrong;
use crate::evidence::statement::Statement;
use crate::keys::{SigstoreBundle, ssh_signer};
use crate::store::Digest;

/// How many leaves are looked at together.
const CHUNK: usize = 1024;
/// Seconds by which a later record may say that it was made earlier: clocks differ.
const CLOCKS_DIFFER: i64 = 300;

/// What whoever verifies knows by other ways.
#[derive(Debug, Clone, Default)]
pub struct Verifying {
    /// The fingerprint of the first key, confirmed with the log's keeper.
    pub confirmed: Option<Digest>,
    /// Checkpoints that were kept elsewhere, as they were signed.
    pub anchors: Vec<(String, Vec<u8>)>,
    /// A size and a root that the log is said to have had.
    pub earlier: Option<(u64, Digest)>,
    /// The records that are asked about; all when empty.
    pub only: BTreeSet<RecordId>,
    /// When it is, in epoch seconds, where that is known: what says that it removed something later is not believed.
    pub now: Option<i64>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The record's place in the log.
    pub index: Option<u64>,
    /// The record.
    pub record: Option<RecordId>,
    /// What is wrong, in words.
    pub what: String,
}

/// What verifying found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// The log's name; `None` when there is no log.
    pub origin: Option<String>,
    /// How many leaves it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Option<Digest>,
    /// The fingerprint of its first key.
    pub genesis: Option<Digest>,
    /// The witnesses that cosigned the last checkpoint, and when.
    pub witnesses: Vec<(String, u64)>,
    /// Whom the log says to trust.
    pub trust: Trust,
    /// Evaluations, of those that were asked about, that a key signed which counts.
    pub signed: u64,
    /// Which those are.
    pub signed_evaluations: BTreeSet<RecordId>,
    /// Those that nobody signed.
    pub unsigned: u64,
    /// Statements about external evidence.
    pub attached: u64,
    /// What those say that are for something, by a key that counts, in the order of places.
    pub told: Vec<Attached>,
    /// Statements about what was removed.
    pub tombstones: u64,
    /// Records of which something was removed, as a tombstone says that was allowed to.
    pub erased: u64,
    /// Holds that are in force.
    pub holds: Vec<HoldInForce>,
    /// Signatures of others over records that are in the log: whoever trusts their keys verifies them.
    pub countersigned: u64,
    /// Signatures for `ssh-keygen` that stand beside others.
    pub for_ssh: u64,
    /// Records that are kept and not in the log.
    pub not_logged: u64,
    /// Checkpoints from elsewhere that the log is consistent with.
    pub anchors: usize,
    /// What is wrong, in the order of places.
    pub problems: Vec<Problem>,
}

/// Verifies a ledger: every leaf, or the records that are asked about, with everything that they name.
///
/// # Errors
/// [`EvidenceError`] when the storage cannot be read. What is wrong with the evidence is no error but a problem.
pub fn verify<S: Storage + Sync>(storage: &S, verifying: &Verifying) -> Result<Verification, EvidenceError> {
    verify_watched(storage, verifying, &|_, _| {})
}

/// Verifies a ledger, and tells `watch` of every evaluation in the log that is asked about, in no order: whether it is one
/// to believe, the answer says at the end.
///
/// # Errors
/// As [`verify`].
pub fn verify_watched<S: Storage + Sync>(
    storage: &S,
    verifying: &Verifying,
    watch: &(dyn Fn(RecordId, &Statement) + Sync),
) -> Result<Verification, EvidenceError> {
    let ledger = Ledger::new(storage);
    // What the storage says of keys only helps to open the log: what counts follows from the log itself.
    let hints = Hints::read(&ledger)?;
    let log_keys = hints.of_log();
    let mut check = Check {
        ledger,
        verifying,
        watch,
        hints,
        log_keys,
        found: Verification::default(),
        in_log: InLog::default(),
        keeping: Keeping::default(),
    };
    for (id, error) in std::mem::take(&mut check.hints.unreadable) {
        check.problem(None, Some(id), format!("it is said to be about a key: {error}"));
    }
    let read = match LogReader::open(storage, &check.log_keys, &check.hints.witnesses()) {
        Ok(reader) => check.log(&reader),
        Err(LogError::Absent) => check.no_log(storage)?,
        Err(error) => {
            check.problem(None, None, format!("the log cannot be opened: {error}"));
            false
        }
    };
    // Of a log that could not be read to its end, nobody can tell what is not in it.
    if read {
        check.beside(storage)?;
    }
    let mut found = check.found;
    found.problems.sort();
    found.problems.dedup();
    Ok(found)
}

struct Check<'a, S> {
    ledger: Ledger<&'a S>,
    verifying: &'a Verifying,
    watch: &'a (dyn Fn(RecordId, &Statement) + Sync),
    hints: Hints,
    log_keys: Vec<NoteKey>,
    found: Verification,
    in_log: InLog,
    keeping: Keeping,
}

/// What is told of leaves in their order.
#[derive(Default)]
struct Order {
    /// When the latest record was made, by its own word.
    latest: Option<i64>,
    /// The first place of each leaf, by its key.
    places: HashMap<Digest, u64>,
    signed: HashSet<RecordId>,
    unsigned: HashSet<RecordId>,
    /// What is wrong with objects, the first record that names them, and how many do.
    objects: BTreeMap<String, (u64, RecordId, u64)>,
    /// The records that name something that is not there, and what.
    missing: Vec<(u64, RecordId, Vec<Digest>)>,
    /// The checkpoints of proofs, the first record with each, and who signed them.
    proofs: BTreeMap<(u64, Digest), (u64, RecordId, Vec<NoteKey>)>,
}

impl<'a, S: Storage + Sync> Check<'a, S> {
    fn problem(&mut self, index: Option<u64>, record: Option<RecordId>, what: String) {
        self.found.problems.push(Problem { index, record, what });
    }

    fn no_log(&mut self, storage: &S) -> Result<bool, EvidenceError> {
        let head = storage.read_slot(crate::evidence::log::Slot::Head)?.is_some();
        let Verifying { confirmed, anchors, .. } = self.verifying;
        // A folder in which nothing was ever logged is as it should be.
        if head || confirmed.is_some() || !anchors.is_empty() || self.hints.beginnings().next().is_some() {
            self.problem(None, None, format!("the log cannot be opened: {}", LogError::Absent));
        }
        Ok(true)
    }

    /// Reads the log, and says whether it came to its end.
    fn log(&mut self, reader: &LogReader<&'a S>) -> bool {
        self.found.size = reader.size();
        self.found.root = Some(reader.root());
        let (mut order, seen) = (Order::default(), Seen::default());
        let mut chunk: Vec<(u64, Vec<u8>)> = Vec::with_capacity(CHUNK);
        let walked = reader.for_each(0, |index, bytes| -> Result<(), LogError> {
            chunk.push((index, bytes.to_vec()));
            if chunk.len() == CHUNK {
                self.chunk(&std::mem::take(&mut chunk), reader, &seen, &mut order);
            }
            Ok(())
        });
        self.chunk(&chunk, reader, &seen, &mut order);
        let read = walked.is_ok();
        if let Err(error) = walked {
            self.problem(None, None, error.to_string());
        }
        self.missing(&mut order);
        for (what, (index, id, count)) in order.objects {
            let others = if count > 1 { format!(" ({count} records name it)") } else { String::new() };
            self.problem(Some(index), Some(id), format!("{what}{others}"));
        }
        self.found.signed = order.signed.len() as u64;
        self.found.unsigned = order.unsigned.difference(&order.signed).count() as u64;
        self.found.signed_evaluations = order.signed.into_iter().collect();
        self.found.origin = Some(self.found.trust.origin.clone()).filter(|origin| !origin.is_empty());
        self.found.genesis = self.found.trust.keys.first().map(|own| own.key.fingerprint());
        self.proofs(reader, order.proofs);
        self.checkpoint(reader);
        self.anchors(reader);
        if let Err(error) = head_agrees(self.ledger.storage, &self.log_keys) {
            self.problem(None, None, error.to_string());
        }
        read
    }

    /// Tells what is not there from what a tombstone says was removed.
    fn missing(&mut self, order: &mut Order) {
        let mut erased: BTreeSet<RecordId> = BTreeSet::new();
        for (index, id, digests) in std::mem::take(&mut order.missing) {
            for digest in digests {
                if self.keeping.excuses(id, &digest) {
                    erased.insert(id);
                } else {
                    let what = EvidenceError::NoObject(digest).to_string();
                    order.objects.entry(what).or_insert((index, id, 0)).2 += 1;
                }
            }
        }
        self.found.erased = erased.len() as u64;
        self.found.tombstones = self.keeping.tombstones.len() as u64;
        self.found.holds = self.keeping.holds().cloned().collect();
    }

    fn chunk(&mut self, chunk: &[(u64, Vec<u8>)], reader: &LogReader<&'a S>, seen: &Seen, order: &mut Order) {
        let looking = Looking {
            ledger: self.ledger,
            reader,
            log_keys: &self.log_keys,
            only: &self.verifying.only,
            seen,
            watch: self.watch,
        };
        let looks: Vec<Looks> = chunk.par_iter().map(|(index, bytes)| looking.leaf(*index, bytes)).collect();
        for look in looks {
            self.placed(look, order);
        }
    }

    /// What a leaf is where it stands: by whom, and what it says of keys.
    fn placed(&mut self, look: Looks, order: &mut Order) {
        let index = look.index;
        let id = look.leaf.as_ref().map(|leaf| RecordId(leaf.digest()));
        for what in look.what {
            self.problem(Some(index), id, what);
        }
        let (Some(leaf), Some(id)) = (look.leaf, id) else {
            return self.not_genesis(index, None);
        };
        self.in_log.add(&leaf);
        let first = *order.places.entry(leaf.key()).or_insert(index);
        if first != index {
            self.problem(Some(index), Some(id), format!("the log has it already, by the same key, at {first}"));
        }
        let mut missing = Vec::new();
        for wrong in look.objects {
            match wrong {
                Wrong::Missing(digest) => missing.push(digest),
                Wrong::Other(what) => order.objects.entry(what).or_insert((index, id, 0)).2 += 1,
            }
        }
        if !missing.is_empty() {
            order.missing.push((index, id, missing));
        }
        if let Some(opened) = look.proof {
            let Checkpoint { size, root, .. } = opened.checkpoint;
            order.proofs.entry((size, root)).or_insert((index, id, opened.signers));
        }
        match look.kind {
            // What is not signed as it says has no effect; it was told.
            Kind::Trust(statement) if look.sound => {
                if let Err(error) = self.found.trust.take(index, &leaf, &statement, self.verifying.confirmed) {
                    self.problem(Some(index), Some(id), error.to_string());
                }
            }
            Kind::Attachment { told } => {
                self.not_genesis(index, Some(id));
                self.found.attached += 1;
                if self.counted(index, id, &leaf) && look.sound {
                    self.found.told.extend(told.map(|own| Attached { index, ..*own }));
                }
            }
            Kind::Hold(statement) if look.sound => {
                self.not_genesis(index, Some(id));
                if self.counted(index, id, &leaf) {
                    let took = self.keeping.hold(index, id, &statement, &self.found.trust.origin);
                    took.err().into_iter().for_each(|what| self.problem(Some(index), Some(id), what));
                }
            }
            Kind::Tombstone(statement) if look.sound => {
                self.not_genesis(index, Some(id));
                if self.counted(index, id, &leaf) {
                    self.tombstone(index, id, *statement, order);
                }
            }
            Kind::Trust(_) | Kind::Hold(_) | Kind::Tombstone(_) | Kind::Unknown => self.not_genesis(index, Some(id)),
            Kind::Evaluation { asked, at } => {
                self.not_genesis(index, Some(id));
                self.evaluation(index, id, &leaf, asked, look.sound, at, order);
            }
        }
    }

    /// Whether a key signed a leaf that counts where it stands; it is told if none did.
    fn counted(&mut self, index: u64, id: RecordId, leaf: &Leaf) -> bool {
        let counts = |signed: &Signed| self.found.trust.counts(&signed.key, Role::Recorder, index);
        let counted = leaf.signature().is_some_and(counts);
        if !counted {
            self.problem(Some(index), Some(id), "no key that counts here signed it".to_owned());
        }
        counted
    }

    /// What a tombstone excuses, and whether its own time can be.
    fn tombstone(&mut self, index: u64, id: RecordId, statement: TombstoneStatement, order: &mut Order) {
        let at = seconds(&statement.predicate.at);
        if let (Some(at), Some(now)) = (at, self.verifying.now)
            && at > now.saturating_add(CLOCKS_DIFFER)
        {
            let what = "it says that it was made later than it is now: nothing that it names may be gone yet";
            return self.problem(Some(index), Some(id), what.to_owned());
        }
        self.later(index, id, at, order);
        order.latest = at.max(order.latest);
        let ledger = self.ledger;
        let dated = |record| ledger.payload(record).ok().map(|payload| Dated::of(&payload));
        let wrong = self.keeping.bury(id, statement, &self.found.trust.origin, &dated);
        wrong.into_iter().for_each(|what| self.problem(Some(index), Some(id), what));
    }

    /// Whether what a record says of its own time can be, after the records before it.
    fn later(&mut self, index: u64, id: RecordId, at: Option<i64>, order: &Order) {
        match (at, order.latest) {
            (None, _) => self.problem(Some(index), Some(id), "it does not say when it was made".to_owned()),
            (Some(at), Some(before)) if at.saturating_add(CLOCKS_DIFFER) < before => {
                let what = "it says that it was made before the record before it".to_owned();
                self.problem(Some(index), Some(id), what);
            }
            _ => {}
        }
    }

    fn not_genesis(&mut self, index: u64, id: Option<RecordId>) {
        if index == 0 {
            self.problem(Some(0), id, TrustError::NoGenesis.to_string());
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a struct of them would say less")]
    fn evaluation(
        &mut self,
        index: u64,
        id: RecordId,
        leaf: &Leaf,
        asked: bool,
        sound: bool,
        at: Option<i64>,
        order: &mut Order,
    ) {
        let Some(signed) = leaf.signature() else {
            order.unsigned.extend(Some(id).filter(|_| asked));
            return;
        };
        if !self.found.trust.counts(&signed.key, Role::Recorder, index) {
            let what = format!("its key {} does not count here", signed.key.fingerprint());
            return self.problem(Some(index), Some(id), what);
        }
        if asked && sound {
            order.signed.insert(id);
        }
        self.later(index, id, at, order);
        if sound || !asked {
            order.latest = at.max(order.latest);
        }
    }

    /// Holds the checkpoints of proofs against the log: one of another tree shows that the log was kept twice.
    fn proofs(&mut self, reader: &LogReader<&'a S>, proofs: BTreeMap<(u64, Digest), (u64, RecordId, Vec<NoteKey>)>) {
        let trust = &self.found.trust;
        // Where nobody is trusted, that was told.
        if trust.keys.is_empty() {
            return;
        }
        let proofs: Vec<_> = proofs.into_iter().collect();
        let wrong = proofs.par_iter().filter_map(|((size, root), (index, id, signers))| {
            let counting = trust.of_log(*size);
            let what = if !signers.iter().any(|signer| counting.contains(signer)) {
                "no key that counts there signed its checkpoint".to_owned()
            } else if *size > reader.size() {
                // Of a record that was logged while this was running.
                return None;
            } else {
                consistent(reader, *size, *root).err()?
            };
            let name = names::proof(*id);
            Some(Problem { index: Some(*index), record: Some(*id), what: format!("`{name}`: {what}") })
        });
        let wrong: Vec<Problem> = wrong.collect();
        self.found.problems.extend(wrong);
    }

    fn checkpoint(&mut self, reader: &LogReader<&'a S>) {
        let opened = reader.checkpoint();
        let counting = self.found.trust.of_log(self.found.size);
        if !opened.signers.iter().any(|signer| counting.contains(signer)) {
            self.problem(None, None, "no key that counts at its end signed the checkpoint".to_owned());
        }
        let known = self.found.trust.witnesses(self.found.size);
        let counting = opened.cosignatures.iter().filter(|own| known.contains(&own.witness));
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for own in counting {
            if names.insert(own.witness.name()) {
                self.found.witnesses.push((own.witness.name().to_owned(), own.time));
            }
        }
        let (has, needs) = (self.found.witnesses.len(), self.found.trust.required_witnesses);
        if has < needs {
            self.problem(None, None, format!("the checkpoint has {has} of the {needs} witnesses that it needs"));
        }
    }

    /// Holds the log against checkpoints that were kept where its keeper cannot reach them.
    fn anchors(&mut self, reader: &LogReader<&'a S>) {
        for (name, note) in &self.verifying.anchors {
            match self.anchor(reader, note) {
                Ok(()) => self.found.anchors += 1,
                Err(what) => self.problem(None, None, format!("the anchor {name}: {what}")),
            }
        }
        if let Some((size, root)) = self.verifying.earlier
            && let Err(what) = Self::had(reader, size, root)
        {
            self.problem(None, None, format!("what the log is said to have been: {what}"));
        }
    }

    fn anchor(&self, reader: &LogReader<&'a S>, note: &[u8]) -> Result<(), String> {
        let opened = Checkpoint::open(note, &self.log_keys, &[]).map_err(|error| error.to_string())?;
        let Checkpoint { size, root, .. } = opened.checkpoint;
        Self::had(reader, size, root)
    }

    /// Whether the log had a root when it had so many records.
    fn had(reader: &LogReader<&'a S>, size: u64, root: Digest) -> Result<(), String> {
        if size > reader.size() {
            return Err(format!("it had {size} records, and {} are left: the end was cut off", reader.size()));
        }
        consistent(reader, size, root)
    }

    /// Records and signatures that are kept and not in the log. What is signed was logged before, or should have been.
    fn beside(&mut self, storage: &'a S) -> Result<(), EvidenceError> {
        let mut records: Vec<RecordId> = Vec::new();
        let mut bundles: Vec<(RecordId, String)> = Vec::new();
        let mut for_ssh: Vec<(RecordId, String, String)> = Vec::new();
        for fan in 0..=u8::MAX {
            let names = storage.list(&format!("{}{fan:02x}/", names::RECORDS))?;
            let ids = names.iter().filter_map(|name| names::id_of_statement(name));
            records.extend(ids.filter(|id| !self.in_log.has(*id)));
            for_ssh.extend(names.iter().filter_map(|name| {
                let (id, bundle) = names::bundle_beside(name)?;
                Some((id, bundle, name.clone()))
            }));
            let named = names.iter().filter_map(|name| Some((names::id_of_bundle(name)?, name)));
            let unknown = named.filter(|(id, name)| !self.in_log.has_bundle(*id, name));
            bundles.extend(unknown.map(|(id, name)| (id, name.clone())));
        }
        if !records.is_empty() || !bundles.is_empty() {
            self.logged_meanwhile(storage);
        }
        for id in records.into_iter().filter(|id| !self.in_log.has(*id)).collect::<Vec<_>>() {
            self.found.not_logged += 1;
            if let Err(error) = self.ledger.payload(id) {
                self.problem(None, Some(id), error.to_string());
            }
        }
        for (id, name) in bundles {
            if self.in_log.has_bundle(id, &name) {
                continue;
            }
            if self.in_log.has(id) && !self.is_of_the_log(id, &name) {
                match self.countersigned(id, &name) {
                    Ok(()) => self.found.countersigned += 1,
                    Err(what) => self.problem(None, Some(id), format!("`{name}`: {what}")),
                }
            } else {
                self.problem(None, Some(id), format!("it is signed and not in the log: `{name}`"));
            }
        }
        self.for_ssh(&for_ssh);
        for id in self.verifying.only.iter().filter(|id| !self.in_log.has(**id)).copied().collect::<Vec<_>>() {
            self.problem(None, Some(id), "it is not in the log".to_owned());
        }
        Ok(())
    }

    /// Signatures for `ssh-keygen`: each stands beside a bundle by the same key, and is over the same record.
    fn for_ssh(&mut self, named: &[(RecordId, String, String)]) {
        let asked = |id: &RecordId| self.verifying.only.is_empty() || self.verifying.only.contains(id);
        let looked: Vec<Option<Problem>> = named
            .par_iter()
            .filter(|(id, ..)| asked(id))
            .map(|(id, bundle, name)| {
                let what = self.signed_for_ssh(*id, bundle, name).err()?;
                Some(Problem { index: None, record: Some(*id), what: format!("`{name}`: {what}") })
            })
            .collect();
        self.found.for_ssh = looked.iter().filter(|problem| problem.is_none()).count() as u64;
        self.found.problems.extend(looked.into_iter().flatten());
    }

    fn signed_for_ssh(&self, id: RecordId, bundle: &str, name: &str) -> Result<(), String> {
        let storage = self.ledger.storage;
        let payload = self.ledger.payload(id).map_err(|error| error.to_string())?;
        let armour = storage.read(name).map_err(|error| error.to_string())?.unwrap_or_default();
        let key = ssh_signer(&armour, &payload).map_err(|error| error.to_string())?;
        if name != names::ssh_signature(id, &key) {
            return Err("it is by another key than its name says".to_owned());
        }
        if self.in_log.has_bundle(id, bundle) || storage.read(bundle).map_err(|error| error.to_string())?.is_some() {
            return Ok(());
        }
        Err(format!("it is signed and not in the log: `{bundle}` is not there"))
    }

    /// Whether a bundle is by a key of the log's, whose signatures are in the log or should be.
    fn is_of_the_log(&self, id: RecordId, name: &str) -> bool {
        self.found.trust.keys.iter().any(|own| name == names::bundle(id, &own.key))
    }

    /// Whether somebody else's bundle is over the record that it stands beside. Whose key it is, others know.
    fn countersigned(&self, id: RecordId, name: &str) -> Result<(), String> {
        let bytes = self.ledger.storage.read(name).map_err(|error| error.to_string())?.unwrap_or_default();
        let bundle = SigstoreBundle::parse(&bytes).map_err(|error| error.to_string())?;
        if RecordId::of(&bundle.envelope.payload) == id { Ok(()) } else { Err("it is over another payload".to_owned()) }
    }

    /// Takes in what was logged since the log was opened: it is looked at the next time.
    fn logged_meanwhile(&mut self, storage: &'a S) {
        let Ok(reader) = LogReader::open(storage, &self.log_keys, &[]) else { return };
        // What cannot be read is left to the next time too.
        let _ = reader.for_each(self.found.size, |_, bytes| -> Result<(), LogError> {
            if let Ok(leaf) = Leaf::parse(bytes) {
                self.in_log.add(&leaf);
            }
            Ok(())
        });
    }
}

/// Whether the log begins with the tree of that size and root.
pub(super) fn consistent<S: Storage>(reader: &LogReader<S>, size: u64, root: Digest) -> Result<(), String> {
    let proof = reader.consistency_proof(size).map_err(|error| error.to_string())?;
    verify_consistency(&proof, size, root, reader.size(), reader.root())
        .map_err(|error| format!("the log has been rewritten since: {error}"))
}
