CREATE USER mira;
GRANT pg_execute_server_program TO mira;
