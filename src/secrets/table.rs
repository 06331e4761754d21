//! The knowledge of kinds, read from YAML.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Tier;
use super::shape::Shape;
use crate::facts::Lifetime;
use crate::store::Digest;
use crate::syntax::{decode, parse};

/// The table that ships with the binary.
static BUILT_IN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/secrets/tokens.yaml"));

/// All kinds of tokens, and the words that secrets are assigned to.
#[derive(Debug, Default)]
pub struct Table {
    kinds: Vec<Kind>,
    pub(super) words: Words,
    pub(super) attributes: Vec<String>,
    published: Vec<Digest>,
}

/// Names that a password or a secret is assigned to, in lower case.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// What people choose: it may be short and a word.
    pub(super) password: Vec<String>,
    /// What a machine draws: it is long and looks like chance.
    pub(super) secret: Vec<String>,
    /// What ends the names of all sorts of keys: whose it is must be said, and its form must be that of an issuer's.
    pub(super) key: Vec<String>,
}

/// How long tokens of a kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindLifetime {
    /// Until somebody revokes them.
    Unbounded,
    /// Minutes or hours.
    Temporary,
    /// The issuer decides for each, and the token does not say.
    Unknown,
    /// The token says.
    Token,
}

impl KindLifetime {
    /// The lifetime of a token that does not say.
    #[must_use]
    pub fn of_a_token(self) -> Lifetime {
        match self {
            Self::Unbounded => Lifetime::Unbounded,
            Self::Temporary => Lifetime::Temporary,
            Self::Unknown | Self::Token => Lifetime::Unknown,
        }
    }

    /// The lifetime in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Unbounded => "until revoked",
            Self::Temporary => "temporary",
            Self::Unknown => "as issued",
            Self::Token => "as the token says",
        }
    }
}

/// What can be verified of a token offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The last six signs are the CRC-32 of the others behind the prefix, in base 62.
    Crc32Base62,
    /// The last seven signs are the CRC-32 of all others, in base 36.
    GitlabRoutable,
    /// The last eight signs are the CRC-32 of the others, in hexadecimal.
    GrafanaCrc,
    /// The checksum of bech32.
    Bech32,
    /// The last two bytes are the CRC-16 of the others, in base 32.
    Nkey,
    /// Base64 of 64 bytes.
    Base64_64,
    /// Base64.
    Base64,
    /// Base64 of JSON behind the prefix.
    Base64Json,
    /// Base64 of a macaroon of the index.
    Pypi,
    /// The first part is base64 of a number.
    Discord,
    /// Base64 of `reftkn:`.
    JfrogReference,
    /// Base64 of a name, a colon and a password.
    Dockerconfig,
    /// It stands in a query with an expiry.
    Sas,
}

impl Check {
    /// Whether it is a checksum: no filler has a right one by chance.
    pub(super) fn is_checksum(self) -> bool {
        matches!(self, Self::Crc32Base62 | Self::GitlabRoutable | Self::GrafanaCrc | Self::Bech32 | Self::Nkey)
    }

    /// What holds, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Crc32Base62 | Self::GitlabRoutable | Self::GrafanaCrc | Self::Bech32 | Self::Nkey => "checksum",
            Self::Base64_64 => "64 bytes of base64",
            Self::Base64 => "base64",
            Self::Base64Json => "base64 of JSON",
            Self::Pypi => "macaroon",
            Self::Discord => "base64 of a number",
            Self::JfrogReference => "base64 of `reftkn:`",
            Self::Dockerconfig => "base64 of `name:password`",
            Self::Sas => "expiry in the query",
        }
    }
}

/// A mechanism that finds what no shape describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recogniser {
    /// PEM, OpenSSH, OpenPGP and PuTTY keys, also inside of strings and base64.
    Pem,
    /// JSON Web Tokens.
    Jwt,
    /// `scheme://user:password@host`.
    Url,
    /// `Authorization: Basic …`.
    Authorization,
    /// Key files of Google service accounts.
    ServiceAccount,
    /// A value assigned to a name that says it.
    Assignment,
}

/// Whether the characters must look drawn by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Random {
    /// More than that they are no placeholder.
    Strict,
}

/// A kind as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    title: String,
    provider: String,
    #[serde(default)]
    shapes: Vec<String>,
    anchor: Option<String>,
    #[serde(default)]
    near: Vec<String>,
    #[serde(default)]
    beside: Vec<String>,
    recognise: Option<Recogniser>,
    check: Option<Check>,
    random: Option<Random>,
    lifetime: KindLifetime,
    tier: Option<Tier>,
    #[serde(default)]
    test: Vec<String>,
    source: String,
    revoke: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTable {
    kinds: Vec<Written>,
    words: Words,
    attributes: Vec<String>,
    published: Vec<String>,
}

/// A kind of token.
#[derive(Debug)]
pub struct Kind {
    /// Its id: `github_pat`.
    pub id: std::sync::Arc<str>,
    /// Its name for people.
    pub title: String,
    /// Who issues it.
    pub provider: String,
    /// What it looks like.
    pub(super) shapes: Vec<Shape>,
    /// Words of which one must stand in the name that it is assigned to, in lower case.
    pub near: Vec<String>,
    /// Texts of which one must stand close by.
    pub beside: Vec<String>,
    /// The mechanism that finds it, where no shape does.
    pub recogniser: Option<Recogniser>,
    /// What can be verified.
    pub check: Option<Check>,
    /// How much its signs must look drawn by chance.
    pub(super) random: Option<Random>,
    /// How long it lives.
    pub lifetime: KindLifetime,
    /// What follows from it, where that is not what its lifetime says.
    pub(super) tier: Option<Tier>,
    /// Prefixes of tokens that reach test data alone.
    pub test: Vec<String>,
    /// The vendor's page.
    pub source: String,
    /// What to do when one was published, in a line.
    pub revoke: String,
}

impl Kind {
    /// What follows from one that is there and that nothing refutes.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier.unwrap_or(match self.lifetime {
            KindLifetime::Temporary => Tier::Advisory,
            _ => Tier::Blocking,
        })
    }
}

impl Table {
    /// The table that ships with the binary.
    #[must_use]
    pub fn built_in() -> &'static Self {
        // A test reads it, so that no error can be met here.
        static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(BUILT_IN).unwrap_or_default());
        &TABLE
    }

    /// Reads a table.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        let nodes = parse(text.as_bytes()).map_err(|error| error.to_string())?;
        let node = nodes.first().ok_or("the table is empty")?;
        let written: WrittenTable = decode(node).map_err(|error| error.to_string())?;
        let kinds = written.kinds.into_iter().map(kind).collect::<Result<Vec<Kind>, String>>()?;
        let published = written.published.iter().map(|own| Digest::parse(own));
        let published = published.collect::<Result<Vec<Digest>, _>>().map_err(|error| error.to_string())?;
        Ok(Self { kinds, words: written.words, attributes: written.attributes, published })
    }

    /// Whether an attribute of a definition holds a credential: `password`, `masterPassword`, `db_admin_password`.
    pub(super) fn is_credential(&self, name: &str) -> bool {
        let mut snake = String::with_capacity(name.len() + 4);
        for sign in name.chars() {
            if sign.is_ascii_uppercase() && !snake.is_empty() {
                snake.push('_');
            }
            snake.push(if sign == '-' { '_' } else { sign.to_ascii_lowercase() });
        }
        self.attributes.contains(&snake)
    }

    /// Whether a vendor publishes a secret: the key of an emulator. A name before it (`AccountKey=`) does not count.
    pub(super) fn is_published(&self, text: &[u8]) -> bool {
        self.published.contains(&Digest::of(super::checks::after_equals(text)))
    }

    /// Every kind, in the order of the file.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The kind of an id.
    #[must_use]
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| &*kind.id == id)
    }
}

fn kind(written: Written) -> Result<Kind, String> {
    let anchor = written.anchor.as_deref();
    let shapes = written.shapes.iter().map(|shape| Shape::parse(shape, anchor));
    let shapes = shapes.collect::<Result<Vec<Shape>, String>>().map_err(|wrong| format!("{}: {wrong}", written.id))?;
    if shapes.is_empty() == written.recognise.is_none() {
        return Err(format!("{} needs shapes, or what recognises it", written.id));
    }
    if written.near.is_empty() && shapes.iter().any(|shape| shape.searched().is_none_or(|text| text.len() < 2)) {
        return Err(format!("{} has a shape with nothing to search for: it needs `near` or an anchor", written.id));
    }
    Ok(Kind {
        id: written.id.into(),
        title: written.title,
        provider: written.provider,
        shapes,
        near: written.near,
        beside: written.beside,
        recogniser: written.recognise,
        check: written.check,
        random: written.random,
        lifetime: written.lifetime,
        tier: written.tier,
        test: written.test,
        source: written.source,
        revoke: written.revoke,
    })
}
