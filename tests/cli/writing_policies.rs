//! docs/writing-policies.md, run as it is printed.

use std::process::Command;

use super::places::Folder;
use super::runner::binary;

const PAGE: &str = include_str!("../../docs/writing-policies.md");

/// The blocks of commands, each with what the page says that they print.
fn blocks() -> Vec<(&'static str, Option<&'static str>)> {
    let fences: Vec<(&str, &str)> =
        PAGE.split("\n```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap()).collect();
    let mut all: Vec<(&str, Option<&str>)> = Vec::new();
    for (language, text) in fences {
        match language {
            "sh" => all.push((text, None)),
            "text" => all.last_mut().unwrap().1 = Some(text),
            other => panic!("a block of {other}"),
        }
    }
    all
}

#[test]
fn every_command_prints_what_the_page_says() {
    let (place, tools) = (Folder::new(), Folder::new());
    std::os::unix::fs::symlink(binary(), tools.path.join("countersign")).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::iter::once(tools.path.clone()).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).unwrap();
    let mut expected = 0;
    for (commands, printed) in blocks() {
        let output = Command::new("sh")
            .args(["-c", commands])
            .current_dir(&place.path)
            .env_clear()
            .env("PATH", &path)
            .env("HOME", &tools.path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code < 2), "{commands}\n{said}");
        if let Some(printed) = printed {
            expected += 1;
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), printed, "{commands}\n{said}");
        }
    }
    assert_eq!(expected, 5);
}
