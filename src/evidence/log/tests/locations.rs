use miette::Diagnostic as _;

use super::super::{Surroundings, open as open_location};
use super::kinds::Repositories;
use super::*;

fn told(location: &str, surroundings: &Surroundings) -> String {
    let error = open_location(location, surroundings).err().unwrap();
    format!("{error}: {}", error.help().unwrap())
}

#[test]
fn places_are_opened_by_their_written_form() {
    let repositories = Repositories::new();
    let cwd = repositories.make("work", &[]);
    repositories.make("other.git", &["--bare"]);
    let mut variables = repositories.variables();
    for (name, value) in
        [("GIT_COMMITTER_NAME", "Nora Lind"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")]
    {
        variables.push((name.into(), value.into()));
    }
    let surroundings = Surroundings {
        cwd: cwd.clone(),
        repository: cwd.clone(),
        variables,
        temp_dir: repositories.path("home"),
        now: 1_700_000_000,
    };
    for location in ["dir:evidence", "git:refs/x/evidence", "git:refs/x/evidence@../other.git"] {
        let storage = open_location(location, &surroundings).unwrap();
        create(&*storage).append(&leaves(0..3)).unwrap();
        let again = open_location(location, &surroundings).unwrap();
        assert_eq!(reader(again).size(), 3, "{location}");
    }
    assert!(cwd.join("evidence/checkpoint").is_file());
    let author = |at: &std::path::Path| repositories.git(at, &["log", "-1", "--format=%cn %ce %ct", "refs/x/evidence"]);
    for at in [&cwd, &repositories.path("other.git")] {
        assert_eq!(author(at), "Nora Lind countersign@localhost 1700000000");
    }
    assert!(open_location("s3://bucket/prefix", &surroundings).is_ok());

    for (location, expected) in [
        ("evidence", "did you mean `dir:evidence`?"),
        ("refs/x/evidence", "did you mean `git:refs/x/evidence`?"),
        ("file:///tmp/x", "did you mean `dir:PATH`?"),
        ("S3://bucket", "did you mean `s3://BUCKET/PREFIX`?"),
        ("s3:bucket", "did you mean `s3://BUCKET/PREFIX`?"),
        ("gti:refs/x/y", "did you mean `git:REF` or `git:REF@REMOTE`?"),
        ("gopher://x", "the places are `dir:PATH`, `git:REF` or `git:REF@REMOTE`, `s3://BUCKET/PREFIX`"),
        ("", "the places are"),
        ("dir:", "`dir:` is cut short: it is written `dir:PATH`"),
        ("git:", "written `git:REF`"),
        ("git:evidence", "it is not the whole name of a reference: evidence has a reference of its own"),
        ("git:refs/x/evidence@", "`` is not the name, URL or path of a remote"),
        ("s3://", "`s3://` names no bucket"),
    ] {
        let text = told(location, &surroundings);
        assert!(text.contains(expected), "{location}: {text}");
    }
    let bare = Surroundings { variables: repositories.variables(), ..surroundings };
    assert!(told("s3://bucket/prefix", &bare).contains("there are no credentials for the bucket `bucket`"));
}
