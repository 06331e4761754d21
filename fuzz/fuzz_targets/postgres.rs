//! Any text as the second script of a sequence for Postgres.

#![no_main]

use countersign::syntax::sql;
use libfuzzer_sys::fuzz_target;

const BEFORE: &[u8] = b"CREATE ROLE a LOGIN;\nGRANT SELECT ON ALL TABLES IN SCHEMA s TO a, b;\nGRANT a TO b;\n";

fuzz_target!(|data: &[u8]| {
    if let (Ok(script), Ok(text)) = (sql::parse(data), std::str::from_utf8(data)) {
        for statement in &script.statements {
            assert!(text.get(statement.span.start as usize..statement.span.end as usize).is_some());
        }
    }
    countersign_fuzz::hold(&[("db/V1__a.sql", BEFORE), ("db/V2__b.sql", data)]);
});
