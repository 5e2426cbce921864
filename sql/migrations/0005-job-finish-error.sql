-- Why the end of a job was not taken over by its flow, for the operator.

alter table job add finish_error text check (length(finish_error) <= 500);
comment on column job.finish_error is 'Why the on_finish function of its kind failed, with the database''s words; null: it did not. Not shown to users.';
