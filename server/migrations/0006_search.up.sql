-- What a search looks through: folding case took most of its time. No trigram index: see docs/performance.md.
alter table tasks add column search_text text not null
  generated always as (lower(title || chr(10) || coalesce(description, ''))) stored;
