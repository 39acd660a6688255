//! Whose things they are, where there is more than one service.

use super::Username;
use crate::Service;

/// A user of a service: each has a queue of plays and loved tracks of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Account {
    /// The address of the service's API.
    pub service: Box<str>,
    /// The user there.
    pub user: Username,
}

impl Account {
    /// This user of this service.
    pub fn new(service: &Service, user: Username) -> Self {
        Self { service: service.api().as_str().into(), user }
    }

    /// The same, by the address as it was kept.
    pub fn at(service: impl Into<Box<str>>, user: Username) -> Self {
        Self { service: service.into(), user }
    }
}
