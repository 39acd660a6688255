//! Jobs on both databases, from the same bodies.

mod leases;
mod moments;
mod orders;
mod scene;
mod schedules;
mod slices;
mod steering;
mod watching;
mod years;
