using System.IO.Pipelines;
using TunnelRpc.Transports.Http;
using TunnelRpc.Transports.Legs.Server;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// The server's side of <see cref="TwoConnectionTransport"/>, <see cref="NPlusOneTransport"/>, <see cref="LongPollTransport"/> and
/// <see cref="StreamPollTransport"/>. The info of a connection has the name of its transport. All exchanges of a client must reach the same
/// instance: it serves any number of mapped paths, but several server processes need sticky routing. The responses are specified in
/// docs/legs.md. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock for all timeouts; null for the system clock.</param>
public sealed class LegTransportAcceptor(TimeProvider? timeProvider = null) : ITransportAcceptor
{
    private const string UnknownConnectionReason = "There is no such leg connection.";
    private const string EndedConnectionReason = "The leg connection has ended.";

    private readonly LegConnectionTable _connections = new();

    // Created at the first exchange, because the properties are set after the constructor.
    private LegTimings? _timings;

    /// <summary>
    /// The maximum number of leg connections whose download leg is open and whose upload leg is not. Further ones are refused with 503.
    /// A server also limits those of each user and each address (<see cref="TunnelPartitionLimits.MaxPendingLegConnections"/>). Default
    /// 10,000.
    /// </summary>
    public int MaxPendingConnections { get; init; } = 10_000;

    /// <summary>
    /// The maximum time for which the server delays the response to a poll when it has no bytes to send; it then responds with 204. Default
    /// 25 s. Must be shorter than the timeouts of proxies; too short costs only more polls.
    /// </summary>
    public TimeSpan PollHold { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>
    /// The lifetime of a streamed download. After it the server ends the response, and the client opens another one. Default 300 s.
    /// </summary>
    public TimeSpan DownloadLifetime { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>The maximum time of a connection without any open exchange. After it the connection fails. Default 30 s.</summary>
    public TimeSpan DetachedTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>"two-connection, n-plus-one, long-poll": the transports of the default list that it accepts.</summary>
    public string Name => "two-connection, n-plus-one, long-poll";

    private LegTimings Timings =>
        _timings ??= new LegTimings(timeProvider ?? TimeProvider.System, PollHold, DownloadLifetime, DetachedTimeout);

    /// <inheritdoc/>
    public bool CanAccept(IHttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return LegProtocol.TryParsePath(exchange.SubPath, out _, out bool isDownload) && exchange.Method == (isDownload ? "GET" : "POST");
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (!LegProtocol.TryParsePath(exchange.SubPath, out string id, out bool isDownload))
        {
            throw new ArgumentException("Expected an exchange for which CanAccept returns true.", nameof(exchange));
        }

        if (await ExchangeRefusal.TryRefuseCrossOriginAsync(exchange, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        string? text = exchange.GetRequestHeader(LegHeader.HeaderName);
        if (!LegHeader.TryParse(text, isDownload, out LegHeader header) || header.Epoch is < 1 or > int.MaxValue)
        {
            return await RefuseAsync(exchange, 404, UnknownConnectionReason, cancellationToken).ConfigureAwait(false);
        }

        ServerLegConnection? connection = _connections.Find(id);
        if (connection is null
            && isDownload
            && header.Epoch == 1
            && LegProtocol.DecodeKeyOrProof(exchange.GetRequestHeader(LegProtocol.KeyHeader)) is { } key
            && LegProtocol.TryParseLegConnectionHeader(
                exchange.GetRequestHeader(LegProtocol.LegConnectionHeader),
                out LegExchangeKind uploadKind,
                out LegExchangeKind downloadKind))
        {
            string transportName = LegProtocol.GetTransportName(uploadKind, downloadKind);
            connection = _connections.GetOrAdd(id, key, transportName, exchange, Timings, MaxPendingConnections, out string? refusal);
            if (connection is null)
            {
                return await RefuseAsync(exchange, 503, refusal!, cancellationToken).ConfigureAwait(false);
            }
        }

        // The response is the same for an unknown connection, a wrong proof and a wrong user, so that it discloses nothing.
        if (connection is null || !connection.IsAuthentic(exchange, isDownload, text!))
        {
            return await RefuseAsync(exchange, 404, UnknownConnectionReason, cancellationToken).ConfigureAwait(false);
        }

        if (connection.IsEnded)
        {
            return await RefuseAsync(exchange, 410, EndedConnectionReason, cancellationToken).ConfigureAwait(false);
        }

        return isDownload
            ? await AcceptDownloadAsync(connection, exchange, header, cancellationToken).ConfigureAwait(false)
            : await AcceptUploadAsync(connection, exchange, header, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<ITransportConnection?> AcceptDownloadAsync(
        ServerLegConnection connection, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        // Not disposed, because the next download may cancel it at any time. The source that is linked to it is disposed.
        CancellationTokenSource superseded = new();
        if (!connection.TryOpenDownload(header, superseded, out long claim))
        {
            const string Reason = "The download was superseded by a newer one, or requests bytes that are not available.";
            return await RefuseAsync(exchange, 409, Reason, cancellationToken).ConfigureAwait(false);
        }

        // When the host stops, it ends the accepted connections, which ends this exchange. A pending leg connection has no accepted
        // connection yet, so it is disposed here.
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state =>
            {
                (ServerLegConnection connection, IHttpExchange exchange) = ((ServerLegConnection, IHttpExchange))state!;
                if (!exchange.RequestAborted.IsCancellationRequested)
                {
                    connection.DisposeIfPending();
                }
            },
            (connection, exchange));
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(superseded.Token, exchange.RequestAborted, connection.Stopping);
        using ServerLegConnection.Attachment attachment = connection.Attach(exchange.RequestAborted);
        await RunExchangeAsync(
            exchange,
            token => header.Kind == LegExchangeKind.Poll
                ? DownloadExchange.PollAsync(connection, exchange, header, claim, token)
                : DownloadExchange.StreamAsync(connection, exchange, header, claim, token),
            stop.Token).ConfigureAwait(false);

        return null;
    }

    private static async ValueTask<ITransportConnection?> AcceptUploadAsync(
        ServerLegConnection connection, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        if (header.Kind == LegExchangeKind.Block && header.LengthOrAcknowledgedOffset > LegProtocol.MaxBlockBytes)
        {
            string reason = $"Expected a block of at most {LegProtocol.MaxBlockBytes} bytes, got {header.LengthOrAcknowledgedOffset}.";
            return await RefuseAsync(exchange, 413, reason, cancellationToken).ConfigureAwait(false);
        }

        if (!connection.SendBuffer.TryAcknowledge(header.ConsumedOffset))
        {
            const string Reason = "The consumed offset is beyond the sent bytes.";
            return await RefuseAsync(exchange, 400, Reason, cancellationToken).ConfigureAwait(false);
        }

        bool isEnd = header.Kind is LegExchangeKind.End or LegExchangeKind.Reset;
        if (connection.IsClosing && !isEnd)
        {
            return await RefuseAsync(exchange, 410, EndedConnectionReason, cancellationToken).ConfigureAwait(false);
        }

        CancellationTokenSource superseded = new();
        bool isStream = header.Kind == LegExchangeKind.Stream;
        if ((isStream && header.Offset > connection.ReceiveBuffer.ReceivedOffset)
            || !connection.TryOpenUpload(header, isStream ? superseded : null))
        {
            StreamUploadExchange.SetResponse(exchange, 409, connection);
            return null;
        }

        if (isStream)
        {
            // Send the 100 (Continue) response now. Otherwise the server sends it at the first read.
            exchange.DisableRequestLimits();
            if (exchange.RequestBody.TryRead(out ReadResult early))
            {
                exchange.RequestBody.AdvanceTo(early.Buffer.Start);
            }
        }

        bool isFirst = !isEnd && connection.TryAccept();
        Task exchangeTask = RunUploadAsync(connection, exchange, header, superseded);
        if (isFirst)
        {
            TransportConnectionInfo info = new(connection.TransportName, exchange.RemoteEndPoint, exchange.User)
            {
                SendsBlocks = LegProtocol.IsPolled(connection.TransportName),
                ReceivesBlocks = !isStream,
            };
            return new ServerLegTransportConnection(connection, info, exchangeTask);
        }

        await exchangeTask.ConfigureAwait(false);
        return null;
    }

    private static async Task RunUploadAsync(
        ServerLegConnection connection, IHttpExchange exchange, LegHeader header, CancellationTokenSource superseded)
    {
        // Not linked to the host's token: an upload in progress when the host stops belongs to the orderly end of the connection.
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(superseded.Token, exchange.RequestAborted, connection.Stopping);
        using ServerLegConnection.Attachment attachment = connection.Attach(exchange.RequestAborted);
        await RunExchangeAsync(
            exchange,
            token => header.Kind switch
            {
                LegExchangeKind.Stream => new StreamUploadExchange(connection, exchange, header).RunAsync(token),
                LegExchangeKind.Block => BlockExchange.RunAsync(connection, exchange, header, token),
                _ => BlockExchange.EndAsync(connection, exchange, header, token),
            },
            stop.Token).ConfigureAwait(false);
    }

    private static async Task RunExchangeAsync(
        IHttpExchange exchange, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            await run(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Catch everything: any exception ends this exchange only, and the leg connection waits for the next one.
            exchange.Abort();
        }
    }

    private static async ValueTask<ITransportConnection?> RefuseAsync(
        IHttpExchange exchange, int status, string reason, CancellationToken cancellationToken)
    {
        await ExchangeRefusal.RespondAsync(exchange, status, reason, cancellationToken).ConfigureAwait(false);
        return null;
    }
}
