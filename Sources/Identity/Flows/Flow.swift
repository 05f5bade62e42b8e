/// A part of the front that plugs in: its name, and the operations that it brings.
///
/// A flow decides nothing: each of its operations names an action, and a policy answers.
public protocol Flow: Sendable {
    /// Such as `organizations`.
    static var name: String { get }
    var operations: [Operation] { get }
}

/// The flows of this version: the line to add for a new one.
public enum FlowTable {
    /// - Parameter decisions: Those that are on their way to the store.
    public static func flows(decisions: DecisionBuffer) -> [any Flow] {
        [
            PageFlow(), SetupFlow(), SignUpFlow(), SignInFlow(), MailSignInFlow(),
            PasswordFlow(), SignInPages(), HandoverFlow(), AccountPages(), SessionFlow(),
            TokenFlow(),
            AccountFlow(), AddressFlow(), OrganizationFlow(), OrganizationEndFlow(),
            OwnershipFlow(), SettingsFlow(),
            DomainFlow(), MemberFlow(),
            KeyFlow(), ServiceAccountFlow(), DecisionFlow(buffer: decisions), AuditFlow(),
            MaintenanceFlow(), PlatformOrganizationFlow(), PlatformAccountFlow(), UsageFlow(),
        ]
    }
}
