using System.IO.Pipelines;
using TunnelRpc.Transports.Http;
using TunnelRpc.Transports.Legs.Answering;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// The answering half of <see cref="TwoConnectionTransport"/>, <see cref="NPlusOneTransport"/> and <see cref="LongPollTransport"/>; a
/// connection's own name says which of them it is. All exchanges of a client must come to this object: one serves any
/// number of addresses, but not two server processes. What it answers, and when, is in docs/legs.md. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock for all time limits; null for the system's.</param>
public sealed class LegsTransportAcceptor(TimeProvider? timeProvider = null) : ITransportAcceptor
{
    private readonly CarrierTable _carriers = new();

    // Made with the first exchange, when the properties are set.
    private LegsTimes? _times;

    /// <summary>How many clients may have begun with their exchange down and not sent anything up; further ones get 503. 1,024 by default.</summary>
    public int MaxPendingCarriers { get; init; } = 1024;

    /// <summary>How long a poll is held that there is nothing to answer to: 25 s by default. Longer than proxies wait is worse than too short.</summary>
    public TimeSpan PollHold { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long a streamed download lasts before the client must open another one: 300 s by default.</summary>
    public TimeSpan DownloadLifetime { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>How long a connection lives without any exchange: 30 s by default.</summary>
    public TimeSpan DetachedTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>"two-connection, n-plus-one, long-poll": what it answers. A connection's own name is one of them.</summary>
    public string Name => "two-connection, n-plus-one, long-poll";

    private LegsTimes Times => _times ??= new LegsTimes(timeProvider ?? TimeProvider.System, PollHold, DownloadLifetime, DetachedTimeout);

    /// <inheritdoc/>
    public bool Handles(IHttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return LegsProtocol.TryParsePath(exchange.SubPath, out _, out bool isDown) && exchange.Method == (isDown ? "GET" : "POST");
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (!LegsProtocol.TryParsePath(exchange.SubPath, out string id, out bool isDown))
        {
            throw new ArgumentException("Expected an exchange that this acceptor handles.", nameof(exchange));
        }

        if (await ExchangeRefusal.RefuseForeignOriginAsync(exchange, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        string? text = exchange.RequestHeader(LegHeader.Name);
        if (!LegHeader.TryParse(text, isDown, out LegHeader header) || header.Epoch is < 1 or > int.MaxValue)
        {
            return await RefuseAsync(exchange, 404, "There is no such carrier.", cancellationToken).ConfigureAwait(false);
        }

        Carrier? carrier = _carriers.Find(id);
        if (carrier is null && isDown && header.Epoch == 1 && LegsProtocol.Decode(exchange.RequestHeader(LegsProtocol.KeyHeader)) is { } key
            && LegsProtocol.TryParseCarrier(exchange.RequestHeader(LegsProtocol.CarrierHeader), out LegKind up, out LegKind down))
        {
            carrier = _carriers.Add(id, key, LegsProtocol.NameOf(up, down), exchange.User, Times, MaxPendingCarriers);
            if (carrier is null)
            {
                return await RefuseAsync(exchange, 503, $"{MaxPendingCarriers} clients have not sent anything up yet.", cancellationToken).ConfigureAwait(false);
            }
        }

        // An unknown carrier, a wrong proof and a wrong user are told alike.
        if (carrier is null || !carrier.IsMine(exchange, isDown, text!))
        {
            return await RefuseAsync(exchange, 404, "There is no such carrier.", cancellationToken).ConfigureAwait(false);
        }

        if (carrier.IsOver)
        {
            return await RefuseAsync(exchange, 410, "The carrier has ended.", cancellationToken).ConfigureAwait(false);
        }

        return isDown
            ? await AcceptDownAsync(carrier, exchange, header, cancellationToken).ConfigureAwait(false)
            : await AcceptUpAsync(carrier, exchange, header, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<ITransportConnection?> AcceptDownAsync(Carrier carrier, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        // Not disposed, so that the next turn may cancel it at any time; what is linked to it is.
        CancellationTokenSource turn = new();
        if (!carrier.TryOpenDown(header, turn, out long claim))
        {
            return await RefuseAsync(exchange, 409, "The download was opened again since, or asks for bytes that are not there.", cancellationToken).ConfigureAwait(false);
        }

        // A host that stops ends the connection, and that ends this; but a carrier without a connection would only be in its way.
        using CancellationTokenRegistration stopping = cancellationToken.UnsafeRegister(
            static state =>
            {
                (Carrier carrier, IHttpExchange exchange) = ((Carrier, IHttpExchange))state!;
                if (carrier.IsPending && !exchange.Aborted.IsCancellationRequested)
                {
                    carrier.Dispose();
                }
            },
            (carrier, exchange));
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(turn.Token, exchange.Aborted, carrier.Stopped);
        using Carrier.Attachment attachment = carrier.Attach();
        if (header.Kind == LegKind.Poll)
        {
            await RunAsync(exchange, token => DownloadExchange.PollAsync(carrier, exchange, header, claim, token), stop.Token).ConfigureAwait(false);
        }
        else
        {
            await RunAsync(exchange, token => DownloadExchange.StreamAsync(carrier, exchange, header, claim, token), stop.Token).ConfigureAwait(false);
        }

        return null;
    }

    private static async ValueTask<ITransportConnection?> AcceptUpAsync(Carrier carrier, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        if (header.Kind == LegKind.Block && header.Detail > LegsProtocol.MaxBlockBytes)
        {
            return await RefuseAsync(exchange, 413, $"A block has at most {LegsProtocol.MaxBlockBytes} bytes.", cancellationToken).ConfigureAwait(false);
        }

        if (!carrier.Down.TryRelease(header.Consumed))
        {
            return await RefuseAsync(exchange, 400, "What is consumed was never sent.", cancellationToken).ConfigureAwait(false);
        }

        bool ends = header.Kind is LegKind.End or LegKind.Reset;
        if (carrier.IsClosing && !ends)
        {
            return await RefuseAsync(exchange, 410, "The carrier has ended.", cancellationToken).ConfigureAwait(false);
        }

        CancellationTokenSource turn = new();
        bool isStream = header.Kind == LegKind.Stream;
        if ((isStream && header.Offset > carrier.Up.Received) || !carrier.TryOpenUp(header, isStream ? turn : null))
        {
            UploadExchange.Answer(exchange, 409, carrier);
            return null;
        }

        if (isStream)
        {
            // Gives the client its go-ahead (100 Continue) now, which otherwise waits for the first read.
            exchange.LiftLimits();
            if (exchange.RequestBody.TryRead(out ReadResult early))
            {
                exchange.RequestBody.AdvanceTo(early.Buffer.Start);
            }
        }

        bool isFirst = !ends && carrier.TryOpen();
        Task running = RunUpAsync(carrier, exchange, header, turn);
        if (isFirst)
        {
            return new LegsServerConnection(carrier, new TransportConnectionInfo(carrier.Name, exchange.RemoteEndPoint, exchange.User), running);
        }

        await running.ConfigureAwait(false);
        return null;
    }

    private static async Task RunUpAsync(Carrier carrier, IHttpExchange exchange, LegHeader header, CancellationTokenSource turn)
    {
        // Not to the host's own token: what is under way when the host stops belongs to the connection's orderly end.
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(turn.Token, exchange.Aborted, carrier.Stopped);
        using Carrier.Attachment attachment = carrier.Attach();
        await RunAsync(
            exchange,
            token => header.Kind switch
            {
                LegKind.Stream => new UploadExchange(carrier, exchange, header).RunAsync(token),
                LegKind.Block => BlockExchange.RunAsync(carrier, exchange, header, token),
                _ => BlockExchange.EndAsync(carrier, exchange, header, token),
            },
            stop.Token).ConfigureAwait(false);
    }

    private static async Task RunAsync(IHttpExchange exchange, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
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
        await ExchangeRefusal.AnswerAsync(exchange, status, reason, cancellationToken).ConfigureAwait(false);
        return null;
    }
}
