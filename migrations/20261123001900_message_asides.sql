-- What a model is told with a message, and nobody is shown: the moment at which something was asked, and what the
-- provider of an answer wants back with its turns.
alter table messages add column aside jsonb;
