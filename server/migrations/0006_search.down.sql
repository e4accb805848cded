alter table tasks drop column search_text;
