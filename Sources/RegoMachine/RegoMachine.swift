// The door of the machine: plan + data + input -> value.
//
// A value is 16 trivially copyable bytes (`Value/`). What stands behind it lives in the `Arena` of
// one evaluation, or in a `Segment` that a snapshot retains; nothing counts references while a
// policy runs. Documents are read from bytes into an arena and written from values to bytes
// (`JSON/`), and text becomes `String` only in messages.
//
// A policy arrives as OPA's intermediate representation (`Plan/IR.swift`). `Lowering` turns it into
// a `Program`: registers, jumps, constants, rule indexes. `Machine` runs a program; its loop is
// `Machine/Dispatch.swift`, its instructions are the table in `Plan/Program.swift`. A program names
// no builtin: it is linked against the rows it is given (`Builtins/` holds those that need nothing
// but Swift).
//
// Invariants:
// - A published collection is sorted, indexed and never written; evaluations write only what they
//   made themselves.
// - Everything is bounded by `Limits`; whoever loops over a document pays by `charge`.
// - Iteration is in Rego's order, so that equal evaluations give equal bytes.
//
// Deliberately absent: C libraries, Foundation, existentials, reflection, clocks, files, network
// and randomness. The room compiles for wasm32 in Embedded Swift, and the tests see to it.
