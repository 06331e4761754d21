//! How object storage is reached: `ureq`, told everything. Proxies and certificates are those that the caller names;
//! nothing is taken from the process's environment or from the machine.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use object_store::ClientOptions;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use ureq::http::request::Parts;
use ureq::http::{Method, Request};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

/// The most bytes of an answer. No object of a log comes near, so that a larger one was made to exhaust memory.
const MOST_BYTES: u64 = 4 << 30;

/// What a connection is made with.
#[derive(Debug, Clone, Default)]
pub(super) struct Http {
    /// A proxy's URL, and the hosts that are reached without it.
    pub(super) proxy: Option<(String, Vec<String>)>,
    /// Certificates of authorities, as PEM, instead of those of webpki.
    pub(super) authorities: Option<Vec<u8>>,
}

impl Http {
    /// A client for `https` alone or, where that is allowed, for `http` too.
    pub(super) fn client(&self, plain: bool) -> Result<HttpClient, ureq::Error> {
        let mut tls = TlsConfig::builder();
        if let Some(pem) = &self.authorities {
            let found = ureq::tls::parse_pem(pem).filter_map(|item| match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(Ok(certificate)),
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            });
            let found: Vec<Certificate<'static>> = found.collect::<Result<_, _>>()?;
            if found.is_empty() {
                return Err(ureq::Error::Io(io::Error::other("there is no certificate in it")));
            }
            tls = tls.root_certs(RootCerts::Specific(Arc::new(found)));
        }
        let proxy = self.proxy.as_ref().map(|(url, direct)| proxy(url, direct)).transpose()?;
        let config = Agent::config_builder()
            .proxy(proxy)
            .tls_config(tls.build())
            .https_only(!plain)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections(64)
            .max_idle_connections_per_host(64)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .timeout_global(Some(Duration::from_secs(300)));
        Ok(HttpClient::new(Service(config.build().new_agent())))
    }
}

/// `ureq` takes exceptions from a proxy only together with its parts.
fn proxy(url: &str, direct: &[String]) -> Result<Proxy, ureq::Error> {
    let whole = Proxy::new(url)?;
    let mut builder = Proxy::builder(whole.protocol()).host(whole.host()).port(whole.port());
    if let Some(name) = whole.username() {
        builder = builder.username(name);
    }
    if let Some(password) = whole.password() {
        builder = builder.password(password);
    }
    for host in direct {
        builder = builder.no_proxy(host);
        // As most programs read `example.com`: its subdomains too.
        if !host.starts_with(['.', '*']) {
            builder = builder.no_proxy(&format!(".{host}"));
        }
    }
    builder.build()
}

impl HttpConnector for Http {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let plain = options.get_config_value(&ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
        self.client(plain).map_err(|error| object_store::Error::Generic { store: "http", source: Box::new(error) })
    }
}

struct Service(Agent);

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

#[async_trait::async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let agent = self.0.clone();
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await?.to_bytes().to_vec();
        let called = tokio::task::spawn_blocking(move || call(&agent, parts, bytes)).await;
        called.unwrap_or_else(|error| Err(HttpError::new(HttpErrorKind::Unknown, error)))
    }
}

fn call(agent: &Agent, parts: Parts, bytes: Vec<u8>) -> Result<HttpResponse, HttpError> {
    // Methods that have no body must be given none, which an empty one is not.
    let without = bytes.is_empty() && [Method::GET, Method::HEAD, Method::DELETE].contains(&parts.method);
    let answer =
        if without { agent.run(Request::from_parts(parts, ())) } else { agent.run(Request::from_parts(parts, bytes)) };
    let (parts, mut body) = answer.map_err(failed)?.into_parts();
    let bytes = body.with_config().limit(MOST_BYTES).read_to_vec().map_err(failed)?;
    Ok(HttpResponse::from_parts(parts, bytes.into()))
}

/// An error, sorted by whether the request may have had its effect.
fn failed(error: ureq::Error) -> HttpError {
    let kind = match &error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => HttpErrorKind::Connect,
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::Protocol(_) => HttpErrorKind::Interrupted,
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => HttpErrorKind::Connect,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => HttpErrorKind::Timeout,
            // A certificate that is not accepted will not be the next time.
            io::ErrorKind::InvalidData => HttpErrorKind::Unknown,
            _ => HttpErrorKind::Interrupted,
        },
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}
