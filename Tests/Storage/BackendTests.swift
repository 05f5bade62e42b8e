import Servers
import Testing

/// Says aloud which half of a contract is not tested here.
@Suite struct BackendTests {
    @Test(.enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL 15 is not installed"))
    func databasesAreTestedOnPostgreSQLToo() {
        #expect(DatabaseBackend.all.contains(.postgresql))
    }

    @Test(.enabled(if: RedisServer.programs != nil, "Redis is not installed"))
    func expiringKeysAreTestedOnRedisToo() {
        #expect(KeysBackend.all.contains(.redis))
    }
}
