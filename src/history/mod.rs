//! What was so, and when: periods, the populations that an auditor draws from, and the samples.
//!
//! A population is frozen before anybody knows the seed: its root speaks for every item, and whoever has the file, the
//! root and the seed draws the same sample without us. `docs/sampling.md` says how, word for word.

mod bounds;
mod bypasses;
mod completeness;
mod evaluations;
mod examples;
mod exposures;
mod findings;
mod forge_audit;
mod intervals;
mod landings;
mod observed;
mod owners;
mod period;
mod population;
mod records;
mod repositories;
mod reviews;
mod sample;

pub use bounds::{Confidence, Share, size_for, upper_count, upper_share};
pub use bypasses::{Looked, ShownBy, Taken, Way, WayReport};
pub use completeness::{
    AsksGit, COMPLETENESS_SCHEMA, Completeness, DayReport, EvaluatedReport, GateSince, LandingReport, Night, Question,
    RefusedReport, VersionReport, completeness, completeness_schema,
};
pub use evaluations::{Came, Evaluation, Evaluations, Evaluator, PolicyCame, Proof};
pub use examples::{OfOne, Shown, shown};
pub use exposures::{Exposure, Span, all_exposures, exposures};
pub use findings::{FindingsReader, KeptFinding, KeptFindings};
pub use forge_audit::{ForgeAudit, ForgeAuditError, ForgeEvent};
pub use intervals::{
    Declared, DeclaredKind, Intervals, Recorded, Seen, Standing, Stretch, Sums, There, Window, landing_times, sums,
};
pub use landings::{Landing, Needs, State, landings};
pub use observed::{ObservedExport, observed_exports};
pub use owners::{OwnerChange, owner_changes};
pub use period::{Offset, Period, PeriodDay, PeriodError};
pub use population::{Frame, Item, POPULATION_SCHEMA, Population, PopulationError, PopulationKind, population_schema};
pub use records::{RecordHistory, record_histories};
pub use repositories::{
    CloneAnswer, ForgeListError, Forged, MissingReport, REPOSITORIES_SCHEMA, Repositories, RepositoryReport,
    forge_list, forge_name, reconcile, repositories_schema,
};
pub use reviews::{
    CampaignReport, REVIEW_SCHEMA, RemainingReport, ReviewerReport, Reviews, campaign_report, reviews, reviews_schema,
};
pub use sample::{
    ALGORITHM, BoundReport, Drawn, DrawnFrom, DrawnItem, PopulationReport, Rank, SAMPLE_SCHEMA, Sample, SampleError,
    Sampled, Seed, SizeReport, sample_schema,
};

#[cfg(test)]
mod tests;
