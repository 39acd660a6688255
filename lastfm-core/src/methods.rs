//! The methods of the web service, one file each, in folders as the service names them.

pub mod user;
