// Tests of RegoSyntax.
