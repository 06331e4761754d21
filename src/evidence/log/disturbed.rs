//! A storage for tests, in which something happens at one operation.

use std::cell::{Cell, RefCell};

use super::storage::{Slot, Storage, StorageError, StorageErrorKind, Swap, Version};

/// What happens at an operation.
pub(in crate::evidence) enum What<'a> {
    /// It fails, and so does every later one: the process has ended.
    End,
    /// It fails once.
    Fail,
    /// Something else is done before it, or behind it.
    Meanwhile(&'a dyn Fn()),
}

/// A storage in which something happens at one operation.
pub(in crate::evidence) struct Disturbed<'a, S> {
    inner: &'a S,
    at: u64,
    after: bool,
    what: What<'a>,
    pub(in crate::evidence) count: Cell<u64>,
    /// Whether many objects are made in one operation, and not in one each.
    whole: bool,
    /// Every checkpoint that was published, whoever learnt of it.
    pub(in crate::evidence) published: RefCell<Vec<Vec<u8>>>,
}

impl<'a, S: Storage> Disturbed<'a, S> {
    pub(in crate::evidence) fn new(inner: &'a S, at: u64, after: bool, what: What<'a>) -> Self {
        Self { inner, at, after, what, count: Cell::new(0), whole: false, published: RefCell::default() }
    }

    /// The same where many objects are made in one operation.
    pub(in crate::evidence) fn at_once(self, whole: bool) -> Self {
        Self { whole, ..self }
    }

    /// One that only counts and watches.
    pub(in crate::evidence) fn undisturbed(inner: &'a S) -> Self {
        Self::new(inner, u64::MAX, false, What::Fail)
    }

    fn run<T>(&self, name: &str, effect: impl FnOnce() -> Result<T, StorageError>) -> Result<T, StorageError> {
        let count = self.count.get() + 1;
        self.count.set(count);
        let now = match self.what {
            What::End => count >= self.at,
            What::Fail | What::Meanwhile(_) => count == self.at,
        };
        if !now {
            return effect();
        }
        match self.what {
            What::End | What::Fail => {
                if self.after && count == self.at {
                    let _ = effect();
                }
                Err(StorageError { name: name.to_owned(), kind: StorageErrorKind::Failed, source: None, help: None })
            }
            What::Meanwhile(action) => {
                if !self.after {
                    action();
                }
                let done = effect();
                if self.after {
                    action();
                }
                done
            }
        }
    }
}

impl<S: Storage> Storage for Disturbed<'_, S> {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.run(name, || self.inner.read(name))
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.run(name, || self.inner.create(name, bytes))
    }

    fn create_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StorageError> {
        if self.whole {
            return self.run("many", || self.inner.create_all(objects));
        }
        objects.iter().try_for_each(|(name, bytes)| self.create(name, bytes))
    }

    fn read_slot(&self, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
        self.run(slot.name(), || self.inner.read_slot(slot))
    }

    fn swap_slot(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError> {
        self.run(slot.name(), || {
            let swap = self.inner.swap_slot(slot, expected, bytes)?;
            if slot == Slot::Checkpoint && swap == Swap::Done {
                self.published.borrow_mut().push(bytes.to_vec());
            }
            Ok(swap)
        })
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        self.run(prefix, || self.inner.list(prefix))
    }

    fn remove_all(&self, names: &[String]) -> Result<(), StorageError> {
        names.iter().try_for_each(|name| self.run(name, || self.inner.remove_all(std::slice::from_ref(name))))
    }
}
