//! From a URL and variables to a bucket.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, Checksum, S3ConditionalPut};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use super::error::BucketError;
use super::http::Http;

/// The variables that are known. Their names are those of Amazon's own tools, except for the last, which others have
/// too. Whatever could weaken conditional writes or the checking of certificates is none of them.
const KNOWN: &[(&str, AmazonS3ConfigKey)] = &[
    ("AWS_ACCESS_KEY_ID", AmazonS3ConfigKey::AccessKeyId),
    ("AWS_SECRET_ACCESS_KEY", AmazonS3ConfigKey::SecretAccessKey),
    ("AWS_SESSION_TOKEN", AmazonS3ConfigKey::Token),
    ("AWS_REGION", AmazonS3ConfigKey::Region),
    ("AWS_DEFAULT_REGION", AmazonS3ConfigKey::DefaultRegion),
    ("AWS_ENDPOINT_URL", AmazonS3ConfigKey::Endpoint),
    ("AWS_ENDPOINT_URL_S3", AmazonS3ConfigKey::S3Endpoint),
    ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", AmazonS3ConfigKey::WebIdentityTokenFile),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", AmazonS3ConfigKey::ContainerCredentialsRelativeUri),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AmazonS3ConfigKey::ContainerCredentialsFullUri),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AmazonS3ConfigKey::ContainerAuthorizationTokenFile),
    ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", AmazonS3ConfigKey::VirtualHostedStyleRequest),
];

/// What a client of a bucket is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Use {
    /// Reading, tried again so many times.
    Read { retries: usize },
    /// Writing, tried once: of a second attempt nobody could tell whether the first had its effect.
    Write,
}

/// A bucket, and what it is reached with.
pub(super) struct Settings {
    pub(super) bucket: String,
    pub(super) prefix: Path,
    builder: AmazonS3Builder,
    pub(super) http: Http,
    pub(super) region: String,
    /// The URL of the bucket itself.
    pub(super) url: String,
    pub(super) plain: bool,
}

impl Settings {
    /// Reads `s3://BUCKET/PREFIX` and what variables say.
    pub(super) fn new(url: &str, variables: &BTreeMap<String, String>) -> Result<Self, BucketError> {
        let wrong = |why: &str| BucketError::Url { url: url.to_owned(), why: why.to_owned() };
        let rest = url.strip_prefix("s3://").ok_or_else(|| wrong("it does not begin with `s3://`"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        if bucket.len() < 3 || bucket.len() > 63 || !bucket.bytes().all(plain) {
            return Err(wrong("buckets have names of 3 to 63 lower-case letters, digits, `.` and `-`"));
        }
        let prefix = Path::parse(prefix.trim_end_matches('/')).map_err(|error| wrong(&error.to_string()))?;
        let get = |name: &str| variables.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let static_key = get("AWS_ACCESS_KEY_ID").is_some() && get("AWS_SECRET_ACCESS_KEY").is_some();
        let role = get("AWS_ROLE_ARN").is_some() && get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some();
        let container = get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").is_some()
            || get("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some()
                && get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").is_some();
        // Without any, the library would ask the machine that it runs on.
        if !static_key && !role && !container {
            return Err(BucketError::NoCredentials { bucket: bucket.to_owned() });
        }
        let mut builder = AmazonS3Builder::new().with_bucket_name(bucket);
        for (name, key) in KNOWN {
            if let Some(value) = get(name) {
                builder = builder.with_config(*key, value);
            }
        }
        let plain = get("AWS_ALLOW_HTTP") == Some("true");
        let region = get("AWS_REGION").or(get("AWS_DEFAULT_REGION")).unwrap_or("us-east-1").to_owned();
        let endpoint = get("AWS_ENDPOINT_URL_S3").or(get("AWS_ENDPOINT_URL")).map(|own| own.trim_end_matches('/'));
        if let Some(own) = endpoint.filter(|own| !(own.starts_with("https://") || plain && own.starts_with("http://")))
        {
            return Err(BucketError::Endpoint { url: own.to_owned() });
        }
        let hosted = get("AWS_VIRTUAL_HOSTED_STYLE_REQUEST") == Some("true");
        let url = match (endpoint, hosted) {
            (Some(endpoint), true) => endpoint.to_owned(),
            (Some(endpoint), false) => format!("{endpoint}/{bucket}"),
            (None, true) => format!("https://{bucket}.s3.{region}.amazonaws.com"),
            (None, false) => format!("https://s3.{region}.amazonaws.com/{bucket}"),
        };
        let proxy = ["HTTPS_PROXY", "https_proxy"].iter().find_map(|name| get(name));
        let direct = ["NO_PROXY", "no_proxy"].iter().find_map(|name| get(name)).unwrap_or_default();
        let direct: Vec<String> =
            direct.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned).collect();
        let authorities = get("AWS_CA_BUNDLE").map(|path| {
            fs::read(path).map_err(|error| BucketError::Certificates { path: path.to_owned(), why: error.to_string() })
        });
        let http = Http { proxy: proxy.map(|url| (url.to_owned(), direct)), authorities: authorities.transpose()? };
        // Said once here, and not by every request.
        http.client(plain).map_err(|error| match (&http.authorities, get("AWS_CA_BUNDLE")) {
            (Some(_), Some(path)) => BucketError::Certificates { path: path.to_owned(), why: error.to_string() },
            _ => BucketError::Proxy { why: error.to_string() },
        })?;
        Ok(Self { bucket: bucket.to_owned(), prefix, builder, http, region, url, plain })
    }

    /// The bucket. Reads are tried again as often as `retries` says; what writes is tried once.
    pub(super) fn store(&self, use_of: Use) -> Result<Arc<AmazonS3>, BucketError> {
        let mut options = ClientOptions::new().with_allow_http(self.plain);
        let mut max_retries = 0;
        match use_of {
            Use::Read { retries } => max_retries = retries,
            // A bucket with a default retention takes only what comes with a checksum and, of some servers, its name.
            Use::Write => {
                let name = HeaderName::from_static("x-amz-sdk-checksum-algorithm");
                options =
                    options.with_default_headers(HeaderMap::from_iter([(name, HeaderValue::from_static("SHA256"))]));
            }
        }
        let retry = RetryConfig {
            max_retries,
            retry_timeout: Duration::from_secs(90),
            backoff: BackoffConfig { max_backoff: Duration::from_secs(8), ..BackoffConfig::default() },
        };
        let builder = self
            .builder
            .clone()
            .with_client_options(options)
            .with_http_connector(self.http.clone())
            .with_retry(retry)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_checksum_algorithm(Checksum::SHA256);
        builder.build().map(Arc::new).map_err(|error| BucketError::of(&self.bucket, error))
    }
}
