//! What the log asks of the place that holds its bytes.

use std::fmt;

use miette::Diagnostic;

/// A place that holds a log's bytes. Folders, git refs and object storage are such places.
///
/// Objects never change once they are there; the two [`Slot`]s do, by compare-and-swap. That is all the log needs to
/// stay one tree under any number of writers, in whatever order they stop.
///
/// Names are relative paths of lower-case letters, digits, `.` and `-`, with `/` between their elements.
pub trait Storage {
    /// The bytes of an object; `None` when there is none. A storage that is far away may answer `None` by what it saw
    /// when a slot was last read, something listed or something written through it.
    ///
    /// # Errors
    /// [`StorageError`].
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError>;

    /// Makes an object. Making it again with the same bytes does nothing. What this returned for is durable.
    ///
    /// # Errors
    /// [`StorageErrorKind::Differs`] when it is there with other bytes, which it keeps; or what the storage reports, and
    /// then it may or may not be there, but is whole if it is.
    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError>;

    /// Makes many objects, in any order. A storage that can do so makes them side by side.
    ///
    /// # Errors
    /// As [`create`](Self::create), of one that could not be made; others may have been.
    fn create_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StorageError> {
        objects.iter().try_for_each(|(name, bytes)| self.create(name, bytes))
    }

    /// The bytes in a slot and their version; `None` when nothing was ever put there.
    ///
    /// # Errors
    /// [`StorageError`].
    fn read_slot(&self, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, StorageError>;

    /// Puts bytes in a slot if it still holds the version `expected`; `None` means that it is empty. What this returned
    /// for is durable and seen by every later read.
    ///
    /// # Errors
    /// [`StorageError`]; whether the bytes are there is then not known.
    fn swap_slot(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError>;

    /// The names of the objects that start with `prefix`, in order.
    ///
    /// # Errors
    /// [`StorageError`].
    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError>;

    /// Takes objects away, for [`tidy`](super::tidy). Whether their bytes are gone then, [`keeps`](Self::keeps) says. One
    /// that is not there is no error.
    ///
    /// # Errors
    /// [`StorageErrorKind::Kept`] where nothing can be taken away, or what the storage reports; some may be gone.
    fn remove_all(&self, names: &[String]) -> Result<(), StorageError> {
        match names.first() {
            None => Ok(()),
            Some(name) => {
                Err(StorageError { name: name.clone(), kind: StorageErrorKind::Kept, source: None, help: None })
            }
        }
    }

    /// Where the bytes of a removed object still are, and what would erase them; `None` where they are gone.
    fn keeps(&self) -> Option<String> {
        None
    }

    /// The mode and time for which the storage itself keeps what is written from being changed or deleted; `None` where
    /// nothing does.
    ///
    /// # Errors
    /// [`StorageError`] where that is not known.
    fn retention(&self) -> Result<Option<String>, StorageError> {
        Ok(None)
    }
}

/// Whether an object may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |element: &str| {
        !element.is_empty()
            && !element.starts_with('.')
            && element
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
    };
    name.split('/').all(plain) && ![Slot::Head, Slot::Checkpoint].iter().any(|slot| slot.name() == name)
}

/// # Errors
/// [`StorageErrorKind::Name`].
pub(super) fn check_name(name: &str) -> Result<(), StorageError> {
    if is_name(name) { Ok(()) } else { Err(StorageError::name(name)) }
}

/// Storages behind references and boxes, also those of which the kind is only known at run time.
macro_rules! behind {
    ($($kind:ty),*) => {$(
        impl<S: Storage + ?Sized> Storage for $kind {
            fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
                (**self).read(name)
            }

            fn create(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
                (**self).create(name, bytes)
            }

            fn create_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StorageError> {
                (**self).create_all(objects)
            }

            fn read_slot(&self, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
                (**self).read_slot(slot)
            }

            fn swap_slot(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError> {
                (**self).swap_slot(slot, expected, bytes)
            }

            fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
                (**self).list(prefix)
            }

            fn remove_all(&self, names: &[String]) -> Result<(), StorageError> {
                (**self).remove_all(names)
            }

            fn keeps(&self) -> Option<String> {
                (**self).keeps()
            }

            fn retention(&self) -> Result<Option<String>, StorageError> {
                (**self).retention()
            }
        }
    )*};
}

behind!(&S, Box<S>);

/// What may change in a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// Which leaves the log has: the one thing that decides.
    Head,
    /// The last checkpoint that was published; it follows the head.
    Checkpoint,
}

impl Slot {
    /// Its name beside the objects. That of the checkpoint is set by c2sp.org/tlog-tiles.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Checkpoint => "checkpoint",
        }
    }
}

/// Which bytes a slot holds, as the storage tells them apart: a digest, an ETag, an object id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub String);

/// How a compare-and-swap ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// The bytes are in the slot.
    Done,
    /// The slot holds another version. The bytes may have been in it meanwhile, where an earlier answer of the storage was
    /// lost and another writer came next.
    Conflict,
}

/// A storage that could not do what was asked, and of which object.
#[derive(Debug)]
pub struct StorageError {
    /// The object or slot.
    pub name: String,
    /// What is wrong.
    pub kind: StorageErrorKind,
    /// What the place itself reported.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// What to do, where the place knows.
    pub help: Option<String>,
}

/// What is wrong with a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageErrorKind {
    /// An object is there with other bytes.
    Differs,
    /// A name that no object may have.
    Name,
    /// Nothing can be taken away.
    Kept,
    /// The place reported a failure.
    Failed,
}

impl StorageError {
    /// The error of an object that is there with other bytes.
    #[must_use]
    pub fn differs(name: &str) -> Self {
        Self { name: name.to_owned(), kind: StorageErrorKind::Differs, source: None, help: None }
    }

    /// The error of a name that no object may have.
    pub(super) fn name(name: &str) -> Self {
        Self { name: name.to_owned(), kind: StorageErrorKind::Name, source: None, help: None }
    }

    /// What a place reported about an object or slot, with what it says to do.
    pub(super) fn failed(name: &str, error: impl Diagnostic + Send + Sync + 'static) -> Self {
        let help = error.help().map(|help| help.to_string());
        Self { name: name.to_owned(), kind: StorageErrorKind::Failed, source: Some(Box::new(error)), help }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match (self.kind, &self.source) {
            (StorageErrorKind::Differs, _) => {
                write!(f, "the log's `{name}` is there with other bytes than the log has for it")
            }
            (StorageErrorKind::Name, _) => write!(f, "`{name}` is not a name that a log's object has"),
            (StorageErrorKind::Kept, _) => write!(f, "the log's `{name}` cannot be removed from where it is kept"),
            (StorageErrorKind::Failed, Some(source)) => write!(f, "the log's `{name}`: {source}"),
            (StorageErrorKind::Failed, None) => write!(f, "the log's `{name}` could not be read or written"),
        }
    }
}

impl std::error::Error for StorageError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| &**error as _)
    }
}

impl Diagnostic for StorageError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self.kind {
            StorageErrorKind::Differs => "log::differs",
            StorageErrorKind::Name => "log::name",
            StorageErrorKind::Kept => "log::kept",
            StorageErrorKind::Failed => "log::storage",
        }))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match (self.kind, &self.help) {
            (_, Some(help)) => help.clone(),
            (StorageErrorKind::Differs, None) => {
                format!("the object was damaged or changed: restore `{}` from another copy of the log", self.name)
            }
            (StorageErrorKind::Name, None) => {
                "the log was changed by another program; compare it with a copy".to_owned()
            }
            (StorageErrorKind::Kept, None) => "nothing needs it to be: the log is as good with it".to_owned(),
            (StorageErrorKind::Failed, None) => {
                "run again: what was begun is finished by the next run, and nothing is logged twice".to_owned()
            }
        }))
    }
}
