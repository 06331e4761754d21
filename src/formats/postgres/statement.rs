//! What a statement of Postgres gives or takes (PostgreSQL documentation, "GRANT", "REVOKE", "CREATE ROLE", "ALTER ROLE",
//! "ALTER DEFAULT PRIVILEGES", "DROP ROLE").

use crate::facts::date::Date;
use crate::syntax::Span;
use crate::syntax::sql::{Statement, Word, WordKind};

/// A role, or everybody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grantee {
    /// A role by name.
    Role(String),
    /// Every role.
    Public,
}

/// Things of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Objects {
    /// `TABLE`, `SEQUENCE`, `SCHEMA`.
    pub(super) kind: String,
    /// Their names; `schema.*` is every one of a schema.
    pub(super) names: Vec<(String, Span)>,
    /// Whether they are those that are made later.
    pub(super) later: bool,
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    Grant {
        privileges: Vec<(String, Span)>,
        on: Objects,
        to: Vec<(Grantee, Span)>,
    },
    Revoke {
        privileges: Vec<String>,
        on: Objects,
        from: Vec<(Grantee, Span)>,
    },
    GrantRole {
        roles: Vec<(String, Span)>,
        to: Vec<(Grantee, Span)>,
        admin: bool,
    },
    RevokeRole {
        roles: Vec<(String, Span)>,
        from: Vec<(Grantee, Span)>,
        admin_only: bool,
    },
    Create {
        name: (String, Span),
        options: Options,
    },
    Alter {
        name: (String, Span),
        options: Options,
    },
    Drop {
        names: Vec<(String, Span)>,
        owned: bool,
    },
    /// It takes only the right to hand on.
    Nothing,
}

/// What a statement says of a role.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Options {
    /// Attributes that are given or taken.
    pub(super) attributes: Vec<(&'static str, bool, Span)>,
    pub(super) login: Option<bool>,
    /// Where a password is set, or `false` where it is taken away.
    pub(super) password: Option<(bool, Span)>,
    /// Whether the password is written, not taken from a variable of psql.
    pub(super) writes_password: bool,
    /// Until when the password works: the first second after it; `None` for ever.
    pub(super) valid_until: Option<Option<i64>>,
    /// Roles that it is in.
    pub(super) within: Vec<(String, Span)>,
    /// Roles that are in it, and whether they may hand it on.
    pub(super) members: Vec<(String, Span, bool)>,
}

/// Why a statement is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is about something else.
    Other,
    /// It has a form that another database has and Postgres has not.
    Foreign,
    /// It is not understood here.
    Unknown(Span, String),
}

type Read<T> = Result<T, Unread>;

/// The attributes that count, by their word.
const ATTRIBUTES: [&str; 5] = ["SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"];

/// Words that follow a name of a grantee, and are none.
const ROLE_WORDS: [&str; 3] = ["ROLE", "GROUP", "USER"];

/// How the statements begin that are looked at. All others say nothing of roles and privileges.
const BEGINNINGS: [&[&str]; 13] = [
    &["GRANT"],
    &["REVOKE"],
    &["CREATE", "ROLE"],
    &["CREATE", "USER"],
    &["CREATE", "GROUP"],
    &["ALTER", "ROLE"],
    &["ALTER", "USER"],
    &["ALTER", "GROUP"],
    &["ALTER", "DEFAULT", "PRIVILEGES"],
    &["DROP", "ROLE"],
    &["DROP", "USER"],
    &["DROP", "GROUP"],
    &["DROP", "OWNED"],
];

/// Whether a statement begins as one that is looked at.
pub(super) fn is_looked_at(statement: &Statement) -> bool {
    BEGINNINGS.iter().any(|words| statement.begins(words))
}

/// Reads a statement.
pub(super) fn read(statement: &Statement) -> Read<Change> {
    if !is_looked_at(statement) {
        return Err(Unread::Other);
    }
    let mut own = Cursor { words: &statement.words, at: 0, end: statement.span };
    if own.eat("GRANT") {
        return grant(&mut own, false, None);
    }
    if own.eat("REVOKE") {
        return grant(&mut own, true, None);
    }
    if own.eat_all(&["ALTER", "DEFAULT", "PRIVILEGES"]) {
        return default_privileges(&mut own);
    }
    if own.eat_all(&["DROP", "OWNED", "BY"]) {
        return Ok(Change::Drop { names: own.names(&["CASCADE", "RESTRICT"])?, owned: true });
    }
    let verb = own.next_word();
    let role = ROLE_WORDS.iter().any(|word| own.eat(word));
    match verb.as_deref() {
        Some("CREATE") if role => {
            let user = statement.begins(&["CREATE", "USER"]);
            // A user mapping belongs to a foreign server.
            if own.is("MAPPING") {
                return Err(Unread::Other);
            }
            let name = own.name()?;
            let mut options = options(&mut own)?;
            options.login = options.login.or(Some(user));
            Ok(Change::Create { name, options })
        }
        Some("ALTER") if role => {
            if own.is("MAPPING") || own.is("ALL") {
                return Err(Unread::Other);
            }
            let name = own.name()?;
            if own.is("SET") || own.is("RESET") || own.is("IN") {
                return Err(Unread::Other);
            }
            if own.is("RENAME") {
                return Err(Unread::Unknown(statement.span, "a role is renamed, which is not followed".to_owned()));
            }
            if statement.begins(&["ALTER", "GROUP"]) && (own.is("ADD") || own.is("DROP")) {
                let add = own.next_word().as_deref() == Some("ADD");
                own.eat("USER");
                let members = own.names(&[])?.into_iter().map(|(name, span)| (Grantee::Role(name), span)).collect();
                return Ok(match add {
                    true => Change::GrantRole { roles: vec![name], to: members, admin: false },
                    false => Change::RevokeRole { roles: vec![name], from: members, admin_only: false },
                });
            }
            Ok(Change::Alter { name, options: options(&mut own)? })
        }
        Some("DROP") if role => {
            if own.is("MAPPING") {
                return Err(Unread::Other);
            }
            own.eat_all(&["IF", "EXISTS"]);
            Ok(Change::Drop { names: own.names(&[])?, owned: false })
        }
        _ => Err(Unread::Other),
    }
}

/// `later` says in which schemas things are that are made later.
fn grant(own: &mut Cursor<'_>, revoke: bool, later: Option<&[(String, Span)]>) -> Read<Change> {
    let (mut option_only, mut admin_only) = (false, false);
    if revoke {
        option_only = own.eat_all(&["GRANT", "OPTION", "FOR"]);
        admin_only = own.eat_all(&["ADMIN", "OPTION", "FOR"])
            || own.eat_all(&["INHERIT", "OPTION", "FOR"])
            || own.eat_all(&["SET", "OPTION", "FOR"]);
    }
    let towards = if revoke { "FROM" } else { "TO" };
    let start = own.at;
    let privileges = own.privileges(&["ON", towards])?;
    if own.eat("ON") {
        let on = objects(own, towards, later)?;
        own.wanted(towards)?;
        let who = own.grantees()?;
        if option_only {
            return Ok(Change::Nothing);
        }
        return Ok(match revoke {
            false => Change::Grant { privileges, on, to: who },
            true => Change::Revoke { privileges: privileges.into_iter().map(|own| own.0).collect(), on, from: who },
        });
    }
    own.at = start;
    let roles = own.names(&[towards])?;
    own.wanted(towards)?;
    let who = own.grantees()?;
    let rest = own.rest();
    let admin = rest
        .windows(3)
        .any(|three| three[0].is("WITH") && three[1].is("ADMIN") && (three[2].is("OPTION") || three[2].is("TRUE")));
    Ok(match revoke {
        false => Change::GrantRole { roles, to: who, admin },
        true => Change::RevokeRole { roles, from: who, admin_only },
    })
}

fn default_privileges(own: &mut Cursor<'_>) -> Read<Change> {
    let mut schemas: Vec<(String, Span)> = Vec::new();
    loop {
        if own.eat("FOR") {
            let _ = own.next_word();
            own.names(&["IN", "GRANT", "REVOKE"])?;
        } else if own.eat_all(&["IN", "SCHEMA"]) {
            schemas = own.names(&["FOR", "GRANT", "REVOKE"])?;
        } else if own.eat("GRANT") {
            return grant(own, false, Some(&schemas));
        } else if own.eat("REVOKE") {
            return grant(own, true, Some(&schemas));
        } else {
            return Err(own.unknown("`GRANT` or `REVOKE`"));
        }
    }
}

fn objects(own: &mut Cursor<'_>, towards: &str, later: Option<&[(String, Span)]>) -> Read<Objects> {
    /// The kinds of things, in the plural too.
    const KINDS: [(&str, &str); 11] = [
        ("TABLE", "TABLES"),
        ("SEQUENCE", "SEQUENCES"),
        ("FUNCTION", "FUNCTIONS"),
        ("PROCEDURE", "PROCEDURES"),
        ("ROUTINE", "ROUTINES"),
        ("SCHEMA", "SCHEMAS"),
        ("TYPE", "TYPES"),
        ("DATABASE", "DATABASES"),
        ("DOMAIN", "DOMAINS"),
        ("LANGUAGE", "LANGUAGES"),
        ("TABLESPACE", "TABLESPACES"),
    ];
    const LONG: [&[&str]; 4] =
        [&["FOREIGN", "DATA", "WRAPPER"], &["FOREIGN", "SERVER"], &["LARGE", "OBJECT"], &["PARAMETER"]];
    let plural = |own: &mut Cursor<'_>| KINDS.iter().find(|(_, plural)| own.eat(plural)).map(|(kind, _)| *kind);
    let of_schemas = |schemas: &[(String, Span)]| schemas.iter().map(|(name, at)| (format!("{name}.*"), *at)).collect();
    if let Some(schemas) = later {
        let at = own.here();
        let kind = plural(own).ok_or_else(|| own.unknown("what is made later"))?;
        let names = if schemas.is_empty() { vec![("*".to_owned(), at)] } else { of_schemas(schemas) };
        return Ok(Objects { kind: kind.to_owned(), names, later: true });
    }
    if own.eat("ALL") {
        let kind = plural(own).ok_or(Unread::Foreign)?;
        if !own.eat_all(&["IN", "SCHEMA"]) {
            return Err(Unread::Foreign);
        }
        let names = of_schemas(&own.names(&[towards])?);
        return Ok(Objects { kind: kind.to_owned(), names, later: false });
    }
    // `GRANT … ON FUTURE TABLES` and `ON WAREHOUSE x` are Snowflake's: two words where a name and `TO` should be.
    let long = LONG.iter().find(|words| own.eat_all(words)).map(|words| words.join(" "));
    let kind = long
        .or_else(|| {
            KINDS.iter().find(|(kind, _)| own.is_kind(kind) && own.eat(kind)).map(|(kind, _)| (*kind).to_owned())
        })
        .unwrap_or_else(|| "TABLE".to_owned());
    Ok(Objects { kind, names: own.names(&[towards])?, later: false })
}

fn options(own: &mut Cursor<'_>) -> Read<Options> {
    let mut options = Options::default();
    own.eat("WITH");
    while let Some(word) = own.peek() {
        let span = word.span;
        let Some(text) = own.next_word() else { return Err(Unread::Foreign) };
        if let Some((at, given)) = attribute(&text) {
            match ATTRIBUTES.get(at) {
                Some(name) => options.attributes.push((name, given, span)),
                None => options.login = Some(given),
            }
            continue;
        }
        match &*text {
            "INHERIT" | "NOINHERIT" | "CREATEUSER" | "NOCREATEUSER" | "ENCRYPTED" | "UNENCRYPTED" => {}
            "PASSWORD" => {
                options.password = Some((!own.eat("NULL"), span));
                options.writes_password = own.peek().is_some_and(|word| matches!(word.kind, WordKind::Text(_)));
                // A variable of psql stands as `:'name'`.
                while own.peek().is_some_and(|word| !matches!(word.kind, WordKind::Plain(_))) {
                    own.at += 1;
                }
            }
            "VALID" => {
                own.wanted("UNTIL")?;
                options.valid_until = Some(own.instant()?);
            }
            "CONNECTION" | "SYSID" => {
                own.eat("LIMIT");
                while own.peek().is_some_and(|word| matches!(word.kind, WordKind::Sign(_))) {
                    own.at += 1;
                }
            }
            "IN" => {
                let _ = own.next_word();
                options.within.extend(own.names(&OPTION_WORDS)?);
            }
            "ROLE" | "USER" | "ADMIN" => {
                let admin = text == "ADMIN";
                options.members.extend(own.names(&OPTION_WORDS)?.into_iter().map(|(name, at)| (name, at, admin)));
            }
            _ => return Err(Unread::Foreign),
        }
    }
    Ok(options)
}

/// Words that end a list of roles among options.
const OPTION_WORDS: [&str; 18] = [
    "SUPERUSER",
    "NOSUPERUSER",
    "CREATEROLE",
    "NOCREATEROLE",
    "CREATEDB",
    "NOCREATEDB",
    "REPLICATION",
    "NOREPLICATION",
    "BYPASSRLS",
    "NOBYPASSRLS",
    "LOGIN",
    "NOLOGIN",
    "INHERIT",
    "NOINHERIT",
    "PASSWORD",
    "VALID",
    "CONNECTION",
    "ENCRYPTED",
];

/// The attribute that a word gives or takes: its place in [`ATTRIBUTES`], or one behind them for `LOGIN`.
fn attribute(word: &str) -> Option<(usize, bool)> {
    let place = |word: &str| match word {
        "LOGIN" => Some(ATTRIBUTES.len()),
        _ => ATTRIBUTES.iter().position(|own| *own == word),
    };
    place(word).map(|at| (at, true)).or_else(|| Some((place(word.strip_prefix("NO")?)?, false)))
}

struct Cursor<'s> {
    words: &'s [Word],
    at: usize,
    end: Span,
}

impl<'s> Cursor<'s> {
    fn peek(&self) -> Option<&'s Word> {
        self.words.get(self.at)
    }

    fn rest(&self) -> &'s [Word] {
        self.words.get(self.at..).unwrap_or_default()
    }

    fn here(&self) -> Span {
        self.peek().map_or(self.end, |word| word.span)
    }

    fn is(&self, word: &str) -> bool {
        self.peek().is_some_and(|own| own.is(word))
    }

    /// Whether a kind of thing stands here, and not a table of such a name.
    fn is_kind(&self, kind: &str) -> bool {
        self.is(kind)
            && self.words.get(self.at + 1).is_some_and(|next| {
                matches!(next.kind, WordKind::Plain(_) | WordKind::Quoted(_)) && !next.is("TO") && !next.is("FROM")
                    || next.is_sign(":")
            })
    }

    fn eat(&mut self, word: &str) -> bool {
        let is = self.is(word);
        self.at += usize::from(is);
        is
    }

    fn eat_all(&mut self, words: &[&str]) -> bool {
        let all = words.iter().enumerate().all(|(n, word)| self.words.get(self.at + n).is_some_and(|own| own.is(word)));
        if all {
            self.at += words.len();
        }
        all
    }

    fn wanted(&mut self, word: &str) -> Read<()> {
        if self.eat(word) { Ok(()) } else { Err(self.unknown(&format!("`{word}`"))) }
    }

    fn unknown(&self, wanted: &str) -> Unread {
        Unread::Unknown(self.here(), format!("{wanted} is expected here, and something else stands there"))
    }

    /// The next word without quotes, in upper case.
    fn next_word(&mut self) -> Option<String> {
        let WordKind::Plain(word) = &self.peek()?.kind else { return None };
        self.at += 1;
        Some(word.to_ascii_uppercase())
    }

    /// Privileges up to one of some words; columns in brackets are left out, and so are the names of roles.
    fn privileges(&mut self, ends: &[&str]) -> Read<Vec<(String, Span)>> {
        let mut found = Vec::new();
        let mut words: Vec<String> = Vec::new();
        let mut span: Option<Span> = None;
        let mut depth = 0usize;
        loop {
            let Some(word) = self.peek() else { return Err(self.unknown(&format!("`{}`", ends.join("` or `")))) };
            let end = depth == 0 && ends.iter().any(|end| word.is(end));
            if end || depth == 0 && word.is_sign(",") {
                if let Some(span) = span.take() {
                    found.push((std::mem::take(&mut words).join(" "), span));
                }
                if end {
                    return Ok(found);
                }
            } else if word.is_sign("(") {
                depth += 1;
            } else if word.is_sign(")") {
                depth = depth.saturating_sub(1);
            } else if depth == 0 {
                span = Some(span.map_or(word.span, |span| span.to(word.span)));
                words.extend(match &word.kind {
                    WordKind::Plain(own) | WordKind::Quoted(own) | WordKind::Sign(own) => {
                        Some(own.to_ascii_uppercase())
                    }
                    // A user in a text is MySQL's.
                    WordKind::Text(_) | WordKind::Body(_) => return Err(Unread::Foreign),
                });
            }
            self.at += 1;
        }
    }

    /// A name with the parts before it, as Postgres compares it: in lower case unless it is quoted.
    fn name(&mut self) -> Read<(String, Span)> {
        let Some(first) = self.peek() else { return Err(self.unknown("a name")) };
        let mut name = String::new();
        let mut span = first.span;
        // A variable of psql: `:name`, `:"name"`.
        if first.is_sign(":") {
            name.push(':');
            self.at += 1;
        }
        loop {
            let Some(word) = self.peek() else { return Err(self.unknown("a name")) };
            match &word.kind {
                WordKind::Plain(own) => name.push_str(&own.to_lowercase()),
                WordKind::Quoted(own) => name.push_str(own),
                WordKind::Sign(own) if own.starts_with(['{', '$', '%', '<']) => {
                    let reason = "a name here is filled in by another program".to_owned();
                    return Err(Unread::Unknown(word.span, reason));
                }
                _ => return Err(Unread::Foreign),
            }
            span = span.to(word.span);
            self.at += 1;
            if !self.peek().is_some_and(|word| word.is_sign(".")) {
                break;
            }
            name.push('.');
            self.at += 1;
        }
        // The arguments of a function.
        if self.peek().is_some_and(|word| word.is_sign("(")) {
            let mut depth = 0usize;
            while let Some(word) = self.peek() {
                self.at += 1;
                depth += usize::from(word.is_sign("("));
                if word.is_sign(")") {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
            }
        }
        Ok((name, span))
    }

    /// Names parted by commas, up to one of some words or the end.
    fn names(&mut self, ends: &[&str]) -> Read<Vec<(String, Span)>> {
        let mut names = vec![self.name()?];
        while self.peek().is_some_and(|word| word.is_sign(",")) {
            self.at += 1;
            names.push(self.name()?);
        }
        match self.peek() {
            Some(word) if !ends.iter().any(|end| word.is(end)) => Err(Unread::Foreign),
            _ => Ok(names),
        }
    }

    fn grantees(&mut self) -> Read<Vec<(Grantee, Span)>> {
        const ENDS: [&str; 4] = ["WITH", "GRANTED", "CASCADE", "RESTRICT"];
        let mut found = Vec::new();
        loop {
            // `TO GROUP x` is an old form; `TO ROLE x` and `TO USER x` are other databases'.
            let names_kind = |own: &Self| {
                own.words
                    .get(own.at + 1)
                    .is_some_and(|next| matches!(next.kind, WordKind::Plain(_) | WordKind::Quoted(_)))
            };
            if (self.is("ROLE") || self.is("USER") || self.is("DATABASE")) && names_kind(self) {
                return Err(Unread::Foreign);
            }
            if self.is("GROUP") && names_kind(self) {
                self.at += 1;
            }
            let plain = self.is("PUBLIC");
            let (name, span) = self.name()?;
            found.push((if plain { Grantee::Public } else { Grantee::Role(name) }, span));
            match self.peek() {
                Some(word) if word.is_sign(",") => self.at += 1,
                Some(word) if !ENDS.iter().any(|end| word.is(end)) => return Err(Unread::Foreign),
                _ => return Ok(found),
            }
        }
    }

    /// The end of what is valid until an instant; `None` for ever.
    fn instant(&mut self) -> Read<Option<i64>> {
        let Some(Word { kind: WordKind::Text(text), span }) = self.peek() else {
            return Err(self.unknown("an instant in quotes"));
        };
        self.at += 1;
        if text.eq_ignore_ascii_case("infinity") {
            return Ok(None);
        }
        // `2027-01-31`, `2027-01-31 12:00:00+00`: of a time without a zone the day is what is sure.
        let day = text.get(..10).unwrap_or(text);
        let date = Date::parse(text).or_else(|| Date::parse(day));
        let unknown = || Unread::Unknown(*span, format!("`{text}` is no instant that is understood here"));
        date.map(|date| Some(date.end)).ok_or_else(unknown)
    }
}
