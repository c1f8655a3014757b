using System.IO.Pipelines;
using TunnelRpc.Transports.Http;
using TunnelRpc.Transports.Legs.Server;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// The answering half of <see cref="TwoConnectionTransport"/>, <see cref="NPlusOneTransport"/> and <see cref="LongPollTransport"/>; a
/// connection's own name says which of them it is. All exchanges of a client must come to this object: one serves any
/// number of addresses, but not two server processes. What it answers, and when, is in docs/legs.md. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock for all time limits; null for the system's.</param>
public sealed class LegTransportAcceptor(TimeProvider? timeProvider = null) : ITransportAcceptor
{
    private readonly LegConnectionTable _connections = new();

    // Made with the first exchange, when the properties are set.
    private LegTimings? _timings;

    /// <summary>How many clients may have begun with their exchange down and not sent anything up; further ones get 503. 1,024 by default.</summary>
    public int MaxPendingConnections { get; init; } = 1024;

    /// <summary>How long a poll is held that there is nothing to answer to: 25 s by default. Longer than proxies wait is worse than too short.</summary>
    public TimeSpan PollHold { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long a streamed download lasts before the client must open another one: 300 s by default.</summary>
    public TimeSpan DownloadLifetime { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>How long a connection lives without any exchange: 30 s by default.</summary>
    public TimeSpan DetachedTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>"two-connection, n-plus-one, long-poll": what it answers. A connection's own name is one of them.</summary>
    public string Name => "two-connection, n-plus-one, long-poll";

    private LegTimings Timings => _timings ??= new LegTimings(timeProvider ?? TimeProvider.System, PollHold, DownloadLifetime, DetachedTimeout);

    /// <inheritdoc/>
    public bool CanAccept(IHttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return LegProtocol.TryParsePath(exchange.SubPath, out _, out bool isDown) && exchange.Method == (isDown ? "GET" : "POST");
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (!LegProtocol.TryParsePath(exchange.SubPath, out string id, out bool isDown))
        {
            throw new ArgumentException("Expected an exchange that this acceptor handles.", nameof(exchange));
        }

        if (await ExchangeRefusal.TryRefuseCrossOriginAsync(exchange, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        string? text = exchange.GetRequestHeader(LegHeader.HeaderName);
        if (!LegHeader.TryParse(text, isDown, out LegHeader header) || header.Epoch is < 1 or > int.MaxValue)
        {
            return await RefuseAsync(exchange, 404, "There is no such carrier.", cancellationToken).ConfigureAwait(false);
        }

        ServerLegConnection? carrier = _connections.Find(id);
        if (carrier is null && isDown && header.Epoch == 1 && LegProtocol.DecodeKeyOrProof(exchange.GetRequestHeader(LegProtocol.KeyHeader)) is { } key
            && LegProtocol.TryParseLegConnectionHeader(exchange.GetRequestHeader(LegProtocol.LegConnectionHeader), out LegExchangeKind up, out LegExchangeKind down))
        {
            carrier = _connections.GetOrAdd(id, key, LegProtocol.GetTransportName(up, down), exchange.User, Timings, MaxPendingConnections);
            if (carrier is null)
            {
                return await RefuseAsync(exchange, 503, $"{MaxPendingConnections} clients have not sent anything up yet.", cancellationToken).ConfigureAwait(false);
            }
        }

        // An unknown carrier, a wrong proof and a wrong user are told alike.
        if (carrier is null || !carrier.IsAuthentic(exchange, isDown, text!))
        {
            return await RefuseAsync(exchange, 404, "There is no such carrier.", cancellationToken).ConfigureAwait(false);
        }

        if (carrier.IsEnded)
        {
            return await RefuseAsync(exchange, 410, "The carrier has ended.", cancellationToken).ConfigureAwait(false);
        }

        return isDown
            ? await AcceptDownloadAsync(carrier, exchange, header, cancellationToken).ConfigureAwait(false)
            : await AcceptUploadAsync(carrier, exchange, header, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<ITransportConnection?> AcceptDownloadAsync(ServerLegConnection connection, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        // Not disposed, so that the next turn may cancel it at any time; what is linked to it is.
        CancellationTokenSource turn = new();
        if (!connection.TryOpenDownload(header, turn, out long claim))
        {
            return await RefuseAsync(exchange, 409, "The download was opened again since, or asks for bytes that are not there.", cancellationToken).ConfigureAwait(false);
        }

        // A host that stops ends the connection, and that ends this; but a carrier without a connection would only be in its way.
        using CancellationTokenRegistration stopping = cancellationToken.UnsafeRegister(
            static state =>
            {
                (ServerLegConnection carrier, IHttpExchange exchange) = ((ServerLegConnection, IHttpExchange))state!;
                if (carrier.IsPending && !exchange.RequestAborted.IsCancellationRequested)
                {
                    carrier.Dispose();
                }
            },
            (connection, exchange));
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(turn.Token, exchange.RequestAborted, connection.Stopping);
        using ServerLegConnection.Attachment attachment = connection.Attach();
        if (header.Kind == LegExchangeKind.Poll)
        {
            await RunExchangeAsync(exchange, token => DownloadExchange.PollAsync(connection, exchange, header, claim, token), stop.Token).ConfigureAwait(false);
        }
        else
        {
            await RunExchangeAsync(exchange, token => DownloadExchange.StreamAsync(connection, exchange, header, claim, token), stop.Token).ConfigureAwait(false);
        }

        return null;
    }

    private static async ValueTask<ITransportConnection?> AcceptUploadAsync(ServerLegConnection connection, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        if (header.Kind == LegExchangeKind.Block && header.LengthOrAcknowledgedOffset > LegProtocol.MaxBlockBytes)
        {
            return await RefuseAsync(exchange, 413, $"A block has at most {LegProtocol.MaxBlockBytes} bytes.", cancellationToken).ConfigureAwait(false);
        }

        if (!connection.SendBuffer.TryAcknowledge(header.ConsumedOffset))
        {
            return await RefuseAsync(exchange, 400, "What is consumed was never sent.", cancellationToken).ConfigureAwait(false);
        }

        bool ends = header.Kind is LegExchangeKind.End or LegExchangeKind.Reset;
        if (connection.IsClosing && !ends)
        {
            return await RefuseAsync(exchange, 410, "The carrier has ended.", cancellationToken).ConfigureAwait(false);
        }

        CancellationTokenSource turn = new();
        bool isStream = header.Kind == LegExchangeKind.Stream;
        if ((isStream && header.Offset > connection.ReceiveBuffer.ReceivedOffset) || !connection.TryOpenUpload(header, isStream ? turn : null))
        {
            StreamUploadExchange.SetResponse(exchange, 409, connection);
            return null;
        }

        if (isStream)
        {
            // Gives the client its go-ahead (100 Continue) now, which otherwise waits for the first read.
            exchange.DisableRequestLimits();
            if (exchange.RequestBody.TryRead(out ReadResult early))
            {
                exchange.RequestBody.AdvanceTo(early.Buffer.Start);
            }
        }

        bool isFirst = !ends && connection.TryAccept();
        Task running = RunUploadAsync(connection, exchange, header, turn);
        if (isFirst)
        {
            return new ServerLegTransportConnection(connection, new TransportConnectionInfo(connection.TransportName, exchange.RemoteEndPoint, exchange.User), running);
        }

        await running.ConfigureAwait(false);
        return null;
    }

    private static async Task RunUploadAsync(ServerLegConnection connection, IHttpExchange exchange, LegHeader header, CancellationTokenSource superseded)
    {
        // Not to the host's own token: what is under way when the host stops belongs to the connection's orderly end.
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(superseded.Token, exchange.RequestAborted, connection.Stopping);
        using ServerLegConnection.Attachment attachment = connection.Attach();
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

    private static async Task RunExchangeAsync(IHttpExchange exchange, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            await run(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whatever happened to one exchange ends it and nothing else: the carrier waits for the next.
            exchange.Abort();
        }
    }

    private static async ValueTask<ITransportConnection?> RefuseAsync(IHttpExchange exchange, int status, string reason, CancellationToken cancellationToken)
    {
        await ExchangeRefusal.RespondAsync(exchange, status, reason, cancellationToken).ConfigureAwait(false);
        return null;
    }
}
