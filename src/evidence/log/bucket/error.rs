//! Why a bucket could not be read or written.

use std::fmt;

use miette::Diagnostic;
use object_store::Error;

/// Why a bucket could not be read or written.
#[derive(Debug)]
pub(super) enum BucketError {
    /// What is no URL of a bucket.
    Url { url: String, why: String },
    /// A URL of a server that is not reached.
    Endpoint { url: String },
    /// No variable names credentials.
    NoCredentials { bucket: String },
    /// A file of certificates.
    Certificates { path: String, why: String },
    /// A proxy's URL.
    Proxy { why: String },
    /// Credentials that were not accepted, or not for this.
    Denied { bucket: String, why: String },
    /// The bucket is not there.
    Missing { bucket: String },
    /// The storage puts objects whatever the condition says.
    Unconditional { bucket: String, header: &'static str },
    /// The bucket was always changed by others.
    Crowded { bucket: String },
    /// Anything else that was reported.
    Failed { bucket: String, why: String },
}

impl BucketError {
    /// What the library reports, in fewer words.
    pub(super) fn of(bucket: &str, error: Error) -> Self {
        let bucket = bucket.to_owned();
        let text = error.to_string();
        let why = in_words(&text);
        match error {
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Self::Denied { bucket, why },
            Error::NotFound { .. } => Self::Missing { bucket },
            _ if element(&text, "Code") == Some("NoSuchBucket") => Self::Missing { bucket },
            _ => Self::Failed { bucket, why },
        }
    }
}

/// Whether trying again would change nothing.
pub(super) fn is_final(error: &Error) -> bool {
    match error {
        // Of the client's own mistakes, those that pass were tried again or are errors of their own.
        Error::Generic { .. } => {
            let text = error.to_string();
            let passing = ["status code: 408", "status code: 409", "status code: 429"];
            text.contains("status code: 4") && !passing.iter().any(|passing| text.contains(passing))
        }
        Error::Precondition { .. } | Error::AlreadyExists { .. } => false,
        _ => true,
    }
}

/// The code and message of an answer in XML, or the whole.
fn in_words(text: &str) -> String {
    match (element(text, "Code"), element(text, "Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => text.to_owned(),
    }
}

/// The text of the first element of this name.
pub(super) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
}

impl fmt::Display for BucketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { url, why } => write!(f, "`{url}` names no bucket: {why}"),
            Self::Endpoint { url } => write!(f, "the server `{url}` is not one that is reached by TLS"),
            Self::NoCredentials { bucket } => write!(f, "there are no credentials for the bucket `{bucket}`"),
            Self::Certificates { path, why } => write!(f, "the certificates in `{path}` cannot be used: {why}"),
            Self::Proxy { why } => write!(f, "the proxy in HTTPS_PROXY cannot be used: {why}"),
            Self::Denied { bucket, why } => write!(f, "the bucket `{bucket}` denies it: {why}"),
            Self::Missing { bucket } => write!(f, "the bucket `{bucket}` is not there"),
            Self::Unconditional { bucket, header } => {
                write!(
                    f,
                    "the bucket `{bucket}` ignores {header}, so that two writers could lose what one of them wrote"
                )
            }
            Self::Crowded { bucket } => write!(f, "others were always first to change the bucket `{bucket}`"),
            Self::Failed { bucket, why } => write!(f, "the bucket `{bucket}` cannot be used: {why}"),
        }
    }
}

impl std::error::Error for BucketError {}

impl Diagnostic for BucketError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("log::bucket"))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Url { .. } => "write `s3://BUCKET/PREFIX`",
            Self::Endpoint { .. } => {
                "write AWS_ENDPOINT_URL with `https://`; AWS_ALLOW_HTTP=true allows `http://`, for a server on this machine"
            }
            Self::NoCredentials { .. } => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE; \
                 profiles and the machine's own role are not looked at, and `aws configure export-credentials --format \
                 env` writes them out"
            }
            Self::Certificates { .. } => "AWS_CA_BUNDLE names a file of certificates in PEM",
            Self::Proxy { .. } => "write HTTPS_PROXY as `http://HOST:PORT`",
            Self::Denied { .. } => {
                "it takes s3:GetObject, s3:PutObject and s3:ListBucket; without the last, what is not there looks denied. \
                 Look at the bucket's policy too, and whether the credentials have expired"
            }
            Self::Missing { .. } => "look at its name, and at AWS_REGION and AWS_ENDPOINT_URL",
            Self::Unconditional { .. } => {
                "use a storage that honours If-None-Match and If-Match when objects are put, as Amazon S3 does; nothing \
                 was logged"
            }
            Self::Crowded { .. } | Self::Failed { .. } => {
                "run again: what was begun is finished by the next run, and nothing is logged twice"
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_put_in_words() {
        let text = "Error performing PUT: <Error><Code>SlowDown</Code><Message> Reduce your rate </Message></Error>";
        assert_eq!(in_words(text), "SlowDown: Reduce your rate");
        assert_eq!(in_words("connection refused"), "connection refused");
    }
}
