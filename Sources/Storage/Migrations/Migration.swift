import Cryptography

/// One step of the schema, applied once, in a transaction of its own.
public struct Migration: Sendable, Hashable {
    /// Its place in the order; unique.
    public let number: Int
    public let name: String
    public let statements: [Step]

    public init(_ number: Int, _ name: String, _ statements: [Step]) {
        self.number = number
        self.name = name
        self.statements = statements
    }

    /// One statement of a migration, by dialect; none where a dialect needs none.
    public struct Step: Sendable, Hashable {
        let sqlite: String?
        let postgresql: String?

        /// The same for both.
        public static func both(_ sql: String) -> Step { Step(sqlite: sql, postgresql: sql) }
        public static func sqlite(_ sql: String) -> Step { Step(sqlite: sql, postgresql: nil) }
        public static func postgresql(_ sql: String) -> Step { Step(sqlite: nil, postgresql: sql) }

        func sql(_ dialect: Dialect) -> String? {
            switch dialect {
            case .sqlite: sqlite
            case .postgresql: postgresql
            }
        }
    }

    /// SHA-256 over what is run in a dialect, in hexadecimal: the other's half may be mended.
    func checksum(_ dialect: Dialect) -> String {
        // A null character, which no statement holds, keeps one text from passing for two.
        let text = ([name] + statements.compactMap { $0.sql(dialect) }).joined(separator: "\u{0}")
        return DigestAlgorithm.sha256.digest(Array(text.utf8).span).hexadecimal
    }
}

/// Why a database's schema is not the one this program knows.
public enum MigrationFault: Error, Sendable, Hashable {
    /// A migration was changed after it had been applied.
    case changed(number: Int, name: String)
    /// A later version of this program was here.
    case unknown(number: Int, name: String)
    /// It was never applied although a later one was.
    case late(number: Int, name: String)
}

extension MigrationFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .changed(let number, let name):
            "migration \(number) `\(name)` differs from the one that was applied"
        case .unknown(let number, let name):
            "the database has migration \(number) `\(name)`, which this version does not know"
        case .late(let number, let name):
            "migration \(number) `\(name)` comes before one that was applied"
        }
    }
}
