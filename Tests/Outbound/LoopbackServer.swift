import Foundation
import Testing

/// A server of another make (Python's `http.server`) on a free port of this machine. Each path
/// behaves as its name says, and counts its requests; it ends when its standard input closes.
final class LoopbackServer: @unchecked Sendable {
    let port: Int
    private let process: Process
    private let input: Pipe

    /// - Parameter certificate: A PEM file with certificate and key: the server speaks TLS.
    init(certificate: String? = nil) throws {
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program] + (certificate.map { [$0] } ?? [])
        input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = output.fileHandleForReading.availableData
        let text = String(decoding: line, as: UTF8.self)
        port = try #require(Int(text.filter(\.isNumber)), "python3 starts no server")
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.terminate()
        process.waitUntilExit()
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

    private static let program = """
        import http.server, json, ssl, sys, threading, time, email.utils
        counts = {}
        yaml, cached = 'application/yaml', 'Cache-Control'
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def log_message(self, *_): pass
            def answer(self, code, body, headers=()):
                self.send_response_only(code, {200: 'OK', 304: 'Not Modified'}.get(code, 'Other'))
                for name, value in headers: self.send_header(name, value)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                if self.command != 'HEAD': self.wfile.write(body)
            def serve(self):
                path = self.path.split('?')[0][1:]
                count = counts[path] = counts.get(path, 0) + 1
                size = int(self.headers.get('Content-Length', 0))
                body = self.rfile.read(size).decode()
                said = {k.lower(): v for k, v in self.headers.items()}
                kind = ('Content-Type', 'application/json')
                date = ('Date', email.utils.formatdate(1510000289, usegmt=True))
                echo = json.dumps({'method': self.command, 'path': self.path, 'body': body,
                    'headers': said, 'count': count}).encode()
                if path == 'slow': time.sleep(3)
                if path == 'endless':
                    self.send_response_only(200, 'OK'); self.end_headers()
                    try:
                        while True: self.wfile.write(b'x' * 65536)
                    except OSError: self.close_connection = True
                elif path == 'away': self.answer(302, b'', [('Location', '/echo'), kind])
                elif path == 'round': self.answer(302, b'', [('Location', '/round')])
                elif path == 'file': self.answer(302, b'', [('Location', 'file:///etc/passwd')])
                elif path == 'yaml': self.answer(200, b'a: [1, 2]', [('Content-Type', yaml)])
                elif path == 'text': self.answer(200, b'{"a": 1}', [('X-Two', c) for c in 'ab'])
                elif path == 'fresh': self.answer(200, echo, [kind, date, (cached, 'max-age=60')])
                elif path == 'never': self.answer(200, echo, [kind, date, (cached, 'no-store')])
                elif path == 'tagged':
                    if said.get('if-none-match') == '"one"':
                        self.answer(304, b'', [('X-Again', str(count))])
                    else: self.answer(200, echo, [kind, ('ETag', '"one"')])
                elif path == 'broken': self.answer(500, echo, [kind])
                else: self.answer(200, echo, [kind])
            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = serve
        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            def handle_error(self, *_): pass
        server = Server(('127.0.0.1', 0), Handler)
        if len(sys.argv) > 1:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1])
            server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_address[1], flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
        """
}
