//! Functions that read files of the tree. Nothing outside of the tree is read, and what is read becomes part of what is
//! judged.

use std::sync::Arc;

use base64ct::{Base64, Encoding as _};
use md5::Digest as _;

use super::encodings::hex;
use super::{Answer, Arguments, Function, Stop};
use crate::facts::{Origin, Text};
use crate::formats::ReadFile;
use crate::formats::configuration::value::{Kind, Unknown, Value, Why};
use crate::formats::terraform::eval::{Failed, Names, NoFile, Place};
use crate::formats::terraform::module::join;
use crate::syntax::{Span, hcl};

pub(super) fn function(name: &str) -> Option<Function> {
    Some(match name {
        "file" => file,
        "filebase64" => |call| {
            let bytes = read(call)?.bytes;
            call.text_value(Base64::encode_string(&bytes))
        },
        "fileexists" => |call| {
            let path = call.text(0)?;
            match call.evaluator.file(call.place, &path) {
                Err(NoFile::Outside(path)) => Err(not_there(call, &path)),
                found => call.bool_value(found.is_ok()),
            }
        },
        "fileset" => fileset,
        "templatefile" => templatefile,
        "templatestring" => templatestring,
        "filemd5" => |call| call.text_value(hex(&md5::Md5::digest(&read(call)?.bytes))),
        "filesha1" => |call| call.text_value(hex(&sha1::Sha1::digest(&read(call)?.bytes))),
        "filesha256" => |call| call.text_value(hex(&sha2::Sha256::digest(&read(call)?.bytes))),
        "filesha512" => |call| call.text_value(hex(&sha2::Sha512::digest(&read(call)?.bytes))),
        "filebase64sha256" => |call| call.text_value(Base64::encode_string(&sha2::Sha256::digest(&read(call)?.bytes))),
        "basename" => |call| {
            let path = call.text(0)?;
            call.text_value(match path.trim_end_matches('/').rsplit('/').next().unwrap_or_default() {
                "" if path.is_empty() => ".",
                "" => "/",
                name => name,
            })
        },
        "dirname" => |call| {
            let path = call.text(0)?;
            call.text_value(match path.rsplit_once('/') {
                Some(("", _)) => "/",
                Some((folder, _)) => folder,
                None => ".",
            })
        },
        "pathexpand" => |call| {
            let path = call.text(0)?;
            if path.starts_with('~') { Err(not_there(call, &path)) } else { call.text_value(&*path) }
        },
        _ => return None,
    })
}

/// A file of which the tree says nothing.
fn not_there(call: &Arguments<'_, '_>, path: &str) -> Stop {
    let why = Why::NoFile { path: path.into() };
    Stop::Unknown(Arc::new(Unknown { why, origin: call.origin, candidates: Vec::new() }))
}

/// A file of the tree. One that it does not have fails as it does for Terraform, so that `try` goes on.
fn read(call: &Arguments<'_, '_>) -> Result<ReadFile, Stop> {
    let path = call.text(0)?;
    call.evaluator.file(call.place, &path).map_err(|no_file| match no_file {
        NoFile::Outside(path) => not_there(call, &path),
        NoFile::Missing(path) => Stop::Failed(Failed { why: Why::NoFile { path }, origin: call.origin }),
    })
}

/// The text of a file, whose place is the file itself.
fn file(call: &Arguments<'_, '_>) -> Answer {
    let file = read(call)?;
    let text = std::str::from_utf8(&file.bytes).map_err(|_| call.fail("the file is not UTF-8 text"))?;
    let origin = Origin { file: file.place, span: Span::new(0, text.len()) };
    let value = call.text_value(text)?;
    Ok(Value { origin, ..value })
}

fn fileset(call: &Arguments<'_, '_>) -> Answer {
    let (folder, pattern) = (call.text(0)?, call.text(1)?);
    let root = &call.place.instance.root;
    let base = join(root, &folder).ok_or_else(|| not_there(call, &folder))?;
    let wrong = || call.fail("the pattern is not one of file names");
    let patterns = alternatives(&pattern).ok_or_else(wrong)?;
    let patterns: Vec<glob::Pattern> =
        patterns.iter().map(|own| glob::Pattern::new(own)).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    let below = call.evaluator.files.below(&base);
    call.evaluator.step(below.len().saturating_mul(patterns.len()), call.origin)?;
    let inside = |path: &'_ str| -> Option<String> {
        let path = if base.is_empty() { path } else { path.strip_prefix(&*base)?.strip_prefix('/')? };
        patterns.iter().any(|pattern| pattern.matches_with(path, options)).then(|| path.to_owned())
    };
    let mut found = Vec::new();
    for path in below {
        if let Some(name) = inside(path) {
            // A file whose name counts is part of what is judged, whether or not its content is read.
            let _ = call.evaluator.files.read(path);
            found.push(Value::text(name, call.origin));
        }
    }
    let list = call.list_value(found, None)?;
    Ok(call.evaluator.to_set(&list)?)
}

/// Most patterns that the alternatives of one come to.
const MAX_ALTERNATIVES: usize = 64;

/// The patterns that `{a,b}` stands for (Terraform documentation, "fileset Function"). None when a brace is not closed,
/// or when there are too many.
fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(next) = open.pop() {
        if done.len() + open.len() >= MAX_ALTERNATIVES {
            return None;
        }
        // The innermost braces have none inside.
        let Some((before, rest)) = next.rsplit_once('{') else {
            done.push(next);
            continue;
        };
        let (inside, after) = rest.split_once('}')?;
        open.extend(inside.split(',').map(|own| format!("{before}{own}{after}")));
    }
    Some(done)
}

fn templatefile(call: &Arguments<'_, '_>) -> Answer {
    let file = read(call)?;
    let parts = hcl::parse_template(&file.bytes).map_err(|error| call.fail(error))?;
    fill(call, &parts, file.place)
}

/// A template that is the value of an expression: its inner places are not known.
fn templatestring(call: &Arguments<'_, '_>) -> Answer {
    let text = call.text(0)?;
    let parts = hcl::parse_template(text.as_bytes()).map_err(|error| call.fail(error))?;
    let filled = fill(call, &parts, call.place.file)?;
    Ok(Value { origin: call.origin, ..filled })
}

/// A template filled in with the names that a map gives, and no others.
fn fill(call: &Arguments<'_, '_>, parts: &[hcl::TemplatePart], file: u32) -> Answer {
    let given = call.get(1)?;
    let (names, rest): (Vec<(Text, Value)>, _) = match &given.kind {
        Kind::Map(members) => {
            let known = members.known.iter().map(|(name, own)| (name.clone(), own.value.clone())).collect();
            // A map that may have more members may have any name.
            let rest = members.rest.as_ref().map(|rest| Value::new(Kind::Unknown(rest.bare()), call.origin));
            (known, rest)
        }
        Kind::Unknown(unknown) => return Err(Stop::Unknown(unknown.clone())),
        _ => return Err(call.unfit(given, 1, "a map")),
    };
    let names = Names { own: &names, outer: None, rest };
    let place = Place { instance: call.place.instance, file, names: Some(&names) };
    let origin = match (parts.first(), parts.last()) {
        (Some(hcl::TemplatePart::Text(_, first)), Some(hcl::TemplatePart::Text(_, last))) => place.at(first.to(*last)),
        _ => place.at(Span::default()),
    };
    let filled = call.evaluator.deeper(call.origin, || call.evaluator.template(parts, place, origin));
    Ok(filled.map_err(|failed| Failed { origin: call.origin, ..failed })?)
}
