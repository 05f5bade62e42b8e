public import Bundles
import Decisions
import Glibc
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import RegoMachine
public import RegoSyntax
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Serves until SIGTERM or SIGINT, or until `RunningServer.stop`: no new connections then, and
/// requests under way have `ServerOptions.shutdownGraceSeconds` to end.
/// - Parameter host: The world that policies see; what they `print` goes to `logger` instead.
/// - Parameter deployment: What the public listener works on; without one there is none.
/// - Parameter onListening: Called once, when every address takes connections.
/// - Throws: `ServerFailure` where the policy cannot be served or an address not be had.
public func serve(
    _ options: ServerOptions, _ deployment: Deployment? = nil, host: Host, logger: Logger,
    onListening: @escaping @Sendable (RunningServer) -> Void = { _ in }
) async throws {
    var host = host
    host.print = { logger.info("\($0)") }
    let listeners = try options.addresses.flatMap(Listener.parsed)
    let publicListeners =
        deployment == nil ? [] : try options.publicListener.addresses.flatMap(Listener.parsed)
    let pool = EvaluationPool(
        threads: max(8, 2 * System.coreCount), host: host, limits: options.evaluation)
    defer { pool.end() }
    let threads = deployment.map { _ in
        RequestThreads(
            count: max(4, 2 * System.coreCount), host: host, limits: options.evaluation)
    }
    defer { threads?.end() }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
    do {
        let live = try await loadedPolicy(options, pool)
        let front = Front(
            live: live, host: host, pool: pool, limits: options.requests,
            clock: DateClock(now: host.now), logger: logger, metrics: Metrics(),
            startedAt: (host.now(), host.monotonic()))
        let publicFront = try deployment.map { (deployment) throws(ServerFailure) in
            try PublicFront(deployment, options.publicListener, beside: front)
        }
        let serving = Serving(
            options: options, front: front, publicFront: publicFront, threads: threads,
            group: group,
            listeners: listeners, publicListeners: publicListeners)
        try await serving.run(onListening)
    } catch {
        try? await group.shutdownGracefully()
        throw error
    }
    try await group.shutdownGracefully()
}

/// A server that takes connections.
public struct RunningServer: Sendable {
    /// Where, as `127.0.0.1:8181`, `[::1]:8181` or `unix://path`.
    public let addresses: [String]
    /// Those of the public listener.
    public let publicAddresses: [String]
    /// What it serves at its start, in the order of their ids.
    public let modules: [Module]
    fileprivate let group: ServiceGroup

    /// Ends the server as a signal would.
    public func stop() async { await group.triggerGracefulShutdown() }
}

/// Why a server did not start, or stopped by itself.
public enum ServerFailure: Error, Sendable, CustomStringConvertible {
    case files(LoadFailure)
    /// The modules do not compile: one clause, or a list of them.
    case policy(String)
    case address(String, reason: String)
    /// What is wrong with the operations that this version was built with.
    case operations(String)

    public var description: String {
        switch self {
        case .files(let failure): failure.description
        case .policy(let message), .operations(let message): message
        case .address(let address, let reason): "cannot listen on `\(address)`: \(reason)"
        }
    }
}

/// Compiling takes a deep stack: it is the pool's work, too.
private func loadedPolicy(
    _ options: ServerOptions, _ pool: EvaluationPool
) async throws(ServerFailure) -> LivePolicy {
    let result = await pool.run { _ -> Result<LivePolicy, ServerFailure> in
        do {
            let loaded = try options.loader.load(options.paths)
            return .success(
                try LivePolicy(
                    loaded, options: options.compilation, version: options.loader.version))
        } catch let failure as LoadFailure {
            return .failure(.files(failure))
        } catch let refusal as WriteRefusal {
            return .failure(.policy(refusal.message))
        } catch {
            return .failure(.policy("\(error)"))
        }
    }
    guard let result else { preconditionFailure("a new pool has room for a job") }
    return try result.get()
}

/// The parts of a server that runs.
private struct Serving {
    let options: ServerOptions
    let front: Front
    let publicFront: PublicFront?
    let threads: RequestThreads?
    let group: MultiThreadedEventLoopGroup
    let listeners: [Listener]
    let publicListeners: [Listener]

    func run(_ onListening: @escaping @Sendable (RunningServer) -> Void) async throws {
        let loops = eventLoops()
        let sweeps = loops.map { loop, state in
            loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
                state.sweep()
            }
        }
        defer { for sweep in sweeps { sweep.cancel() } }
        let started = Started(expected: listeners.count + publicListeners.count)
        var services = work + servers(loops, started)
        if options.watchesFiles {
            services.append(
                PolicyWatch(
                    live: front.live, pool: front.pool, loader: options.loader,
                    paths: options.paths, logger: front.logger))
        }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet(front.logger))
        configuration.maximumGracefulShutdownDuration = .seconds(options.shutdownGraceSeconds)
        let members = ServiceGroup(configuration: configuration)
        started.whenAll { addresses in
            let modules = front.live.current.modules.sorted { $0.key < $1.key }.map(\.value)
            onListening(
                RunningServer(
                    addresses: addresses.decision, publicAddresses: addresses.public,
                    modules: modules, group: members))
        }
        try await members.run()
        for listener in listeners + publicListeners { listener.cleanUp() }
    }

    /// First, so that it ends last.
    private var work: [any Service] {
        guard let front = publicFront else { return [] }
        let work = DeploymentWork(
            deployment: front.deployment, denials: front.anonymousDenials, host: front.host,
            pool: front.pool, logger: front.logger)
        // A service that has nothing to do ends, and with it all the others.
        guard !front.deployment.jobs.isEmpty else { return [work] }
        return [DeploymentJobs(jobs: front.deployment.jobs, logger: front.logger), work]
    }

    private func servers(
        _ loops: [(loop: any EventLoop, state: LoopState)], _ started: Started
    ) -> [any Service] {
        let loops = Dictionary(
            uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.loop), $0.state) })
        let front = front
        let decision = EdgeChannel(
            limits: front.limits, loops: loops, hasFastPath: options.hasFastPath
        ) { request, writer, _ in
            try await front.respond(request, writer)
        }
        let servers = listeners.map { server($0, decision, started, isPublic: false) }
        guard let publicFront else { return servers }
        let channel = EdgeChannel(
            limits: front.limits, loops: loops, hasFastPath: false, word: publicFront.unreadable,
            threads: threads
        ) { request, writer, channel in
            try await publicFront.respond(request, writer, peer: channel.remoteAddress)
        }
        return servers + publicListeners.map { server($0, channel, started, isPublic: true) }
    }

    private func eventLoops() -> [(loop: any EventLoop, state: LoopState)] {
        group.makeIterator().map {
            ($0, LoopState(front: front, evaluation: options.evaluation))
        }
    }

    private func server(
        _ listener: Listener, _ channel: EdgeChannel, _ started: Started, isPublic: Bool
    ) -> any Service {
        let server = channel.server(
            configuration: .init(address: listener.bindAddress, backlog: 1_024),
            onServerRunning: { started.add(listener, $0.localAddress, isPublic: isPublic) },
            eventLoopGroup: group, logger: quiet(front.logger))
        return Listening(listener: listener, server: server)
    }

    /// What the libraries below tell is of interest where something is wrong.
    private func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        if logger.logLevel > .debug { logger.logLevel = max(logger.logLevel, .warning) }
        return logger
    }
}

/// A server whose failure names its address.
private struct Listening: Service {
    let listener: Listener
    let server: any Service

    func run() async throws {
        do {
            try await server.run()
        } catch let failure as IOError {
            let reason = unsafe String(cString: strerror(failure.errnoCode))
            throw ServerFailure.address(listener.text(bound: nil), reason: reason)
        }
    }
}

/// Counts the listeners that take connections.
private final class Started: Sendable {
    typealias Addresses = (decision: [String], public: [String])

    private struct State {
        var addresses: Addresses = ([], [])
        var whenAll: (@Sendable (Addresses) -> Void)?
    }

    private let expected: Int
    private let state = Mutex(State())

    init(expected: Int) {
        self.expected = expected
    }

    func whenAll(_ body: @escaping @Sendable (Addresses) -> Void) {
        state.withLock { $0.whenAll = body }
    }

    func add(_ listener: Listener, _ bound: SocketAddress?, isPublic: Bool) {
        let text = listener.text(bound: bound)
        let ready = state.withLock { state -> (@Sendable () -> Void)? in
            if isPublic {
                state.addresses.public.append(text)
            } else {
                state.addresses.decision.append(text)
            }
            let count = state.addresses.decision.count + state.addresses.public.count
            guard count == expected, let whenAll = state.whenAll else { return nil }
            let addresses = (state.addresses.decision.sorted(), state.addresses.public.sorted())
            return { whenAll(addresses) }
        }
        ready?()
    }
}
