//! What systems ask of passwords, as resources declare it.
//!
//! Arguments and defaults by the documentation of each provider: `aws_iam_account_password_policy`,
//! `aws_cognito_user_pool`, `google_sql_database_instance`, `okta_policy_password`, `okta_policy_password_default`,
//! `snowflake_password_policy` and `azuread_user` at registry.terraform.io. Where one is not set: IAM user guide, "Set an
//! account password policy" (eight signs of three kinds); Amazon Cognito, "PasswordPolicyType" (eight signs); Snowflake,
//! "CREATE PASSWORD POLICY" (14 signs, three kinds, five attempts).

use super::super::Lowering;
use super::at;
use crate::facts::{CredentialDetail, CredentialFact, CredentialKind, Holder, Lifetime, Native, PasswordRules};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;

/// Where a type writes what it asks of passwords.
struct Rules {
    kind: &'static str,
    system: &'static str,
    /// The block in which it does; one that is absent says nothing. Empty for the resource itself.
    block: &'static str,
    /// The fewest signs, and how many where that is not set.
    length: (&'static str, u32),
    /// Arguments for the kinds of signs, and whether one that is not set asks for its kind.
    classes: &'static [(&'static str, bool)],
    /// How many former passwords may not come again, and how many where that is not set.
    history: Option<(&'static str, u32)>,
    /// Attempts until the account is locked, and how many where that is not set.
    attempts: Option<(&'static str, u32)>,
    /// After how many days a password ends.
    age: &'static str,
}

const RULES: &[Rules] = &[
    Rules {
        kind: "aws_iam_account_password_policy",
        system: "aws",
        block: "",
        length: ("minimum_password_length", 6),
        classes: &[
            ("require_lowercase_characters", false),
            ("require_uppercase_characters", false),
            ("require_numbers", false),
            ("require_symbols", false),
        ],
        history: Some(("password_reuse_prevention", 0)),
        attempts: None,
        age: "max_password_age",
    },
    Rules {
        kind: "aws_cognito_user_pool",
        system: "aws",
        block: "password_policy",
        length: ("minimum_length", 8),
        classes: &[
            ("require_lowercase", false),
            ("require_uppercase", false),
            ("require_numbers", false),
            ("require_symbols", false),
        ],
        history: None,
        attempts: None,
        age: "",
    },
    Rules {
        kind: "google_sql_database_instance",
        system: "gcp",
        block: "settings.password_validation_policy",
        length: ("min_length", 0),
        classes: &[("complexity", false)],
        history: Some(("reuse_interval", 0)),
        attempts: None,
        age: "",
    },
    Rules {
        kind: "okta_policy_password",
        system: "okta",
        block: "",
        length: ("password_min_length", 8),
        classes: &[
            ("password_min_lowercase", true),
            ("password_min_uppercase", true),
            ("password_min_number", true),
            ("password_min_symbol", false),
        ],
        history: Some(("password_history_count", 0)),
        attempts: Some(("password_max_lockout_attempts", 10)),
        age: "password_max_age_days",
    },
    Rules {
        kind: "okta_policy_password_default",
        system: "okta",
        block: "",
        length: ("password_min_length", 8),
        classes: &[
            ("password_min_lowercase", true),
            ("password_min_uppercase", true),
            ("password_min_number", true),
            ("password_min_symbol", false),
        ],
        history: Some(("password_history_count", 4)),
        attempts: Some(("password_max_lockout_attempts", 10)),
        age: "password_max_age_days",
    },
    Rules {
        kind: "snowflake_password_policy",
        system: "snowflake",
        block: "",
        length: ("min_length", 14),
        classes: &[
            ("min_lower_case_chars", true),
            ("min_upper_case_chars", true),
            ("min_numeric_chars", true),
            ("min_special_chars", false),
        ],
        history: Some(("history", 5)),
        attempts: Some(("max_retries", 5)),
        age: "max_age_days",
    },
];

/// The name under which a type is counted.
pub(super) fn name(kind: &str) -> Option<&'static str> {
    RULES.iter().find(|own| own.kind == kind).map(|own| own.kind)
}

/// The types.
#[cfg(test)]
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|own| own.kind)
}

/// What a resource asks of passwords, as a fact about all of them.
pub(super) fn lower(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(rules) = RULES.iter().find(|own| own.kind == resource.kind()) else { return };
    let block = match rules.block {
        "" => Some(&resource.attributes),
        path => at(&resource.attributes, path).into_iter().flat_map(Value::one_or_many).next(),
    };
    let Some(block) = block else { return };
    let system = lowering.system_of(rules.system);
    let age = number(block, rules.age, 0).filter(|days| *days > 0);
    lowering.facts.credentials.push(CredentialFact {
        id: Native::new(system.clone(), format!("passwords/{}", resource.lasting_name)),
        holder: Holder::Group(Native::new(system, "everybody with a password")),
        kind: CredentialKind::Password,
        lifetime: age.map_or(Lifetime::Unknown, |days| Lifetime::For(i64::from(days) * 86_400)),
        created: None,
        detail: CredentialDetail { rules: Some(asked(rules, block)), ..CredentialDetail::of(rules.kind) },
        origin: resource.origin,
    });
}

fn asked(rules: &Rules, block: &Value) -> PasswordRules {
    let mut classes = Some(0);
    for (argument, otherwise) in rules.classes {
        let asks = match block.get(argument) {
            None => Some(*otherwise),
            // Google's one argument asks for all four.
            Some(value) => match value.as_str() {
                Some("COMPLEXITY_DEFAULT") => {
                    classes = Some(3);
                    Some(true)
                }
                _ => value.as_bool().or_else(|| value.as_number().map(|count| count > 0.0)),
            },
        };
        classes = classes.zip(asks).map(|(count, asks)| count + u32::from(asks));
    }
    let of = |found: Option<(&'static str, u32)>| found.and_then(|(argument, most)| number(block, argument, most));
    PasswordRules {
        min_length: number(block, rules.length.0, rules.length.1),
        classes,
        history: of(rules.history),
        attempts: of(rules.attempts).filter(|count| *count > 0),
    }
}

/// A number, or what stands where it is not set; none where it is not known.
fn number(block: &Value, argument: &str, otherwise: u32) -> Option<u32> {
    match block.get(argument) {
        None => Some(otherwise),
        Some(value) => value.as_number().filter(|own| (0.0..1e6).contains(own)).map(|own| own as u32),
    }
}
