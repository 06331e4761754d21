//! The editor server, as an editor drives it: the real binary over pipes.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::places::{Repository, contents};
use super::{runner, world};

const AS_OF: &str = "2026-11-21T00:00:00Z";
/// What makes Mira's grant in [`world::BILLS`] a conflict, as a second document of its file.
const ALSO_PAYS: &str = "\
---
apiVersion: countersign.dev/v1
kind: Grant
spec: {system: ledger, to: account:ledger/MVALE, role: payer, scope: {legal_entity: DE01}}
";

/// An editor with a server.
struct Editor {
    server: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    root: String,
    asked: i64,
    /// What the server told while an answer was waited for.
    told: Vec<Value>,
}

impl Editor {
    /// Starts a server without saying anything.
    fn start(root: &Path) -> Self {
        let mut server = Command::new(runner::binary())
            .args(["lsp", "--base", "main", "--as-of", AS_OF])
            .current_dir(root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", root)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (server.stdin.take(), BufReader::new(server.stdout.take().unwrap()));
        Self { server, input, output, root: format!("file://{}", root.display()), asked: 0, told: Vec::new() }
    }

    /// Starts a server and begins a session.
    fn open(repository: &Repository) -> Self {
        Self::open_with(repository, &json!({"textDocument": {"publishDiagnostics": {"relatedInformation": true}}}))
    }

    fn open_with(repository: &Repository, capabilities: &Value) -> Self {
        let mut editor = Self::start(repository.path());
        editor.initialize(capabilities);
        editor
    }

    fn initialize(&mut self, capabilities: &Value) -> Value {
        let root = self.root.clone();
        let answer =
            self.request("initialize", json!({"processId": null, "rootUri": root, "capabilities": capabilities}));
        self.notify("initialized", json!({}));
        answer["result"].clone()
    }

    fn uri(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string());
    }

    fn send_text(&mut self, body: &str) {
        self.write(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The next message of the server.
    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server went away");
            match line.trim_end() {
                "" => break,
                header => length = header.strip_prefix("Content-Length: ").unwrap().parse().unwrap(),
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// Asks, and waits for the answer.
    fn request(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.read();
            if message["id"] == id && message["method"].is_null() {
                return message;
            }
            self.told.push(message);
        }
    }

    /// Waits for what is published of a file at a version; `None` for one that is not open.
    fn published(&mut self, path: &str, version: Option<i64>) -> Vec<Value> {
        let uri = self.uri(path);
        let is_it = |message: &Value| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == *uri
                && message["params"]["version"].as_i64() == version
        };
        let found = match self.told.iter().position(is_it) {
            Some(at) => self.told.remove(at),
            None => loop {
                let message = self.read();
                if is_it(&message) {
                    break message;
                }
                self.told.push(message);
            },
        };
        found["params"]["diagnostics"].as_array().unwrap().clone()
    }

    /// Opens a buffer, and waits for what is published of it.
    fn show(&mut self, path: &str, text: &str) -> Vec<Value> {
        let document = json!({"uri": self.uri(path), "languageId": "yaml", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
        self.published(path, Some(1))
    }

    /// Writes a whole buffer anew, and waits for what is published of it.
    fn rewrite(&mut self, path: &str, version: i64, text: &str) -> Vec<Value> {
        self.change(path, version, &json!([{"text": text}]));
        self.published(path, Some(version))
    }

    fn change(&mut self, path: &str, version: i64, changes: &Value) {
        let document = json!({"uri": self.uri(path), "version": version});
        self.notify("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    /// Asks something of the place where a text stands.
    fn ask_at(&mut self, method: &str, path: &str, position: &Value) -> Value {
        let document = json!({"uri": self.uri(path)});
        let answer = self.request(method, json!({"textDocument": document, "position": position}));
        assert!(answer["error"].is_null(), "{answer:#}");
        answer["result"].clone()
    }

    /// The quick fixes at a range.
    fn fixes(&mut self, path: &str, range: &Value) -> Vec<Value> {
        let document = json!({"uri": self.uri(path)});
        let params = json!({"textDocument": document, "range": range, "context": {"diagnostics": []}});
        let answer = self.request("textDocument/codeAction", params);
        answer["result"].as_array().unwrap_or_else(|| panic!("{answer:#}")).clone()
    }

    /// Ends the session as the protocol says, and returns the status and what was complained about.
    fn leave(mut self) -> (i32, String) {
        assert_eq!(self.request("shutdown", Value::Null)["result"], Value::Null);
        self.notify("exit", Value::Null);
        self.status()
    }

    fn status(mut self) -> (i32, String) {
        drop(self.input.take());
        let output = self.server.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

/// Where a text first stands in another, in units of UTF-16.
fn position(text: &str, wanted: &str) -> Value {
    let at = text.find(wanted).unwrap_or_else(|| panic!("`{wanted}` is not in the text"));
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    json!({"line": line, "character": text[start..at].encode_utf16().count()})
}

/// A text after edits of the protocol; of ASCII alone.
fn applied(text: &str, edits: &Value) -> String {
    let [edit] = edits.as_array().unwrap().as_slice() else { panic!("{edits:#}") };
    let offset = |position: &Value| {
        let line = usize::try_from(position["line"].as_u64().unwrap()).unwrap();
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + usize::try_from(position["character"].as_u64().unwrap()).unwrap()
    };
    let (from, to) = (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]));
    format!("{}{}{}", &text[..from], edit["newText"].as_str().unwrap(), &text[to..])
}

fn codes(diagnostics: &[Value]) -> Vec<(&str, u64)> {
    diagnostics.iter().map(|own| (own["code"].as_str().unwrap_or("-"), own["severity"].as_u64().unwrap())).collect()
}

#[test]
fn an_edit_that_is_not_saved_is_judged_and_its_fix_clears_it() {
    let repository = world::repository(&[world::BILLS]);
    let before = contents(repository.path());
    let mut editor = Editor::open(&repository);
    let (path, bills) = world::BILLS;
    assert!(editor.show(path, bills).is_empty());
    let text = format!("{bills}{ALSO_PAYS}");
    let found = editor.rewrite(path, 2, &text);
    let [finding] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(codes(&found), [("CS-SOD-001", 1)]);
    assert_eq!(finding["source"], "countersign");
    assert_eq!(finding["range"]["start"]["line"], 6);
    let message = finding["message"].as_str().unwrap();
    assert!(message.starts_with("mira.vale would hold conflicting duties: "), "{message}");
    assert!(message.contains("\nFix: remove payer from account:ledger/MVALE"), "{message}");
    let related = finding["relatedInformation"].as_array().unwrap();
    let line = |own: &Value| {
        (own["location"]["uri"].as_str().unwrap().to_owned(), own["location"]["range"]["start"]["line"].clone())
    };
    assert!(related.iter().map(line).any(|own| own == (editor.uri(path), json!(2))), "{related:#?}");

    let fixes = editor.fixes(path, &finding["range"]);
    let [fix] = fixes.as_slice() else { panic!("{fixes:#?}") };
    assert_eq!((&fix["kind"], &fix["isPreferred"]), (&json!("quickfix"), &json!(true)));
    let mended = applied(&text, &fix["edit"]["changes"][editor.uri(path)]);
    assert_eq!(mended, bills);
    assert!(editor.rewrite(path, 3, &mended).is_empty());
    assert!(editor.fixes(path, &finding["range"]).is_empty());

    let (status, complaint) = editor.leave();
    assert_eq!((status, complaint.as_str()), (0, ""));
    assert_eq!(contents(repository.path()), before, "the server wrote something");
}

#[test]
fn a_fix_is_one_item_of_a_list_where_that_is_what_gives_the_access() {
    let repository = world::repository(&[]);
    let mut editor = Editor::open(&repository);
    let (path, text) = world::ADMIN;
    let found = editor.show(path, text);
    let finding = found.iter().find(|own| own["severity"] == 1).unwrap_or_else(|| panic!("{found:#?}"));
    assert_eq!(finding["code"], "CS-GRANT-001");
    let fixes = editor.fixes(path, &finding["range"]);
    let mended = applied(text, &fixes[0]["edit"]["changes"][editor.uri(path)]);
    assert_eq!(mended, text.replace("[{kind: User, name: sam.reed, apiGroup: rbac.authorization.k8s.io}]", "[]"));
    assert!(editor.rewrite(path, 2, &mended).is_empty());
    editor.leave();
}

#[test]
fn what_cannot_be_cut_out_is_not_offered() {
    // The grant is all that its file says: without it there is no text left to edit.
    let repository = world::repository(&[world::BILLS]);
    let mut editor = Editor::open(&repository);
    let (path, text) = world::PAYMENTS;
    let found = editor.show(path, text);
    assert_eq!(codes(&found), [("CS-SOD-001", 1)]);
    assert!(found[0]["message"].as_str().unwrap().contains("Fix: remove payer"), "{found:#?}");
    assert_eq!(editor.fixes(path, &found[0]["range"]), [] as [Value; 0]);
    editor.leave();
}

#[test]
fn files_that_are_not_open_are_shown_too_and_cleared_again() {
    let repository = world::repository(&[world::BILLS, ("grants/other.yaml", "# nothing yet\n")]);
    let (path, text) = world::PAYMENTS;
    repository.write(&[(path, text)]);
    let mut editor = Editor::open(&repository);
    assert_eq!(codes(&editor.published(path, None)), [("CS-SOD-001", 1)]);
    // The disk changes, and the editor says so.
    std::fs::remove_file(repository.path().join(path)).unwrap();
    let changes = json!({"changes": [{"uri": editor.uri(path), "type": 3}]});
    editor.notify("workspace/didChangeWatchedFiles", changes);
    assert!(editor.published(path, None).is_empty());
    editor.leave();
}

#[test]
fn what_git_ignores_is_not_judged_because_it_is_open() {
    let repository = world::repository(&[world::BILLS, (".gitignore", "*.local.yaml\n")]);
    let text = world::PAYMENTS.1;
    repository.write(&[("grants/x.local.yaml", text)]);
    let mut editor = Editor::open(&repository);
    assert!(editor.show("grants/x.local.yaml", text).is_empty());
    // One that is not there yet is.
    assert_eq!(codes(&editor.show("grants/new.yaml", text)), [("CS-SOD-001", 1)]);
    editor.leave();
}

#[test]
fn half_a_line_takes_nothing_away_from_other_files() {
    let repository = world::repository(&[world::BILLS]);
    let (path, text) = world::PAYMENTS;
    repository.write(&[(path, text)]);
    let mut editor = Editor::open(&repository);
    assert_eq!(codes(&editor.published(path, None)), [("CS-SOD-001", 1)]);
    let roles = std::fs::read_to_string(repository.path().join("roles.yaml")).unwrap();
    assert!(editor.show("roles.yaml", &roles).is_empty());
    let found = editor.rewrite("roles.yaml", 2, &roles.replace("[Pay Bills]", "[Pay Bills"));
    assert_eq!(codes(&found), [("CS-COVER-001", 1)]);
    // It stands where the text breaks.
    assert!(found[0]["range"]["start"]["line"].as_u64().unwrap() >= 7, "{found:#?}");
    let later: Vec<&Value> = editor.told.iter().filter(|own| own["params"]["uri"] == *editor.uri(path)).collect();
    assert!(later.is_empty(), "{later:#?}");
    // A text that reads and says something else is judged as it is.
    assert!(editor.rewrite("roles.yaml", 3, &roles.replace("[Pay Bills]", "[]")).is_empty());
    assert!(editor.published(path, None).is_empty());
    editor.leave();
}

#[test]
fn of_many_edits_the_last_one_has_its_answer() {
    let repository = world::repository(&[world::BILLS]);
    let mut editor = Editor::open(&repository);
    let (path, bills) = world::BILLS;
    editor.show(path, bills);
    for version in 2..40 {
        let text = if version % 2 == 0 { format!("{bills}{ALSO_PAYS}") } else { bills.to_owned() };
        editor.change(path, version, &json!([{"text": text}]));
    }
    let end = bills.lines().count();
    let range = json!({"start": {"line": end, "character": 0}, "end": {"line": end, "character": 0}});
    editor.change(path, 40, &json!([{"range": range, "text": ALSO_PAYS}]));
    assert_eq!(codes(&editor.published(path, Some(40))), [("CS-SOD-001", 1)]);
    let runs = editor.told.iter().filter(|own| own["params"]["uri"] == *editor.uri(path)).count();
    assert!(runs < 20, "{runs} states were judged");
    editor.leave();
}

#[test]
fn hover_says_what_a_name_means_at_a_place_behind_signs_of_two_units() {
    let repository = world::repository(&[world::BILLS]);
    let (path, bills) = world::BILLS;
    let text = format!("{bills}{ALSO_PAYS}")
        .replace("role: payer", "justification: \"Zoë 😀\", role: payer")
        .replace('\n', "\r\n");
    for (capabilities, encoding) in
        [(json!({}), "utf-16"), (json!({"general": {"positionEncodings": ["utf-16", "utf-8"]}}), "utf-8")]
    {
        let mut editor = Editor::start(repository.path());
        assert_eq!(editor.initialize(&capabilities)["capabilities"]["positionEncoding"], encoding);
        let found = editor.show(path, &text);
        let mut at = position(&text, "payer");
        if encoding == "utf-8" {
            let line = text.lines().find(|line| line.contains("payer")).unwrap();
            at["character"] = json!(line.find("payer"));
        }
        assert_eq!(found[0]["range"]["start"]["line"], at["line"]);
        let hover = editor.ask_at("textDocument/hover", path, &at);
        assert_eq!(hover["range"]["start"], at);
        let said = hover["contents"]["value"].as_str().unwrap();
        for part in
            ["role `payer` in `ledger`", "- `PAY` execute supplier payments", "Held by: `person:mira.vale`", "`P2P-"]
        {
            assert!(said.contains(part), "`{part}` is not in:\n{said}");
        }
        // Without room for other places beside a message, the message has them.
        assert!(found[0]["relatedInformation"].is_null());
        assert!(found[0]["message"].as_str().unwrap().contains("\nAt: grants/bills.yaml:3: "), "{found:#?}");
        editor.leave();
    }
}

#[test]
fn hover_knows_people_permissions_duties_and_policies() {
    let repository = world::repository(&[world::BILLS, world::PAYMENTS]);
    let mut editor = Editor::open(&repository);
    let text = "\
# CS-SOD-001
apiVersion: countersign.dev/v1
kind: ServiceIdentity
metadata: {id: feed}
spec: {owner: person:mira.vale, may_hold: [PAY]}
---
apiVersion: countersign.dev/v1
kind: Role
metadata: {id: more}
spec: {system: ledger, permissions: [Pay Bills]}
";
    editor.show("feed.yaml", text);
    for (word, parts) in [
        ("CS-SOD-001", &["policy `CS-SOD-001`"][..]),
        (
            "mira.vale",
            &["`person:mira.vale`", "- `PAY` execute supplier payments in `ledger`", "Conflicts:\n\n- `P2P-"],
        ),
        ("PAY", &["duty `PAY`", "Held by: `person:mira.vale`"]),
        ("ledger", &["system `ledger`", "type netsuite"]),
        ("Bills", &["permission `Pay Bills`", "In the roles: `more`, `payer`", "Held by: `person:mira.vale`"]),
    ] {
        let hover = editor.ask_at("textDocument/hover", "feed.yaml", &position(text, word));
        let said = hover["contents"]["value"].as_str().unwrap_or_else(|| panic!("{word}: {hover}"));
        for part in parts {
            assert!(said.contains(part), "{word}: `{part}` is not in:\n{said}");
        }
    }
    assert_eq!(editor.ask_at("textDocument/hover", "feed.yaml", &position(text, "spec")), Value::Null);
    editor.leave();
}

#[test]
fn from_one_leg_the_way_leads_to_the_other_and_to_the_role() {
    let repository = world::repository(&[world::BILLS]);
    let mut editor = Editor::open(&repository);
    let (path, bills) = world::BILLS;
    let text = format!("{bills}{ALSO_PAYS}");
    editor.show(path, &text);
    let found = editor.ask_at("textDocument/definition", path, &position(&text, "payer"));
    let place = |own: &Value| {
        let file =
            own["uri"].as_str().unwrap().rsplit_once(&*editor.root).unwrap().1.trim_start_matches('/').to_owned();
        (file, own["range"]["start"]["line"].as_u64().unwrap())
    };
    let places: Vec<(String, u64)> = found.as_array().unwrap().iter().map(place).collect();
    for wanted in [("roles.yaml", 7), (path, 2)] {
        assert!(places.contains(&(wanted.0.to_owned(), wanted.1)), "{wanted:?} is not in {places:?}");
    }
    editor.leave();
}

#[test]
fn completion_offers_kinds_keys_and_what_the_tree_knows() {
    let repository = world::repository(&[world::BILLS]);
    let mut editor = Editor::open(&repository);
    let text = "apiVersion: countersign.dev/v1\nkind: Grant\nspec:\n  system: \n  role: \n  to: person:m\n  ti\n";
    editor.show("grants/new.yaml", text);
    let mut offered = |path: &str, text: &str, line: u64| -> Vec<String> {
        let character = text.lines().nth(usize::try_from(line).unwrap()).unwrap().len();
        let items = editor.ask_at("textDocument/completion", path, &json!({"line": line, "character": character}));
        items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    };
    assert!(offered("grants/new.yaml", text, 1).contains(&"ServiceIdentity".to_owned()));
    assert_eq!(offered("grants/new.yaml", text, 3), ["kubernetes:blue", "ledger"]);
    assert_eq!(offered("grants/new.yaml", text, 4), ["clerk", "payer"]);
    assert!(offered("grants/new.yaml", text, 5).contains(&"person:mira.vale".to_owned()));
    let keys = offered("grants/new.yaml", text, 6);
    assert!(keys.contains(&"ticket".to_owned()) && !keys.contains(&"role".to_owned()), "{keys:?}");
    let record = "apiVersion: countersign.dev/v1\nkind: Exception\nspec:\n  policy: CS\n  subject: \n";
    editor.show(".countersign/exceptions/new.yaml", record);
    let mut offered = |line: u64, character: u64| -> Vec<String> {
        let at = json!({"line": line, "character": character});
        let items = editor.ask_at("textDocument/completion", ".countersign/exceptions/new.yaml", &at);
        items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    };
    assert!(offered(3, 12).contains(&"CS-SOD-001".to_owned()));
    assert!(offered(4, 11).contains(&"person:sam.reed".to_owned()));
    editor.leave();
}

#[test]
fn what_is_no_message_is_answered_and_passed_over() {
    let repository = world::repository(&[]);
    let mut editor = Editor::open(&repository);
    for body in ["{", "[1]", "{\"jsonrpc\": \"2.0\"}", "\u{feff}{}"] {
        editor.send_text(body);
    }
    let strange = [
        ("textDocument/hover", json!({"position": "here"})),
        ("textDocument/hover", Value::Null),
        ("textDocument/codeAction", json!([])),
        ("no/such/method", json!({})),
    ];
    for (method, params) in strange {
        let answer = editor.request(method, params);
        assert!(answer["error"]["code"].as_i64().is_some_and(|code| code < 0), "{answer:#}");
    }
    let broken = editor.told.iter().filter(|own| own["error"]["code"] == -32700 && own["id"].is_null()).count();
    assert_eq!(broken, 4, "{:#?}", editor.told);
    // Edits of what is not open, places beyond the text, and names of no file do no harm.
    editor.change("nothing.yaml", 3, &json!([{"text": "x"}]));
    editor.notify(
        "textDocument/didOpen",
        json!({"textDocument": {"uri": "untitled:x", "languageId": "yaml", "version": 1, "text": "a: 1"}}),
    );
    editor.notify("textDocument/didChange", json!(7));
    let (path, text) = world::BILLS;
    editor.show(path, text);
    let beyond = json!({"line": 4_000_000_000_u32, "character": 4_000_000_000_u32});
    for method in ["textDocument/hover", "textDocument/definition", "textDocument/completion"] {
        editor.ask_at(method, path, &beyond);
    }
    let range = json!({"start": beyond, "end": {"line": 0, "character": 0}});
    editor.change(path, 2, &json!([{"range": range, "text": ""}]));
    editor.published(path, Some(2));
    assert_eq!(editor.leave(), (0, String::new()));
}

#[test]
fn rules_that_are_wrong_are_shown_at_their_place_and_the_findings_stay() {
    let repository = world::repository(&[world::BILLS]);
    let (path, text) = world::PAYMENTS;
    repository.write(&[(path, text)]);
    let mut editor = Editor::open(&repository);
    assert_eq!(codes(&editor.published(path, None)), [("CS-SOD-001", 1)]);
    let (record, approval) = world::APPROVAL;
    let found = editor.show(record, &approval.replace("  approver:", "  approvers:"));
    assert_eq!(codes(&found), [("CS-COVER-001", 1)]);
    assert!(found[0]["message"].as_str().unwrap().contains("approver"), "{found:#?}");
    assert!(editor.told.iter().all(|own| own["params"]["uri"] != *editor.uri(path)), "{:#?}", editor.told);
    editor.leave();
}

#[test]
fn it_ends_as_the_protocol_says() {
    let repository = world::repository(&[]);
    // Before the first request nothing is answered but that it is missing.
    let mut editor = Editor::start(repository.path());
    let answer = editor.request("textDocument/hover", json!({}));
    assert_eq!(answer["error"]["code"], -32002);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.status().0, 1);
    // Without a request to shut down.
    let mut editor = Editor::open(&repository);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.status().0, 1);
    // The editor is gone.
    assert_eq!(Editor::open(&repository).status().0, 1);
    // After it nothing is answered any longer.
    let mut editor = Editor::open(&repository);
    editor.request("shutdown", Value::Null);
    assert_eq!(editor.request("textDocument/hover", json!({}))["error"]["code"], -32600);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.status().0, 0);
}
