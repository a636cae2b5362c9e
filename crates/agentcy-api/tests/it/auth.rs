//! Getting in, staying in, and being thrown out.

mod canary;
mod joining;
mod keys;
mod sessions;
mod tickets;
mod tokens;

const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
const LOGOUT: &str = "/api/v1/auth/logout";
const REGISTER: &str = "/api/v1/auth/register";
const TICKET: &str = "/api/v1/auth/ticket";
const ME: &str = "/api/v1/auth/me";
const INVITES: &str = "/api/v1/platform/invites";
const KEYS: &str = "/api/v1/api-keys";
