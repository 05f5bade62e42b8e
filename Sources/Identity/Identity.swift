public import Storage

/// Identity: who there is, what they belong to, and the record of what was done.
///
/// The tables are final in shape: an *account* is one human in one *realm*, a *principal* is what
/// memberships, roles and the audit refer to, and every row of a tenant names its organization, in
/// its keys and in the keys of what refers to it. The *audit* is written in the transaction that
/// causes it, with a code over all fields that nobody makes without the key; a *sealer* then puts
/// the rows of each tenant into one chain. What is to be sent, a mail, is left in the *outbox* by
/// the transaction that causes it. *Workers* deliver it, at least once, and do what is done again
/// and again.
///
/// Invariants: ids are never reused; an instant is microseconds since 1970 by the clock that was
/// passed in; what is refused or wrong in the record is an answer (`AuditFinding`), not an error.
///
/// Deliberately absent: decisions. Who may read or do something is asked of a policy, elsewhere.
public enum Identity {
    /// The schema, for `Migrator`.
    public static var migrations: [Migration] {
        [
            Schema.principals, Schema.audit, Schema.front, Schema.outbox, Schema.installation,
            Schema.retention, Schema.signingKeys, Schema.keys, Schema.signingIn,
            Schema.accountRecord, Schema.domains, Schema.maintenance, Schema.organizationLife,
            Schema.lookups, Schema.tenantSessions, Schema.purge, Schema.records,
            Schema.newestTokens, Schema.exchangedTokens, Schema.attemptsOfMails,
            Schema.mailboxes,
        ]
    }

    /// The roles with which nodes connect to PostgreSQL; the tables' walls name them.
    public static let roles = PostgreSQLRoles(
        application: "ostiary_application", system: "ostiary_system")
}
