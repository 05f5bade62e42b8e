import Storage

extension Schema {
    /// Who has a role is looked up by the role. An index that begins with the organization looks
    /// just as good to PostgreSQL for the roles of one member, because the organization is asked
    /// for twice, by the query and by row level security: and then reads those of all members.
    static let lookups = Migration(
        14, "lookups",
        [
            .both("DROP INDEX membership_roles_of_role"),
            .both(
                """
                CREATE INDEX membership_roles_of_role
                ON membership_roles (role_id, organization_id)
                """),
        ])
}
