using System.Buffers;
using System.Security.Cryptography;
using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>
/// HELLO, WELCOME, CONFIRM, READY: each one small record followed by silence, so that a path that buffers, or is always one
/// write behind, never finishes. The caller bounds the time and owns the connection.
/// </summary>
internal static class SessionHandshake
{
    public const byte Version = 1;

    /// <summary>When a client should try again that found no room.</summary>
    public static readonly TimeSpan ServerFullRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>When a client should try again whose server was stopping: another one may take its place soon.</summary>
    public static readonly TimeSpan ServerStoppingRetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>What a side with these options says that it can do.</summary>
    public static SessionFeatures GetFeatures(TunnelOptions options) =>
        (options.Compression.Algorithm == TunnelCompression.Brotli ? SessionFeatures.Brotli : SessionFeatures.None)
        | (options.ResumeWindow > TimeSpan.Zero ? SessionFeatures.Resume : SessionFeatures.None);

    /// <summary>The dialing side.</summary>
    /// <exception cref="TunnelException">The server refused, or broke the protocol.</exception>
    /// <exception cref="TransportException">The path failed.</exception>
    public static async ValueTask<(SessionParameters Info, ReceiveBuffer Input)> DialAsync(
        ITransportConnection connection, TunnelLimits limits, SessionFeatures features, CancellationToken cancellationToken, TimeProvider? timeProvider = null)
    {
        var input = new ReceiveBuffer(connection, timeProvider);
        try
        {
            var nonce = new Guid(RandomNumberGenerator.GetBytes(16));
            var hello = new Hello(Version, Version, features, nonce, PeerLimits.From(limits), null);
            await SendRecordAsync(connection, RecordType.Hello, hello.ToPayload(), cancellationToken).ConfigureAwait(false);

            Welcome welcome = Welcome.Parse(await ReadExpectedRecordAsync(input, RecordType.Welcome, cancellationToken).ConfigureAwait(false));
            if (welcome.Version != Version)
            {
                throw new TunnelProtocolException($"Expected protocol version {Version}, which HELLO offered, got {welcome.Version}.");
            }

            if (welcome.ClientNonce != nonce || welcome.Ticket is null)
            {
                throw new TunnelProtocolException("Expected a WELCOME for a new session that echoes this HELLO's nonce, got one for another: something on the way replays answers.");
            }

            await SendRecordAsync(connection, RecordType.Confirm, welcome.ServerNonce.ToByteArray(bigEndian: true), cancellationToken).ConfigureAwait(false);
            await ReadExpectedRecordAsync(input, RecordType.Ready, cancellationToken).ConfigureAwait(false);
            return (new SessionParameters(true, welcome.Ticket, welcome.Limits, welcome.Epoch, welcome.ServerInstance, connection.Info) { Features = features & welcome.Features }, input);
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    /// <summary>The dialing side, for another path of a session that it has. Between <see cref="PathManager.BeginMigration"/> and the attaching.</summary>
    /// <param name="connection">The new path.</param>
    /// <param name="session">The session.</param>
    /// <param name="limits">This side's limits.</param>
    /// <param name="confirmGate">
    /// Lets one of several paths that are tried at once go on to the records by which the server moves; kept by the one that succeeds.
    /// Null where only one is tried.
    /// </param>
    /// <param name="cancellationToken">Gives up; not any more once the server may have moved.</param>
    /// <param name="timeoutToken">Gives up at any time, also when the server may have moved.</param>
    /// <exception cref="TunnelException">The server refused, or broke the protocol.</exception>
    /// <exception cref="TransportException">The path failed.</exception>
    public static async ValueTask<ResumeResult> ResumeAsync(
        ITransportConnection connection,
        TunnelSession session,
        TunnelLimits limits,
        SemaphoreSlim? confirmGate,
        CancellationToken cancellationToken,
        CancellationToken timeoutToken = default)
    {
        var input = new ReceiveBuffer(connection, session.TimeProvider);
        try
        {
            var nonce = new Guid(RandomNumberGenerator.GetBytes(16));
            SessionParameters info = session.Parameters;
            uint epoch = session.Paths.ClaimNextEpoch();
            ulong received = session.ReceivedOffset;
            var resume = new ResumeRequest(info.Ticket.SessionId, epoch, received, SessionProof.Compute(info.Ticket, epoch, received, nonce));
            var hello = new Hello(Version, Version, info.Features, nonce, PeerLimits.From(limits), resume);
            await SendRecordAsync(connection, RecordType.Hello, hello.ToPayload(), cancellationToken).ConfigureAwait(false);

            Welcome welcome = Welcome.Parse(await ReadExpectedRecordAsync(input, RecordType.Welcome, cancellationToken).ConfigureAwait(false));
            if (welcome.ClientNonce != nonce || welcome.Ticket is not null || welcome.Epoch != epoch || welcome.ServerInstance != info.ServerInstance)
            {
                throw new TunnelProtocolException("Expected a WELCOME to the session of this HELLO, got one for another: something on the way replays answers.");
            }

            ValidateReceivedOffset(welcome.ReceivedOffset, session);
            await (confirmGate?.WaitAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                await SendRecordAsync(connection, RecordType.Confirm, welcome.ServerNonce.ToByteArray(bigEndian: true), timeoutToken).ConfigureAwait(false);
                await ReadExpectedRecordAsync(input, RecordType.Ready, timeoutToken).ConfigureAwait(false);
                return new ResumeResult(epoch, welcome.ReceivedOffset, input);
            }
            catch
            {
                confirmGate?.Release();
                throw;
            }
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    /// <summary>The answering side.</summary>
    /// <param name="connection">The path.</param>
    /// <param name="limits">This side's limits.</param>
    /// <param name="features">What this side can do.</param>
    /// <param name="serverInstance">Which run of the server this is.</param>
    /// <param name="registry">Who keeps the sessions; null for none: then none can be resumed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="timeProvider">What the path's round trip is measured by; null for the system's.</param>
    /// <returns>A new session that the registry has, or one that has moved to this connection, which it owns then.</returns>
    /// <exception cref="TunnelException">The client broke the protocol; it was told so with REFUSE.</exception>
    /// <exception cref="TransportException">The path failed.</exception>
    public static async ValueTask<AcceptResult> AcceptAsync(
        ITransportConnection connection,
        TunnelLimits limits,
        SessionFeatures features,
        Guid serverInstance,
        ISessionRegistry? registry,
        CancellationToken cancellationToken,
        TimeProvider? timeProvider = null)
    {
        var input = new ReceiveBuffer(connection, timeProvider);
        try
        {
            Hello hello = Hello.Parse(await ReadExpectedRecordAsync(input, RecordType.Hello, cancellationToken).ConfigureAwait(false));
            if (hello.MinVersion > Version || hello.MaxVersion < Version)
            {
                throw new TunnelProtocolException($"Expected a HELLO that offers protocol version {Version}, got versions {hello.MinVersion} to {hello.MaxVersion}: update one of the two sides.");
            }

            if (hello.Resume is not null)
            {
                IRegisteredSession session = FindResumableSession(hello, hello.Resume, connection, registry);
                return await AcceptResumeAsync(connection, input, hello, hello.Resume, session, limits, serverInstance, cancellationToken).ConfigureAwait(false);
            }

            registry?.Admit();

            var nonce = new Guid(RandomNumberGenerator.GetBytes(16));
            var ticket = new SessionTicket(new Guid(RandomNumberGenerator.GetBytes(16)), RandomNumberGenerator.GetBytes(32), GetResumeWindow(hello, registry));
            await ProvePathAsync(connection, input, new Welcome(Version, features, hello.Nonce, nonce, PeerLimits.From(limits), serverInstance, 1, 0, ticket), cancellationToken).ConfigureAwait(false);
            var info = new SessionParameters(false, ticket, hello.Limits, 1, serverInstance, connection.Info) { Features = features & hello.Features };
            IRegisteredSession? added = registry?.Add(info, connection, input);
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

            return new AcceptResult(info, input, null) { Session = added };
        }
        catch (TunnelException refused)
        {
            input.Dispose();
            await RefuseAsync(
                connection,
                refused.Status,
                refused.Status switch
                {
                    TunnelStatus.ResourceExhausted => ServerFullRetryAfter,
                    TunnelStatus.Unavailable => ServerStoppingRetryAfter,
                    _ => TimeSpan.Zero,
                },
                refused.Message,
                cancellationToken).ConfigureAwait(false);
            throw;
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    /// <summary>Tells the client why it gets no session; a path that cannot carry even that is left alone.</summary>
    public static async ValueTask RefuseAsync(
        ITransportConnection connection, TunnelStatus status, TimeSpan retryAfter, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await SendRecordAsync(connection, RecordType.Refuse, new Refusal(status, retryAfter, reason).ToPayload(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception lost) when (lost is TransportException or OperationCanceledException)
        {
            // The refusal itself is what the caller reports.
        }
    }

    /// <summary>The session of a HELLO that resumes. One that does not exist, a wrong proof and another user look the same.</summary>
    private static IRegisteredSession FindResumableSession(
        Hello hello, ResumeRequest resume, ITransportConnection connection, ISessionRegistry? registry)
    {
        if (registry?.Find(resume.SessionId) is { Session: { IsEnding: false } session } found
            && SessionProof.Verify(session.Parameters.Ticket, resume, hello.Nonce)
            && UserIdentity.AreSame(session.Parameters.Connection, connection.Info))
        {
            if (!session.Paths.TryClaimEpoch(resume.Epoch))
            {
                // Its owner, but late: it has asked for another path since.
                throw new TunnelException(TunnelStatus.Aborted, "Another path of this session was asked for later, or its first one is not ready yet. Ask for a new one.");
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

        // The client gives the old path up as soon as it has READY.
        using PathMigration move = session.Paths.BeginMigration();
        var nonce = new Guid(RandomNumberGenerator.GetBytes(16));
        var welcome = new Welcome(Version, session.Parameters.Features, hello.Nonce, nonce, PeerLimits.From(limits), serverInstance, resume.Epoch, session.ReceivedOffset, null);
        await ProvePathAsync(connection, input, welcome, cancellationToken).ConfigureAwait(false);
        await SendRecordAsync(connection, RecordType.Ready, [], cancellationToken).ConfigureAwait(false);
        SessionPath path = await session.Paths.AttachAsync(connection, input, resume.Epoch, resume.ReceivedOffset).ConfigureAwait(false)
            ?? throw new TransportException("The session ended, or went on on a later path, while this one was opened.");
        return new AcceptResult(session.Parameters, input, path) { Session = registered };
    }

    private static async ValueTask ProvePathAsync(ITransportConnection connection, ReceiveBuffer input, Welcome welcome, CancellationToken cancellationToken)
    {
        await SendRecordAsync(connection, RecordType.Welcome, welcome.ToPayload(), cancellationToken).ConfigureAwait(false);
        byte[] confirm = await ReadExpectedRecordAsync(input, RecordType.Confirm, cancellationToken).ConfigureAwait(false);
        if (!confirm.AsSpan().SequenceEqual(welcome.ServerNonce.ToByteArray(bigEndian: true)))
        {
            throw new TunnelProtocolException("Expected a CONFIRM that echoes the nonce of WELCOME, got another: something on the way replays requests.");
        }
    }

    private static void ValidateReceivedOffset(ulong received, TunnelSession session)
    {
        ulong sent = session.SentOffset;
        if (received > sent)
        {
            throw new TunnelProtocolException($"Expected a peer that has received at most {sent} bytes, which is what was sent, got {received}.");
        }
    }

    private static async ValueTask<byte[]> ReadExpectedRecordAsync(ReceiveBuffer input, RecordType expected, CancellationToken cancellationToken)
    {
        while (true)
        {
            (RecordType type, byte[] payload) = await input.ReadRecordAsync(cancellationToken).ConfigureAwait(false);
            if (type == expected)
            {
                return payload;
            }

            if (type == RecordType.Refuse)
            {
                throw new SessionRefusedException(Refusal.Parse(payload));
            }

            if (((byte)type & 0x80) == 0)
            {
                throw new TunnelProtocolException($"Expected a record {expected}, got {type}.");
            }
        }
    }

    private static ValueTask SendRecordAsync(ITransportConnection connection, RecordType type, byte[] payload, CancellationToken cancellationToken)
    {
        byte[] record = new byte[RecordHeader.Size + payload.Length];
        RecordHeader.Write(record, type, payload.Length);
        payload.CopyTo(record.AsSpan(RecordHeader.Size));
        return connection.WriteAsync(new ReadOnlySequence<byte>(record), cancellationToken);
    }
}
