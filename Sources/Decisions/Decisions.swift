// The door of Decisions: the policies that are live, in two spaces that cannot read each other.
//
// `LivePolicy` holds one `Revision` at a time: modules, their compiled policy and the base
// document. A write makes a candidate from the current revision; only one that compiles, and in
// which no rule and no data claim the same path, takes its place, in one step. Who evaluates takes
// the revision once and uses nothing else, so that a decision belongs to exactly one of them.
//
// `SystemPolicy` decides the server's own endpoints, and gives each a `Verdict`: it comes from the
// binary or a folder alone, never from a request. It never fails to answer: what it cannot answer
// is denied.
//
// Readers wait for a reference to be copied, never for a compiler; writers wait for each other.
