//! What is worth keeping and can be made again: a folder of files by key.
//!
//! Nothing here is trusted further than its digest: a file that was cut off, edited or half written counts as absent. A
//! cache that cannot be read or written costs time, and is no error.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use super::Digest;

/// Most entries that are kept; the oldest go first.
const MOST_ENTRIES: usize = 32;
/// Most bytes of an entry.
const MOST_BYTES: u64 = 16 << 20;

/// A folder of entries.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in a folder, which need not be there.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// What was kept under a key, if it is there as it was written.
    #[must_use]
    pub fn get(&self, key: &Digest) -> Option<Vec<u8>> {
        let path = self.folder.join(key.to_string());
        if fs::metadata(&path).ok()?.len() > MOST_BYTES {
            return None;
        }
        let bytes = fs::read(path).ok()?;
        let (digest, rest) = bytes.split_at_checked(Digest::of(&[]).to_string().len())?;
        (Digest::of(rest).to_string().as_bytes() == digest).then(|| rest.to_vec())
    }

    /// Keeps an entry. Whoever reads meanwhile sees the old one or the new one.
    pub fn put(&self, key: &Digest, bytes: &[u8]) {
        if u64::try_from(bytes.len()).is_ok_and(|length| length < MOST_BYTES - 1024) {
            // A disk that is full, a folder that cannot be written: then it is made again next time.
            let _ = self.write(key, bytes);
        }
    }

    fn write(&self, key: &Digest, bytes: &[u8]) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        std::io::Write::write_all(&mut file, Digest::of(bytes).to_string().as_bytes())?;
        std::io::Write::write_all(&mut file, bytes)?;
        file.persist(self.folder.join(key.to_string()))?;
        self.bound()
    }

    /// Takes the oldest entries away. What another process takes away at the same time is gone, too.
    fn bound(&self) -> std::io::Result<()> {
        let mut entries: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let changed = entry.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            entries.push((changed, entry.path()));
        }
        entries.sort();
        let many = entries.len().saturating_sub(MOST_ENTRIES);
        for (_, path) in entries.into_iter().take(many) {
            let _ = fs::remove_file(path);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Digest {
        Digest::of(&[n])
    }

    #[test]
    fn what_was_kept_is_read_and_what_was_not_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("a/b"));
        assert_eq!(cache.get(&key(1)), None);
        cache.put(&key(1), b"one");
        cache.put(&key(2), b"");
        assert_eq!(cache.get(&key(1)).as_deref(), Some(&b"one"[..]));
        assert_eq!(cache.get(&key(2)).as_deref(), Some(&b""[..]));
        cache.put(&key(1), b"other");
        assert_eq!(cache.get(&key(1)).as_deref(), Some(&b"other"[..]));
    }

    #[test]
    fn an_entry_that_was_damaged_anywhere_counts_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        cache.put(&key(1), b"some bytes");
        let path = folder.path().join(key(1).to_string());
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert_eq!(cache.get(&key(1)), None, "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(cache.get(&key(1)), None, "cut at {at}");
        }
        fs::write(&path, &whole).unwrap();
        assert!(cache.get(&key(1)).is_some());
    }

    #[test]
    fn it_stays_bounded_and_keeps_what_is_newest() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        for n in 0..200 {
            cache.put(&key(n), &[n]);
            let path = folder.path().join(key(n).to_string());
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000 + u64::from(n));
            fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
        }
        assert!(fs::read_dir(folder.path()).unwrap().count() <= MOST_ENTRIES + 1);
        assert!((0..100).all(|n| cache.get(&key(n)).is_none()));
        assert!((180..199).all(|n| cache.get(&key(n)).is_some()));
    }

    #[test]
    fn a_place_that_cannot_be_written_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let cache = Cache::new(file.clone());
        cache.put(&key(1), b"one");
        assert_eq!(cache.get(&key(1)), None);
        assert_eq!(fs::read(file).unwrap(), b"in the way");
    }

    #[test]
    fn many_writers_leave_whole_entries() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        std::thread::scope(|scope| {
            for writer in 0..4_u8 {
                let cache = cache.clone();
                scope.spawn(move || {
                    for n in 0..40_u8 {
                        cache.put(&key(n % 5), &vec![writer; 5000]);
                        if let Some(bytes) = cache.get(&key(n % 5)) {
                            assert!(bytes.len() == 5000 && bytes.iter().all(|byte| *byte == bytes[0]));
                        }
                    }
                });
            }
        });
    }
}
