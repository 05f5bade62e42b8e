import Synchronization

/// How many statements a piece of work asks of a database: what the tests of routes bound.
///
/// A task local, because the calls of one piece of work are then told from those of its neighbours
/// without a parameter through every layer between.
public final class StatementCount: Sendable {
    @TaskLocal private static var current: StatementCount?

    private let counted = Atomic<Int>(0)

    /// The result of the body, and the number of statements it and its child tasks asked. What a
    /// transaction repeats counts again; what a backend adds of its own does not count.
    public static func during<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async rethrows -> (result: Result, statements: Int) {
        let count = StatementCount()
        let result = try await $current.withValue(count) { try await body() }
        return (result, count.counted.load(ordering: .relaxed))
    }

    static func add(_ statements: Int) {
        current?.counted.add(statements, ordering: .relaxed)
    }
}
