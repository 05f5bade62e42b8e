import Foundation
import Synchronization

/// An nginx of this machine before one port of it, without root, in a folder of its own. It says
/// what it was asked for in `X-Forwarded-Host` and `X-Forwarded-For`, whatever the client says of
/// them, and passes the `Host` on.
package final class ReverseProxy: Sendable {
    /// `nil` where it is not installed.
    package static let program: String? =
        Installed.folder(of: "nginx", in: ["/usr/sbin", "/usr/bin", "/usr/local/sbin"])
        .map { "\($0)/nginx" }

    private static let user = "daemon"
    private let process: Mutex<ServerProcess>
    package let port: UInt16

    /// - Parameter server: The port behind it.
    package init(before server: UInt16) throws {
        guard let program = Self.program else {
            throw ServerFault(message: "nginx is not installed")
        }
        let folder = try ServerProcess.makeFolder("proxy", user: Self.user)
        port = try Self.freePort()
        try Self.settings(folder, port, server)
            .write(toFile: "\(folder)/nginx.conf", atomically: false, encoding: .utf8)
        process = Mutex(
            try ServerProcess(
                folder: folder, user: Self.user,
                [program, "-p", folder, "-c", "\(folder)/nginx.conf", "-e", "stderr"]))
        try ServerProcess.wait(for: "nginx") {
            FileManager.default.fileExists(atPath: "\(folder)/nginx.pid")
        }
    }

    package func stop() { process.withLock { $0.stop(signal: "QUIT") } }

    /// One that nobody listens at, at this moment.
    private static func freePort() throws -> UInt16 {
        let text = try ServerProcess.run(
            [
                "/usr/bin/python3", "-c",
                "import socket; print(socket.create_server(('127.0.0.1', 0)).getsockname()[1])",
            ], user: user)
        guard let port = UInt16(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw ServerFault(message: "no port is free: \(text)")
        }
        return port
    }

    private static func settings(_ folder: String, _ port: UInt16, _ server: UInt16) -> String {
        let stores = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(folder)/\($0);"
        }
        return """
            daemon off;
            master_process off;
            pid \(folder)/nginx.pid;
            error_log stderr;
            events { worker_connections 64; }
            http {
                access_log off;
                \(stores.joined(separator: " "))
                server {
                    listen 127.0.0.1:\(port);
                    location / {
                        proxy_pass http://127.0.0.1:\(server);
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host $http_host;
                        proxy_set_header X-Forwarded-Host $http_host;
                        proxy_set_header X-Forwarded-For $remote_addr;
                    }
                }
            }
            """
    }
}
