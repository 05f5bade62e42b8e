import Foundation

/// Runs what blocks on a thread of its own: those that all tasks share are few, and servers of this
/// process need them.
package func waiting<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
