using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Network.Exchanges;

/// <summary>
/// The HTTP client of a connect attempt, without sockets. Each request has its own latency, so requests overtake each other. Some requests
/// are dropped or duplicated, and some responses are dropped. Used only on the run's single worker thread.
/// </summary>
internal sealed class SimHttpHandler(SimNetwork network, SimClock clock, SimRandom random, Trace trace) : HttpMessageHandler
{
    private const string Base = "/tunnel";

    private readonly CancellationTokenSource _disposed = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // The source is not disposed: the handling of a request may use its token after the client has stopped waiting.
        var aborted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        byte[] body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, string> headers = request.Headers
            .Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        string path = request.RequestUri!.AbsolutePath[Base.Length..];
        string method = request.Method.Method;
        ExchangeFate fate = network.DrawFate();
        trace.Add("request " + method, body.Length, (long)fate);
        try
        {
            await network.TransferAsync(fate, aborted.Token).ConfigureAwait(false);
            if (fate == ExchangeFate.Duplicated)
            {
                _ = SendDuplicateAsync(method, path, headers, body);
            }

            var exchange = new SimExchange(method, path, headers, body);
            Task serving = network.ServeAsync(exchange);
            using (aborted.Token.UnsafeRegister(static (state, _) => ((SimExchange)state!).Abort(), exchange))
            {
                await serving.WaitAsync(aborted.Token).ConfigureAwait(false);
            }

            HttpResponseMessage response = await exchange.ToResponseAsync().ConfigureAwait(false);
            trace.Add("response", (long)response.StatusCode, response.Content.Headers.ContentLength ?? -1);
            await network.TransferAsync(ExchangeFate.Delivered, aborted.Token).ConfigureAwait(false);
            if (fate == ExchangeFate.ResponseDropped || exchange.WasAborted)
            {
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response was dropped.");
            }

            return response;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "The client was disposed.");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _disposed.Cancel();
        }

        base.Dispose(disposing);
    }

    /// <summary>Sends the request once more, as an intermediary may do, and drops the response.</summary>
    private async Task SendDuplicateAsync(string method, string path, Dictionary<string, string> headers, byte[] body)
    {
        await clock.WaitAsync(random.Milliseconds(0, 3_000)).ConfigureAwait(false);
        trace.Add("request duplicated");
        var exchange = new SimExchange(method, path, headers, body);
        clock.Schedule(TimeSpan.FromMinutes(1), exchange.Abort);
        await network.ServeAsync(exchange).ConfigureAwait(false);
    }
}
