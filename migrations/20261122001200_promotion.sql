-- Hands a conversation to the run that waits longest, if one does: it is due from then on. A statement of its own, so
-- that whoever ends a run and waited for the lock of the conversation sees what came in meanwhile.
create function promote_run(org_id uuid, conversation_id uuid, at timestamptz) returns uuid
    language sql volatile
    as $$
        update runs set wake_at = $3
        where runs.org_id = $1 and runs.id = (
            select id from runs
            where runs.org_id = $1 and runs.conversation_id = $2 and state = 'pending'
            order by created_at, id limit 1)
        returning runs.id
    $$;
