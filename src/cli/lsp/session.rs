//! One session with an editor: what it opened, what is known of that, what it was told.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability, CompletionOptions,
    CompletionParams, DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, GotoDefinitionParams, HoverParams, HoverProviderCapability, InitializeParams, OneOf,
    PublishDiagnosticsParams, SaveOptions, ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::actions::Proven;
use super::diagnostics::{self, ByFile};
use super::documents::{Document, Documents, Encoding, Root};
use super::frames::{Incoming, Out, Refused};
use super::judge::{Failed, Job, Outcome, Setting, Slot, Snapshot};
use super::{Event, Exit, actions, completion, definition, folder_of, hover};
use crate::policy::untrusted::Isolation;
use crate::source::{GitEnv, discover};

/// What is known before the editor says anything.
pub(super) struct Start {
    pub(super) cwd: PathBuf,
    pub(super) base: Option<String>,
    pub(super) git: GitEnv,
    pub(super) isolation: Isolation,
    pub(super) version: String,
}

/// What the editor can do.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// Whether it shows other places beside a message.
    pub(super) related: bool,
    /// Whether it can be asked to watch files.
    watches: bool,
}

/// One session.
pub(super) struct Session {
    setting: Setting,
    version: String,
    client: Client,
    root: Root,
    documents: Documents,
    /// The number of the last state that was put up for judgement.
    number: u64,
    snapshot: Option<Arc<Snapshot>>,
    /// What the last judgement said.
    judged: ByFile,
    /// What the editor was told: of each file the version and the diagnostics.
    published: BTreeMap<String, (Option<i32>, Vec<lsp_types::Diagnostic>)>,
    /// What was last said outside of files.
    told: Option<String>,
    proven: Proven,
    is_shut_down: bool,
}

/// What an answer is made from.
pub(super) struct Asked<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) documents: &'a Documents,
    pub(super) root: &'a Root,
    pub(super) client: Client,
}

impl Session {
    pub(super) fn new(start: Start, params: &InitializeParams) -> Self {
        let capabilities = &params.capabilities;
        let offered = capabilities.general.as_ref().and_then(|own| own.position_encodings.as_deref());
        let document = capabilities.text_document.as_ref();
        let related = document.and_then(|own| own.publish_diagnostics.as_ref()?.related_information);
        let watches =
            capabilities.workspace.as_ref().and_then(|own| own.did_change_watched_files?.dynamic_registration);
        let client = Client {
            encoding: Encoding::agreed(offered),
            related: related.unwrap_or_default(),
            watches: watches.unwrap_or_default(),
        };
        let first = params.workspace_folders.as_ref().and_then(|folders| folder_of(&folders.first()?.uri));
        #[allow(deprecated, reason = "editors that know no workspace folders name their folder here")]
        let root = || params.root_uri.as_ref().and_then(folder_of);
        let opened = first.or_else(root).unwrap_or_else(|| start.cwd.clone());
        let is_folder = start.base.as_ref().is_some_and(|base| start.cwd.join(base).is_dir());
        let place = discover(&start.cwd, &opened, &start.git).ok().flatten().filter(|_| !is_folder);
        let tree = place.and_then(|place| place.root).unwrap_or_else(|| opened.clone());
        Self {
            root: Root::new(&tree, &opened),
            setting: Setting {
                cwd: start.cwd,
                path: opened,
                base: start.base,
                git: start.git,
                isolation: start.isolation,
            },
            version: start.version,
            client,
            documents: Documents::default(),
            number: 0,
            snapshot: None,
            judged: ByFile::new(),
            published: BTreeMap::new(),
            told: None,
            proven: Proven::default(),
            is_shut_down: false,
        }
    }

    pub(super) fn setting(&self) -> Setting {
        self.setting.clone()
    }

    /// The answer to the first request.
    pub(super) fn capabilities(&self) -> Value {
        let sync = TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        };
        let capabilities = ServerCapabilities {
            position_encoding: Some(self.client.encoding.kind()),
            text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            definition_provider: Some(OneOf::Left(true)),
            completion_provider: Some(CompletionOptions {
                trigger_characters: Some([" ", ":", "-", "/", "\"", "[", "{"].map(str::to_owned).to_vec()),
                ..CompletionOptions::default()
            }),
            code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
                ..CodeActionOptions::default()
            })),
            ..ServerCapabilities::default()
        };
        json!({"capabilities": capabilities, "serverInfo": {"name": "countersign", "version": self.version}})
    }

    /// Serves the editor until its last word.
    pub(super) fn run(
        &mut self,
        inbox: &Receiver<Event>,
        slot: &Slot,
        clock: &dyn Fn() -> i64,
        out: &mut Out<'_>,
    ) -> Result<Exit, crate::cli::CliError> {
        self.put(slot, clock, true);
        for event in inbox {
            match event {
                Event::Incoming(Incoming::Request { id, method, params }) => {
                    let answer = self.answer(&method, params);
                    out.answer(&id, answer)?;
                }
                Event::Incoming(Incoming::Notification { method, params }) => match method.as_str() {
                    "exit" => break,
                    "initialized" if self.client.watches => watch(out)?,
                    _ if self.is_shut_down => {}
                    _ => match self.note(&method, params) {
                        Noted::Nothing => {}
                        Noted::Buffer => self.put(slot, clock, false),
                        Noted::Disk => self.put(slot, clock, true),
                    },
                },
                Event::Incoming(Incoming::Answer) => {}
                Event::Incoming(Incoming::Broken(why)) => out.answer_broken(&why)?,
                Event::Outcome(outcome) => self.publish(outcome, out)?,
                Event::Ended => break,
            }
        }
        // The protocol's own statuses: 0 after a request to shut down, 1 without one.
        Ok(if self.is_shut_down { Exit::Clean } else { Exit::Blocked })
    }

    /// Puts the newest state up for judgement.
    fn put(&mut self, slot: &Slot, clock: &dyn Fn() -> i64, reopen: bool) {
        self.number += 1;
        slot.put(Job { number: self.number, texts: self.documents.texts(), as_of: clock(), reopen });
    }

    /// Takes down what the editor tells.
    fn note(&mut self, method: &str, params: Value) -> Noted {
        match method {
            "textDocument/didOpen" => {
                let Some(DidOpenTextDocumentParams { text_document }) = read(params) else { return Noted::Nothing };
                let path = self.root.path(&text_document.uri);
                let is_of_tree = path.is_some();
                self.documents.open(Document {
                    uri: text_document.uri,
                    path,
                    version: text_document.version,
                    text: text_document.text,
                });
                Noted::buffer(is_of_tree)
            }
            "textDocument/didChange" => {
                let Some(params) = read::<DidChangeTextDocumentParams>(params) else { return Noted::Nothing };
                let encoding = self.client.encoding;
                let Some(document) = self.documents.get_mut(&params.text_document.uri) else { return Noted::Nothing };
                document.change(params.text_document.version, params.content_changes, encoding);
                Noted::buffer(document.path.is_some())
            }
            "textDocument/didClose" => {
                let Some(DidCloseTextDocumentParams { text_document }) = read(params) else { return Noted::Nothing };
                self.documents.close(&text_document.uri);
                Noted::Disk
            }
            "textDocument/didSave" => Noted::Disk,
            "workspace/didChangeWatchedFiles" => {
                let Some(params) = read::<DidChangeWatchedFilesParams>(params) else { return Noted::Nothing };
                if params.changes.iter().any(|change| matters(change.uri.as_str())) {
                    Noted::Disk
                } else {
                    Noted::Nothing
                }
            }
            _ => Noted::Nothing,
        }
    }

    /// Answers a request.
    fn answer(&mut self, method: &str, params: Value) -> Result<Value, Refused> {
        if self.is_shut_down {
            return Err(Refused::shut_down());
        }
        match method {
            "shutdown" => {
                self.is_shut_down = true;
                Ok(Value::Null)
            }
            "initialize" => Err(Refused::invalid("the session has begun already")),
            "textDocument/hover" => {
                let params: HoverParams = wanted(params)?;
                self.of_snapshot(|asked| hover::hover(asked, &params.text_document_position_params))
            }
            "textDocument/definition" => {
                let params: GotoDefinitionParams = wanted(params)?;
                self.of_snapshot(|asked| definition::definition(asked, &params.text_document_position_params))
            }
            "textDocument/completion" => {
                let params: CompletionParams = wanted(params)?;
                let place = &params.text_document_position;
                let document = self.documents.get(&place.text_document.uri);
                let snapshot = self.snapshot.as_deref();
                let items = document.and_then(|document| {
                    completion::completion(document, place.position, snapshot, self.client.encoding)
                });
                result(&items)
            }
            "textDocument/codeAction" => {
                let params: CodeActionParams = wanted(params)?;
                let Some(snapshot) = self.snapshot.as_deref() else { return Ok(json!([])) };
                let asked = Asked { snapshot, documents: &self.documents, root: &self.root, client: self.client };
                let found = actions::actions(&asked, &params, &mut self.proven);
                result(&found)
            }
            other => Err(Refused::unknown(other)),
        }
    }

    fn asked<'a>(&'a self, snapshot: &'a Snapshot) -> Asked<'a> {
        Asked { snapshot, documents: &self.documents, root: &self.root, client: self.client }
    }

    /// An answer that takes a judgement; nothing where there is none yet.
    fn of_snapshot<T: serde::Serialize>(&self, answer: impl FnOnce(&Asked<'_>) -> Option<T>) -> Result<Value, Refused> {
        let Some(snapshot) = &self.snapshot else { return Ok(Value::Null) };
        result(&answer(&self.asked(snapshot)))
    }

    /// Tells the editor what came of a state, unless a later one is on its way.
    fn publish(&mut self, outcome: Outcome, out: &mut Out<'_>) -> io::Result<()> {
        match outcome {
            Outcome::Judged(snapshot) if snapshot.number == self.number => {
                let label = snapshot.comparison.base_label.clone().unwrap_or_else(|| "nothing".to_owned());
                self.tell(out, 3, &format!("countersign: the work tree is compared with {label}"))?;
                self.judged = diagnostics::of_snapshot(&snapshot, &self.root, self.client);
                let all = self.judged.clone();
                self.snapshot = Some(snapshot);
                self.send(all, out)
            }
            Outcome::Failed(failed) if failed.number == self.number => self.publish_failed(&failed, out),
            _ => Ok(()),
        }
    }

    /// Shows why a state could not be judged. What the last judgement said stays.
    fn publish_failed(&mut self, failed: &Failed, out: &mut Out<'_>) -> io::Result<()> {
        if let Some(message) = &failed.message {
            self.tell(out, 1, &format!("countersign: {message}"))?;
        }
        let mut all = self.judged.clone();
        for (file, own) in diagnostics::of_faults(&failed.faults, self.client.encoding) {
            all.insert(file, own);
        }
        self.send(all, out)
    }

    /// Says something outside of files, once: to a person where it is an error, else to the log.
    fn tell(&mut self, out: &mut Out<'_>, kind: u8, message: &str) -> io::Result<()> {
        if self.told.as_deref() == Some(message) {
            return Ok(());
        }
        self.told = Some(message.to_owned());
        let method = if kind == 1 { "window/showMessage" } else { "window/logMessage" };
        out.notify(method, &json!({"type": kind, "message": message}))
    }

    /// Publishes what is new: of an open buffer always, so that each state has its answer, of other files what changed.
    fn send(&mut self, mut all: ByFile, out: &mut Out<'_>) -> io::Result<()> {
        let versions = self.documents.versions();
        for file in self.published.keys().chain(versions.keys()) {
            all.entry(file.clone()).or_default();
        }
        for (file, found) in all {
            let version = versions.get(&file).copied();
            if self.published.get(&file).is_some_and(|(then, known)| (then, known) == (&version, &found)) {
                continue;
            }
            let Some(uri) = self.uri(&file) else { continue };
            out.notify(
                "textDocument/publishDiagnostics",
                &PublishDiagnosticsParams { uri, diagnostics: found.clone(), version },
            )?;
            match (&version, found.is_empty()) {
                (None, true) => self.published.remove(&file),
                _ => self.published.insert(file, (version, found)),
            };
        }
        Ok(())
    }

    /// What the editor calls a file.
    fn uri(&self, file: &str) -> Option<Uri> {
        self.documents.at(file).map(|document| document.uri.clone()).or_else(|| self.root.uri(file))
    }
}

impl Asked<'_> {
    /// What the editor calls a file.
    pub(super) fn uri(&self, file: &str) -> Option<Uri> {
        self.documents.at(file).map(|document| document.uri.clone()).or_else(|| self.root.uri(file))
    }
}

/// Whether a file that changed says anything here: of git's own files those that say which commits branches are at.
fn matters(uri: &str) -> bool {
    match uri.rsplit_once("/.git/") {
        Some((_, own)) => {
            own == "HEAD" || own == "packed-refs" || (own.starts_with("refs/") && !own.ends_with(".lock"))
        }
        None => true,
    }
}

/// What something that the editor tells changes.
enum Noted {
    Nothing,
    Buffer,
    Disk,
}

impl Noted {
    fn buffer(is_of_tree: bool) -> Self {
        if is_of_tree { Self::Buffer } else { Self::Nothing }
    }
}

fn read<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

fn wanted<T: DeserializeOwned>(params: Value) -> Result<T, Refused> {
    serde_json::from_value(params).map_err(|error| Refused::params(&error))
}

fn result(value: &impl serde::Serialize) -> Result<Value, Refused> {
    serde_json::to_value(value).map_err(|error| Refused::failed(error.to_string()))
}

/// Asks to hear of files that change on the disk: a branch that is switched changes many at once.
fn watch(out: &mut Out<'_>) -> io::Result<()> {
    let options = json!({"watchers": [{"globPattern": "**/*"}]});
    let one = json!({"id": "files", "method": "workspace/didChangeWatchedFiles", "registerOptions": options});
    out.ask("watch", "client/registerCapability", &json!({"registrations": [one]}))
}
