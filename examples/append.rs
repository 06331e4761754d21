//! Writes to a log of evidence as a recorder does, record after record, and holds a log against what was acknowledged.
//! `.ci/stores.py` runs many of these at once on every kind of storage, and kills them.
//!
//! ```text
//! append begin TEMPLATE LOCATION KEY             begins a log, with the objects that the records will name
//! append append TEMPLATE LOCATION KEY WRITER FROM TO
//!                                                keeps and logs records, and prints `WRITER NUMBER ID PLACE` for each
//! append verify LOCATION KEY                     verifies; acknowledgements are on standard input
//! append tidy LOCATION KEY                       tidies
//! append about LOCATION                          says what the storage keeps
//! ```
//!
//! TEMPLATE is a folder of evidence that `countersign check` made: its first record is the pattern of all.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program of its own")]

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use countersign::evidence::log::{
    AnyStorage, FolderStorage, Leaf, LogError, LogReader, NoteKey, Storage as _, Surroundings, open, tidy,
};
use countersign::evidence::{Ledger, Objects, RecordId, Recorder, Statement, Verifying, verify};
use countersign::keys::EvidenceKey;

const ORIGIN: &str = "example.com/evidence";
const BEGUN: &str = "2026-11-21T00:00:00Z";

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["begin", template, location, key] => begin(template, location, key),
        ["append", template, location, key, writer, from, to] => append(template, location, key, writer, (from, to)),
        ["verify", location, key] => verify_all(location, key),
        ["tidy", location, key] => tidy_all(location, key),
        ["about", location] => about(location),
        _ => Err("append begin|append|verify|tidy|about …".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn storage(location: &str) -> Result<AnyStorage, Box<dyn Error>> {
    let cwd = std::env::current_dir()?;
    let surroundings = Surroundings {
        repository: cwd.clone(),
        cwd,
        variables: std::env::vars_os().collect(),
        temp_dir: std::env::temp_dir(),
        now: 1_795_219_200,
    };
    Ok(open(location, &surroundings)?)
}

fn begin(template: &str, location: &str, key: &str) -> Outcome {
    let (template, storage) = (FolderStorage::new(template), storage(location)?);
    let names = template.list("objects/")?;
    let objects = names.into_iter().map(|name| Ok((name.clone(), template.read(&name)?.unwrap_or_default())));
    storage.create_all(&objects.collect::<Result<Vec<_>, Box<dyn Error>>>()?)?;
    let key = EvidenceKey::read(Path::new(key))?;
    Recorder::begin(&storage, ORIGIN, key, None, BEGUN.to_owned())?;
    Ok(())
}

fn append(template: &str, location: &str, key: &str, writer: &str, (from, to): (&str, &str)) -> Outcome {
    let template = Ledger::new(FolderStorage::new(template));
    let pattern = *template.records()?.first().ok_or("the template has no record")?;
    let pattern: Statement = template.statement(pattern)?;
    let storage = storage(location)?;
    let (recorder, _) = Recorder::open(&storage, EvidenceKey::read(Path::new(key))?)?;
    for number in from.parse::<u64>()?..to.parse()? {
        let mut statement = pattern.clone();
        for subject in &mut statement.subject {
            subject.name = Some(format!("record {number} of writer {writer}"));
        }
        let id = recorder.ledger().keep(&statement, Objects::default())?;
        for logged in recorder.log_unsigned(&[id])? {
            println!("{writer} {number} {id} {}", logged.index);
            std::io::stdout().flush()?;
        }
    }
    Ok(())
}

/// Every acknowledged record is where it was said to be, no record is there twice, and the ledger verifies.
fn verify_all(location: &str, key: &str) -> Outcome {
    let storage = storage(location)?;
    let key = EvidenceKey::read(Path::new(key))?;
    let verified = verify(&storage, &Verifying::default())?;
    for problem in &verified.problems {
        eprintln!("{:?} {:?} {}", problem.index, problem.record, problem.what);
    }
    let reader = LogReader::open(&storage, &[NoteKey::of_log(ORIGIN, key.public_key())?], &[])?;
    let mut places: HashMap<RecordId, u64> = HashMap::new();
    let mut wrong = verified.problems.len();
    reader.for_each(0, |index, bytes| -> Result<(), LogError> {
        let id = Leaf::parse(bytes).map(|leaf| RecordId(leaf.digest()));
        let twice = id.map_or(true, |id| places.insert(id, index).is_some());
        if twice {
            eprintln!("leaf {index} is no leaf, or is there twice");
            wrong += 1;
        }
        Ok(())
    })?;
    let mut acknowledged = 0;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let [_, _, id, place] = words.as_slice() else { return Err(format!("no acknowledgement: `{line}`").into()) };
        acknowledged += 1;
        if places.get(&id.parse()?) != Some(&place.parse()?) {
            eprintln!("not there: {line}");
            wrong += 1;
        }
    }
    println!(
        "{} leaves, {} signed by statements about keys and {} unsigned, {acknowledged} acknowledgements, {} not logged",
        verified.size,
        verified.size - verified.unsigned,
        verified.unsigned,
        verified.not_logged
    );
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} things are wrong").into()) }
}

fn tidy_all(location: &str, key: &str) -> Outcome {
    let key = EvidenceKey::read(Path::new(key))?;
    let tidied = tidy(storage(location)?, &[NoteKey::of_log(ORIGIN, key.public_key())?])?;
    println!("tidied {} partial tiles and {} batches", tidied.partial, tidied.staged);
    Ok(())
}

fn about(location: &str) -> Outcome {
    let storage = storage(location)?;
    println!("retention: {}", storage.retention()?.unwrap_or_default());
    println!("keeps: {}", storage.keeps().unwrap_or_default());
    Ok(())
}
