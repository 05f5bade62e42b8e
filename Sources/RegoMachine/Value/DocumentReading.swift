extension Document {
    /// Lends the root value, whose memory lives as long as the document does: nothing of it may
    /// outlive the call.
    public func withRoot<R, E: Error>(_ body: (Value) throws(E) -> R) throws(E) -> R {
        try withExtendedLifetime(self) { (document) throws(E) -> R in try body(document.root) }
    }
}
