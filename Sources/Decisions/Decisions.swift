// The door of Decisions: the policy that is live.
//
// `LivePolicy` holds one `Revision` at a time: modules, their compiled policy and the base
// document. A write makes a candidate from the current revision; only one that compiles, and in
// which no rule and no data claim the same path, takes its place, in one step. Who evaluates takes
// the revision once and uses nothing else, so that a decision belongs to exactly one of them.
//
// Readers wait for a reference to be copied, never for a compiler; writers wait for each other.
