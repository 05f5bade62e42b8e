extension AccountExport {
    static let sections = profile + signingIn + belonging + record

    private static let profile = [
        Section(
            name: "account",
            columns: [
                Column("id"), Column("display_name"), Column("status"), Column("managed_by"),
                Column("created_at", .instant), Column("updated_at", .instant),
            ], rows: "FROM accounts WHERE id = $1"),
        Section(
            name: "addresses",
            columns: [
                Column("id"), Column("address"), Column("primary", .boolean, "is_primary"),
                Column("verified_at", .instant), Column("created_at", .instant),
            ], rows: "FROM account_addresses WHERE account_id = $1 ORDER BY id"),
        Section(
            name: "mail_links",
            columns: [
                Column("purpose"), Column("address"), Column("made_at", .instant),
                Column("expires_at", .instant), Column("used_at", .instant),
            ], rows: "FROM mail_links WHERE account_id = $1 ORDER BY made_at DESC"),
    ]

    private static let signingIn = [
        Section(
            name: "credentials",
            columns: [
                Column("id"), Column("kind"), Column("created_at", .instant),
                Column("updated_at", .instant),
            ], rows: "FROM credentials WHERE account_id = $1 ORDER BY id"),
        Section(
            name: "devices",
            columns: [
                Column("first_seen_at", .instant), Column("last_seen_at", .instant),
                Column("expires_at", .instant),
            ], rows: "FROM known_devices WHERE account_id = $1 ORDER BY last_seen_at DESC"),
        Section(
            name: "sessions",
            columns: [
                Column("id"), Column("kind"), Column("client", .text, "client_id"),
                Column("organization", .text, "organization_id"), Column("site"),
                Column("address", .text, "network_address"), Column("user_agent"), Column("acr"),
                Column("signed_in_at", .instant), Column("last_active_at", .instant),
                Column("expires_at", .instant), Column("ended_at", .instant, "revoked_at"),
                Column("ended_for", .text, "revoked_for"),
            ], rows: "FROM sessions WHERE account_id = $1 ORDER BY created_at DESC, id DESC"),
        Section(
            name: "evidence",
            columns: [
                Column("session", .text, "e.session_id"), Column("method", .text, "e.method"),
                Column("shown_at", .instant, "e.shown_at"),
            ],
            rows: """
                FROM sessions s JOIN session_evidence e ON e.session_id = s.id
                WHERE s.account_id = $1 ORDER BY s.created_at DESC, e.place
                """),
        Section(
            name: "grants",
            columns: [
                Column("id"), Column("client", .text, "client_id"),
                Column("organization", .text, "organization_id"), Column("scopes", .words(" ")),
                Column("created_at", .instant),
            ], rows: "FROM grants WHERE principal_id = $1 ORDER BY id DESC"),
    ]

    private static let belonging = [
        Section(
            name: "memberships",
            columns: [
                Column("id", .text, "m.id"), Column("organization", .text, "m.organization_id"),
                Column("organization_name", .text, "o.name"), Column("status", .text, "m.status"),
                Column("source", .text, "m.source"), Column("profile", .object, "m.profile"),
                Column("created_at", .instant, "m.created_at"),
            ],
            rows: """
                FROM memberships m JOIN organizations o ON o.id = m.organization_id
                WHERE m.principal_id = $1 ORDER BY m.id
                """),
        Section(
            name: "roles",
            columns: [
                Column("membership", .text, "m.id"), Column("role", .text, "r.name"),
                Column("granted_at", .instant, "s.granted_at"),
                Column("expires_at", .instant, "s.expires_at"),
            ],
            rows: """
                FROM memberships m JOIN membership_roles s
                    ON s.organization_id = m.organization_id AND s.membership_id = m.id
                JOIN roles r ON r.organization_id = s.organization_id AND r.id = s.role_id
                WHERE m.principal_id = $1 ORDER BY m.id, r.id
                """),
        Section(
            name: "platform_roles",
            columns: [Column("role"), Column("granted_at", .instant)],
            rows: "FROM platform_roles WHERE principal_id = $1 ORDER BY role"),
        Section(
            name: "api_keys",
            columns: [
                Column("id"), Column("organization", .text, "organization_id"), Column("name"),
                Column("scopes", .words(" ")), Column("created_at", .instant),
                Column("last_used_at", .instant), Column("last_used_address"),
                Column("rotated_at", .instant), Column("expires_at", .instant),
                Column("revoked_at", .instant),
            ], rows: "FROM api_keys WHERE principal_id = $1 ORDER BY id DESC"),
    ]

    private static let record = [
        Section(
            name: "decisions",
            columns: [
                Column("id"), Column("organization", .text, "organization_id"),
                Column("decided_at", .instant), Column("action"),
                Column("allowed", .boolean, "is_allowed"), Column("rule"),
                Column("reasons", .words("\n")), Column("request_id"), Column("input", .input),
            ], rows: "FROM decisions WHERE subject_id = $1 ORDER BY decided_at DESC, id DESC"),
        Section(
            name: "audit",
            columns: [
                Column("id"), Column("organization", .text, "organization_id"),
                Column("occurred_at", .instant), Column("action"), Column("outcome"),
                Column("resource_type"), Column("resource", .text, "resource_id"),
                Column("decision", .text, "decision_id"), Column("request_id"), Column("address"),
                Column("details", .object),
            ], rows: "FROM audit_entries WHERE actor_id = $1 ORDER BY occurred_at DESC, id DESC"),
    ]
}
