using System.Collections.Concurrent;
using System.IO.Pipelines;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.TwoConnection;

/// <summary>
/// The answering half of <see cref="TwoConnectionTransport"/>. Both legs must come to this object: one serves any number of addresses, but not
/// two server processes. An upload whose download is unknown, ended, another user's or bound to another key is
/// answered 404 alike; a second leg of a kind 409; a download beyond <see cref="MaxWaitingLegs"/> 503. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock for <see cref="PartnerTimeout"/>; null for the system's.</param>
public sealed class TwoConnectionTransportAcceptor(TimeProvider? timeProvider = null) : ITransportAcceptor
{
    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    // By the client's name for them; from the download's request to the connection's end.
    private readonly ConcurrentDictionary<string, LegPair> _pairs = new(StringComparer.Ordinal);

    // Downloads without an upload; changed by Interlocked only.
    private int _waiting;

    /// <summary>How long a download waits for its upload.</summary>
    public static TimeSpan PartnerTimeout { get; } = TimeSpan.FromSeconds(10);

    /// <summary>How many downloads may wait for their uploads at once.</summary>
    public int MaxWaitingLegs { get; init; } = 1024;

    /// <summary>"two-connection".</summary>
    public string Name => TwoConnectionProtocol.TransportName;

    /// <inheritdoc/>
    public bool Handles(IHttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return TwoConnectionProtocol.TryParse(exchange.SubPath, out _, out bool isDown) && exchange.Method == (isDown ? "GET" : "POST");
    }

    /// <inheritdoc/>
    /// <exception cref="TransportException">The download's partner did not come.</exception>
    public async ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (!TwoConnectionProtocol.TryParse(exchange.SubPath, out string id, out bool isDown))
        {
            throw new ArgumentException("Expected an exchange that this acceptor handles.", nameof(exchange));
        }

        if (await ExchangeRefusal.RefuseForeignOriginAsync(exchange, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        if (isDown)
        {
            return await AcceptDownAsync(exchange, id, cancellationToken).ConfigureAwait(false);
        }

        await AcceptUpAsync(exchange, id, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async ValueTask<ITransportConnection?> AcceptDownAsync(IHttpExchange exchange, string id, CancellationToken cancellationToken)
    {
        if (TwoConnectionProtocol.Decode(exchange.RequestHeader(TwoConnectionProtocol.BindHeader)) is not { } hash)
        {
            await ExchangeRefusal.AnswerAsync(exchange, 400, $"Expected {TwoConnectionProtocol.BindHeader} with the base64url of a SHA-256.", cancellationToken).ConfigureAwait(false);
            return null;
        }

        try
        {
            if (Interlocked.Increment(ref _waiting) > MaxWaitingLegs)
            {
                await ExchangeRefusal.AnswerAsync(exchange, 503, $"{MaxWaitingLegs} downloads wait for their uploads already.", cancellationToken).ConfigureAwait(false);
                return null;
            }

            LegPair pair = new(exchange, hash);
            if (!_pairs.TryAdd(id, pair))
            {
                await ExchangeRefusal.AnswerAsync(exchange, 409, "There is such a download already.", cancellationToken).ConfigureAwait(false);
                return null;
            }

            return await WaitForPartnerAsync(pair, id, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async ValueTask<ITransportConnection> WaitForPartnerAsync(LegPair pair, string id, CancellationToken cancellationToken)
    {
        IHttpExchange down = pair.Down;
        using CancellationTokenSource timeout = new(PartnerTimeout, _timeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, down.Aborted, cancellationToken);
        try
        {
            down.LiftLimits();
            down.SetStatus(200);
            down.SetResponseHeader("Content-Type", HttpHeaderValues.ContentType);
            HttpHeaderValues.SetStreaming(down);
            await down.StartResponseAsync(stop.Token).ConfigureAwait(false);
            await down.ResponseBody.WriteAsync(TwoConnectionProtocol.Preamble, stop.Token).ConfigureAwait(false);
            IHttpExchange up = await pair.Up.WaitAsync(stop.Token).ConfigureAwait(false);
            return new TwoConnectionServerConnection(pair, up, _timeProvider);
        }
        catch (Exception exception)
        {
            // An upload that came at the last moment finds that nobody reads it.
            pair.End(uploadEnded: false);
            _pairs.TryRemove(id, out _);
            down.Abort();
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new TransportException(timeout.IsCancellationRequested
                    ? $"two-connection: the upload did not come within {PartnerTimeout.TotalSeconds:0} s of its download."
                    : "two-connection: the client went away before its upload came.");
            }

            throw;
        }
    }

    private async ValueTask AcceptUpAsync(IHttpExchange exchange, string id, CancellationToken cancellationToken)
    {
        byte[]? key = TwoConnectionProtocol.Decode(exchange.RequestHeader(TwoConnectionProtocol.KeyHeader));
        byte[] hash = TwoConnectionProtocol.Hash(key);
        if (!_pairs.TryGetValue(id, out LegPair? pair) || key is null || !pair.IsPartner(hash, exchange.User))
        {
            await ExchangeRefusal.AnswerAsync(exchange, 404, "There is no download that this upload belongs to.", cancellationToken).ConfigureAwait(false);
            return;
        }

        exchange.LiftLimits();
        if (!pair.TryClaim())
        {
            await ExchangeRefusal.AnswerAsync(exchange, 409, "There is such an upload already.", cancellationToken).ConfigureAwait(false);
            return;
        }

        // Gives the client its go-ahead (100 Continue) now, which otherwise waits for the first read.
        if (exchange.RequestBody.TryRead(out ReadResult early))
        {
            exchange.RequestBody.AdvanceTo(early.Buffer.Start);
        }

        pair.Join(exchange);

        // Not cut short by anything: the exchange's body is in use until then, and the connection sees by itself that the exchange was aborted.
        bool ended = await pair.Ended.ConfigureAwait(false);

        // The name is free again; until here a second leg of either kind was a conflict.
        _pairs.TryRemove(id, out _);
        if (ended)
        {
            exchange.SetStatus(204);
        }
        else
        {
            exchange.Abort();
        }
    }
}
