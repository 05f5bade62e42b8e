// The door of the engine: Rego text to decision.
//
// `Policy` compiles modules once; `prepare` gives a query that any number of threads evaluate at
// once, each with an `Evaluator` of its own. On the way: `Compile/` binds names, orders bodies and
// finds mistakes, each pass a function between plain data; `Plan/` makes OPA's plan of what a query
// reaches; the machine's room lowers and runs it. `Builtins/` holds the rows that need a C library
// or the host. `Testing/` finds the tests among the rules and runs them.
//
// Invariants:
// - The order of passes is the list in `Compiler.passes`.
// - What `with` replaces is planned, never looked up at run time: under a `with` on functions or on
//   rules the callees are planned again in an environment of their own.
// - A query that can reach a builtin that waits for the world says so: `PreparedQuery.mayBlock`.
//
// Deliberately absent: files, clocks, network and randomness (`Host` brings them in), and any look
// at base data while compiling: `Policy.conflicts` is for the command line and the server.
