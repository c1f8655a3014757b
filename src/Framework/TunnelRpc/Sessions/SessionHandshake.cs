using System.Buffers;
using System.Security.Cryptography;
using TunnelRpc.Compatibility;
using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

// Decision: docs/adr/0006-session-registered-before-welcome.md
/// <summary>
/// The handshake: HELLO, WELCOME, CONFIRM, READY. Each side sends one small record and waits for the next, so the handshake does not
/// complete on a path where an intermediary buffers, or forwards a write only after the next one. The caller limits the time and owns the
/// connection.
/// </summary>
internal static class SessionHandshake
{
    /// <summary>The only protocol version of this implementation.</summary>
    public const byte Version = 1;

    /// <summary>
    /// The most bytes of records that are ignored (PAD and unknown types) before one record of the handshake: 64 KiB. They cost processor
    /// time before the peer has shown anything.
    /// </summary>
    public const int MaxIgnoredBytes = 64 << 10;

    /// <summary>The delay after which a client should retry if the server has reached its limits: 5 s.</summary>
    public static readonly TimeSpan ServerFullRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The delay after which a client should retry if the server is shutting down: 1 s, since another server may replace it soon.
    /// </summary>
    public static readonly TimeSpan ServerStoppingRetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The features that a side with these options supports.</summary>
    public static SessionFeatures GetFeatures(TunnelOptions options) =>
        SessionFeatures.GrowingWindows
        | (options.Compression.Algorithm == TunnelCompression.Brotli ? SessionFeatures.Brotli : SessionFeatures.None)
        | (options.ResumeWindow > TimeSpan.Zero ? SessionFeatures.Resume : SessionFeatures.None);

    /// <summary>The client's side of the handshake, for a new session.</summary>
    /// <param name="connection">The first path's connection; not owned.</param>
    /// <param name="limits">The limits of this side.</param>
    /// <param name="features">The features that this side supports.</param>
    /// <param name="cancellationToken">Cancels the handshake.</param>
    /// <param name="timeProvider">The clock that the path's round trip is measured with; null for the system's.</param>
    /// <returns>The session's parameters, and the receive buffer, which the caller owns.</returns>
    /// <exception cref="TunnelException">The server refused, or broke the protocol.</exception>
    /// <exception cref="TransportException">The path failed.</exception>
    public static async ValueTask<(SessionParameters Info, ReceiveBuffer Input)> DialAsync(
        ITransportConnection connection,
        TunnelLimits limits,
        SessionFeatures features,
        CancellationToken cancellationToken,
        TimeProvider? timeProvider = null)
    {
        var input = new ReceiveBuffer(connection, timeProvider);
        try
        {
            var nonce = new Guid(RandomNumberGenerator.GetBytes(16));
            var hello = new Hello(Version, Version, features, nonce, PeerLimits.From(limits), null);
            await SendRecordAsync(connection, RecordType.Hello, hello.ToPayload(), cancellationToken).ConfigureAwait(false);

            byte[] payload = await ReadExpectedRecordAsync(input, RecordType.Welcome, cancellationToken).ConfigureAwait(false);
            Welcome welcome = Welcome.Parse(payload);
            if (welcome.Version != Version)
            {
                throw new TunnelProtocolException($"Expected protocol version {Version}, which HELLO offered, got {welcome.Version}.");
            }

            if (welcome.ClientNonce != nonce || welcome.Ticket is null)
            {
                throw new TunnelProtocolException(
                    "Expected a WELCOME for a new session that echoes this HELLO's nonce, got another one: "
                    + "an intermediary replays responses.");
            }

            byte[] confirm = welcome.ServerNonce.ToByteArray(bigEndian: true);
            await SendRecordAsync(connection, RecordType.Confirm, confirm, cancellationToken).ConfigureAwait(false);
            await ReadExpectedRecordAsync(input, RecordType.Ready, cancellationToken).ConfigureAwait(false);
            var parameters = new SessionParameters(
                true, welcome.Ticket, welcome.Limits, welcome.Epoch, welcome.ServerInstance, connection.Info)
            {
                Features = features & welcome.Features,
                PeerFingerprints = welcome.Fingerprints,
            };
            return (parameters, input);
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The client's side of the handshake, for another path of a session. Called between <see cref="PathManager.BeginMigration"/> and
    /// <see cref="PathManager.AttachAsync"/>.
    /// </summary>
    /// <param name="connection">The new path's connection; not owned.</param>
    /// <param name="session">The session.</param>
    /// <param name="limits">The limits of this side.</param>
    /// <param name="confirmGate">
    /// A semaphore of one that concurrent attempts share, so that only one of them sends CONFIRM, which makes the server migrate. The
    /// attempt that succeeds does not release it. Null for a single attempt.
    /// </param>
    /// <param name="cancellationToken">Cancels the handshake, but not after CONFIRM: the server may have migrated then.</param>
    /// <param name="timeoutToken">Cancels the handshake at any time, also after CONFIRM.</param>
    /// <exception cref="TunnelException">
    /// The server refused, or broke the protocol, or the path leads to another server instance than the session's.
    /// </exception>
    /// <exception cref="TransportException">The path failed.</exception>
    public static async ValueTask<ResumeResult> ResumeAsync(
        ITransportConnection connection,
        TunnelSession session,
        TunnelLimits limits,
        SemaphoreSlim? confirmGate,
        CancellationToken cancellationToken,
        CancellationToken timeoutToken = default)
    {
        ThrowIfOtherInstance(connection.Info, session.Parameters);
        var input = new ReceiveBuffer(connection, session.TimeProvider);
        try
        {
            var nonce = new Guid(RandomNumberGenerator.GetBytes(16));
            SessionParameters parameters = session.Parameters;
            uint epoch = session.Paths.ClaimNextEpoch();
            ulong received = session.ReceivedOffset;
            byte[] proof = SessionProof.Compute(parameters.Ticket, epoch, received, nonce);
            var resume = new ResumeRequest(parameters.Ticket.SessionId, epoch, received, proof);
            var hello = new Hello(Version, Version, parameters.Features, nonce, PeerLimits.From(limits), resume);
            await SendRecordAsync(connection, RecordType.Hello, hello.ToPayload(), cancellationToken).ConfigureAwait(false);

            byte[] payload = await ReadExpectedRecordAsync(input, RecordType.Welcome, cancellationToken).ConfigureAwait(false);
            Welcome welcome = Welcome.Parse(payload);
            bool isForThisHello = welcome.ClientNonce == nonce
                && welcome.Ticket is null
                && welcome.Epoch == epoch
                && welcome.ServerInstance == parameters.ServerInstance;
            if (!isForThisHello)
            {
                throw new TunnelProtocolException(
                    "Expected a WELCOME for the session, epoch and nonce of this HELLO, got another one: "
                    + "an intermediary replays responses.");
            }

            ValidateReceivedOffset(welcome.ReceivedOffset, session);
            await (confirmGate?.WaitAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                byte[] confirm = welcome.ServerNonce.ToByteArray(bigEndian: true);
                await SendRecordAsync(connection, RecordType.Confirm, confirm, timeoutToken).ConfigureAwait(false);
                await ReadExpectedRecordAsync(input, RecordType.Ready, timeoutToken).ConfigureAwait(false);
                return new ResumeResult(epoch, welcome.ReceivedOffset, input);
            }
            catch
            {
                confirmGate?.Release();
                throw;
            }
        }
        catch (SessionRefusedException refused) when (refused.IsSessionNotFound)
        {
            input.Dispose();
            throw new SessionRefusedException(refused.Refusal, DescribeUnknownSession(connection.Info, session.Parameters));
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    /// <summary>The server's side of the handshake, for a new session and for another path of a session.</summary>
    /// <param name="connection">The connection. A session that is resumed owns it; otherwise it is not owned.</param>
    /// <param name="limits">The limits of this side.</param>
    /// <param name="features">The features that this side supports.</param>
    /// <param name="serverInstance">Identifies the server process.</param>
    /// <param name="registry">The server's sessions; null if no session can be resumed.</param>
    /// <param name="cancellationToken">Cancels the handshake.</param>
    /// <param name="timeProvider">The clock that the path's round trip is measured with; null for the system's.</param>
    /// <param name="fingerprints">The fingerprints of the contracts that a new session can use.</param>
    /// <returns>A new session that was added to the registry, or a session that has migrated to this connection.</returns>
    /// <exception cref="TunnelException">The client violated the protocol, or was refused. It was notified with REFUSE.</exception>
    /// <exception cref="TransportException">The path failed.</exception>
    public static async ValueTask<AcceptResult> AcceptAsync(
        ITransportConnection connection,
        TunnelLimits limits,
        SessionFeatures features,
        Guid serverInstance,
        ISessionRegistry? registry,
        CancellationToken cancellationToken,
        TimeProvider? timeProvider = null,
        FingerprintList fingerprints = default)
    {
        var input = new ReceiveBuffer(connection, timeProvider);
        try
        {
            byte[] payload = await ReadExpectedRecordAsync(input, RecordType.Hello, cancellationToken).ConfigureAwait(false);
            Hello hello = Hello.Parse(payload);
            if (hello.MinVersion > Version || hello.MaxVersion < Version)
            {
                throw new TunnelProtocolException(
                    $"Expected a HELLO that offers protocol version {Version}, got versions {hello.MinVersion} to {hello.MaxVersion}: "
                    + "update one of the two sides.");
            }

            if (hello.Resume is not null)
            {
                IRegisteredSession session = FindResumableSession(hello, hello.Resume, connection, registry);
                return await AcceptResumeAsync(connection, input, hello, hello.Resume, session, limits, serverInstance, cancellationToken)
                    .ConfigureAwait(false);
            }

            registry?.Admit(connection.Info);

            var nonce = new Guid(RandomNumberGenerator.GetBytes(16));
            var id = new Guid(RandomNumberGenerator.GetBytes(16));
            var ticket = new SessionTicket(id, RandomNumberGenerator.GetBytes(32), GetResumeWindow(hello, registry));
            var welcome = new Welcome(Version, features, hello.Nonce, nonce, PeerLimits.From(limits), serverInstance, 1, 0, ticket)
            {
                Fingerprints = fingerprints,
            };
            await ProvePathAsync(connection, input, welcome, cancellationToken).ConfigureAwait(false);
            var parameters = new SessionParameters(false, ticket, hello.Limits, 1, serverInstance, connection.Info)
            {
                Features = features & hello.Features,
            };
            IRegisteredSession? added = registry?.Add(parameters, connection, input);
            try
            {
                await SendRecordAsync(connection, RecordType.Ready, [], cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                if (added is not null)
                {
                    registry!.Remove(added);
                }

                throw;
            }

            return new AcceptResult(parameters, input, null) { Session = added };
        }
        catch (TunnelException refusal)
        {
            input.Dispose();
            await RefuseAsync(
                connection,
                refusal.Status,
                refusal.Status switch
                {
                    TunnelStatus.ResourceExhausted => ServerFullRetryAfter,
                    TunnelStatus.Unavailable => ServerStoppingRetryAfter,
                    _ => TimeSpan.Zero,
                },
                refusal.Message,
                cancellationToken).ConfigureAwait(false);
            throw;
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    /// <summary>Sends REFUSE with the reason. A failure to send it is ignored.</summary>
    public static async ValueTask RefuseAsync(
        ITransportConnection connection, TunnelStatus status, TimeSpan retryAfter, string reason, CancellationToken cancellationToken)
    {
        try
        {
            byte[] payload = new Refusal(status, retryAfter, reason).ToPayload();
            await SendRecordAsync(connection, RecordType.Refuse, payload, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TransportException or OperationCanceledException)
        {
            // The caller reports the reason of the refusal, not this failure.
        }
    }

    /// <summary>
    /// The session that a HELLO resumes. An unknown session, a wrong proof and another user cause the same error, so that ids cannot be
    /// probed.
    /// </summary>
    private static IRegisteredSession FindResumableSession(
        Hello hello, ResumeRequest resume, ITransportConnection connection, ISessionRegistry? registry)
    {
        if (registry?.Find(resume.SessionId) is { Session: { IsEnding: false } session } found
            && SessionProof.Verify(session.Parameters.Ticket, resume, hello.Nonce)
            && UserIdentity.AreSame(session.Parameters.Connection, connection.Info))
        {
            if (!session.Paths.TryClaimEpoch(resume.Epoch))
            {
                // The proof is correct, but the request is late: the client has requested another path in the meantime.
                throw new TunnelException(
                    TunnelStatus.Aborted,
                    "Another path of this session was requested later, or its first path is not ready yet. Request a new path.");
            }

            ValidateReceivedOffset(resume.ReceivedOffset, session);
            return found;
        }

        throw new TunnelException(TunnelStatus.NotFound, "There is no such session to resume. Start a new one.");
    }

    private static TimeSpan GetResumeWindow(Hello hello, ISessionRegistry? registry) =>
        registry is not null && (hello.Features & SessionFeatures.Resume) != 0 ? registry.ResumeWindow : TimeSpan.Zero;

    private static async ValueTask<AcceptResult> AcceptResumeAsync(
        ITransportConnection connection,
        ReceiveBuffer input,
        Hello hello,
        ResumeRequest resume,
        IRegisteredSession registered,
        TunnelLimits limits,
        Guid serverInstance,
        CancellationToken cancellationToken)
    {
        TunnelSession session = registered.Session;

        // The client may close the old path as soon as it has received READY.
        using PathMigration migration = session.Paths.BeginMigration();
        var nonce = new Guid(RandomNumberGenerator.GetBytes(16));
        var welcome = new Welcome(
            Version,
            session.Parameters.Features,
            hello.Nonce,
            nonce,
            PeerLimits.From(limits),
            serverInstance,
            resume.Epoch,
            session.ReceivedOffset,
            null);
        await ProvePathAsync(connection, input, welcome, cancellationToken).ConfigureAwait(false);
        await SendRecordAsync(connection, RecordType.Ready, [], cancellationToken).ConfigureAwait(false);
        SessionPath path = await session.Paths.AttachAsync(connection, input, resume.Epoch, resume.ReceivedOffset).ConfigureAwait(false)
            ?? throw new TransportException("The session ended, or migrated to a later path, while this path was opened.");
        return new AcceptResult(session.Parameters, input, path) { Session = registered };
    }

    /// <summary>Sends WELCOME and waits for CONFIRM with its nonce: the path works in both directions.</summary>
    private static async ValueTask ProvePathAsync(
        ITransportConnection connection, ReceiveBuffer input, Welcome welcome, CancellationToken cancellationToken)
    {
        await SendRecordAsync(connection, RecordType.Welcome, welcome.ToPayload(), cancellationToken).ConfigureAwait(false);
        byte[] confirm = await ReadExpectedRecordAsync(input, RecordType.Confirm, cancellationToken).ConfigureAwait(false);
        if (!confirm.AsSpan().SequenceEqual(welcome.ServerNonce.ToByteArray(bigEndian: true)))
        {
            throw new TunnelProtocolException(
                "Expected a CONFIRM that echoes the nonce of WELCOME, got another: an intermediary replays requests.");
        }
    }

    /// <summary>
    /// Throws what a REFUSE would cause if the HTTP response named another server than the session's. With end-to-end TLS, only the server
    /// itself may end a session: an intermediary could have changed the response.
    /// </summary>
    private static void ThrowIfOtherInstance(TransportConnectionInfo path, SessionParameters session)
    {
        if (path is { IsEndToEndEncrypted: false, ServerInstance: { } instance } && instance != session.ServerInstance)
        {
            var refusal = new Refusal(TunnelStatus.NotFound, TimeSpan.Zero, "The response names another server instance.");
            throw new SessionRefusedException(refusal, DescribeUnknownSession(path, session)) { IsBeforeHello = true };
        }
    }

    // The server's refusal is the same for an unknown session and for one of another user. The instance that its HTTP response named is no
    // secret, and excludes some causes.
    private static string DescribeUnknownSession(TransportConnectionInfo path, SessionParameters session)
    {
        const string Affinity = "A load balancer in front of several servers needs affinity (sticky sessions): by cookie, with UseCookies "
            + "on, or by client address.";
        const string OtherUser = "or it belongs to another user, client certificate or path than this request's";
        return path.ServerInstance is not { } instance
            ? "The server does not know this session for this user: it restarted, or the request reached another server, or the session's "
                + $"ResumeWindow expired there, {OtherUser}. {Affinity}"
            : instance != session.ServerInstance
            ? $"The request reached another server than the one of this session, or that server restarted. {Affinity}"
            : "The server has not restarted, and does not know this session for this user: the session has ended there, for instance "
                + $"because its ResumeWindow expired, {OtherUser}.";
    }

    private static void ValidateReceivedOffset(ulong received, TunnelSession session)
    {
        ulong sent = session.SentOffset;
        if (received > sent)
        {
            throw new TunnelProtocolException(
                $"Expected a peer that has received at most {sent} bytes, which is what was sent, got {received}.");
        }
    }

    private static async ValueTask<byte[]> ReadExpectedRecordAsync(
        ReceiveBuffer input, RecordType expected, CancellationToken cancellationToken)
    {
        int ignoredBytes = 0;
        while (true)
        {
            (RecordType type, byte[] payload) = await input.ReadRecordAsync(cancellationToken).ConfigureAwait(false);
            if (type == expected)
            {
                return payload;
            }

            if (type == RecordType.Refuse && expected is RecordType.Welcome or RecordType.Ready)
            {
                // Only servers send it. That of a client is a record like any other: its text must not become the reason of this side.
                throw new SessionRefusedException(Refusal.Parse(payload));
            }

            if (((byte)type & 0x80) == 0)
            {
                throw new TunnelProtocolException($"Expected a record {expected}, got {type}.");
            }

            ignoredBytes += RecordHeader.Size + payload.Length;
            if (ignoredBytes > MaxIgnoredBytes)
            {
                throw new TunnelProtocolException(
                    $"Expected at most {MaxIgnoredBytes} bytes of ignored records before {expected} in the handshake, got {ignoredBytes}.");
            }
        }
    }

    private static ValueTask SendRecordAsync(
        ITransportConnection connection, RecordType type, byte[] payload, CancellationToken cancellationToken)
    {
        byte[] record = new byte[RecordHeader.Size + payload.Length];
        RecordHeader.Write(record, type, payload.Length);
        payload.CopyTo(record.AsSpan(RecordHeader.Size));
        return connection.WriteAsync(new ReadOnlySequence<byte>(record), cancellationToken);
    }
}
