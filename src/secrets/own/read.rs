//! From TOML to rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::{AllowList, ImportedRule, Lazy, OwnRules, Target};
use crate::rules::{RuleError, RuleFile};
use crate::syntax::{Spanned, decode, toml};

/// Deepest chain of files that extend one another.
const MOST_EXTENDED: usize = 4;

#[derive(Debug, Deserialize)]
struct WrittenFile {
    #[serde(default)]
    rules: Vec<WrittenRule>,
    allowlist: Option<WrittenAllow>,
    #[serde(default)]
    allowlists: Vec<WrittenAllow>,
    extend: Option<Extend>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extend {
    use_default: Option<Spanned<bool>>,
    path: Option<Spanned<String>>,
    url: Option<Spanned<String>>,
    #[serde(default)]
    disabled_rules: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenRule {
    id: Spanned<String>,
    regex: Option<Spanned<String>>,
    path: Option<Spanned<String>>,
    secret_group: Option<usize>,
    entropy: Option<f64>,
    #[serde(default)]
    keywords: Vec<String>,
    allowlist: Option<WrittenAllow>,
    #[serde(default)]
    allowlists: Vec<WrittenAllow>,
    filter: Option<Spanned<String>>,
    prefilter: Option<Spanned<String>>,
    #[serde(default)]
    skip_report: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenAllow {
    condition: Option<Spanned<String>>,
    #[serde(default)]
    paths: Vec<Spanned<String>>,
    #[serde(default)]
    regexes: Vec<Spanned<String>>,
    regex_target: Option<Spanned<String>>,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    commits: Vec<String>,
    #[serde(default)]
    target_rules: Vec<String>,
}

/// Reads one file of rules; `extended` gives the files that it extends, by the path that it names.
///
/// # Errors
/// All that is wrong with it, each with its place.
pub fn read(file: &RuleFile, extended: &mut dyn FnMut(&str) -> Option<RuleFile>) -> Result<OwnRules, Vec<RuleError>> {
    let mut reading = Reading { errors: Vec::new(), notes: Vec::new(), filters: Vec::new() };
    let rules = reading.file(file, extended, 0);
    let count = reading.filters.len();
    if let Some(mut first) = reading.filters.into_iter().next() {
        first.message = format!("{count} filters are not heeded: write them as `entropy` and `allowlists`");
        reading.notes.push(first);
    }
    if reading.errors.is_empty() {
        Ok(OwnRules { rules: rules.into_values().collect(), notes: reading.notes })
    } else {
        Err(reading.errors)
    }
}

struct Reading {
    errors: Vec<RuleError>,
    notes: Vec<RuleError>,
    /// Filters that are not heeded: one note says how many.
    filters: Vec<RuleError>,
}

impl Reading {
    fn file(
        &mut self,
        file: &RuleFile,
        extended: &mut dyn FnMut(&str) -> Option<RuleFile>,
        depth: usize,
    ) -> BTreeMap<String, ImportedRule> {
        let written = toml::parse(&file.bytes)
            .map_err(|error| file.error(error.span, error.message))
            .and_then(|node| decode::<WrittenFile>(&node).map_err(|error| file.error(error.span, error.message)));
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                self.errors.push(error.with_help("the file is to be a gitleaks configuration in TOML"));
                return BTreeMap::new();
            }
        };
        let mut rules = BTreeMap::new();
        if let Some(extend) = &written.extend {
            rules = self.extended(file, extend, extended, depth);
        }
        let common: Vec<Arc<AllowList>> = written
            .allowlist
            .iter()
            .chain(&written.allowlists)
            .filter_map(|own| self.allow(file, own))
            .map(Arc::new)
            .collect();
        for own in &written.rules {
            if let Some(rule) = self.rule(file, own, rules.remove(&own.id.value)) {
                rules.insert(rule.id.clone(), rule);
            }
        }
        for rule in rules.values_mut() {
            let meant = |own: &&Arc<AllowList>| own.rules.is_empty() || own.rules.contains(&rule.id);
            let lists: Vec<Arc<AllowList>> = common.iter().filter(meant).cloned().collect();
            rule.allow.extend(lists);
        }
        rules
    }

    fn extended(
        &mut self,
        file: &RuleFile,
        extend: &Extend,
        extended: &mut dyn FnMut(&str) -> Option<RuleFile>,
        depth: usize,
    ) -> BTreeMap<String, ImportedRule> {
        if let Some(own) = extend.use_default.as_ref().filter(|own| own.value) {
            let note = file.error(own.span, "the default rules of gitleaks are not part of countersign");
            self.notes.push(note.with_help("the built-in kinds stand in for them; or name their file in `path`"));
        }
        if let Some(own) = &extend.url {
            let note = file.error(own.span, "rules are not fetched from the network");
            self.notes.push(note.with_help("keep the file beside this one and name it in `path`"));
        }
        let Some(path) = &extend.path else { return BTreeMap::new() };
        if depth >= MOST_EXTENDED {
            self.errors.push(file.error(path.span, "the files extend one another too deeply, or in a circle"));
            return BTreeMap::new();
        }
        let Some(next) = extended(&path.value) else {
            let error = file.error(path.span, format!("`{}` cannot be read", path.value));
            self.errors.push(error.with_help("the path is relative to the file that extends it"));
            return BTreeMap::new();
        };
        let mut rules = self.file(&next, extended, depth + 1);
        rules.retain(|id, _| !extend.disabled_rules.contains(id));
        rules
    }

    /// A rule, over the one of the same id in a file that is extended.
    fn rule(&mut self, file: &RuleFile, own: &WrittenRule, base: Option<ImportedRule>) -> Option<ImportedRule> {
        for filter in own.filter.iter().chain(&own.prefilter) {
            self.filters.push(file.error(filter.span, format!("the filter of `{}`", own.id.value)));
        }
        let regex = own.regex.as_ref().map(|text| self.expression(file, text));
        let path = own.path.as_ref().map(|text| self.expression(file, text));
        let lists = own.allowlist.iter().chain(&own.allowlists);
        let allow: Vec<Arc<AllowList>> = lists.filter_map(|list| self.allow(file, list)).map(Arc::new).collect();
        let (regex, path) = (option(regex)?, option(path)?);
        let base = base.unwrap_or_else(|| ImportedRule {
            id: own.id.value.clone(),
            kind: format!("own/{}", own.id.value).into(),
            regex: None,
            path: None,
            group: None,
            entropy: None,
            keywords: Vec::new(),
            allow: Vec::new(),
        });
        if own.skip_report {
            return None;
        }
        let keywords: Vec<String> = own.keywords.iter().map(|word| word.to_ascii_lowercase()).collect();
        let rule = ImportedRule {
            regex: regex.or(base.regex),
            path: path.or(base.path),
            group: own.secret_group.filter(|group| *group > 0).or(base.group),
            entropy: own.entropy.filter(|least| *least > 0.0).or(base.entropy),
            keywords: if keywords.is_empty() { base.keywords } else { keywords },
            allow: base.allow.into_iter().chain(allow).collect(),
            id: base.id,
            kind: base.kind,
        };
        if rule.regex.is_none() && rule.path.is_none() {
            let error = file.error(own.id.span, format!("the rule `{}` has neither `regex` nor `path`", rule.id));
            self.errors.push(error.with_help("give it what it is to find"));
            return None;
        }
        Some(rule)
    }

    fn allow(&mut self, file: &RuleFile, own: &WrittenAllow) -> Option<AllowList> {
        let mut one_of = |text: &Option<Spanned<String>>, known: &[&str], what: &str| -> Option<String> {
            let Some(text) = text else { return Some(String::new()) };
            let lower = text.value.to_ascii_lowercase();
            if known.contains(&lower.as_str()) {
                return Some(lower);
            }
            let error = file.error(text.span, format!("there is no {what} `{}`", text.value));
            self.errors.push(error.with_help(format!("one of: {}", known.join(", "))));
            None
        };
        let condition = one_of(&own.condition, &["or", "and", "||", "&&"], "condition")?;
        let target = one_of(&own.regex_target, &["secret", "match", "line"], "regexTarget")?;
        let mut all = |texts: &[Spanned<String>]| -> Vec<Lazy> {
            texts.iter().filter_map(|text| self.expression(file, text)).collect()
        };
        Some(AllowList {
            all: matches!(condition.as_str(), "and" | "&&"),
            commits: !own.commits.is_empty(),
            paths: all(&own.paths),
            regexes: all(&own.regexes),
            target: match target.as_str() {
                "match" => Target::Match,
                "line" => Target::Line,
                _ => Target::Secret,
            },
            stopwords: own.stopwords.iter().map(|word| word.to_ascii_lowercase()).collect(),
            rules: own.target_rules.clone(),
        })
    }

    /// An expression whose syntax holds.
    fn expression(&mut self, file: &RuleFile, text: &Spanned<String>) -> Option<Lazy> {
        let read = braces(&text.value);
        let wrong = |unicode: bool| {
            let mut parser = regex_syntax::ParserBuilder::new().utf8(false).unicode(unicode).build();
            match parser.parse(&read).err()? {
                regex_syntax::Error::Parse(error) => Some(error.kind().to_string()),
                regex_syntax::Error::Translate(error) => Some(error.kind().to_string()),
                _ => Some("it cannot be read".to_owned()),
            }
        };
        if let Some(why) = wrong(false).and_then(|_| wrong(true)) {
            let error = file.error(text.span, format!("the regular expression is wrong: {why}"));
            self.errors.push(error.with_help("neither look-around nor back references are supported, as in gitleaks"));
            return None;
        }
        Some(Lazy::new(read))
    }
}

/// The expression with each brace escaped that repeats nothing. Go, in whose form these files are written, takes such a
/// brace for itself (`^\\${[A-Z]+}$`), and the syntax that is compiled here does not.
fn braces(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut rest, mut in_class) = (text, false);
    while let Some(sign) = rest.chars().next() {
        let after = rest.get(sign.len_utf8()..).unwrap_or_default();
        let whole = match sign {
            '\\' => {
                let escaped = after.chars().next().map_or(0, char::len_utf8);
                // `\p{Greek}` and `\x{2f}` have braces of their own.
                let named =
                    after.starts_with(['p', 'P', 'x']) && after.get(1..).is_some_and(|own| own.starts_with('{'));
                let braced = if named { after.find('}').map_or(escaped, |end| end + 1) } else { escaped };
                1 + braced
            }
            '{' if !in_class => repetition(rest).unwrap_or_else(|| {
                out.push('\\');
                1
            }),
            '}' if !in_class => {
                out.push('\\');
                1
            }
            '[' => {
                in_class = true;
                1
            }
            ']' => {
                in_class = false;
                1
            }
            other => other.len_utf8(),
        };
        let (taken, left) = rest.split_at_checked(whole).unwrap_or((rest, ""));
        out.push_str(taken);
        rest = left;
    }
    out
}

/// The length of a repetition such as `{2}`, `{2,}` or `{2,5}` at the front of a text.
fn repetition(text: &str) -> Option<usize> {
    let end = text.find('}')?;
    let (least, most) = text.get(1..end)?.split_once(',').unwrap_or((text.get(1..end)?, "0"));
    let number = |own: &str| own.bytes().all(|byte| byte.is_ascii_digit());
    (!least.is_empty() && number(least) && number(most)).then_some(end + 1)
}

/// `None` only where something was there and was wrong.
fn option(read: Option<Option<Lazy>>) -> Option<Option<Lazy>> {
    match read {
        Some(None) => None,
        Some(own) => Some(own),
        None => Some(None),
    }
}
