-- Roles of the payroll database
CREATE ROLE readers NOLOGIN;
CREATE ROLE writers;
CREATE USER payroll_app WITH PASSWORD 'not-a-real-one' VALID UNTIL '2027-06-30';
CREATE USER mira LOGIN IN ROLE readers;
GRANT CONNECT ON DATABASE payroll TO readers, writers;
GRANT USAGE ON SCHEMA pay TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA pay TO readers;
GRANT SELECT, INSERT, UPDATE (amount, paid) ON pay.runs TO writers WITH GRANT OPTION;
GRANT DELETE ON TABLE pay.runs TO writers;
GRANT writers TO payroll_app, tom WITH ADMIN OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE payroll_app IN SCHEMA pay GRANT SELECT ON TABLES TO readers;
GRANT EXECUTE ON FUNCTION pay.close(integer, text) TO writers;
INSERT INTO pay.settings VALUES ('GRANT nothing TO nobody;');
