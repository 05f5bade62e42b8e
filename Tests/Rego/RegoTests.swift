// Tests of Rego.
