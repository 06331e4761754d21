//! What object storage does besides what every storage does: answers that are lost, servers that say no.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};

use super::super::storage::StorageErrorKind;
use super::*;

/// What happens to a write.
#[derive(Clone, Copy)]
enum Fault {
    /// None.
    None,
    /// It is refused for now, as a storage does that is busy.
    Busy,
    /// It takes place, and nobody is told.
    Lost,
    /// It takes place, nobody is told, and another writer comes next.
    LostAndOvertaken,
    /// It is refused.
    Denied,
    /// Its condition is ignored.
    Unconditional,
}

/// A storage with faults, in turn; then it has none.
#[derive(Debug)]
struct Faulty {
    inner: Arc<InMemory>,
    faults: Mutex<VecDeque<Fault>>,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fault")
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

fn error(text: &str) -> Error {
    Error::Generic { store: "test", source: text.to_owned().into() }
}

#[async_trait::async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            None | Some(Fault::None) => self.inner.put_opts(at, bytes, options).await,
            Some(Fault::Busy) => Err(error("status code: 503 Service Unavailable: <Code>SlowDown</Code>")),
            Some(Fault::Denied) => {
                let source = "status code: 403: <Code>AccessDenied</Code><Message>Access Denied</Message>".into();
                Err(Error::PermissionDenied { path: at.to_string(), source })
            }
            Some(Fault::Lost) => {
                self.inner.put_opts(at, bytes, options).await?;
                Err(error("connection reset"))
            }
            Some(Fault::LostAndOvertaken) => {
                self.inner.put_opts(at, bytes, options).await?;
                self.inner.put_opts(at, "another".into(), PutOptions::default()).await?;
                Err(error("connection reset"))
            }
            Some(Fault::Unconditional) => {
                self.inner.put_opts(at, bytes, PutOptions { mode: PutMode::Overwrite, ..options }).await
            }
        }
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(at, options).await
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.inner.get_opts(at, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn faulty(faults: &[Fault]) -> ObjectStorage {
    let inner = Arc::new(InMemory::new());
    let faults = Mutex::new(faults.iter().copied().collect());
    ObjectStorage::in_memory(inner.clone(), Arc::new(Faulty { inner, faults }))
}

fn told(error: &(impl miette::Diagnostic + ?Sized)) -> String {
    format!("{error}: {}", error.help().unwrap())
}

#[test]
fn an_object_is_made_once_whatever_answers_are_lost() {
    for faults in [&[Fault::Busy, Fault::Busy][..], &[Fault::Lost], &[Fault::Busy, Fault::Lost]] {
        let storage = faulty(faults);
        storage.create("a/b", b"x").unwrap();
        assert_eq!(storage.read("a/b").unwrap().unwrap(), b"x");
        assert_eq!(storage.create("a/b", b"y").unwrap_err().kind, StorageErrorKind::Differs);
    }
}

#[test]
fn a_swap_knows_itself_again() {
    for faults in [&[Fault::Busy][..], &[Fault::Lost], &[Fault::Busy, Fault::Busy, Fault::Lost]] {
        let storage = faulty(faults);
        assert_eq!(storage.swap_slot(Slot::Checkpoint, None, b"one").unwrap(), Swap::Done);
        // The same bytes by another writer are not its own.
        assert_eq!(storage.swap_slot(Slot::Checkpoint, None, b"one").unwrap(), Swap::Conflict);
    }
    let storage = faulty(&[Fault::LostAndOvertaken]);
    assert_eq!(storage.swap_slot(Slot::Checkpoint, None, b"one").unwrap(), Swap::Conflict);
    assert_eq!(storage.read_slot(Slot::Checkpoint).unwrap().unwrap().0, b"another");
}

#[test]
fn a_log_outlives_lost_answers() {
    let faults = [Fault::Busy, Fault::Lost].repeat(30);
    let storage = faulty(&faults);
    let log = create(&storage);
    assert_eq!(log.append(&leaves(0..20)).unwrap().positions, (0..20).collect::<Vec<_>>());
    assert_eq!(log.append(&leaves(18..22)).unwrap().positions, [18, 19, 20, 21]);
    assert_eq!(oracle::root(&all_leaves(&reader(&storage))), reader(&storage).root());
}

#[test]
fn what_is_denied_is_not_tried_again() {
    let storage = faulty(&[Fault::Denied]);
    let text = told(&storage.create("a/b", b"x").unwrap_err());
    assert!(text.contains("denies it: AccessDenied: Access Denied") && text.contains("s3:PutObject"), "{text}");
    assert_eq!(storage.read("a/b").unwrap(), None);
    assert!(faulty(&[Fault::Denied]).swap_slot(Slot::Head, None, b"x").is_err());
}

/// Two writers would lose what one of them wrote.
#[test]
fn a_storage_that_ignores_conditions_gets_no_log() {
    for (faults, header) in [
        (&[Fault::Unconditional, Fault::Unconditional][..], "If-None-Match"),
        (&[Fault::None, Fault::None, Fault::Unconditional], "If-Match"),
    ] {
        let faults = Mutex::new(faults.iter().copied().collect());
        let store = Arc::new(Faulty { inner: Arc::default(), faults });
        let storage = ObjectStorage::in_memory(store.clone(), store);
        let Err(error) = Log::create(&storage, ORIGIN, key()) else { panic!("it ignores conditions") };
        let text = told(&error);
        assert!(text.contains(&format!("ignores {header}")) && text.contains("nothing was logged"), "{text}");
    }
}

fn variables(more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    keys.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn what_is_no_bucket_and_what_cannot_be_reached_is_told() {
    let refused = |url: &str, more: &[(&str, &str)]| told(&ObjectStorage::open(url, &variables(more)).err().unwrap());
    assert!(refused("s3://", &[]).contains("3 to 63"));
    assert!(refused("s3://Upper/x", &[]).contains("lower-case"));
    assert!(refused("s3://bucket/a//b", &[]).contains("names no bucket"));
    let plain = refused("s3://bucket", &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]);
    assert!(plain.contains("AWS_ALLOW_HTTP"), "{plain}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem").to_string_lossy().into_owned();
    assert!(refused("s3://bucket", &[("AWS_CA_BUNDLE", &file)]).contains("AWS_CA_BUNDLE names a file"));
    fs::write(&file, "no certificate").unwrap();
    assert!(refused("s3://bucket", &[("AWS_CA_BUNDLE", &file)]).contains("there is no certificate in it"));
    assert!(refused("s3://bucket", &[("HTTPS_PROXY", "::")]).contains("proxy"));
    assert!(ObjectStorage::open("s3://bucket/a/b", &variables(&[("HTTPS_PROXY", "http://p:1")])).is_ok());
    let none = ObjectStorage::open("s3://bucket", &BTreeMap::new()).err().unwrap();
    assert!(told(&none).contains("no credentials") && told(&none).contains("AWS_ROLE_ARN"));
}

/// A server that gives these answers, one a request, and what it was asked.
fn serve(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(reader.read_line(&mut head).unwrap(), 0);
            }
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            reader.read_exact(&mut vec![0; length.unwrap_or(0)]).unwrap();
            asked.push(head);
            let mut stream = reader.into_inner();
            stream.write_all(answer.as_bytes()).unwrap();
        }
        asked
    });
    (url, server)
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nETag: \"e\"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

#[test]
fn requests_are_signed_and_reads_are_tried_again() {
    let lock = "<ObjectLockConfiguration><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>400</Days>\
                </DefaultRetention></Rule></ObjectLockConfiguration>";
    let (url, server) = serve(vec![
        answer("503 Slow Down", "<Error><Code>SlowDown</Code></Error>"),
        answer("200 OK", "bytes"),
        answer("200 OK", ""),
        answer("403 Forbidden", "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"),
        answer("404 Not Found", "<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>"),
        answer("200 OK", lock),
        answer("404 Not Found", "<Error><Code>ObjectLockConfigurationNotFoundError</Code></Error>"),
        answer("200 OK", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
        answer("200 OK", "<VersioningConfiguration/>"),
    ]);
    let variables = variables(&[("AWS_ENDPOINT_URL", &url), ("AWS_ALLOW_HTTP", "true"), ("AWS_REGION", "eu-north-1")]);
    let storage = ObjectStorage::open("s3://bucket/some/prefix/", &variables).unwrap();
    assert_eq!(storage.read("a/b").unwrap().unwrap(), b"bytes");
    storage.create("a/c", b"x").unwrap();
    assert!(told(&storage.read("a/b").unwrap_err()).contains("AccessDenied: no"));
    assert!(told(&storage.read("a/b").unwrap_err()).contains("the bucket `bucket` is not there"));
    assert_eq!(storage.retention().unwrap().unwrap(), "COMPLIANCE, 400 days");
    assert_eq!(storage.retention().unwrap(), None);
    assert!(storage.keeps().unwrap().contains("keeps versions"));
    assert_eq!(storage.keeps(), None);
    let asked = server.join().unwrap();
    let lines: Vec<&str> = asked.iter().map(|head| head.lines().next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "GET /bucket/some/prefix/a/b HTTP/1.1",
            "GET /bucket/some/prefix/a/b HTTP/1.1",
            "PUT /bucket/some/prefix/a/c HTTP/1.1",
            "GET /bucket/some/prefix/a/b HTTP/1.1",
            "GET /bucket/some/prefix/a/b HTTP/1.1",
            "GET /bucket/?object-lock= HTTP/1.1",
            "GET /bucket/?object-lock= HTTP/1.1",
            "GET /bucket/?versioning= HTTP/1.1",
            "GET /bucket/?versioning= HTTP/1.1",
        ]
    );
    assert!(asked.iter().all(|head| head.contains("Credential=id/") && head.contains("/eu-north-1/s3/aws4_request")));
    let put = asked[2].to_lowercase();
    assert!(put.contains("if-none-match: *") && put.contains("x-amz-checksum-sha256: "), "{put}");
}
