-- What was given up and is delivered all the same is kept: the call has to remember what was booked for it.

alter table provider_call add column given_up_micros bigint check (given_up_micros >= 0);
comment on column provider_call.given_up_micros is 'Given up without knowing what became of it, and booked at this; null once it is known.';
update provider_call set given_up_micros = price_micros
where state = 'done' and error ->> 'detail' = 'given up: it is not known whether the provider accepted it';
