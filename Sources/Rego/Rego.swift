// The door of Rego.
