#!/usr/bin/env python3
"""Speaks with the editor server as an editor does: lsp.py BINARY

Needs git and what `.ci/requirements.txt` lists. The client is pygls, which checks every message against the types of the
protocol: an answer that is none ends this. It opens the example company, makes its conflict without saving, asks what an
editor asks, and applies the fix. Ends with status 1 at the first thing that is not as it should be.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import BaseLanguageClient

sys.path.insert(0, str(Path(__file__).resolve().parent))
from end_to_end import AS_OF, ROOT, Countersign, Failure, hold  # noqa: E402

GRANTS = "erp/grants/treasury.yaml"
# How long an answer may take, in seconds, before nobody would wait for it.
PATIENCE = 120


class Editor:
    """A client with one server."""

    def __init__(self, root):
        self.root = root
        self.client = BaseLanguageClient("countersign-ci", "1")
        self.published = asyncio.Queue()
        self.errors = []

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _(params):
            self.published.put_nowait(params)

        @self.client.feature(types.WINDOW_LOG_MESSAGE)
        def _(params):
            hold("compared with merge base of main" in params.message, params.message)

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)
        def _(params):
            self.errors.append(params.message)

    def uri(self, path):
        return (self.root / path).as_uri()

    async def start(self, binary):
        await self.client.start_io(str(Path(binary).resolve()), "lsp", "--base", "main", "--as-of", AS_OF, cwd=self.root)
        shows = types.PublishDiagnosticsClientCapabilities(related_information=True)
        capabilities = types.ClientCapabilities(
            text_document=types.TextDocumentClientCapabilities(publish_diagnostics=shows)
        )
        folder = types.WorkspaceFolder(uri=self.root.as_uri(), name="acme")
        params = types.InitializeParams(capabilities=capabilities, workspace_folders=[folder], root_uri=self.root.as_uri())
        answer = await self.client.initialize_async(params)
        hold(answer.server_info.name == "countersign", answer.server_info)
        self.client.initialized(types.InitializedParams())

    async def diagnostics(self, path, version):
        """What is published of a buffer at a version."""
        while True:
            params = await asyncio.wait_for(self.published.get(), PATIENCE)
            if params.uri == self.uri(path) and params.version == version:
                return params.diagnostics

    async def open(self, path, text):
        item = types.TextDocumentItem(uri=self.uri(path), language_id="yaml", version=1, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
        return await self.diagnostics(path, 1)

    async def change(self, path, version, change):
        document = types.VersionedTextDocumentIdentifier(uri=self.uri(path), version=version)
        params = types.DidChangeTextDocumentParams(text_document=document, content_changes=[change])
        self.client.text_document_did_change(params)
        return await self.diagnostics(path, version)

    def at(self, path, position):
        return {"text_document": types.TextDocumentIdentifier(uri=self.uri(path)), "position": position}


def find(text, wanted, last=False):
    """Where a text begins, in a file of ASCII."""
    before = text[: text.rindex(wanted) if last else text.index(wanted)]
    return types.Position(line=before.count("\n"), character=len(before) - before.rfind("\n") - 1)


async def session(editor, binary):
    await editor.start(binary)
    old = (editor.root / GRANTS).read_text(encoding="utf-8")
    new = (ROOT / "testdata/acme/head" / GRANTS).read_text(encoding="utf-8")
    added = new[len(old) :] if new.startswith(old) else None

    hold(await editor.open(GRANTS, old) == (), "the base has something new")
    if added is None:
        found = await editor.change(GRANTS, 2, types.TextDocumentContentChangeWholeDocument(text=new))
    else:
        end = types.Position(line=old.count("\n"), character=0)
        piece = types.TextDocumentContentChangePartial(range=types.Range(start=end, end=end), text=added)
        found = await editor.change(GRANTS, 2, piece)
    hold([(own.code, own.severity) for own in found] == [("CS-SOD-001", types.DiagnosticSeverity.Error)], found)
    finding = found[0]
    others = {own.location.uri for own in finding.related_information}
    hold(editor.uri("erp/grants/netsuite.yaml") in others, others)

    start = finding.range.start
    hover = await editor.client.text_document_hover_async(types.HoverParams(**editor.at(GRANTS, start)))
    hold("role `Z_TR_PAYMENT_RUN`" in hover.contents.value and "`PAY`" in hover.contents.value, hover)
    places = await editor.client.text_document_definition_async(types.DefinitionParams(**editor.at(GRANTS, start)))
    hold(others <= {place.uri for place in places}, places)

    typed = new + "---\napiVersion: countersign.dev/v1\nkind: Grant\nspec:\n  system: sap-treasury\n  role: Z_\n"
    await editor.change(GRANTS, 3, types.TextDocumentContentChangeWholeDocument(text=typed))
    end = find(typed, "Z_\n", last=True)
    place = editor.at(GRANTS, types.Position(line=end.line, character=end.character + 2))
    offered = await editor.client.text_document_completion_async(types.CompletionParams(**place))
    labels = [item.label for item in getattr(offered, "items", offered)]
    hold("Z_TR_RELEASE" in labels and "ap-clerk" not in labels, labels)
    await editor.change(GRANTS, 4, types.TextDocumentContentChangeWholeDocument(text=new))

    context = types.CodeActionContext(diagnostics=[finding], only=[types.CodeActionKind.QuickFix])
    document = types.TextDocumentIdentifier(uri=editor.uri(GRANTS))
    params = types.CodeActionParams(text_document=document, range=finding.range, context=context)
    actions = await editor.client.text_document_code_action_async(params)
    hold([action.title for action in actions] == ["Countersign: remove Z_TR_PAYMENT_RUN from account:sap-treasury/ANG"], actions)
    (edit,) = actions[0].edit.changes[editor.uri(GRANTS)]
    piece = types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text)
    hold(await editor.change(GRANTS, 5, piece) == (), "the fix leaves something")

    await editor.client.shutdown_async(None)
    editor.client.exit(None)
    hold(not editor.errors, editor.errors)


async def run(binary, home):
    outside = Countersign(binary, home)
    root = home / "acme"
    shutil.copytree(ROOT / "testdata/acme/base", root)
    for line in ("init --quiet --initial-branch=main", "add --all", "commit --quiet --message Start"):
        outside.git(line, root)
    editor = Editor(root)
    await session(editor, binary)
    server = editor.client._server
    await asyncio.wait_for(server.wait(), PATIENCE)
    hold(server.returncode == 0, f"the server ended with status {server.returncode}")
    hold(outside.git("status --porcelain", root) == "", "the server wrote something")


def main():
    with tempfile.TemporaryDirectory() as folder:
        try:
            asyncio.run(run(sys.argv[1], Path(folder).resolve()))
        except Failure as failure:
            print(f"failed: {failure}", file=sys.stderr)
            sys.exit(1)
    print("an editor sees the conflict, asks about it, and mends it")


main()
