//! Cases of Google Cloud's own documents, and of their Kubernetes objects.

use super::{CONNECTOR, NATIVE};
use crate::formats::cases::run_cases;

#[test]
fn cases() {
    run_cases(&[NATIVE, CONNECTOR], "gcp");
}
