import EmbeddedPolicies
import Foundation
import Testing

@Suite struct EmbeddedPoliciesTests {
    /// What the bundle holds is compared with its sources where `ostiary build` is tested.
    @Test func theBinaryCarriesTheBundleThatIsBesideIt() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let bundle = try Data(contentsOf: root.appending(path: "bundles/ostiary.tar.gz"))
        let isTheSame = EmbeddedPolicies.ostiary == Array(bundle)
        #expect(isTheSame, "build anew")
    }
}
