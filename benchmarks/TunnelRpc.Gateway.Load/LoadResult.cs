namespace TunnelRpc.Gateway.Load;

/// <summary>The result of requests to one address.</summary>
/// <param name="PerSecond">Requests in a second.</param>
/// <param name="Median">The median latency.</param>
/// <param name="Percentile99">99 of 100 requests were faster.</param>
internal sealed record LoadResult(double PerSecond, TimeSpan Median, TimeSpan Percentile99)
{
    /// <summary>Sends requests for a time, after a warm-up of a second.</summary>
    /// <param name="address">The address.</param>
    /// <param name="concurrency">The number of requests at the same time.</param>
    /// <param name="time">How long.</param>
    public static async Task<LoadResult> MeasureAsync(Uri address, int concurrency, TimeSpan time)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null });
        await RunAsync(http, address, concurrency, TimeSpan.FromSeconds(1));
        long start = TimeProvider.System.GetTimestamp();
        List<TimeSpan>[] latencies = await RunAsync(http, address, concurrency, time);
        TimeSpan elapsed = TimeProvider.System.GetElapsedTime(start);
        TimeSpan[] sorted = [.. latencies.SelectMany(l => l).Order()];
        return new LoadResult(sorted.Length / elapsed.TotalSeconds, sorted[sorted.Length / 2], sorted[sorted.Length * 99 / 100]);
    }

    private static Task<List<TimeSpan>[]> RunAsync(HttpMessageInvoker http, Uri address, int concurrency, TimeSpan time) =>
        Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
        {
            List<TimeSpan> latencies = [];
            long start = TimeProvider.System.GetTimestamp();
            while (TimeProvider.System.GetElapsedTime(start) < time)
            {
                long sent = TimeProvider.System.GetTimestamp();
                using var request = new HttpRequestMessage(HttpMethod.Get, address);
                using HttpResponseMessage response = await http.SendAsync(request, CancellationToken.None);
                byte[] body = await response.Content.ReadAsByteArrayAsync();
                if (body.Length != 13)
                {
                    throw new InvalidOperationException(
                        $"Expected 13 bytes from {address}, got {body.Length} and the status {(int)response.StatusCode}.");
                }

                latencies.Add(TimeProvider.System.GetElapsedTime(sent));
            }

            return latencies;
        })));
}
