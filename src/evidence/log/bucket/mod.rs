//! A log's bytes in object storage.
//!
//! Everything is put under a condition: objects only where nothing is, slots only where the version is that was read.
//! Amazon S3 has had that since 2024, and most that speak its protocol too. A storage that ignores conditions would lose
//! what one of two writers wrote, so that whoever begins a log tries whether it keeps to them.

mod error;
mod http;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http_body_util::BodyExt as _;
use object_store::aws::{AmazonS3, AwsAuthorizer};
use object_store::client::{HttpRequest, HttpRequestBody};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion,
};
use rand_core::{OsRng, RngCore as _};
use tokio::runtime::{Builder, Runtime};

use self::error::{BucketError, element, is_final};
use self::settings::{Settings, Use};
use super::storage::{Slot, Storage, StorageError, Swap, Version, check_name, is_name};

/// How many requests are under way at once.
const AT_ONCE: usize = 16;
/// How often a write is tried.
const ATTEMPTS: u32 = 10;
/// How often a read is tried again.
const RETRIES: usize = 10;
/// The metadata of a slot that says which swap put it there.
const WRITER: &str = "countersign-swap";

/// A storage in a bucket: `s3://BUCKET/PREFIX`.
pub struct ObjectStorage {
    bucket: String,
    prefix: Path,
    runtime: Runtime,
    /// Tries again what it is asked to read.
    reads: Arc<dyn ObjectStore>,
    /// Tries once: of a second attempt nobody could tell whether the first had its effect.
    writes: Arc<dyn ObjectStore>,
    /// Whom to ask about the bucket itself.
    amazon: Option<(Settings, Arc<AmazonS3>)>,
}

impl ObjectStorage {
    /// The storage below `s3://BUCKET/PREFIX`. Credentials, region and server are those in `variables`, by the names that
    /// Amazon's tools know; a role's token is read from the file that they name, and nothing else is looked at. Nothing
    /// is read or written there yet.
    ///
    /// # Errors
    /// [`StorageError`]: what is no such URL, no credentials, or variables that contradict themselves.
    pub fn open(url: &str, variables: &BTreeMap<String, String>) -> Result<Self, StorageError> {
        let failed = |error| StorageError::failed(url, error);
        let settings = Settings::new(url, variables).map_err(failed)?;
        let reads = settings.store(Use::Read { retries: RETRIES }).map_err(failed)?;
        let writes = settings.store(Use::Write).map_err(failed)?;
        let mut storage = Self::over(reads.clone(), writes, &settings.bucket, settings.prefix.clone())?;
        storage.amazon = Some((settings, reads));
        Ok(storage)
    }

    /// The storage below a prefix of any store.
    fn over(
        reads: Arc<dyn ObjectStore>,
        writes: Arc<dyn ObjectStore>,
        bucket: &str,
        prefix: Path,
    ) -> Result<Self, StorageError> {
        let bucket = bucket.to_owned();
        let runtime = Builder::new_current_thread().enable_time().build().map_err(|error| {
            let why = error.to_string();
            StorageError::failed(&bucket, BucketError::Failed { bucket: bucket.clone(), why })
        })?;
        Ok(Self { bucket, prefix, runtime, reads, writes, amazon: None })
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), |path, element| path.join(element))
    }

    fn failed(&self, name: &str, error: Error) -> StorageError {
        StorageError::failed(name, BucketError::of(&self.bucket, error))
    }

    fn crowded(&self, name: &str, last: Option<Error>) -> StorageError {
        match last {
            Some(error) => self.failed(name, error),
            None => StorageError::failed(name, BucketError::Crowded { bucket: self.bucket.clone() }),
        }
    }

    /// The bytes of an object, its version, and the swap that put it there.
    async fn get(&self, name: &str) -> Result<Option<(Vec<u8>, Version, String)>, StorageError> {
        let read = async {
            let found = self.reads.get(&self.path(name)).await?;
            let version = Version(found.meta.e_tag.clone().unwrap_or_default());
            let swap = found.attributes.get(&Attribute::Metadata(WRITER.into()));
            let swap = swap.map(|value| value.as_ref().to_owned()).unwrap_or_default();
            Ok((found.bytes().await?.to_vec(), version, swap))
        };
        match read.await {
            Ok(found) => Ok(Some(found)),
            Err(error @ Error::NotFound { .. }) if element(&error.to_string(), "Code") != Some("NoSuchBucket") => {
                Ok(None)
            }
            Err(error) => Err(self.failed(name, error)),
        }
    }

    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            let options = PutOptions::from(PutMode::Create);
            match self.writes.put_opts(&self.path(name), PutPayload::from(bytes.to_vec()), options).await {
                Ok(_) => return Ok(()),
                Err(Error::AlreadyExists { .. }) => match self.get(name).await? {
                    Some((there, ..)) if there == bytes => return Ok(()),
                    Some(_) => return Err(self.differs(name)),
                    // Something else was under way for it, or it was taken away just now.
                    None => {}
                },
                Err(error) if is_final(&error) => return Err(self.failed(name, error)),
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(pause(attempt)).await;
        }
        Err(self.crowded(name, last))
    }

    async fn swap(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError> {
        let name = slot.name();
        // By this a swap knows itself again where the answer to it was lost.
        let own = format!("{:016x}", OsRng.next_u64());
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::Metadata(WRITER.into()), own.clone().into());
        let mode = expected.map_or(PutMode::Create, |version| {
            PutMode::Update(UpdateVersion { e_tag: Some(version.0.clone()), version: None })
        });
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            let options = PutOptions { mode: mode.clone(), attributes: attributes.clone(), ..PutOptions::default() };
            match self.writes.put_opts(&self.path(name), PutPayload::from(bytes.to_vec()), options).await {
                Ok(_) => return Ok(Swap::Done),
                Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => match self.get(name).await? {
                    Some((.., swap)) if swap == own => return Ok(Swap::Done),
                    there if there.as_ref().map(|(_, version, _)| version) != expected => return Ok(Swap::Conflict),
                    // Something else was under way for it, and did not get there.
                    _ => {}
                },
                Err(error) if is_final(&error) => return Err(self.failed(name, error)),
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(pause(attempt)).await;
        }
        Err(self.crowded(name, last))
    }

    /// Tries conditions that do not hold, with the bytes that a slot has just been given: if the storage ignores them,
    /// nothing is lost by it.
    async fn try_conditions(&self, slot: Slot, bytes: &[u8]) -> Result<(), StorageError> {
        let stale = UpdateVersion { e_tag: Some("\"00000000000000000000000000000000\"".to_owned()), version: None };
        for (mode, header) in [(PutMode::Create, "If-None-Match"), (PutMode::Update(stale), "If-Match")] {
            for attempt in 0.. {
                let bytes = PutPayload::from(bytes.to_vec());
                match self.writes.put_opts(&self.path(slot.name()), bytes, mode.clone().into()).await {
                    Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => break,
                    Ok(_) | Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => {
                        let error = BucketError::Unconditional { bucket: self.bucket.clone(), header };
                        return Err(StorageError::failed(slot.name(), error));
                    }
                    Err(error) if attempt < ATTEMPTS && !is_final(&error) => tokio::time::sleep(pause(attempt)).await,
                    Err(error) => return Err(self.failed(slot.name(), error)),
                }
            }
        }
        Ok(())
    }

    /// Asks the bucket about itself. `None`: nothing is configured, or whoever asks may not know.
    async fn ask(&self, about: &str) -> Result<Option<String>, StorageError> {
        let Some((settings, store)) = &self.amazon else { return Ok(None) };
        let failed =
            |why: String| StorageError::failed(about, BucketError::Failed { bucket: self.bucket.clone(), why });
        let client = settings.http.client(settings.plain).map_err(|error| failed(error.to_string()))?;
        let credential = store.credentials().get_credential().await.map_err(|error| self.failed(about, error))?;
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        // As a signature needs it: what is asked about has a value, and that is empty.
        let uri = format!("{}/?{about}=", settings.url).parse();
        *request.uri_mut() = uri.map_err(|error| failed(format!("{error}")))?;
        AwsAuthorizer::new(&credential, "s3", &settings.region)
            .try_authorize(&mut request, None)
            .map_err(|error| self.failed(about, error))?;
        let answer = client.execute(request).await.map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|error| failed(error.to_string()))?.to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        if status.is_success() {
            return Ok(Some(body));
        }
        match element(&body, "Code") {
            Some("ObjectLockConfigurationNotFoundError") => Ok(None),
            Some("AccessDenied") => {
                let error =
                    BucketError::Denied { bucket: self.bucket.clone(), why: format!("`{about}` of the bucket") };
                Err(StorageError::failed(about, error))
            }
            code => Err(failed(format!("{status} {}", code.unwrap_or_default()))),
        }
    }

    /// The error of an object that is there with other bytes.
    fn differs(&self, name: &str) -> StorageError {
        let help = format!(
            "the object was damaged or changed: if the bucket keeps versions, `aws s3api list-object-versions --bucket {} \
             --prefix {}` lists them; else restore it from another copy of the log",
            self.bucket,
            self.path(name)
        );
        StorageError { help: Some(help), ..StorageError::differs(name) }
    }
}

impl Storage for ObjectStorage {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        check_name(name)?;
        Ok(self.runtime.block_on(self.get(name))?.map(|(bytes, ..)| bytes))
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        check_name(name)?;
        self.runtime.block_on(self.put(name, bytes))
    }

    fn create_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StorageError> {
        objects.iter().try_for_each(|(name, _)| check_name(name))?;
        let puts = stream::iter(objects).map(|(name, bytes)| self.put(name, bytes));
        self.runtime.block_on(puts.buffer_unordered(AT_ONCE).try_collect())
    }

    fn read_slot(&self, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
        Ok(self.runtime.block_on(self.get(slot.name()))?.map(|(bytes, version, _)| (bytes, version)))
    }

    fn swap_slot(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError> {
        self.runtime.block_on(async {
            let swap = self.swap(slot, expected, bytes).await?;
            if (slot, expected, swap) == (Slot::Head, None, Swap::Done) {
                self.try_conditions(slot, bytes).await?;
            }
            Ok(swap)
        })
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        // Storages list by whole folders here.
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let below = if folder.is_empty() { self.prefix.clone() } else { self.path(folder) };
        let own = self.prefix.as_ref();
        let skip = if own.is_empty() { 0 } else { own.len() + 1 };
        let found = self.reads.list(Some(&below)).map_ok(|object| object.location).try_collect::<Vec<Path>>();
        let found = self.runtime.block_on(found).map_err(|error| self.failed(prefix, error))?;
        let names = found.iter().filter_map(|path| path.as_ref().get(skip..));
        let mut names: Vec<String> =
            names.filter(|name| name.starts_with(prefix) && is_name(name)).map(str::to_owned).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn remove_all(&self, names: &[String]) -> Result<(), StorageError> {
        names.iter().try_for_each(|name| check_name(name))?;
        let remove = |name: &'_ String| {
            let path = self.path(name);
            let name = name.clone();
            async move {
                match self.reads.delete(&path).await {
                    Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(self.failed(&name, error)),
                }
            }
        };
        self.runtime.block_on(stream::iter(names).map(remove).buffer_unordered(AT_ONCE).try_collect())
    }

    fn keeps(&self) -> Option<String> {
        let keeps = match self.runtime.block_on(self.ask("versioning")) {
            Ok(answer) if answer.as_deref().and_then(|xml| element(xml, "Status")).is_none() => return None,
            Ok(_) => format!("the bucket `{}` keeps versions of them", self.bucket),
            Err(error) => format!("whether the bucket `{}` keeps versions of them is not known ({error})", self.bucket),
        };
        Some(format!(
            "{keeps}: delete each version by its id, as `aws s3api list-object-versions` lists them, once their retention \
             has ended"
        ))
    }

    fn retention(&self) -> Result<Option<String>, StorageError> {
        let answer = self.runtime.block_on(self.ask("object-lock"))?;
        let xml = answer.as_deref().unwrap_or_default();
        let Some(mode) = element(xml, "Mode") else { return Ok(None) };
        let period = element(xml, "Days").map(|days| format!("{days} days"));
        let period = period.or_else(|| element(xml, "Years").map(|years| format!("{years} years")));
        Ok(Some(format!("{mode}, {}", period.unwrap_or_default())))
    }
}

/// How long to wait before another attempt: longer each time, and no two writers alike.
fn pause(attempt: u32) -> Duration {
    let most = 50_u64 << attempt.min(7);
    Duration::from_millis(most / 2 + u64::from(OsRng.next_u32()) % (most / 2 + 1))
}

#[cfg(test)]
impl ObjectStorage {
    /// A storage over others than Amazon's.
    pub(crate) fn in_memory(reads: Arc<dyn ObjectStore>, writes: Arc<dyn ObjectStore>) -> Self {
        Self::over(reads, writes, "memory", Path::from("some/prefix")).unwrap()
    }
}
