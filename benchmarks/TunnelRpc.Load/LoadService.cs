namespace TunnelRpc.Load;

/// <summary>Echoes; on the server also calls back.</summary>
internal sealed class LoadService(Func<ILoadService>? client) : ILoadService
{
    public ValueTask<Sample> EchoAsync(Sample sample, CancellationToken cancellationToken) => new(sample);

    public Task<Figures> CallBackAsync(int concurrency, int milliseconds, CancellationToken cancellationToken)
    {
        ILoadService callback = client?.Invoke() ?? throw new InvalidOperationException("Only the server calls back.");
        return CallLoop.RunAsync(() => callback.EchoAsync(Sample.One, CancellationToken.None), concurrency, TimeSpan.FromMilliseconds(milliseconds));
    }
}
