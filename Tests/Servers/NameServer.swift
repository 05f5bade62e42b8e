import Foundation
import Synchronization

/// A name server of this machine, in Python: what it says of a name stands in its program.
///
/// `one.test` has one record, `long.test` one of two strings, `many.test` 200 records, `cut.test`
/// one that only TCP gives whole, `empty.test` none; `broken.test` is answered with a failure,
/// `silent.test` not at all; what else is asked for is not there.
package final class NameServer: Sendable {
    package static let shared = Result { try NameServer() }

    private static let user = "daemon"
    private let process: Mutex<ServerProcess>
    private let folder: String
    /// `127.0.0.1:port`.
    package let address: String

    private init() throws {
        let folder = try ServerProcess.makeFolder("names", user: Self.user)
        self.folder = folder
        process = Mutex(
            try ServerProcess(
                folder: folder, user: Self.user,
                ["/usr/bin/python3", "-c", Self.program, folder]))
        var found: Int?
        try ServerProcess.wait(for: "the name server") {
            found = (try? String(contentsOfFile: "\(folder)/port", encoding: .utf8)).flatMap {
                Int($0)
            }
            return found != nil
        }
        address = "127.0.0.1:\(found ?? 0)"
    }

    /// What it says from now on of a name: one record.
    package func publish(_ text: String, at name: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
    }

    private static let program = """
        import os, socket, struct, sys, threading
        folder = sys.argv[1]

        def records(name):
            path = os.path.join(folder, name)
            if '/' not in name and name not in ('port', 'log') and os.path.exists(path):
                return [[open(path, 'rb').read()]]
            return {
                'one.test': [[b'hello']], 'long.test': [[b'a' * 255, b'b' * 10]],
                'many.test': [[b'%d' % n] for n in range(200)],
                'cut.test': [[b'c' * 200] for n in range(9)], 'empty.test': [],
            }.get(name)

        def answer(query, over_tcp):
            place, labels = 12, []
            while query[place]:
                labels.append(query[place + 1:place + 1 + query[place]].decode().lower())
                place += query[place] + 1
            question, name = query[12:place + 5], '.'.join(labels)
            if name == 'silent.test': return None
            found = records(name)
            code = 2 if name == 'broken.test' else 3 if found is None else 0
            body = b''
            for strings in found or []:
                data = b''.join(bytes([len(s)]) + s for s in strings)
                body += b'\\xc0\\x0c' + struct.pack('>HHIH', 16, 1, 60, len(data)) + data
            is_cut = len(body) > 1500 and not over_tcp and name == 'cut.test'
            flags = 0x8180 | code | (0x0200 if is_cut else 0)
            count = 0 if is_cut else len(found or [])
            head = query[:2] + struct.pack('>HHHHH', flags, 1, count, 0, 0)
            return head + question + (b'' if is_cut else body)

        def over_tcp(listener):
            while True:
                peer = listener.accept()[0]
                size = peer.recv(2, socket.MSG_WAITALL)
                if len(size) == 2:
                    query = peer.recv(struct.unpack('>H', size)[0], socket.MSG_WAITALL)
                    reply = answer(query, True)
                    if reply: peer.sendall(struct.pack('>H', len(reply)) + reply)
                peer.close()

        listener = socket.create_server(('127.0.0.1', 0))
        port = listener.getsockname()[1]
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(('127.0.0.1', port))
        threading.Thread(target=over_tcp, args=(listener,), daemon=True).start()
        with open(folder + '/port.new', 'w') as file: file.write(str(port))
        os.rename(folder + '/port.new', folder + '/port')
        while True:
            query, peer = datagrams.recvfrom(4096)
            reply = answer(query, False)
            if reply: datagrams.sendto(reply, peer)
        """
}
