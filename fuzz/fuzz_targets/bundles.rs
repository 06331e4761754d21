#![no_main]
//! Any bytes as an archive of policies: what is read has paths below a root, and no more than fits.

use countersign::source::read_archive;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(files) = read_archive(bytes) else { return };
    assert!(files.len() <= 10_000 && files.values().map(Vec::len).sum::<usize>() <= 64 << 20);
    for path in files.keys() {
        assert!(path.split('/').all(|part| !matches!(part, "" | "." | "..")), "{path}");
    }
    // Reading again comes to the same.
    assert_eq!(read_archive(bytes).ok(), Some(files));
});
