//! What records tolerate, and why they count: proof, authority, independence, and every way in which they lapse.

mod answer;
mod arrival;
mod authorship;
mod extent;
mod independence;
mod meaning;
mod register;
mod status;
mod trust;

pub(super) use answer::{Answer, Answers, is_about, is_for};
pub(super) use authorship::Authorship;
pub use extent::extent_entries;
pub use meaning::Meanings;
pub(super) use register::{Registered, registered};
pub(super) use status::statuses;
pub use status::{RecordState, RecordStatus};
pub(super) use trust::Trust;
pub use trust::{SignedBy, signed_by};
