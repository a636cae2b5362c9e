//! The contract in process.

use crate::setup::Setup;

crate::contract::suite!(
    #[doc = "in process"]
    || Setup::in_process()
);
