GRANT DELETE ON pay.runs TO writers;
