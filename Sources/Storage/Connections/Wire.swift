/// One connection to a server as its client library has it, once it is made. Its `Link` calls it
/// on one queue, which is what makes it Sendable; nothing but opening waits.
protocol Wire: AnyObject, Sendable {
    associatedtype Request: WireRequest

    var descriptor: Int32 { get }
    /// How many requests the server has not answered.
    var underWay: Int { get }

    /// Puts the request into the output buffer.
    func send(_ request: Request)
    func flush() -> Flushed
    /// Takes what has arrived and completes what it answers.
    /// - Returns: False where the connection is lost.
    func receive() -> Bool
    /// Completes everything that was sent and is not answered, as lost.
    func abandon()
    /// Frees the connection; nothing else is called afterwards.
    func close()
}

/// What became of an output buffer.
enum Flushed {
    case whole
    /// The socket's buffer is full.
    case partly
    case lost
}

/// What a caller waits for.
protocol WireRequest: AnyObject, Sendable {
    /// Completes it with a failure before it was sent.
    func refuse(_ failure: StorageFailure)
}
