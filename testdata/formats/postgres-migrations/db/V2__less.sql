\connect payroll
REVOKE DELETE ON pay.runs FROM writers;
REVOKE ADMIN OPTION FOR writers FROM tom;
REVOKE readers FROM mira;
REVOKE SELECT ON pay.secrets FROM readers;
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'auditor') THEN
    CREATE ROLE auditor;
  END IF;
END $$;
COPY pay.runs (id, note) FROM stdin;
1	it's paid; GRANT x TO y;
\.
GRANT SELECT ON pay.runs TO;
