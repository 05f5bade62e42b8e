import Loopback
import Testing

extension HandoverTests {
    /// A browser that has cookies at both hosts.
    struct Person {
        let issuer: Browser
        let there: Browser

        init(_ server: PublicServer, at site: String = HandoverTests.site) {
            issuer = Browser(server)
            there = Browser(server, at: site)
        }

        /// - Parameter address: Of somebody that there is.
        func signIn(_ server: PublicServer, _ address: String = "member@acme.test") async throws {
            _ = try await issuer.submit(
                "/sign-in/mail", "email=\(address.replacing("@", with: "%40"))")
            let code = try await server.mailbox.mail(to: address, "Sign in").code
            let reply = try await issuer.submit("/magic-link", "code=\(code)")
            #expect(reply.status == 303, "\(reply.body)")
        }

        /// - Returns: The page at the issuer's host that the organization's leads to.
        func begin(_ query: String = "") async throws -> String {
            let reply = try await there.open("/sign-in\(query)")
            #expect(reply.status == 303)
            let place = try #require(reply.field("location"))
            let issuer = "http://localhost:8080"
            #expect(place.hasPrefix("\(issuer)/sign-in/organization?"), "\(place)")
            return String(place.dropFirst(issuer.count))
        }

        /// - Returns: The page at the organization's host that the issuer's leads back to.
        func confirm(_ page: String) async throws -> String {
            let ids = page.drop { $0 != "?" }.dropFirst()
            let reply = try await issuer.submit(page, String(ids), to: "/sign-in/organization")
            #expect(reply.status == 303, "\(reply.body)")
            let place = try #require(reply.field("location"), "\(reply.body)")
            let origin = there.origin.dropFirst("Origin: ".count)
            #expect(place.hasPrefix("\(origin)/sign-in/finish?code=osh_"), "\(place)")
            return String(place.dropFirst(origin.count))
        }

        func finish(_ page: String) async throws -> HTTPReply {
            let code = page.drop { $0 != "=" }.dropFirst()
            return try await there.submit(page, "code=\(code)", to: "/sign-in/finish")
        }

        /// The whole way.
        func come() async throws {
            let reply = try await finish(try await confirm(try await begin()))
            #expect(reply.status == 303, "\(reply.body)")
        }
    }
}
