-- What is past its time is found without a look at what is not. Plainly made, since no version was released whose tables
-- are full.
create index session_revoked_idx on sessions (revoked_at) where revoked_at is not null;
create index invite_expiry_idx on invites (expires_at);
