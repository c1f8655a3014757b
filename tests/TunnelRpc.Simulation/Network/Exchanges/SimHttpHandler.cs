using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Network.Exchanges;

/// <summary>
/// The HTTP of a client's attempt, without sockets: each request reaches the server after a time of its own, so that later ones overtake it;
/// some are lost, some delivered twice, and of some the answer is lost. The worker's alone.
/// </summary>
internal sealed class SimHttpHandler(SimNetwork network, SimClock clock, SimRandom random, Trace trace) : HttpMessageHandler
{
    private const string Base = "/tunnel";

    private readonly CancellationTokenSource _disposed = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Linked and not disposed: a request that is under way outlives its client's interest in it.
        var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        byte[] body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, string> headers = request.Headers.Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        string path = request.RequestUri!.AbsolutePath[Base.Length..];
        string method = request.Method.Method;
        ExchangeFate fate = network.DrawFate();
        trace.Add("request " + method, body.Length, (long)fate);
        try
        {
            await network.TransferAsync(fate, gone.Token).ConfigureAwait(false);
            if (fate == ExchangeFate.Duplicated)
            {
                _ = SendDuplicateAsync(method, path, headers, body);
            }

            var exchange = new SimExchange(method, path, headers, body);
            Task serving = network.ServeAsync(exchange);
            using (gone.Token.UnsafeRegister(static (state, _) => ((SimExchange)state!).Abort(), exchange))
            {
                await serving.WaitAsync(gone.Token).ConfigureAwait(false);
            }

            HttpResponseMessage response = await exchange.ToResponseAsync().ConfigureAwait(false);
            trace.Add("answer", (long)response.StatusCode, response.Content.Headers.ContentLength ?? -1);
            await network.TransferAsync(ExchangeFate.Delivered, gone.Token).ConfigureAwait(false);
            if (fate == ExchangeFate.ResponseDropped || exchange.WasAborted)
            {
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "The answer was lost.");
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

    /// <summary>Something on the way sends the request once more, and throws the answer away.</summary>
    private async Task SendDuplicateAsync(string method, string path, Dictionary<string, string> headers, byte[] body)
    {
        await clock.WaitAsync(random.Milliseconds(0, 3_000)).ConfigureAwait(false);
        trace.Add("request repeated");
        var exchange = new SimExchange(method, path, headers, body);
        clock.Schedule(TimeSpan.FromMinutes(1), exchange.Abort);
        await network.ServeAsync(exchange).ConfigureAwait(false);
    }
}
