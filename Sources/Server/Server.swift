// The door of Server: OPA's REST API over the live policy.
//
// A request has two ways. The plain decision (`POST /v1/data/…` with a small body and nothing
// unusual about it) is answered where its bytes arrive: `FastPath` frames it on the event loop,
// evaluates, and writes head and body at once. Everything else goes through Hummingbird to
// `Front`, where one table lists every route. Both ways share limits, evaluation, error bodies and
// headers, and a test compares their bytes.
//
// No event loop and no thread of Swift's pool ever waits for an evaluation: what may block, and
// what a step budget has stopped, runs on `EvaluationPool`'s own threads, and a request of the
// public listener as a whole on `RequestThreads`.
//
// Deliberately absent: TLS and HTTP/2 (they end at a proxy in front), and every option that would
// be ignored: `explain`, `instrument` and `provenance` are refused instead.
