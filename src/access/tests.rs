//! The graph layer against small worlds; the searches against slow oracles.

mod build;
mod control;
mod links;
mod roles;
mod search;
mod systems;
