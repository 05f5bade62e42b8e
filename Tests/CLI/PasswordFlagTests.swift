import Foundation
import Testing

/// Options of passwords that make no sense are refused before anything is opened.
@Suite struct PasswordFlagTests {
    @Test(arguments: [
        (["--password-memory", "64"], "--password-memory is from 7168 to 262144"),
        (["--password-memory", "1048576"], "--password-memory is from 7168 to 262144"),
        (["--password-passes", "0"], "--password-passes from 1 to 16"),
        (["--breached-passwords", "/nowhere/list"], "--breached-passwords: cannot read"),
        (["--breached-passwords", "/dev/null"], "--breached-passwords: /dev/null is no file"),
    ])
    func aServerDoesNotStart(_ flags: [String], _ message: String) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        let run = try Invocation(["serve", "--data-dir", folder] + flags)
        #expect(run.status == 2)
        #expect(run.errors.contains(message), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}
